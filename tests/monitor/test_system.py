"""The page of the engine: windows, workers, what was stopped and held; and the form that sets a window."""

import re
from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from processing import control
from processing.core.states import JobState
from processing.models import Event, Instrument, Worker
from tests.monitor import rows

pytestmark = pytest.mark.django_db

SYSTEM, WINDOW = "/system/", "/system/windows/UVES/"


def body(client, address=SYSTEM):
    return " ".join(client.get(address).content.decode().split())


def told(client, address=SYSTEM):
    """The words of a page, without their marks."""
    main = body(client, address).split('<main id="main"')[1]
    return " ".join(re.sub(r"<[^>]+>", " ", main).split())


@pytest.fixture
def setter(allowed):
    """Somebody who may set windows."""
    return allowed("change_instrument")


@pytest.fixture
def uves():
    return rows.job()


def in_hours(first, second):
    """A window from so many hours from now to so many."""
    now = timezone.now()
    return f"{now + timedelta(hours=first):%H:%M}-{now + timedelta(hours=second):%H:%M}"


def test_an_empty_site_says_that_there_is_nothing(viewer):
    shown = told(viewer)

    assert "No instrument yet" in shown
    assert "None was ever heard of." in shown
    assert "Nothing was ever stopped." in shown
    assert "Nothing was ever held." in shown


def test_a_window_is_shown_with_its_next_opening(viewer, uves):
    assert "UVES always open the site's open now yes" in told(viewer)

    Instrument.objects.update(window=in_hours(3, 4))
    opens = timezone.now() + timedelta(hours=3)
    assert f"UVES {in_hours(3, 4)} UTC {opens:%Y-%m-%d %H:%M} window closed" in told(viewer)


@pytest.mark.parametrize(("host", "shown"), [("", "held"), ("broken1", "yes not on broken1")])
def test_what_keeps_an_instrument_is_shown_beside_its_window(viewer, uves, host, shown):
    rows.held(host=host)

    assert f"open now {shown}" in told(viewer)


@pytest.mark.parametrize(("seconds", "state"), [(50, "alive"), (70, "silent")])
def test_a_worker_is_shown_with_its_last_sign_of_life(viewer, seconds, state):
    control.heard("night")
    seen = timezone.now() - timedelta(seconds=seconds)
    Worker.objects.update(seen=seen)

    assert re.search(rf"night {state} .* {seen:%Y-%m-%d %H:%M:%S} UTC", told(viewer))


def test_stops_and_holds_stay_on_record_with_who_ended_them(viewer, uves):
    control.resume(rows.stopped_since("2012-05-10", reason="<b>curve</b>"), "bert")
    rows.held("disk <full>", "broken1").release("probe")
    shown = told(viewer)

    assert re.search(r"UVES &lt;b&gt;curve&lt;/b&gt; 2012-05-10 18:00 by anna \S+ \S+ by bert", shown)
    assert re.search(r"UVES on broken1 disk &lt;full&gt; \S+ \S+ \S+ \S+ by probe", shown)


def test_what_lasts_is_marked(viewer, uves):
    control.stop("", "a bug", "anna")
    rows.held()
    shown = told(viewer)

    assert re.search(r"everything a bug \S+ \S+ by anna stopped", shown)
    assert re.search(r"UVES the archive is away \S+ \S+ held", shown)


def test_the_way_to_the_window_is_shown_to_those_who_may_set_it(viewer, setter, uves):
    assert f'href="{WINDOW}"' in body(setter)
    assert f'href="{WINDOW}"' not in body(viewer)


def test_a_window_is_looked_at_before_it_is_set(setter, uves):
    shown = told(setter, f"{WINDOW}?window={in_hours(3, 4)}")
    opens = timezone.now() + timedelta(hours=3)

    assert (
        f"the new window {in_hours(3, 4)} UTC then closed, opens {opens:%Y-%m-%d %H:%M} UTC jobs that wait 1" in shown
    )
    assert Instrument.objects.get().window == ""


def test_a_window_is_set_with_an_event(setter, uves):
    answer = setter.post(WINDOW, {"window": "21:00-05:00"})
    event = Event.objects.latest("id")

    assert (answer.status_code, answer.url) == (302, SYSTEM)
    assert "The window of UVES is 21:00-05:00 UTC." in body(setter)
    assert (event.subject, event.old, event.new, event.who) == (
        "instrument",
        "site",
        "21:00-05:00",
        "may_change_instrument",
    )


def test_an_instrument_can_have_the_sites_window_again(setter, uves):
    Instrument.objects.update(window="21:00-05:00")
    assert f'href="{WINDOW}?window="' in body(setter, WINDOW)
    assert "the new window always open, the site's then open at once" in told(setter, f"{WINDOW}?window=")
    setter.post(WINDOW, {"window": ""})

    assert Instrument.objects.get().window == ""


def test_only_jobs_that_wait_count(setter, uves):
    rows.put(uves, JobState.RUNNING)

    assert "jobs that wait 0" in told(setter, f"{WINDOW}?window=21:00-05:00")


@pytest.mark.parametrize("window", ["25:00-05:00", "night", "<b>", "21:00-05:00 21:00", "21:00"])
def test_what_is_no_window_is_refused_and_stays_in_the_form(setter, uves, window):
    for answer in (setter.get(WINDOW, {"window": window}), setter.post(WINDOW, {"window": window})):
        assert answer.status_code == 400
        assert "is not a window of the form HH:MM-HH:MM" in answer.content.decode()
        assert "<b>&" not in answer.content.decode()
    assert Instrument.objects.get().window == ""


def test_nothing_is_set_without_a_window(setter, uves):
    Instrument.objects.update(window="21:00-05:00")

    assert setter.post(WINDOW).status_code == 400
    assert Instrument.objects.get().window == "21:00-05:00"


@pytest.mark.parametrize("method", ["get", "post"])
def test_setting_a_window_needs_its_permission(stopper, anonymous, uves, method):
    assert getattr(stopper, method)(WINDOW, {"window": "21:00-05:00"}).status_code == 403
    assert getattr(anonymous, method)(WINDOW).url == f"/login/?next={WINDOW}"
    assert Instrument.objects.get().window == ""


def test_an_instrument_that_nobody_knows_is_not_found(setter):
    assert setter.get("/system/windows/NOBODY/").status_code == 404


def test_the_form_carries_its_token_and_works_as_it_was_served(setter, uves):
    strict = Client(enforce_csrf_checks=True)
    strict.cookies = setter.cookies
    assert strict.post(WINDOW, {"window": "21:00-05:00"}).status_code == 403
    form = strict.get(f"{WINDOW}?window=21:00-05:00").content.decode().split('<main id="main"')[1]
    fields = dict(re.findall(r'type="hidden"\s+name="(\w+)"\s+value="([^"]+)"', form))

    assert strict.post(WINDOW, fields).status_code == 302
    assert Instrument.objects.get().window == "21:00-05:00"


def test_ids_are_unique_and_nothing_inline_can_run(admin_client, uves):
    rows.held()
    control.stop("", "a bug", "anna")

    for address in (SYSTEM, WINDOW, f"{WINDOW}?window=21:00-05:00", "/system/holds/UVES/"):
        shown = body(admin_client, address)
        ids = re.findall(r'\sid="([^"]+)"', shown)
        assert len(ids) == len(set(ids))
        assert not re.search(r"<style|<script(?! type=\"module\" src=)|\sstyle=|\son\w+=|javascript:", shown)
