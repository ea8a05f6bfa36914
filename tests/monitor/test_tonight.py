"""The home page: may it run, is it running, does anything need a person?"""

from datetime import timedelta

import pytest
from django.utils import timezone

from processing import control
from processing.core.states import JobState, Reason
from processing.models import Event, Instrument, ProcessingDate
from tests.monitor import rows

pytestmark = pytest.mark.django_db


def body(client, address="/"):
    return " ".join(client.get(address).content.decode().split())


def test_an_empty_site_says_how_to_begin(viewer):
    shown = body(viewer)

    assert "Nothing is registered yet" in shown
    assert "make demo" in shown
    assert "phoenix register" in shown


def test_an_open_window_and_the_running_jobs_are_named(viewer):
    rows.put(rows.job(), JobState.RUNNING)
    shown = body(viewer)

    assert "UVES: yes" in shown
    assert "1 running" in shown
    assert "data-live" in shown


def test_instruments_of_which_the_same_is_to_be_told_are_told_of_together(viewer):
    rows.job()
    for name, window in (("HAWKI", ""), ("KMOS", "00:00-24:00"), ("NACO", "00:00-24:00")):
        Instrument.objects.get_or_create(name=name)
        Instrument.objects.filter(name=name).update(window=window)
    assert "HAWKI, KMOS, NACO, UVES: yes" in body(viewer)

    control.stop("NACO", "a bug", "anna")
    rows.held(instrument="KMOS")
    shown = body(viewer)
    assert "HAWKI, UVES: yes" in shown
    assert "NACO: no, stopped" in shown
    assert "KMOS: no, held" in shown


def test_a_closed_window_names_its_next_opening(viewer):
    rows.job()
    opens = timezone.now() + timedelta(hours=3)
    Instrument.objects.update(window=f"{opens:%H:%M}-{opens + timedelta(hours=1):%H:%M}")
    shown = body(viewer)

    assert "UVES: not now" in shown
    assert f"{opens:%Y-%m-%d %H:%M}</time> UTC" in shown


@pytest.mark.parametrize(("scope", "told"), [("UVES", "Since"), ("", "Everything is, since")])
def test_a_stop_is_the_answer_to_may_it_run(viewer, scope, told):
    rows.job()
    rows.stopped_since("2012-05-10", scope)
    shown = body(viewer)

    assert "UVES: no, stopped" in shown
    assert "UVES: yes" not in shown
    assert "window open" not in shown
    assert f'{told} <time datetime="2012-05-10T18:00:00Z">2012-05-10 18:00</time> UTC by anna' in shown
    assert "response curve bug" in shown


@pytest.mark.parametrize(("terminate", "told"), [(False, "may end"), (True, "are ended")])
def test_a_stop_is_shown_with_who_when_why_and_how_on_every_page(viewer, terminate, told):
    rows.job()
    rows.stopped_since("2012-05-10", "", "<b>curve</b>", terminate=terminate)

    for address in ("/", "/dates/UVES/2012-05-09/", "/abs/UVES.2012-05-10T03:17:42.861/", "/nothing/", "/stop/"):
        shown = body(viewer, address)
        assert "everything stopped" in shown
        assert "2012-05-10 18:00</time> UTC by anna: &lt;b&gt;curve&lt;/b&gt; (running jobs " + told in shown
        assert "<b>curve" not in shown


def test_after_a_resume_the_window_is_the_answer_again(viewer):
    rows.job()
    control.resume(rows.stopped_since("2012-05-10"), "bert")

    assert "UVES: yes" in body(viewer)
    assert "UVES stopped" not in body(viewer)


def test_a_held_date_is_shown_with_its_text_on_every_page(viewer):
    rows.job()
    ProcessingDate.objects.update(state="HELD", reason="the <archive> is away", held=timezone.now())

    for address in ("/", "/dates/UVES/2012-05-09/", "/abs/UVES.2012-05-10T03:17:42.861/", "/nothing/"):
        assert "the &lt;archive&gt; is away" in body(viewer, address)


def test_work_that_does_not_move_is_said_so(viewer):
    row = rows.job()
    Event.objects.all()._raw_delete("default")
    Event.objects.bulk_create([Event(who="host", subject="job", subject_id=row.pk, name="x", new="WAITING")])
    Event.objects.update(at=timezone.now() - timedelta(minutes=14))

    assert "Nothing moves" in body(viewer)
    assert "changed for 14 min" in body(viewer)


def test_waiting_for_the_window_is_no_trouble(viewer):
    rows.job()
    opens = timezone.now() + timedelta(hours=3)
    Instrument.objects.update(window=f"{opens:%H:%M}-{opens + timedelta(hours=1):%H:%M}")
    Event.objects.update(at=timezone.now() - timedelta(minutes=14))

    assert "Nothing moves" not in body(viewer)


def test_jobs_that_ended_badly_stand_on_the_page_with_reason_and_sentence(viewer):
    rows.put(rows.job(), JobState.FAILED, Reason.RAW_DAMAGED, "The frame is cut off.")
    shown = body(viewer)

    assert "RAW_DAMAGED" in shown
    assert "The frame is cut off." in shown
    assert "1 job ended badly" in shown


def test_the_newest_trouble_stands_on_top(viewer):
    names = [rows.put(rows.job(sample), JobState.LOST).block.name for sample in (rows.POINT, rows.CELL)]
    shown = body(viewer)

    assert shown.index(f"/abs/{names[1]}/") < shown.index(f"/abs/{names[0]}/")


def test_rejected_and_skipped_jobs_need_no_look(viewer):
    rows.job(rows.VIRTUAL)
    rows.put(rows.job(), JobState.SKIPPED)

    assert "No job ended badly" in body(viewer)


def test_the_bar_says_in_words_what_it_shows(viewer):
    rows.job(rows.VIRTUAL, DATE="2012-05-09")
    rows.put(rows.job(), JobState.INGESTED)

    assert 'aria-label="2 ABs: 1 ingested, 1 rejected"' in body(viewer)


def test_open_dates_stand_above_newer_ones_that_are_finished(viewer):
    rows.job(rows.CELL)
    ProcessingDate.objects.update(state="FINISHED", finished=timezone.now())
    rows.job(rows.POINT)
    shown = body(viewer)

    assert shown.index("2012-05-09/") < shown.index("2012-05-10/")


def test_a_finished_site_is_no_longer_looked_at_every_few_seconds(viewer):
    rows.put(rows.job(), JobState.INGESTED)
    ProcessingDate.objects.update(state="FINISHED", finished=timezone.now())

    assert "data-live" not in body(viewer)
