"""Hosts that serve some roles only: whose messages they take, what they send, and what they may not be."""

import argparse
import os

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.core.management import CommandError
from django_q.models import OrmQ

from phoenix_site.roles import areas_of, roles_of
from processing import control, tasks
from processing.core.roles import Area, Role, misfit, outcast, read_roles
from processing.core.states import JobState
from processing.management.serve import take
from processing.management.typed import named_roles
from processing.models import Campaign, Ingestion, Job, ProcessingDate, Worker
from processing.models.products import place
from processing.workflow.due import due
from processing.workflow.finish import finish
from processing.workflow.ingest import ingest
from processing.workflow.leftovers import Leftovers
from processing.workflow.prepare import prepare
from processing.workflow.presence import heard
from processing.workflow.process import process
from processing.workflow.wake import Stage, queued
from tests.processing.conftest import files_below, run_night, state
from tests.processing.test_redis import redis, use  # noqa: F401 - fixtures

pytestmark = pytest.mark.django_db


class TestProcessing:
    """A host that processes, and leaves ingestion to others."""

    def test_its_products_wake_who_ingests_them(self, add, serve):
        job = add()
        prepare()
        OrmQ.objects.all().delete()
        serve(Role.PROCESS)
        tasks.process()

        assert state(job)[0] == JobState.PROCESSED
        assert (queued() or {})[Stage.INGEST] == 1

    def test_with_all_roles_it_ingests_by_itself(self, add, serve):
        job = add()
        prepare()
        serve()
        tasks.process()

        assert state(job)[0] == JobState.INGESTED


class TestOwnWorkFolder:
    """A host whose products no other host sees."""

    def test_its_products_are_ingested_there_and_nowhere_else(self, add, serve, named):
        job = add()
        serve(local=[Area.WORK])
        named("south")
        prepare()
        process()
        named("north")

        assert (ingest(), due()[Stage.INGEST]) == (0, 0)
        serve()
        assert (ingest(), due()[Stage.INGEST]) == (0, 0)
        serve(local=[Area.WORK])
        named("south")
        assert (ingest(), state(job)[0]) == (1, JobState.INGESTED)

    def test_hosts_that_share_have_products_in_no_place_of_their_own(self, add, serve):
        add()
        prepare()
        process()

        assert (place(), Ingestion.objects.get().place) == ("", "")


class TestOwnCalibrations:
    """A host with a cache of its own."""

    def test_a_host_that_did_not_prepare_the_date_fetches_what_a_job_needs(self, add, serve, settings, tmp_path):
        job = add()
        prepare()
        settings.PHOENIX = {**settings.PHOENIX, "CAL_DIR": tmp_path / "other"}
        serve(Role.PROCESS, local=[Area.CALIBRATIONS])
        tasks.process()

        assert state(job) == (JobState.PROCESSED, "")
        assert (tmp_path / "other" / "2012-05-09" / "TC_MBIA.fits").is_file()

    def test_what_a_date_that_another_host_ended_has_left_goes_once(self, add, serve, settings, tmp_path):
        add()
        shared = settings.PHOENIX["CAL_DIR"]
        run_night()
        settings.PHOENIX = {**settings.PHOENIX, "CAL_DIR": tmp_path / "other"}
        serve(local=[Area.CALIBRATIONS])
        here = tmp_path / "other" / "2012-05-09" / "TC_MBIA.fits"
        here.parent.mkdir(parents=True)
        here.write_text("a master")
        (here.parent / "notes").write_text("not phoenix's own")
        leftovers = Leftovers()

        assert [leftovers.clear(), leftovers.clear()] == [1, 0]
        assert [*here.parent.iterdir()] == [here.parent / "notes"]
        assert shared != settings.PHOENIX["CAL_DIR"]

    def test_a_date_that_is_open_keeps_its_files(self, add, serve):
        add()
        prepare()
        serve(local=[Area.CALIBRATIONS, Area.WORK])

        assert Leftovers().clear() == 0
        assert files_below("CAL_DIR") != []

    def test_hosts_that_share_have_nothing_to_look_for(self, add, serve, django_assert_num_queries):
        add()
        prepare()
        with django_assert_num_queries(0):
            assert Leftovers().clear() == 0


class TestSigns:
    """What a host says of itself."""

    def test_a_host_that_does_not_process_offers_no_room_for_jobs(self, serve):
        serve(Role.DOWNLOAD, Role.INGEST, local=[Area.CALIBRATIONS])
        heard("north")
        row = Worker.objects.get()

        assert (row.role_names, row.local_names, row.slots, row.offer) == (
            ["download", "ingest"], ["calibrations"], 0, None
        )  # fmt: skip

    def test_roles_are_in_the_status(self, serve):
        serve(Role.PROCESS)
        heard("north")

        assert [row["roles"] for row in control.status()["workers"]] == [["process"]]


