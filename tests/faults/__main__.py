"""A campaign of injected faults: two supervised clusters on a real PostgreSQL, and everything that can break does.

Prints a table of the faults, and as its last line `faults N lost 0 doubled 0 stuck 0 leftovers 0`.  Ends with 1 if any
number but the first is not 0, or if it proves less than asked for.  Starts are counted from the recipes' own
append-only record, not from the database.
"""

import argparse
import os
import random
import re
import signal
import sys
import time
from collections.abc import Mapping

from tests.faults.campaign import Campaign, Fault
from tests.faults.progress import Progress
from tests.faults.site import CLUSTERS, Site, site

TO_STOP = 45.0  # seconds of the limit that are kept for stopping and counting,
TO_END = 140.0  # and for the jobs that are under way when the last fault has been injected
TELL_EVERY = 10.0
NOBODY = 0.3  # seconds until another look, where nobody was there to be hit


def main() -> int:
    """Run the campaign; the exit code says whether any rule was broken."""
    options = read_options()
    started = time.monotonic()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    with Progress() as progress, site(options.broker, options.keep) as place:
        progress.say(f"seed {options.seed}, queue in {options.broker}, below {place.folder}")
        return Run(options, place, progress, started).whole()


def read_options() -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(prog="python -m tests.faults", description=__doc__)
    add = parser.add_argument
    add("--jobs", type=int, default=1000, help="at least so many; more come while faults are left (%(default)s)")
    add("--faults", type=int, default=300, help="faults to inject (%(default)s)")
    add("--each-once", action="store_true", help="every kind of fault once, instead of --faults")
    add("--only", default="", metavar="PATTERN", help="kinds of fault whose names match, such as 'clock|archive'")
    add("--esorex", type=int, default=10, help="how many of the jobs run ESO's own pipeline (%(default)s)")
    add("--seed", type=int, default=1, help="of the order and choice of faults (%(default)s)")
    add("--pace", type=float, default=1.5, help="mean seconds between two faults (%(default)s)")
    add("--minutes", type=float, default=12.0, help="within which the whole campaign ends (%(default)s)")
    add("--broker", choices=("database", "redis"), default="database", help="where the queue is (%(default)s)")
    add("--json", action="store_true", help="the table as JSON, in one line")
    add("--keep", action="store_true", help="keep the folder with logs and files, to look at")
    return parser.parse_args()


class Run:
    """One campaign from its first job to its last line."""

    def __init__(self, options: argparse.Namespace, place: Site, progress: Progress, started: float) -> None:
        from tests.faults.kinds import possible

        self.options = options
        self.progress = progress
        self.started = started
        self.end = started + options.minutes * 60 - TO_STOP
        self.campaign = Campaign(place, random.Random(options.seed))  # noqa: S311 - repeatable on purpose
        kinds = possible(place, progress.say)
        self.kinds: Mapping[str, Fault] = {name: kinds[name] for name in kinds if re.search(options.only, name)}
        self.number = len(self.kinds) if options.each_once else options.faults
        self.progress.expect(self.number)
        self.cut_short = ""
        """What was still to be done when the time was over."""

    def whole(self) -> int:
        """Work, faults, the end of the work, the count."""
        from tests.faults import work

        archive = self.campaign.site.archive.root
        work.make_instrument(archive)
        jobs = work.Work(archive, self.options.jobs, lambda: len(self.campaign.timeline) / self.number)
        jobs.add_esorex(work.real_night(self.campaign.site.folder, self.options.esorex))
        jobs.thread.start()
        try:
            self.attack()
            self.say("the last fault was injected")
            self.campaign.settle()
            jobs.stop(whole=len(self.campaign.timeline) >= self.number)
            self.wait_for_the_end()
            self.campaign.stop()
            self.say("the clusters have ended")
            return self.report(jobs.names)
        finally:
            self.campaign.kill()

    def say(self, what: str) -> None:
        """A line with the time since the start."""
        self.progress.say(f"{time.monotonic() - self.started:5.0f} s  {what}")

    def attack(self) -> None:
        """Inject the faults, every kind in turn and each round in another order."""
        from tests.faults.kinds import one_round

        self.begin()
        due, bag = time.monotonic(), list[str]()
        while (done := len(self.campaign.timeline)) < self.number and time.monotonic() < self.end - TO_END:
            time.sleep(max(0.0, due - time.monotonic()))
            self.campaign.revive()
            bag = bag or one_round([*self.kinds], self.campaign.rng, last=self.number - done <= len(self.kinds))
            name = next((name for name in bag if self.campaign.inject(name, self.kinds)), None)
            if name is None:
                due = time.monotonic() + NOBODY
                continue
            bag.remove(name)
            self.progress.done(name)
            due = max(due + self.campaign.rng.uniform(0.5, 1.5) * self.options.pace, time.monotonic() + NOBODY)

    def begin(self) -> None:
        """Start the clusters, and wait for the first recipe: before it there is nothing to break."""
        from tests import testcam

        for cluster in CLUSTERS:
            self.campaign.start(cluster)
        while not testcam.starts() and time.monotonic() < self.end:
            time.sleep(0.2)
        self.say("work has begun")

    def wait_for_the_end(self) -> None:
        """Until every date is finished, or the time is over."""
        from tests.faults.work import left

        told = 0.0
        while what := left():
            if (now := time.monotonic()) > self.end:
                self.cut_short = what
                return
            if now - told > TELL_EVERY:
                self.say(f"left: {what}")
                told = now
            self.campaign.revive()
            time.sleep(1)

    def report(self, names: list[str]) -> int:
        """The table, what was found, and the last line."""
        from tests.faults import report

        found = report.findings(self.campaign.site, names)
        rows = report.table(self.campaign, found, self.kinds)
        short = [*self.shortfalls(names), *report.unproven(self.campaign, self.kinds)]
        facts = {
            "seed": self.options.seed,
            "seconds": round(time.monotonic() - self.started),
            "cpu_seconds": cpu_seconds(),
            "ends": report.ends(),
            "surprises": report.surprises(),
            "revived": dict(self.campaign.revived),
            "unproven": short,
        }
        if self.options.json:
            print(report.as_json(rows, found, facts))
        else:
            report.show(rows, found, facts)
        counts = {count: sum(one.count == count for one in found) for count in report.COUNTS}
        told = " ".join(f"{count} {number}" for count, number in counts.items())
        print(f"faults {len(self.campaign.timeline)} {told}", flush=True)
        return int(bool(found or short))

    def shortfalls(self, names: list[str]) -> list[str]:
        """What the time did not suffice for."""
        done = {"faults": (len(self.campaign.timeline), self.number), "jobs": (len(names), self.options.jobs)}
        missing = [f"only {there} of {asked} {what}" for what, (there, asked) in done.items() if there < asked]
        return [*missing, *([f"the time was over, with {self.cut_short}"] if self.cut_short else [])]


def cpu_seconds() -> int:
    """Of this process and of all that have ended below it."""
    return round(sum(os.times()[:4]))


if __name__ == "__main__":
    sys.exit(main())
