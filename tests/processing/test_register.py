"""Registering ABs: what is stored, what is rejected, what is refused."""

import pytest

from processing import control
from processing.core.errors import BadAB
from processing.core.states import DateState, JobState, Reason
from processing.models import AssociationBlock, Certificate, Event, Job, ProcessingDate
from processing.workflow.register import register
from tests import testcam
from tests.processing.conftest import ab_text, run_night, state


def test_an_executable_ab_waits_under_its_processing_date(add):
    job = add()

    assert state(job) == (JobState.WAITING, "")
    date = ProcessingDate.objects.get()
    assert (str(date), date.state, date.abs) == ("TESTCAM 2012-05-09", DateState.REGISTERED, 1)


def test_the_date_counts_rejected_abs_too(add):
    add(1)
    add(2, lines=("MCALIB\tVIRTUAL\tx\tTC_MFLT.fits\tMASTER_FLAT_ONE",))

    assert ProcessingDate.objects.get().abs == 2


def test_the_same_text_again_changes_nothing(add):
    first = add()
    again = register(ab_text(), "again.ab")

    assert not again.created
    assert again.job == first
    assert (Job.objects.count(), Event.objects.count(), ProcessingDate.objects.get().abs) == (1, 1, 1)


def test_other_content_under_a_known_name_is_refused_and_the_first_is_kept(add):
    job = add()
    with pytest.raises(BadAB, match="registered with other content"):
        register(ab_text(s2n=3), "other.ab")

    assert AssociationBlock.objects.get().text == ab_text()
    assert state(job) == (JobState.WAITING, "")


def test_a_rejected_ab_stays_visible_with_reason_and_sentence(add):
    job = add(lines=("MCALIB\tVIRTUAL\tx\tTC_MFLT.fits\tMASTER_FLAT_ONE",))

    assert state(job) == (JobState.REJECTED, Reason.VIRTUAL_CALIBRATION)
    assert "TC_MFLT.fits" in job.sentence
    assert Event.objects.get(subject="job").new == JobState.REJECTED


def test_two_abs_of_the_same_frames_are_one_attempt(add):
    add()
    twin = register(ab_text().replace("AB_NAME\tTC.", "AB_NAME\tTWIN."), "twin.ab").job

    assert state(twin) == (JobState.REJECTED, Reason.DUPLICATE)


def test_an_ab_of_an_instrument_without_certificate_is_rejected(db, archive):
    job = register(ab_text().replace("TESTCAM", "NOVELTY"), "x.ab").job

    assert state(job) == (JobState.REJECTED, Reason.NOT_CERTIFIED)


def test_a_malformed_file_stores_nothing_and_the_others_go_on(certified, tmp_path):
    good, bad, last = (tmp_path / f"{name}.ab" for name in "abc")
    good.write_text(ab_text(1))
    bad.write_text(ab_text(2).replace("DATE\t2012-05-09", "DATE\t2012-02-30"))
    last.write_text(ab_text(3))
    outcomes = list(control.register_files(control.find_files([tmp_path])))

    assert [outcome.result for outcome in outcomes] == ["REGISTERED", "REFUSED", "REGISTERED"]
    assert (outcomes[1].file, outcomes[1].line) == (str(bad), 2)
    assert "2012-02-30" in outcomes[1].sentence
    assert AssociationBlock.objects.count() == Job.objects.count() == 2


def test_a_file_that_cannot_be_read_is_refused_with_its_reason(certified, tmp_path):
    outcome = next(control.register_files([tmp_path / "absent.ab"]))

    assert (outcome.refused, outcome.reason, outcome.sentence) == (True, "UNREADABLE", "No such file or directory")


def test_an_ab_for_a_finished_date_opens_it_again(add):
    add(1)
    run_night()
    late = add(2)
    assert ProcessingDate.objects.get().state == DateState.REGISTERED
    run_night()

    assert state(late) == (JobState.INGESTED, "")
    assert ProcessingDate.objects.get().state == DateState.FINISHED


def test_a_rejected_ab_has_its_association_score_too(add):
    job = register(ab_text().replace("MASTER_BIAS_ONE", "MASTER_BIAS_TWO"), "x.ab").job

    assert state(job) == (JobState.REJECTED, Reason.MISSING_CALIBRATION)
    assert job.scores.get(name="complete").flag == 1


def test_an_ab_that_names_a_command_to_run_as_recipe_parameter_is_rejected(add):
    Certificate.objects.load([testcam.CERTIFICATE | {"version": 2, "ab_parameters": ["reduce.*"]}])
    job = add(plotter="touch /tmp/pwned")

    assert state(job) == (JobState.REJECTED, Reason.NOT_CERTIFIED)
    assert "plotter" in job.sentence


def test_the_newest_version_of_a_certificate_counts_wherever_its_file_lists_it(certified):
    first, second = ({**testcam.CERTIFICATE, "name": name} for name in ("FIRST", "SECOND"))
    Certificate.objects.load([first, second])
    Certificate.objects.load([{**second, "version": 2}])

    assert {row.name: row.version for row in Certificate.objects.of("TESTCAM")}["SECOND"] == 2


def test_a_draft_of_a_new_version_does_not_close_the_mode(add):
    Certificate.objects.load([testcam.CERTIFICATE | {"version": 2, "state": "DRAFT"}])

    assert state(add()) == (JobState.WAITING, "")


def test_a_suspended_new_version_closes_the_mode(add):
    Certificate.objects.load([testcam.CERTIFICATE | {"version": 2, "state": "SUSPENDED"}])

    assert state(add()) == (JobState.REJECTED, Reason.NOT_CERTIFIED)
