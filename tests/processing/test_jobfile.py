"""Job files: processing on one machine without the queue, and its results in the database, once."""

import json
import signal
import time
from datetime import date

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError

from processing.core.states import JobState, Reason
from processing.management import local_run
from processing.management.ledger import locked
from processing.models import Certificate, Event, Job, JobLog, Product, Score
from processing.workflow import jobfile, ledger
from processing.workflow.adopt import Conflict, certificate_of
from processing.workflow.gate import STOP_FLAG
from processing.workflow.push import ready
from tests import testcam
from tests.processing.conftest import ab_text, files_below, run_night, state
from tests.processing.jobfiles import JobFile

# Minutes: once is enough; the ledgers are SQLite in any case.
pytestmark = [pytest.mark.cluster, pytest.mark.postgres, pytest.mark.django_db(transaction=True)]
DAY = date(2012, 5, 9)
VIRTUAL = ("MCALIB\tVIRTUAL\tx\tTC_MFLT.fits\tMASTER_FLAT_ONE\t1.0\tOK",)


@pytest.fixture
def jobs(child_environment, archive, tmp_path):
    """A job file that is not written yet."""
    return JobFile(tmp_path / "jobs" / "execAB", child_environment)


def write(jobs: JobFile) -> jobfile.Written:
    return jobfile.write(jobfile.Place(jobs.file), DAY, "")


def wait_for(condition) -> None:
    end = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.1)


def test_a_night_that_was_run_from_a_file_is_pushed_as_the_queue_would_have_left_it(jobs, add):
    good, failed, noise, virtual = add(1), add(2, exit=6), add(3, s2n=0.2), add(4, lines=VIRTUAL)

    assert jobs.write()[1]["abs"] == 3
    code, found = jobs.run("--workers", "2")
    assert (code, found["states"]) == (1, {"PROCESSED": 1, "FAILED": 2})
    assert state(good) == (JobState.WAITING, "")
    code, found = jobs.push()
    assert (code, len(found["brought"]), found["conflicts"]) == (0, 3, [])

    assert state(good) == (JobState.INGESTED, "")
    assert state(failed) == (JobState.FAILED, "RECIPE_FAILED")
    assert state(noise) == (JobState.FAILED, "NO_SIGNAL")
    assert state(virtual) == (JobState.REJECTED, "VIRTUAL_CALIBRATION")
    assert Product.objects.get().job == good
    assert good.date.fresh().state == "FINISHED"
    assert files_below("WORK_DIR") == []
    assert not (jobs.folder / "work").exists()
    before = Event.objects.count(), Score.objects.count(), Product.objects.count(), JobLog.objects.count()
    code, found = jobs.push()
    assert (code, found["brought"], len(found["here"])) == (0, [], 4)
    assert (Event.objects.count(), Score.objects.count(), Product.objects.count(), JobLog.objects.count()) == before


def test_what_ran_when_a_run_was_killed_is_lost_and_never_runs_again(jobs, add):
    add(1, sleep=20)
    add(2, sleep=20)
    add(3)
    write(jobs)
    run = jobs.start("run", str(jobs.file), "--workers", "2")
    wait_for(lambda: len(testcam.starts()) >= 2)
    before = jobs.states()
    run.send_signal(signal.SIGKILL)
    run.communicate()
    running = [name for name, now in before.items() if now == "RUNNING"]
    assert running

    code, found = jobs.run()

    states = {job["ab"]: job["state"] for job in found["jobs"]}
    assert code == 1
    assert {name: states[name] for name in running} == dict.fromkeys(running, "LOST")
    assert sorted(testcam.starts()) == sorted(set(testcam.starts()))
    assert [one for one in states.values() if one not in ("LOST", "PROCESSED")] == []


def test_a_run_that_is_told_to_stop_lets_its_job_end_and_starts_no_other(jobs, add):
    add(1, sleep=5)
    add(2)
    write(jobs)
    run = jobs.start("run", str(jobs.file), "--workers", "1")
    wait_for(testcam.starts)
    run.send_signal(signal.SIGTERM)
    run.communicate()

    assert run.returncode == 1
    assert sorted(jobs.states().values()) == ["PROCESSED", "WAITING"]
    assert len(testcam.starts()) == 1


