"""A held instrument on the pages, and the way to try it again."""

import re
from datetime import UTC, datetime, timedelta

import pytest
from django.test import Client
from django.utils import timezone

from monitor import holds
from processing.core.states import DateState
from processing.models import Event, Hold, Instrument, ProcessingDate, Worker
from tests.monitor import rows

pytestmark = pytest.mark.django_db

TRY = "/system/holds/UVES/"
PAGES = ("/", "/dates/UVES/2012-05-09/", "/abs/UVES.2012-05-10T03:17:42.861/", "/system/", "/nothing/")
BUTTON = "Try again now…"


def body(client, address="/"):
    return " ".join(client.get(address).content.decode().split())


def told(client, address="/"):
    """The words of a page, without their marks."""
    return " ".join(re.sub(r"<[^>]+>", " ", body(client, address)).split())


@pytest.mark.parametrize(("host", "where"), [("", ""), ("broken1", "on broken1, ")])
def test_a_hold_is_shown_with_where_since_when_and_why_on_every_page(viewer, host, where):
    rows.job()
    rows.held("the <archive> is away", host)
    Hold.objects.update(at=datetime(2012, 5, 9, 21, 3, tzinfo=UTC))

    for address in PAGES:
        assert f"UVES held {where}since 2012-05-09 21:03 UTC: the &lt;archive&gt; is away" in told(viewer, address)


def test_a_hold_says_when_it_was_looked_at_and_when_the_next_look_is(viewer, settings):
    settings.PHOENIX = {**settings.PHOENIX, "PROBE": 3600.0}
    rows.job()
    looked = timezone.now()
    rows.held(looked=looked)
    next_look = looked + timedelta(hours=1)

    assert f"(looked at {looked:%H:%M:%S} UTC; next look at {next_look:%H:%M:%S} UTC)" in told(viewer)


def test_a_look_that_nobody_takes_is_due(viewer):
    rows.job()
    rows.held(looked=timezone.now() - timedelta(minutes=5))

    assert "the next look is due)" in told(viewer)


def test_a_hold_of_every_host_is_the_answer_to_may_it_run(viewer):
    rows.job()
    rows.held()
    shown = told(viewer)

    assert "UVES: no, held" in shown
    assert "UVES: yes" not in shown
    assert "window open" not in shown
    assert "UVES is held until that is mended." in shown


def test_a_hold_of_one_host_leaves_the_instrument_to_the_others(viewer):
    rows.job()
    rows.held(host="broken1")
    shown = told(viewer)

    assert "UVES: yes" in shown
    assert "But not on broken1: the archive is away" in shown
    assert "UVES is held on broken1 until that is mended." in shown


def test_a_stop_is_told_before_a_hold_and_both_are_shown(viewer):
    rows.job()
    rows.held()
    rows.stopped_since("2012-05-10")
    shown = told(viewer)

    assert "UVES: no, stopped" in shown
    assert "UVES: no, held" not in shown
    assert "the archive is away" in shown


@pytest.mark.parametrize(("reason", "times"), [("the archive is away", 0), ("bias is cut off", 1)])
def test_a_date_is_shown_held_for_itself_only_if_the_hold_does_not_say_it_already(viewer, reason, times):
    rows.job()
    rows.held()
    ProcessingDate.objects.update(state="HELD", reason=reason, held=timezone.now())
    strip = body(viewer).split("<aside")[1].split("</aside>")[0]

    assert strip.count("/dates/UVES/2012-05-09/") == times
    assert strip.count(reason) == 1
    assert ("1 date held" in body(viewer)) == bool(times)


def test_what_was_released_is_not_shown_any_more(viewer):
    rows.job()
    rows.held().release("probe")
    shown = told(viewer)

    assert "UVES held" not in shown
    assert "UVES: yes" in shown
    assert "No job ended badly, nothing is held." in shown


@pytest.mark.parametrize(("codename", "shown"), [("change_stop", True), ("add_stop", False)])
def test_the_button_is_shown_to_those_who_may_press_it(allowed, codename, shown):
    rows.job()
    rows.held()

    assert (BUTTON in body(allowed(codename))) == shown


