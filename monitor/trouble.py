"""What is wrong now, for those who do not look at the page: in its title, in its icon, and as words to be spoken."""

from collections.abc import Iterator
from dataclasses import dataclass

from monitor.board import Strip


@dataclass(frozen=True)
class Trouble:
    """`sign` stands before the title, `icon` is a static file, `words` are empty while all is well."""

    sign: str
    icon: str
    words: str


def told(strip: Strip) -> Trouble:
    """The trouble of a state strip: something is bad, or else stopped, or else nothing is wrong."""
    words = "; ".join(_words(strip))
    if strip.bad:
        return Trouble("\N{BALLOT X}", "monitor/favicon-bad.svg", words)
    if strip.stops:
        return Trouble("\N{BLACK SQUARE}", "monitor/favicon-stopped.svg", words)
    return Trouble("", "monitor/favicon.svg", words)


def _words(strip: Strip) -> Iterator[str]:
    yield from (f"{stop.scope or 'everything'} stopped" for stop in strip.stops)
    for held in strip.holds:
        yield f"{held.hold.instrument_id} held" + ("" if held.everywhere else f" on {held.hold.host}")
    yield from (f"{date} held" for date in strip.dates)
    if strip.unmanned:
        yield "no worker is alive"
    yield from (f"no host serves {role}" for role in strip.unserved)
    if strip.stalled_since:
        yield "nothing moves"
    if number := strip.tally.trouble:
        yield f"{number} job{'s' if number > 1 else ''} ended badly"
