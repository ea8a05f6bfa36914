"""What happens while somebody looks: news come, nothing jumps, trouble is told, and a dead server is noticed."""

import base64
import json
import re
import urllib.request
from itertools import count

import pytest
from playwright.sync_api import expect

from tests.browser.filled import stamp
from tests.browser.site import PASSWORD, USER
from tests.monitor import rows

A_LOOK = 5_100  # ms between two looks of an unfinished page, see static/monitor/phoenix.js
A_WHILE = 2_100  # ms after which what waited comes by itself, see static/monitor/steady.js
NAMES = count(1000)


def ask(site, path, body, kind="application/json"):
    """A POST to the API, as a script of the site would do it."""
    login = base64.b64encode(f"{USER}:{PASSWORD}".encode()).decode()
    headers = {"Authorization": f"Basic {login}", "Content-Type": kind}
    request = urllib.request.Request(f"{site.url}/api/v1/{path}", body, headers)  # noqa: S310 - our own server
    with urllib.request.urlopen(request, timeout=20) as answer:  # noqa: S310
        return json.load(answer)


def registered(site, day):
    """A new AB of this date."""
    text = rows.text(stamp=stamp(next(NAMES)), DATE=day)
    return ask(site, "abs/", text.encode(), "text/plain")


@pytest.fixture
def live(tabs, served):
    """The home page of the calm site, its clock in our hands."""
    tab = tabs.open("calm")
    tab.clock.install()
    tab.goto("/")
    return tab


def a_look_later(tab):
    with tab.expect_response("**/"):
        tab.clock.run_for(A_LOOK)


def test_news_come_and_the_focus_stays(live, served):
    link = live.locator("#nights ~ table tbody th a").first
    link.focus()
    address = link.get_attribute("href")
    counted = live.locator("#nights ~ table tbody tr").first.get_by_role("link", name="waiting")
    before = counted.inner_text()
    registered(served["calm"], "2012-05-09")
    a_look_later(live)

    expect(counted).not_to_have_text(before)
    assert live.evaluate("document.activeElement.getAttribute('href')") == address
    expect(live.locator("#freshness")).to_contain_text("updated")


@pytest.mark.parametrize("leaving", ["pointer", "button"])
def test_a_row_under_the_pointer_stays_until_somebody_asks_for_what_is_new(live, served, leaving):
    nights = live.locator("#nights ~ table tbody tr")
    first = nights.first.locator("th").inner_text()
    before = nights.count()
    nights.first.locator("th").hover()
    top = nights.first.bounding_box()["y"]
    registered(served["calm"], f"2012-06-{10 + next(NAMES) % 20}")
    a_look_later(live)
    show = live.get_by_role("button", name="1 new \N{EN DASH} show")
    expect(show).to_be_visible()
    assert nights.first.locator("th").inner_text() == first
    assert nights.first.bounding_box()["y"] == pytest.approx(top, abs=1)

    if leaving == "button":
        show.click()
    else:
        live.mouse.move(5, 5)
        live.clock.run_for(A_WHILE)
    expect(nights).to_have_count(before + 1)
    expect(show).to_be_hidden()


def test_only_a_stop_is_spoken_and_shown_in_title_and_icon(live, served):
    spoken = live.locator("#speaker")
    registered(served["calm"], "2012-05-09")
    a_look_later(live)
    assert spoken.inner_text() == ""
    assert live.title() == "Tonight · phoenix"

    stop = ask(served["calm"], "stops/", b'{"scope": "UVES", "mode": "DRAIN", "reason": "a wrong response"}')
    a_look_later(live)
    expect(spoken).to_have_text("UVES stopped")
    expect(live).to_have_title("■ Tonight · phoenix")
    expect(live.locator("#icon")).to_have_attribute("href", "/static/monitor/favicon-stopped.svg")

    ask(served["calm"], f"stops/{stop['id']}/resume/", b"{}")
    a_look_later(live)
    expect(live).to_have_title("Tonight · phoenix")


def test_a_job_that_failed_shows_in_title_and_icon_of_every_page(tabs):
    tab = tabs.open("busy")
    tab.goto("/certificates/")

    expect(tab).to_have_title("✗ Certificates · phoenix")
    expect(tab.locator("#icon")).to_have_attribute("href", "/static/monitor/favicon-bad.svg")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_age_turns_red_when_the_server_dies_and_back_when_it_lives_again(live, served, scheme):
    site, age = served["calm"], live.locator("#freshness")
    live.emulate_media(color_scheme=scheme)
    expect(age).to_have_css("background-color", "rgba(0, 0, 0, 0)")
    site.end()
    try:
        live.clock.run_for(A_LOOK)
        live.wait_for_timeout(200)
        live.clock.run_for(A_LOOK)
        expect(age).to_contain_text("no answer for")
        expect(age).to_have_css("background-color", "rgb(255, 92, 77)")
        expect(live).to_have_title("? Tonight · phoenix")
        expect(live.locator("#icon")).to_have_attribute("href", re.compile("^data:image/svg"))
    finally:
        site.start()
        site.wait()
    a_look_later(live)
    expect(age).to_contain_text("updated")
    expect(live).to_have_title("Tonight · phoenix")
