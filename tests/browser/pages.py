"""Every page there is: what the browser tests walk through, and what `make screenshots` takes pictures of.

A new page is one line of PAGES.  Addresses are filled in with the names of `tests.browser.filled`.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus
from string import Formatter
from typing import Any


@dataclass(frozen=True)
class Page:
    """A page by its name, its address, whether it asks something with a form of its own, whether it is everybody's."""

    name: str
    address: str
    form: bool = False
    public: bool = False
    status: HTTPStatus = HTTPStatus.OK

    def within(self, names: Mapping[str, Any]) -> bool:
        """Whether a site has what the address names."""
        return {field for _, field, _, _ in Formatter().parse(self.address) if field} <= set(names)


CERTIFICATE = "/certificates/{instrument}/{certificate}/"

PAGES = (
    Page("tonight", "/"),
    Page("grid", "/grid/"),
    Page("failures", "/failures/"),
    Page("failure", "/failures/{fingerprint}/"),
    Page("failure-acknowledge", "/failures/{fingerprint}/acknowledge/", form=True),
    Page("failure-handover", "/failures/{fingerprint}/handover/", form=True),
    Page("scores", "/scores/"),
    Page("scores-parameter", "/scores/?instrument={instrument}&parameter=qc_s2n"),
    Page("timing", "/timing/"),
    Page("campaigns", "/campaigns/"),
    Page("campaign", "/campaigns/{campaign}/"),
    Page("adp", "/adp/", public=True),
    Page("adp-found", "/adp/?instrument={instrument}", public=True),
    Page("adp-definitions", "/adp/definitions/", public=True),
    Page("date", "/dates/{instrument}/{date}/"),
    Page("date-filtered", "/dates/{instrument}/{date}/?state=FAILED&sort=ab"),
    Page("ab", "/abs/{ab}/"),
    Page("ab-failed", "/abs/{failed}/"),
    Page("ab-waiting", "/abs/{waiting}/"),
    Page("stop", "/stop/", form=True),
    Page("resume", "/stops/{stop}/resume/", form=True),
    Page("try-again", "/system/holds/{held}/", form=True),
    Page("certificates", "/certificates/"),
    Page("certificate", CERTIFICATE),
    Page("certificate-draft", f"{CERTIFICATE}draft/", form=True),
    Page("certificate-suspend", f"{CERTIFICATE}1/suspend/", form=True),
    Page("system", "/system/"),
    Page("events", "/system/events/"),
    Page("window", "/system/windows/{instrument}/", form=True),
    Page("window-preview", "/system/windows/{instrument}/?window=21:00-05:00", form=True),
    Page("not-found", "/nothing/", status=HTTPStatus.NOT_FOUND),
)
# Before anything was registered.
EMPTY = tuple(page for page in PAGES if page.within({}))
