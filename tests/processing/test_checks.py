"""A wrong setting stops start-up with its name."""

import os
import subprocess
import sys

import pytest

from phoenix_site.settings import EXECUTORS
from processing.checks import check_settings


def ids(settings, **changes) -> list[str | None]:
    settings.PHOENIX = {**settings.PHOENIX, **changes}
    return [message.id for message in check_settings()]


def test_the_shipped_settings_are_right(settings):
    assert ids(settings) == []


@pytest.mark.parametrize("backend", ["processing.plugins.archives.folder.NoSuch", "no.such.module.Archive"])
def test_a_plug_in_that_is_not_there_is_named(settings, backend):
    assert ids(settings, ARCHIVE={"BACKEND": backend, "OPTIONS": {"root": "archive"}}) == ["phoenix.E001"]


def test_a_plug_in_with_wrong_options_is_named(settings):
    wrong = {**settings.PHOENIX["ARCHIVE"], "OPTIONS": {"rot": "archive"}}
    assert ids(settings, ARCHIVE=wrong) == ["phoenix.E001"]


def test_a_window_that_is_none_is_named(settings):
    assert ids(settings, WINDOW="8pm to 6am") == ["phoenix.E002"]


@pytest.mark.parametrize("change", [{"retry": 10}, {"max_attempts": 0}, {"ack_failures": False}])
def test_a_queue_that_would_deliver_again_is_refused(settings, change):
    settings.Q_CLUSTER = {**settings.Q_CLUSTER, **change}
    assert ids(settings) == ["phoenix.E003"]


def test_a_lease_that_a_few_missed_beats_would_lose_is_refused(settings):
    assert ids(settings, LEASE=5.0, BEAT=2.0) == ["phoenix.E006"]


@pytest.mark.parametrize("key", ["EVENTS_KEPT", "LOGS_KEPT", "NOTICES_KEPT"])
@pytest.mark.parametrize("days", [-1, 30])
def test_rows_that_would_go_too_soon_are_refused(settings, key, days):
    assert ids(settings, **{key: days}) == ["phoenix.E010"]


def test_rows_that_stay_for_ever_are_right(settings):
    assert ids(settings, EVENTS_KEPT=0, LOGS_KEPT=0, NOTICES_KEPT=0) == []


def test_a_work_folder_that_is_a_file_is_refused(settings, tmp_path):
    (tmp_path / "file").touch()
    assert ids(settings, WORK_DIR=tmp_path / "file" / "work") == ["phoenix.E004"]


def test_a_work_folder_with_a_blank_in_its_name_is_refused(settings, tmp_path):
    assert ids(settings, WORK_DIR=tmp_path / "my work") == ["phoenix.E005"]


@pytest.mark.parametrize(
    ("variable", "value"),
    [("PHOENIX_ARCHIVE_URL", "ftp://somewhere/"), ("PHOENIX_EXECUTOR", "abacus"), ("PHOENIX_WORKERS", "many")],
)
def test_a_wrong_environment_variable_stops_start_up_with_its_name(variable, value):
    command = [sys.executable, "manage.py", "check"]
    done = subprocess.run(command, env={**os.environ, variable: value}, capture_output=True, text=True, check=False)

    assert done.returncode != 0
    assert variable in done.stderr


@pytest.mark.parametrize("name", EXECUTORS)
def test_each_executor_can_be_chosen_and_steps_back_if_told_to(name):
    command = [sys.executable, "manage.py", "check"]
    chosen = {"PHOENIX_EXECUTOR": name, "PHOENIX_NICE": "5"}
    done = subprocess.run(command, env={**os.environ, **chosen}, capture_output=True, text=True, check=False)

    assert done.returncode == 0, done.stderr


def test_a_host_that_gives_less_than_nothing_is_named(settings):
    assert ids(settings, HOST={**settings.PHOENIX["HOST"], "MEMORY": -1.0}) == ["phoenix.E009"]
