"""Thirty nights and ten campaigns on a virtual clock, by the rules of processing/core and nothing else.

    python -m benchmarks.schedule [--nights 30] [--workers 2] [--seed 1]

Prints a line per night, per campaign and for the windows, and a JSON object as its last line.  Fails if a night takes
more than 1.03 times its lower bound, if any job starts outside its window, or if the ETA is wrong by 15 % or more in
more than one of ten campaigns.
"""

import argparse
import json
import statistics
import sys
import time
from datetime import UTC, datetime, timedelta

from benchmarks.clock import Night, Simulated, bound, makespan, simulate
from benchmarks.sample import Site
from processing.core.bottlenecks import breakdown
from processing.core.eta import Course, done, eta, left
from processing.core.prediction import Learned, Run, learn
from processing.core.schedule import Window, read_window

WINDOW = read_window("20:00-06:00")
SHORT = read_window("00:00-00:30")
BEGIN = datetime(2012, 5, 1, 20, tzinfo=UTC)
DAY = timedelta(days=1)
WORST, WRONG, CAMPAIGNS = 1.03, 0.15, 10
DATES, SEEN = 60, 0.2
"""Dates of a campaign, and the part of it that is done when its ETA is asked."""


def main() -> int:
    """Simulate, print, judge."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("--nights", type=int, default=30)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    start = time.perf_counter()
    found = month(options.nights, options.workers, options.seed)
    found |= campaigns(options.workers, options.seed) | windows(options.workers, options.seed)
    found["schedule_seconds"] = round(time.perf_counter() - start, 1)
    print(json.dumps(found))
    outside = found["schedule_outside_window"]
    kept = found["schedule_worst"] <= WORST and found["schedule_eta_good"] >= CAMPAIGNS - 1 and not outside
    return 0 if kept else 1


def month(nights: int, workers: int, seed: int) -> dict[str, float]:
    """Night after night: each is predicted from those before; in the order of the schedule, and as they came."""
    site, history = Site(seed), list[Run]()
    ratios, came, outside = [], [], 0
    for number in range(nights):
        night = site.night(BEGIN.date() + number * DAY, learn(history))
        opening = BEGIN + number * DAY
        ours = simulate(night, Simulated(opening, WINDOW, workers))
        first_come = simulate(night, Simulated(opening, WINDOW, workers, in_turn=False))
        least = bound(night, workers)
        ratios.append(makespan(ours) / least)
        came.append(makespan(first_come) / least)
        outside += sum(not WINDOW.is_open(job.at(opening)) for job in ours)
        told = breakdown([job.worked for job in ours], workers)
        history += [Run(job.kind, job.actual) for job in night.jobs]
        print(
            f"night {number + 1:2}: {len(night.jobs):3} ABs, longest {max(job.actual for job in night.jobs):5.0f} s, "
            f"bound {least:5.0f} s, makespan / bound {ratios[-1]:.4f}, as they came {came[-1]:.4f}, "
            f"efficiency {told.efficiency:.3f}, predictions off by {off(night):.0%}"
        )
    print(
        f"{nights} nights: worst {max(ratios):.4f}, median {statistics.median(ratios):.4f}; as they came: worst "
        f"{max(came):.4f}, median {statistics.median(came):.4f}; jobs started outside their window: {outside}"
    )
    return {
        "schedule_worst": round(max(ratios), 4),
        "schedule_median": round(statistics.median(ratios), 4),
        "schedule_came_worst": round(max(came), 4),
        "schedule_came_median": round(statistics.median(came), 4),
        "schedule_margin_percent": round(100 * (sum(came) / sum(ratios) - 1), 2),
        "schedule_outside_window": outside,
    }


def off(night: Night) -> float:
    """The median relative error of the predictions of a night."""
    return statistics.median(abs(job.waiting.seconds / job.actual - 1) for job in night.jobs)


def campaigns(workers: int, seed: int) -> dict[str, float]:
    """The error of the ETA after a fifth of each campaign, over the time that was left."""
    errors, inside = [], 0
    for number in range(CAMPAIGNS):
        error, held, length = campaign(workers, seed + 100 + number)
        errors.append(error)
        inside += held
        print(f"campaign {number + 1:2}: {length:.1f} days, ETA after {SEEN:.0%} wrong by {error:.1%} of what was left")
    good = sum(abs(error) < WRONG for error in errors)
    print(f"ETA within {WRONG:.0%}: {good} of {CAMPAIGNS}; the end between earliest and latest: {inside}")
    worst = max(abs(error) for error in errors)
    return {"schedule_eta_good": good, "schedule_eta_worst": round(worst, 3), "schedule_eta_inside": inside}


def campaign(workers: int, seed: int) -> tuple[float, bool, float]:
    """Its ETA's relative error, whether its span held the truth, and its days.

    It starts without any history: its run times are what it learns only now.
    """
    site = Site(seed)
    dates = [site.night(BEGIN.date() - (number + 1) * DAY, Learned()) for number in range(DATES)]
    whole = Night([job for night in dates for job in night.jobs])
    ran = simulate(whole, Simulated(BEGIN, WINDOW, workers))
    ended = sorted(ran, key=lambda job: job.end)
    now = ended[int(SEEN * len(ended))].end
    finished = done((job.job.waiting.seconds, job.job.actual) for job in ran if job.end <= now)
    elapsed = sum(now - job.start for job in ran if job.start < now < job.end)
    rest = left((job.job.waiting.seconds for job in ran if job.end > now), elapsed)
    told = eta(finished, rest, Course(BEGIN, BEGIN + timedelta(seconds=now), WINDOW, workers))
    end, asked = BEGIN + timedelta(seconds=ended[-1].end), BEGIN + timedelta(seconds=now)
    return (told.at - end) / (end - asked), told.earliest <= end <= told.latest, (end - BEGIN) / DAY


def windows(workers: int, seed: int) -> dict[str, float]:
    """What happens at the ends of short windows: jobs that were started too late, workers that waited."""
    site = Site(seed)
    known = learn(Run(job.kind, job.actual) for job in site.night(BEGIN.date(), Learned()).jobs * 3)
    dates = [site.night(BEGIN.date() + number * DAY, known) for number in range(10)]
    whole, found = Night([job for night in dates for job in night.jobs]), {}
    for name, overrun in (("kept", False), ("overrun", True)):
        ran = simulate(whole, Simulated(BEGIN, SHORT, workers, overrun=overrun))
        outside = sum(not SHORT.is_open(job.at(BEGIN)) for job in ran)
        late = [over for job in ran if (over := beyond(SHORT, job.at(BEGIN), job.job.actual)) > 0]
        print(
            f"windows of {SHORT}, {name}: {len(ran)} jobs on {len({job.at(BEGIN).date() for job in ran})} days, "
            f"{outside} started outside, {len(late)} ended after the close, the last {max(late, default=0):.0f} s"
        )
        found[f"schedule_late_{name}"] = len(late)
    return found


def beyond(window: Window, start: datetime, seconds: float) -> float:
    """By how many seconds a job ends after its window."""
    return seconds - (window.closing_after(start) - start).total_seconds()


if __name__ == "__main__":
    sys.exit(main())
