"""What holds for every page: anybody can use it, on any screen, in light and dark, with and without scripts."""

from pathlib import Path

import pytest

from monitor.headers import HEADERS
from tests.browser.conftest import DESKTOP, PHONE
from tests.browser.pages import EMPTY, PAGES

AXE = Path(__file__).parent / "vendor/axe-core-4.14.1/axe.min.js"
NARROWEST = {"width": 320, "height": 640}
# Whether a page can be used depends on colours and places in these rules only.
ON_A_SCREEN = ["color-contrast", "link-in-text-block", "scrollable-region-focusable", "target-size"]
VIOLATIONS = """async (only) => {
  const rules = only ? { runOnly: only } : { rules: { "target-size": { enabled: true } } };
  const found = await axe.run(document, { resultTypes: ["violations"], ...rules });
  return found.violations.map(({ id, nodes }) => `${id}: ${nodes.slice(0, 3).map((n) => n.html).join(" | ")}`);
}"""
TOO_WIDE = """() => [...document.querySelectorAll("body *")]
  .filter((each) => each.getBoundingClientRect().right > innerWidth + 1 && !each.closest(".scroll, .sr, figure, pre"))
  .map((each) => each.outerHTML.slice(0, 120))"""
SIDEWAYS = "() => document.documentElement.scrollWidth - innerWidth"
EVERY = [*(("busy", page) for page in PAGES), *(("empty", page) for page in EMPTY)]


def visited(tab, site, page):
    """The page in the tab, with the status and the headers that it should have."""
    answer = tab.goto(page.address.format(**site.names))
    assert answer.status == page.status
    assert {name: answer.headers.get(name.lower()) for name in HEADERS} == HEADERS
    return tab


@pytest.fixture(scope="module")
def with_axe(shared_tabs):
    for tab in shared_tabs.values():
        tab.add_init_script(path=AXE)
    return shared_tabs


@pytest.mark.parametrize(("name", "page"), EVERY, ids=[f"{name}-{page.name}" for name, page in EVERY])
def test_nothing_keeps_anybody_from_using_a_page(with_axe, served, name, page):
    tab = with_axe[name]
    tab.emulate_media(color_scheme="light")
    tab.set_viewport_size(DESKTOP)
    visited(tab, served[name], page)
    assert tab.evaluate(VIOLATIONS) == []

    tab.emulate_media(color_scheme="dark")
    tab.set_viewport_size(PHONE)
    assert tab.evaluate(VIOLATIONS, ON_A_SCREEN) == []
    assert tab.evaluate(SIDEWAYS) <= 0, tab.evaluate(TOO_WIDE)

    tab.set_viewport_size(NARROWEST)
    assert tab.evaluate(SIDEWAYS) <= 0, tab.evaluate(TOO_WIDE)


@pytest.fixture(scope="module")
def without_scripts(browser, served, logins):
    context = browser.new_context(
        base_url=served["busy"].url, storage_state=logins["busy"], java_script_enabled=False, viewport=PHONE
    )
    yield context.new_page()
    context.close()


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_a_page_needs_no_scripts(without_scripts, served, page):
    tab = visited(without_scripts, served["busy"], page)

    assert tab.locator("h1").count() == 1
    assert tab.get_by_role("complementary", name="State of processing").is_visible() != page.public
    assert page.public or tab.locator("#freshness").inner_text().startswith("as of ")
    assert not tab.locator("dialog, #keys-open, .pending").filter(visible=True).count()
    if page.form:
        assert tab.locator("main form button[type=submit]").count()