class TestWaiting:
    """Work of a role that nobody serves says so."""

    def why(self) -> str:
        return control.why_waiting(Job.objects.select_related("campaign", "certificate", "date__instrument").get())

    @pytest.mark.parametrize(("date", "missing"), [("REGISTERED", Role.DOWNLOAD), ("PROCESSING", Role.PROCESS)])
    def test_a_job(self, add, serve, date, missing):
        add()
        ProcessingDate.objects.update(state=date)
        serve(*({*Role} - {missing}))
        heard("north")

        assert self.why() == (
            f"Waiting because no host serves the role {missing} (phoenix worker --role {missing} starts one that does)."
        )

    def test_a_job_does_not_wait_for_a_role_that_it_does_not_need_yet(self, add, serve):
        add()
        serve(Role.DOWNLOAD)
        heard("north")

        assert "is REGISTERED" in self.why()

    def test_a_processed_job(self, add, serve):
        job = add()
        prepare()
        process()
        serve(Role.DOWNLOAD, Role.PROCESS)
        heard("north")

        assert control.explain(job.block.name)[0]["sentence"].startswith(
            "Waiting because no host serves the role ingest"
        )

    def test_a_processed_job_that_somebody_will_ingest_waits_for_nothing(self, add, serve):
        add()
        prepare()
        process()
        heard("north")

        assert self.why() == ""

    def test_a_paused_campaign_comes_first(self, add, serve):
        add()
        Campaign.objects.update(state="PAUSED")
        serve(Role.INGEST)
        heard("north")

        assert self.why() == "Waiting because the campaign day-to-day is PAUSED."


class TestChoice:
    """How roles are chosen, and which cannot be."""

    def test_roles_are_named_one_by_one_or_with_commas(self):
        assert read_roles(["process", "ingest,download"]) == tuple(Role)
        assert read_roles([""]) == tuple(Role)

    def test_a_wrong_role_stops_the_start_with_its_name(self):
        with pytest.raises(ImproperlyConfigured, match="PHOENIX_ROLES: 'cook' is not one of download, process, ingest"):
            roles_of("process,cook")
        with pytest.raises(ImproperlyConfigured, match="PHOENIX_LOCAL: 'home' is not one of calibrations, work"):
            areas_of("home")

    def test_a_wrong_role_is_wrong_use_of_the_command(self):
        with pytest.raises(argparse.ArgumentTypeError, match="'cook' is not one of"):
            named_roles("cook")

    def test_what_is_named_is_stronger_than_the_environment_and_goes_to_the_cluster(self, serve, settings, monkeypatch):
        monkeypatch.setenv("PHOENIX_ROLES", "download")
        serve(Role.DOWNLOAD)
        take([[Role.INGEST], [Role.PROCESS]])

        assert settings.PHOENIX["ROLES"] == (Role.PROCESS, Role.INGEST)
        assert control.Stage.INGEST.here
        assert os.environ["PHOENIX_ROLES"] == "process,ingest"

    @pytest.mark.parametrize(
        ("roles", "why"),
        [
            (
                [Role.PROCESS],
                "products stay in the work folder of the host that made them",
            ),
            ([Role.INGEST], "no product of another host is in the work folder of this one"),
        ],
    )
    def test_a_host_with_a_work_folder_of_its_own_ingests_what_it_processes(self, serve, monkeypatch, roles, why):
        monkeypatch.setenv("PHOENIX_ROLES", "")
        serve(local=[Area.WORK])
        with pytest.raises(CommandError, match=why) as refused:
            take([roles])

        assert refused.value.returncode == 2
        assert misfit([Role.PROCESS, Role.INGEST], [Area.WORK]) == misfit(roles, [Area.CALIBRATIONS]) == ""

    def test_downloads_that_are_of_use_to_nobody_are_told(self, serve, monkeypatch, caplog):
        monkeypatch.setenv("PHOENIX_ROLES", "")
        serve(local=[Area.CALIBRATIONS])
        take([[Role.DOWNLOAD]])

        assert "of use to no other host" in caplog.text
        assert outcast([Role.DOWNLOAD, Role.PROCESS], [Area.CALIBRATIONS]) == outcast([Role.DOWNLOAD], []) == ""


def test_the_end_of_a_date_takes_what_lies_on_other_hosts_for_their_matter(add, serve, named):
    job = add()
    serve(local=[Area.WORK])
    named("south")
    prepare(), process(), ingest()
    named("north")

    assert finish()
    assert state(job)[0] == JobState.INGESTED