def test_a_line_can_be_run_by_hand(jobs, add):
    add(1)
    second = add(2)
    write(jobs)

    code, found = jobs.call("process", str(jobs.file), "-a", second.block.name)

    assert (code, found["states"]) == (0, {"PROCESSED": 1})
    assert testcam.starts() == [second.block.name]


def test_bad_lines_are_named_and_the_others_are_run(jobs, add):
    good = add(1)
    write(jobs)
    with jobs.file.open("a") as file:
        file.write("processAB -a ../../etc/passwd\nprocessAB -a TC.unknown.ab\n")

    code, found = jobs.run()

    assert (code, found["states"]) == (1, {"PROCESSED": 1})
    assert [(bad["line"], bad["reason"].split(": no text")[0]) for bad in found["bad"]] == [
        (3, "'../../etc/passwd' is not the name of an AB"),
        (4, "TC.unknown.ab"),
    ]
    assert testcam.starts() == [good.block.name]


def test_an_attempt_that_the_database_has_itself_is_left_in_both_places(jobs, add):
    job, other = add(1), add(2)
    write(jobs)
    jobs.run()
    run_night()
    token, names = job.fresh().token, [job.block.name, other.block.name]

    code, found = jobs.push()

    assert (code, found["brought"]) == (1, [])
    assert found["conflicts"] == [{"ab": ab, "why": "its job here is INGESTED"} for ab in names]
    assert job.fresh().token == token
    assert set(jobs.states().values()) == {"PROCESSED"}
    assert files_below("WORK_DIR") == []


def test_two_ledgers_never_give_two_products_one_name(child_environment, archive, certified, tmp_path):
    """Both dates were prepared in the same millisecond, and both stars observed in the same."""
    ledgers = []
    for number in (1, 2):
        (archive / "raw" / f"TC.2012-05-10T00:00:0{number}.000.fits").write_bytes(b"raw")
        jobs = JobFile(tmp_path / str(number) / "execAB", child_environment)
        ledgers.append(jobs)
        jobfile.write(jobfile.Place(jobs.file), DAY, "", [(ab_text(number).encode(), f"{number}.ab")])
        assert jobs.run()[0] == 0
        jobs.execute("update processing_processingdate set prepared = '2012-05-10 12:00:00'")
    assert not Job.objects.exists()
    for jobs in ledgers:
        assert jobs.push()[0] == 0

    assert list(Job.objects.values_list("state", flat=True)) == ["INGESTED", "INGESTED"]
    first, second = Product.objects.values_list("dp_id", flat=True)
    assert first != second


def test_a_file_that_is_written_again_has_what_came_meanwhile_and_nothing_that_was_tried(jobs, add):
    tried = add(1)
    write(jobs)
    run_night()
    add(2)
    add(3, lines=VIRTUAL)

    write(jobs)

    assert [line.split("  # about")[0] for line in jobs.file.read_text().splitlines()] == [
        "# phoenix: all instruments of 2012-05-09: 1 ABs to process, 2 not",
        "processAB -a TC.2012-05-10T00:00:02.000.ab",
        f"# {tried.block.name}: INGESTED: it has a job already, and no AB gets two",
        "# TC.2012-05-10T00:00:03.000.ab: VIRTUAL_CALIBRATION: "
        "Needs virtual calibrations: MASTER_FLAT_ONE TC_MFLT.fits.",
    ]
    assert [path.name for path in jobs.file.parent.iterdir() if path.is_file()] == ["execAB"]


def test_an_ab_file_that_cannot_be_read_is_named_and_keeps_no_other_from_the_file(jobs, certified):
    texts = [(b"INSTRUMENT\tTESTCAM\n", "bad.ab"), (ab_text(1).encode(), "good.ab")]

    written = jobfile.write(jobfile.Place(jobs.file), DAY, "TESTCAM", texts)

    assert [bad.file for bad in written.refused] == ["bad.ab"]
    assert [entry.name for entry in written.entries] == ["TC.2012-05-10T00:00:01.000.ab"]


