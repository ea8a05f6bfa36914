"""One browser for all tests, three sites, and tabs that complain about whatever a page does wrong."""

from collections.abc import Iterator, Mapping
from typing import Any

import pytest
from playwright.sync_api import (
    Browser,
    BrowserContext,
    ConsoleMessage,
    Page,
    StorageState,
    ViewportSize,
    expect,
    sync_playwright,
)

from tests.browser.site import PASSWORD, USER, Site, chromium, serving, sites

DESKTOP: ViewportSize = {"width": 1280, "height": 900}
PHONE: ViewportSize = {"width": 390, "height": 844}
# ms for what takes a tenth of a second on a machine that has nothing else to do.
PATIENCE = 20_000
expect.set_options(timeout=PATIENCE)


@pytest.fixture(scope="package")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Mapping[str, Site]]:
    """The sites, running."""
    with serving(sites(tmp_path_factory.mktemp("sites"))) as running:
        yield running


@pytest.fixture(scope="package")
def browser() -> Iterator[Browser]:
    """Debian's chromium; an error, not a skip, where it is not."""
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=chromium())
        yield started
        started.close()


@pytest.fixture(scope="package")
def logins(browser: Browser, served: Mapping[str, Site]) -> Mapping[str, StorageState]:
    """The session of somebody who has logged in, of each site."""
    return {name: logged_in(browser, site) for name, site in served.items()}


def logged_in(browser: Browser, site: Site) -> StorageState:
    context = browser.new_context(base_url=site.url, java_script_enabled=False)
    page = context.new_page()
    page.goto("/login/")
    page.get_by_label("User name").fill(USER)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Log in").click()
    page.get_by_role("button", name="Log out").wait_for()
    state = context.storage_state()
    context.close()
    return state


class Tabs:
    """Opens tabs, and remembers what the pages in them complained about."""

    def __init__(self, browser: Browser, served: Mapping[str, Site], logins: Mapping[str, StorageState]) -> None:
        self.browser, self.served, self.logins = browser, served, logins
        self.opened: list[BrowserContext] = []
        self.complaints: list[str] = []

    def open(self, site: str, **options: Any) -> Page:
        """A tab of somebody who is logged in, at no page yet."""
        url, login = self.served[site].url, self.logins[site]
        context = self.browser.new_context(
            **{"base_url": url, "storage_state": login, "viewport": DESKTOP, "reduced_motion": "reduce", **options}
        )
        context.set_default_timeout(PATIENCE)
        self.opened.append(context)
        page = context.new_page()
        page.on("console", self.hear)
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        return page

    def close(self) -> None:
        """Close them all; a page that has complained is an error."""
        for context in self.opened:
            context.close()
        assert not self.complaints

    def hear(self, message: ConsoleMessage) -> None:
        """Errors and warnings; but not that a page has the status that the test asked for, or that a server died."""
        expected = message.text.startswith("Failed to load resource") and "/static/" not in message.location["url"]
        if message.type in ("error", "warning") and not expected:
            self.complaints.append(message.text)


@pytest.fixture(scope="module")
def shared_tabs(
    browser: Browser, served: Mapping[str, Site], logins: Mapping[str, StorageState]
) -> Iterator[Mapping[str, Page]]:
    """A tab of each site for tests that change nothing; a new one for each test would cost a second."""
    opened = Tabs(browser, served, logins)
    yield {name: opened.open(name) for name in served}
    opened.close()


@pytest.fixture
def tabs(browser: Browser, served: Mapping[str, Site], logins: Mapping[str, StorageState]) -> Iterator[Tabs]:
    """Tabs of one test; whatever a page wrote to the console fails it."""
    opened = Tabs(browser, served, logins)
    yield opened
    opened.close()
