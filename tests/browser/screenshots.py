"""Takes pictures of every page, on desktop and phone, in light and dark.

python -m tests.browser.screenshots [--database FILE] [--into FOLDER] [--only NAME …]; see --help.
"""

import argparse
import sys
import tempfile
from collections.abc import Iterator, Sequence
from itertools import product
from pathlib import Path
from typing import Literal

from playwright.sync_api import Browser, BrowserContext, sync_playwright

from tests.browser.conftest import DESKTOP, PHONE, logged_in
from tests.browser.pages import PAGES, Page
from tests.browser.site import ROOT, Site, chromium, serving, sites

SCREENS = {"desktop": DESKTOP, "phone": PHONE}
SCHEMES: Sequence[Literal["light", "dark"]] = ("light", "dark")


def main(arguments: Sequence[str]) -> int:
    """Take the pictures that the command line asks for; the exit code."""
    options = parsed(arguments)
    try:
        taken = shot(options)
    except (FileNotFoundError, RuntimeError) as error:
        print(error)
        return 1
    print(f"{len(taken)} pictures in {options.into}")
    return 0


def shot(options: argparse.Namespace) -> list[str]:
    """The names of the pictures taken; RuntimeError or FileNotFoundError where there is nothing to show."""
    options.into.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="phoenix-pictures-") as folder, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium())
        with serving(sites(Path(folder), options.database)) as served:
            return [file for name, site in served.items() for file in pictures(browser, name, site, options)]


def parsed(arguments: Sequence[str]) -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(prog="make screenshots", description="Pictures of every page.")
    parser.add_argument(
        "--database", type=Path, metavar="FILE", help="a SQLite database to show a copy of, say that of the demo"
    )
    parser.add_argument("--into", type=Path, default=ROOT / "var/screenshots", help="default var/screenshots")
    names = [page.name for page in PAGES]
    parser.add_argument("--only", nargs="+", choices=names, default=names, metavar="NAME", help=", ".join(names))
    return parser.parse_args(arguments)


def pictures(browser: Browser, name: str, site: Site, options: argparse.Namespace) -> Iterator[str]:
    """Of one site: its pages on every screen in every scheme; yields the names of the files."""
    state = logged_in(browser, site)
    pages = [page for page in PAGES if page.name in options.only and page.within(site.names)]
    for (screen, viewport), scheme in product(SCREENS.items(), SCHEMES):
        context = browser.new_context(
            base_url=site.url, storage_state=state, viewport=viewport, color_scheme=scheme, device_scale_factor=1
        )
        for page in pages if name != "calm" else ():
            label = f"{name}-{page.name}" if name == "empty" else page.name
            yield picture(context, site, page, options.into / f"{label}-{screen}-{scheme}.png")
        context.close()


def picture(context: BrowserContext, site: Site, page: Page, file: Path) -> str:
    """One page, as long as it is."""
    tab = context.new_page()
    tab.goto(page.address.format(**site.names))
    tab.screenshot(path=file, full_page=True)
    tab.close()
    return file.name


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
