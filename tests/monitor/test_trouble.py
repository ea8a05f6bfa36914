"""What is wrong, in the title, the icon and the words of every page; and the pages that every page leads to."""

import re

import pytest
from django.utils import timezone

from monitor.places import PLACES
from processing.core.states import JobState
from processing.models import ProcessingDate, Worker
from tests.monitor import rows

pytestmark = pytest.mark.django_db


def told(client, address="/system/"):
    """Title, icon and words of a page."""
    body = client.get(address).content.decode()
    [title] = re.findall(r"<title>(.*?)</title>", body)
    [icon] = re.findall(r'id="icon"\s+href="/static/monitor/(.*?)"', body)
    [words] = re.findall(r'<meta name="trouble" content="(.*?)"', body)
    return title, icon, words


def test_while_nothing_is_wrong_nothing_is_told(viewer):
    rows.put(rows.job(), JobState.INGESTED)

    assert told(viewer) == ("System · phoenix", "favicon.svg", "")


def test_a_stop_has_its_own_sign(viewer):
    rows.put(rows.job(), JobState.INGESTED)
    rows.stopped_since("2012-05-10", "", "a bug")
    rows.stopped_since("2012-05-10")

    title, icon, words = told(viewer)
    assert (title, icon) == ("■ System · phoenix", "favicon-stopped.svg")
    assert set(words.split("; ")) == {"everything stopped", "UVES stopped"}


def test_what_is_bad_weighs_more_than_a_stop(viewer):
    rows.put(rows.job(), JobState.FAILED)
    rows.stopped_since("2012-05-10")

    assert told(viewer) == ("✗ System · phoenix", "favicon-bad.svg", "UVES stopped; 1 job ended badly")


@pytest.mark.parametrize(("host", "words"), [("", "UVES held"), ("node-7", "UVES held on node-7")])
def test_a_hold_is_told_with_its_place(viewer, host, words):
    rows.put(rows.job(), JobState.INGESTED)
    rows.held("the disk is full", host)

    assert told(viewer)[2] == words


def test_a_held_date_and_a_dead_worker_are_told(viewer):
    rows.job()
    ProcessingDate.objects.update(state="HELD", reason="a missing frame", held=timezone.now())
    Worker.objects.all().delete()

    assert told(viewer)[2] == "UVES 2012-05-09 held; no worker is alive"


def test_a_stranger_is_told_nothing(anonymous):
    rows.put(rows.job(), JobState.FAILED)

    assert told(anonymous, "/login/") == ("Log in · phoenix", "favicon.svg", "")


def test_every_place_is_linked_with_its_key_and_where_one_is_says_so(viewer):
    body = viewer.get("/system/").content.decode()

    for place in PLACES:
        assert f'href="{place.address}"' in body
        assert f'data-key="{place.key}"' in body
    assert re.findall(r'data-key="(\w)"\s+aria-current="page"', body) == ["y"]


def test_below_a_place_its_link_says_so():
    certificates = next(place for place in PLACES if place.name == "certificates")
    tonight = next(place for place in PLACES if place.name == "tonight")

    assert certificates.current("/certificates/") == "page"
    assert certificates.current("/certificates/UVES/X/") == "true"
    assert tonight.current("/system/") == ""


def test_no_two_places_share_a_key_and_none_takes_that_of_the_chord():
    keys = [place.key for place in PLACES]

    assert len(set(keys)) == len(keys)
    assert all(len(key) == 1 and key.islower() for key in keys)
