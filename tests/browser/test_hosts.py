"""Several hosts on the system page, on a desk and on a telephone."""

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import DESKTOP, PHONE, Tabs

TOO_WIDE = "table => table.scrollWidth - table.closest('.panel').clientWidth"


@pytest.fixture(params=[DESKTOP, PHONE], ids=["desktop", "phone"])
def system(request: pytest.FixtureRequest, tabs: Tabs) -> Page:
    """The page of a site with hosts of all kinds."""
    tab = tabs.open("busy")
    tab.set_viewport_size(request.param)
    tab.goto("/system/")
    return tab


def test_each_host_says_by_sign_and_word_how_it_is(system):
    table = system.locator("[data-part=workers] table")

    for name, words in (
        ("night", ("alive", "download, process, ingest")),
        ("archive1", ("alive", "download, ingest", "others: ", "sees another work folder than night")),
        ("compute1:second", ("alive", "calibrations, work")),
        ("compute2", ("silent for 3 h",)),
    ):
        row = table.locator("tr", has=system.get_by_role("rowheader", name=name, exact=True))
        for word in words:
            expect(row).to_contain_text(word)
        expect(row.locator(".state svg").first).to_be_visible()


def test_who_serves_each_stage_stands_beside_what_waits(system):
    row = system.locator("[data-part=queues] tr", has=system.get_by_role("rowheader", name="jobs to process"))

    expect(row).to_contain_text("compute1")
    expect(row).not_to_contain_text("compute2")


@pytest.mark.parametrize("part", ["workers", "queues"])
def test_no_column_is_cut_off(system, part):
    assert system.locator(f"[data-part={part}] table").evaluate(TOO_WIDE) <= 0