def test_trying_again_ends_the_holds_and_says_who_did_it(stopper):
    rows.job()
    everywhere, here = rows.held(), rows.held("disk full", "broken1")
    ProcessingDate.objects.update(state="HELD", reason="the archive is away", held=timezone.now())
    answer = stopper.post(TRY)

    assert (answer.status_code, answer.url) == (302, "/")
    assert "UVES is tried again: holds ended: 2." in told(stopper)
    assert {*Hold.objects.values_list("released_by", flat=True)} == {"anna"}
    assert ProcessingDate.objects.get().state == DateState.REGISTERED
    released = Event.objects.filter(subject="hold", new="RELEASED")
    assert {*released.values_list("subject_id", "who")} == {(everywhere.pk, "anna"), (here.pk, "anna")}


def test_another_instrument_stays_held(stopper):
    rows.job()
    Instrument.objects.create(name="HAWKI")
    other = rows.held(instrument="HAWKI")
    rows.held()
    stopper.post(TRY)

    assert [*Hold.objects.filter(released=None)] == [other]


def test_it_is_asked_before_anything_is_tried_again(stopper):
    rows.job()
    rows.held("the <archive> is away", "broken1")
    ProcessingDate.objects.update(state="HELD", reason="x", held=timezone.now())
    shown = told(stopper, TRY)

    assert "broken1" in shown
    assert "the &lt;archive&gt; is away" in shown
    assert "1 date held with it is prepared again" in shown
    assert Hold.objects.get().released is None


def test_what_is_not_held_any_more_is_said_so(stopper):
    rows.job()

    assert "Nothing holds UVES. There is nothing left to do." in told(stopper, TRY)
    assert "<form method" not in body(stopper, TRY).split('<main id="main"')[1]
    stopper.post(TRY)
    assert "Nothing holds UVES any more." in told(stopper)


@pytest.mark.parametrize("method", ["get", "post"])
def test_trying_again_needs_the_permission_that_a_resume_needs(allowed, method):
    rows.job()
    rows.held()

    assert getattr(allowed("add_stop"), method)(TRY).status_code == 403
    assert Hold.objects.get().released is None


@pytest.mark.parametrize("method", ["get", "post"])
def test_whoever_is_not_logged_in_is_sent_to_the_login(anonymous, method):
    rows.job()
    rows.held()

    assert getattr(anonymous, method)(TRY).url == f"/login/?next={TRY}"
    assert Hold.objects.get().released is None


def test_an_instrument_that_nobody_knows_is_not_found(stopper):
    assert stopper.get("/system/holds/NOBODY/").status_code == 404


def test_the_form_carries_its_token_and_works_as_it_was_served(stopper):
    rows.job()
    rows.held()
    strict = Client(enforce_csrf_checks=True)
    strict.cookies = stopper.cookies
    assert strict.post(TRY).status_code == 403
    form = strict.get(TRY).content.decode().split('<main id="main"')[1]
    [token] = re.findall(r'name="csrfmiddlewaretoken" value="(\w+)"', form)

    assert strict.post(TRY, {"csrfmiddlewaretoken": token}).status_code == 302
    assert Hold.objects.get().released_by == "anna"


def test_no_worker_alive_is_said_on_every_page(viewer):
    rows.job()
    Worker.objects.all().delete()

    for address in PAGES:
        assert "no worker is alive There is work, but no worker was heard of within the last minute" in told(
            viewer, address
        )
    assert "No worker is alive 1 unfinished" in told(viewer)
    assert "Somebody has to start a worker." in told(viewer)


def test_holds_take_one_query_and_those_of_every_host_come_first(django_assert_num_queries):
    rows.job()
    rows.held(host="broken1")
    rows.held()
    with django_assert_num_queries(1):
        found = holds.by_instrument()["UVES"]

    assert [held.everywhere for held in found] == [True, False]


def test_a_waiting_job_says_on_its_pages_that_its_instrument_is_held(viewer):
    row = rows.job()
    rows.held()
    Hold.objects.update(at=datetime(2012, 5, 9, 21, 3, tzinfo=UTC))
    sentence = "Waiting because UVES is held since 2012-05-09 21:03 UTC: the archive is away."

    assert sentence in told(viewer, "/dates/UVES/2012-05-09/")
    assert sentence in told(viewer, f"/abs/{row.block.name}/")