def test_a_second_run_of_a_file_is_refused_while_the_first_goes_on(jobs):
    place = jobfile.Place(jobs.file)
    with locked(place), pytest.raises(CommandError, match="by another process"), locked(place):
        pass


@pytest.mark.parametrize("name", ["a b", "a#b", "a?b", "a$b", "a%41", "a\nb"])
def test_a_path_that_a_set_of_frames_cannot_hold_is_refused(tmp_path, name):
    for step in (["write", "2012-05-09", "-o"], ["run"], ["push"]):
        with pytest.raises(CommandError, match="are safe there"):
            call_command("phoenix", "jobfile", *step, str(tmp_path / name))


def filled(jobs: JobFile, *lines: str) -> dict[str, str]:
    """The states of jobs in a ledger that is this test's own database; ABs 1 and 2 are good, 3 is not executable."""
    texts = [ab_text(1), ab_text(2), ab_text(3, lines=VIRTUAL)]
    place = jobfile.Place(jobs.file)
    jobfile.write(place, DAY, "", [(text.encode(), "x.ab") for text in texts])
    assert ledger.fill(place, {line: number for number, line in enumerate(lines, start=1)}) == []
    return dict(Job.objects.values_list("block__name", "state"))


def test_a_line_that_was_taken_out_is_not_run_and_what_is_not_executable_is_recorded(jobs, certified):
    assert filled(jobs, "TC.2012-05-10T00:00:02.000.ab") == {
        "TC.2012-05-10T00:00:02.000.ab": "WAITING",
        "TC.2012-05-10T00:00:03.000.ab": "REJECTED",
    }


def test_a_line_that_is_taken_out_after_a_run_was_stopped_is_not_run_either(jobs, certified):
    filled(jobs, "TC.2012-05-10T00:00:01.000.ab", "TC.2012-05-10T00:00:02.000.ab")

    left = ledger.chosen(["TC.2012-05-10T00:00:01.000.ab"])
    while ledger.step(left):
        pass

    assert Job.objects.get(state="WAITING").block.name == "TC.2012-05-10T00:00:02.000.ab"


def test_a_night_is_judged_by_the_certificates_that_its_file_was_written_with(jobs, certified):
    place = jobfile.Place(jobs.file)
    jobfile.write(place, DAY, "", [(ab_text(1).encode(), "1.ab")])
    known = json.loads(place.known.read_text())
    for row in known["certificates"]:
        row["state"] = "WITHDRAWN"
    place.known.write_text(json.dumps(known))

    ledger.fill(place, {"TC.2012-05-10T00:00:01.000.ab": 2})

    assert Job.objects.get().reason == "NOT_CERTIFIED"
    assert set(Certificate.objects.values_list("state", flat=True)) == {"WITHDRAWN"}


def test_a_job_under_a_certificate_that_is_other_here_is_a_conflict(add):
    theirs = add(1)
    content = {**theirs.certificate.content, "recipe": "another_recipe"}
    theirs.certificate = Certificate(instrument="TESTCAM", name="ANY", version=1, content=content)

    with pytest.raises(Conflict, match="TESTCAM ANY version 1 is not the one that is known here"):
        certificate_of(theirs)


def test_a_date_that_was_pushed_is_closed_only_when_no_other_job_of_it_waits_for_the_queue(add):
    job = add(1)

    ready(job.date, None)
    assert job.date.fresh().state == "REGISTERED"
    job.end(JobState.REJECTED, Reason.DUPLICATE, "another")
    ready(job.date, None)
    assert job.date.fresh().state == "FINISHING"


def test_a_run_whose_workers_die_again_and_again_ends_and_says_where_to_look(jobs, add, monkeypatch):
    add(1)
    monkeypatch.setenv(STOP_FLAG, str(jobs.folder / "stopping"))
    monkeypatch.setattr(local_run, "DEATHS", 0)

    with pytest.raises(CommandError, match=r"worker\.log"):
        local_run.run_workers(jobs.file, Job.objects.all(), 1, quiet=True)

    assert "No such file or directory" in (jobs.folder / "worker.log").read_text()
