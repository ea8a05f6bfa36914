"""Evidence bundles: everything that SDP needs, no pixel, the same every time, and never too much."""

import json
from datetime import date
from io import BytesIO
from zipfile import ZipFile

import pytest

from monitor import evidence
from processing.core.states import JobState, Reason
from processing.models import AssociationBlock, Cluster, Job, JobLog
from tests.monitor import failing, rows

pytestmark = pytest.mark.django_db

HEADERS = "# raw.fits\n# HDU 0\nSIMPLE  =                    T\n"


@pytest.fixture
def job(db):
    """A failed attempt with log and headers."""
    found = failing.failed(1)
    JobLog.objects.filter(job=found).update(headers=HEADERS)
    return found


def fetched(client, address):
    answer = client.get(address)
    assert answer.status_code == 200
    return ZipFile(BytesIO(answer.content))


def of_kind(client, job):
    return fetched(client, f"/failures/{job.fingerprint}/evidence/")


def test_each_job_has_log_ab_frames_versions_and_headers_and_a_readme_says_what_they_are(viewer, job):
    bundle = of_kind(viewer, job)
    folder = "01_UVES.2012-05-10T04-00-01.000"
    names = ["ab.txt", "frames.sof", "log.txt", "headers.txt", "versions.json"]

    assert bundle.testzip() is None
    assert bundle.namelist() == ["README.txt", *(f"{folder}/{name}" for name in names)]
    assert bundle.read(f"{folder}/ab.txt").decode() == job.block.text
    assert bundle.read(f"{folder}/log.txt").decode() == failing.LOG
    assert bundle.read(f"{folder}/headers.txt").decode() == HEADERS
    readme = bundle.read("README.txt").decode()
    assert f"failures of kind {job.fingerprint}" in readme
    assert "1 of 1 failed attempts." in readme


def test_the_set_of_frames_names_files_and_tags_without_folders(viewer, job):
    lines = of_kind(viewer, job).read("01_UVES.2012-05-10T04-00-01.000/frames.sof").decode().splitlines()

    assert lines[0] == "UVES.2012-05-10T04:00:01.000.fits SCI_POINT_RED"
    assert any(line.endswith(" MASTER_BIAS_REDL") for line in lines)
    assert not any("/" in line for line in lines)


def test_versions_tell_what_ran_and_how_it_ended(viewer, job):
    found = json.loads(of_kind(viewer, job).read("01_UVES.2012-05-10T04-00-01.000/versions.json"))

    assert (found["state"], found["reason"], found["recipe"]) == ("FAILED", "RECIPE_FAILED", "uves_obs_scired")
    assert (found["certificate"], found["certified_pipeline"]) == ("UVES ECHELLE-POINT version 1", "uves/6.1.8")
    assert found["command"] == "esorex uves_obs_scired in.sof"
    assert found["fingerprint"] == job.fingerprint


def test_the_same_bundle_twice_is_the_same_to_the_byte(viewer, job):
    first, second = (viewer.get(f"/failures/{job.fingerprint}/evidence/").content for _ in range(2))

    assert first == second


def test_of_many_failures_the_bundle_has_those_of_the_newest_dates_and_says_so(viewer):
    failing.night("UVES", date(2012, 5, 9), 15)
    failing.night("NACO", date(2012, 5, 10), 15)
    bundle = fetched(viewer, f"/failures/{Cluster.objects.get().fingerprint}/evidence/")
    folders = sorted({name.partition("/")[0] for name in bundle.namelist()} - {"README.txt"})

    assert len(folders) == evidence.MOST
    assert [folder[3:7] for folder in folders] == ["NACO"] * 15 + ["UVES"] * 5
    assert "20 of 30 failed attempts, those of the newest dates." in bundle.read("README.txt").decode()


def test_one_attempt_has_a_bundle_of_its_own_by_campaign(viewer, job):
    again = rows.again(job, JobState.FAILED, Reason.NO_SIGNAL)
    newest = fetched(viewer, f"/abs/{job.block.name}/evidence/")
    first = fetched(viewer, f"/abs/{job.block.name}/evidence/?campaign={job.campaign.name}")
    [newest_name, first_name] = [next(n for n in b.namelist() if n.endswith(".json")) for b in (newest, first)]

    assert json.loads(newest.read(newest_name))["campaign"] == again.campaign.name
    assert json.loads(first.read(first_name))["reason"] == "RECIPE_FAILED"
    assert viewer.get(f"/abs/{job.block.name}/evidence/?campaign=none\0").status_code == 404


def test_an_attempt_that_ended_well_has_a_bundle_too(viewer):
    job = rows.attempted(rows.job())

    assert len(fetched(viewer, f"/abs/{job.block.name}/evidence/").namelist()) == 5


def test_what_is_not_known_is_left_out(viewer):
    job = failing.failed(1, "not there", Reason.RAW_MISSING, log="")
    names = [name.partition("/")[2] for name in of_kind(viewer, job).namelist()]

    assert names == ["", "ab.txt", "frames.sof", "versions.json"]


def test_an_ab_that_cannot_be_read_any_more_keeps_nothing_from_the_bundle(viewer, job):
    AssociationBlock.objects.update(text="RAWFILE")
    names = [name.partition("/")[2] for name in of_kind(viewer, job).namelist()]

    assert names == ["", "ab.txt", "log.txt", "headers.txt", "versions.json"]


def test_a_bundle_is_named_for_any_file_system(viewer, job):
    AssociationBlock.objects.update(name="..:/\\evil.ab")
    bundle = evidence.of_job(Job.objects.get(pk=job.pk))

    assert bundle.headers["Content-Disposition"] == 'attachment; filename="phoenix-..---evil.ab.zip"'
    assert all(name.startswith(("README", "01_..---evil/")) for name in ZipFile(BytesIO(bundle.content)).namelist())
