"""When processing may start: a daily window in UTC, possibly over midnight."""

import re
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

_WINDOW = re.compile(r"([01]\d|2[0-3]):([0-5]\d)-(24(?=:00)|[01]\d|2[0-3]):([0-5]\d)")


@dataclass(frozen=True)
class Window:
    """Open from `opens` (included) to `closes` (not included), UTC; always open if both are the same."""

    opens: time
    closes: time

    def __str__(self) -> str:
        return "always open" if self.always else f"{self.opens:%H:%M}-{self.closes:%H:%M} UTC"

    @property
    def always(self) -> bool:
        """True for a window of 24 hours."""
        return self.opens == self.closes

    def is_open(self, now: datetime) -> bool:
        """Whether a job may start at `now` (UTC)."""
        if self.opens < self.closes:
            return self.opens <= now.time() < self.closes
        return self.always or now.time() >= self.opens or now.time() < self.closes

    def next_opening(self, now: datetime) -> datetime:
        """`now` if the window is open, else when it opens next."""
        if self.is_open(now):
            return now
        today = datetime.combine(now.date(), self.opens, tzinfo=now.tzinfo)
        return today if today > now else today + timedelta(days=1)

    def closing_after(self, moment: datetime) -> datetime:
        """When the window that is open at `moment`, or else the next one to open, closes.

        Not for a window that never closes.
        """
        opening = self.next_opening(moment)
        closing = datetime.combine(opening.date(), self.closes, tzinfo=moment.tzinfo)
        return closing if closing > opening else closing + timedelta(days=1)


def time_went_by(window: Window, registered: datetime, day: date, *, since: datetime, now: datetime) -> bool:
    """Whether the time of a waiting job went by between `since` and `now`, so that nobody is owed it any more.

    That is any end of its window after it was registered, or, if there is no window, the end of its DFO day: noon
    UTC of the next calendar day, when the night is over and its calibrations are taken.
    """
    if window.always:
        return since <= datetime.combine(day + timedelta(days=1), time(12), tzinfo=now.tzinfo) <= now
    return window.closing_after(max(since, registered)) <= now


def read_window(text: str) -> Window:
    """A window from `HH:MM-HH:MM`; `00:00-24:00` is always open.  Raises ValueError for anything else."""
    found = _WINDOW.fullmatch(text)
    if not found:
        raise ValueError(f"{text!r} is not a window of the form HH:MM-HH:MM (UTC)")
    h1, m1, h2, m2 = map(int, found.groups())
    return Window(time(h1, m1), time(h2 % 24, m2))
