"""The command line: what it prints, and its exit codes."""

import json

import pytest
from django.core.management import CommandError, call_command

from processing.core.states import JobState
from processing.models import Event, Instrument
from tests.processing.conftest import ab_text, run_night


@pytest.fixture
def phoenix(capsys):
    """Run a verb; returns its exit code and what it printed."""

    def run(*arguments: object) -> tuple[int, str]:
        try:
            call_command("phoenix", *map(str, arguments))
            code = 0
        except SystemExit as leaving:
            code = int(leaving.code or 0)
        return code, capsys.readouterr().out

    return run


def test_register_tells_what_became_of_each_file(phoenix, certified, tmp_path):
    (tmp_path / "1.ab").write_text(ab_text(1))
    (tmp_path / "2.ab").write_text("nonsense")
    code, printed = phoenix("register", tmp_path, "--json")

    assert code == 1
    assert [(row["result"], row["state"], row["line"]) for row in json.loads(printed)] == [
        ("REGISTERED", "WAITING", 0),
        ("REFUSED", "", 1),
    ]


def test_register_of_good_files_exits_with_0(phoenix, certified, tmp_path):
    (tmp_path / "1.ab").write_text(ab_text(1))

    assert phoenix("register", tmp_path / "1.ab")[0] == 0


def test_register_of_a_path_that_is_not_there_is_wrong_use(db):
    with pytest.raises(CommandError, match="no such file") as error:
        call_command("phoenix", "register", "/no/such/folder")

    assert error.value.returncode == 2


def test_status_counts_the_jobs_of_every_state(phoenix, add):
    add()
    found = json.loads(phoenix("status", "--json")[1])

    assert found["jobs"] == {state: int(state == "WAITING") for state in JobState}
    assert found["instruments"][0]["open"]


def test_status_for_people_names_window_and_open_dates(phoenix, add):
    add()
    printed = phoenix("status")[1]

    assert "TESTCAM: window always open, open" in printed
    assert "TESTCAM 2012-05-09: REGISTERED" in printed


@pytest.mark.parametrize("name", ["TC.2012-05-10T00:00:01.000.ab", "TC.2012-05-10T00:00:01.000"])
def test_explain_takes_the_name_of_an_ab_or_of_a_raw_file(phoenix, add, name):
    add(exit=6)
    run_night()
    found = json.loads(phoenix("explain", name, "--json")[1])

    assert [(row["state"], row["reason"]) for row in found] == [("FAILED", "RECIPE_FAILED")]


def test_explain_says_what_a_waiting_job_waits_for(phoenix, add, worker):
    add()

    assert "Waiting because TESTCAM 2012-05-09 is REGISTERED" in phoenix("explain", "TC.2012-05-10T00:00:01.000")[1]


def test_a_window_is_set_shown_and_written_down(phoenix, add):
    add()

    assert phoenix("window", "TESTCAM", "22:00-04:00")[0] == 0
    assert json.loads(phoenix("window", "TESTCAM", "--json")[1])["window"] == "22:00-04:00 UTC"
    event = Event.objects.get(subject="instrument")
    assert (event.name, event.old, event.new) == ("TESTCAM", "site", "22:00-04:00")


def test_a_window_goes_back_to_the_sites(phoenix, add):
    add()
    phoenix("window", "TESTCAM", "22:00-04:00")
    phoenix("window", "TESTCAM", "--site")

    assert Instrument.objects.get().window == ""


@pytest.mark.parametrize("wrong", [("TESTCAM", "25:00-04:00"), ("NOBODY", "20:00-04:00"), ("NOBODY",)])
def test_a_window_that_is_none_or_of_nobody_is_refused(add, wrong):
    add()
    with pytest.raises(CommandError):
        call_command("phoenix", "window", *wrong)


def test_explain_of_an_unknown_name_exits_with_1(phoenix, db):
    assert phoenix("explain", "UVES.NOBODY")[0] == 1


def test_sweep_tells_what_is_due(phoenix, add):
    add()

    assert json.loads(phoenix("sweep", "--json")[1])["prepare"] == 1
