"""What a campaign broke: counted from the database, the recipes' own record, the folders and the process table."""

import json
from bisect import bisect_right
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from tests.faults.campaign import Campaign, Fault
from tests.faults.site import Site

COUNTS = ("lost", "doubled", "stuck", "leftovers")
WIDTH = 34
SHOWN = 40


@dataclass(frozen=True)
class Finding:
    """One thing that is not as it should be."""

    count: str
    what: str
    at: float
    """Its last trace, seconds since the epoch: what was injected just before is the first suspect."""


def findings(site: Site, names: Sequence[str]) -> list[Finding]:
    """Everything that was found, when the supervisors have ended."""
    return [*lost(names), *doubled(), *stuck(), *leftovers(site)]


def lost(names: Sequence[str]) -> Iterator[Finding]:
    """ABs that vanished, or have no end; nobody has a claim any more, since all workers have ended."""
    from processing.core.states import ENDED
    from processing.models import Job
    from processing.workflow.waiting import why_waiting

    rows = {job.block.name: job for job in Job.objects.select_related("block", "date", "campaign", "certificate")}
    for name in names:
        if name not in rows:
            yield Finding("lost", f"{name} is not in the database", 0.0)
        elif rows[name].state not in ENDED:
            job = rows[name]
            yield Finding("lost", f"{name}: {job.state} {why_waiting(job)}", last_event("job", job.pk))


def doubled() -> Iterator[Finding]:
    """Jobs whose recipe was started more than once, by the recipes' own record."""
    from tests import testcam

    for name, times in Counter(testcam.starts()).items():
        for _ in range(times - 1):
            yield Finding("doubled", f"{name}: {times} starts", (testcam.folder() / "starts").stat().st_mtime)


def stuck() -> Iterator[Finding]:
    """Dates that are not finished."""
    from processing.core.states import DateState
    from processing.models import ProcessingDate

    for date in ProcessingDate.objects.exclude(state=DateState.FINISHED):
        yield Finding("stuck", f"{date}: {date.state} {date.reason}", last_event("date", date.pk))


def last_event(subject: str, number: int) -> float:
    """When something happened to it for the last time."""
    from processing.models import Event

    at = Event.objects.filter(subject=subject, subject_id=number).values_list("at", flat=True).order_by("-id").first()
    return at.timestamp() if at else 0.0


def leftovers(site: Site) -> Iterator[Finding]:
    """Files, processes and holds that nobody needs any more."""
    from processing.models import Hold

    for path in files_left(site):
        yield Finding("leftovers", str(path), path.stat().st_mtime)
    for process in site.processes():
        yield Finding("leftovers", f"process {process.pid}: {' '.join(process.cmdline())}", process.create_time())
    for hold in Hold.objects.all().active():
        yield Finding("leftovers", f"{hold}: {hold.why}", hold.at.timestamp())


def files_left(site: Site) -> list[Path]:
    """Of attempts and dates that are over; half a file of any kind; and in the product archive what no row names."""
    from processing.models import Product

    attempts = [site.work / "scratch", site.work / "products", *(site.work / "cal").glob("2*")]
    files = Product.objects.values_list("ingestion__files", flat=True)
    known = {row["name"] for rows in files for row in rows}
    below = [path for folder in attempts for path in folder.rglob("*")]
    below += (site.work / "cal" / "shared").glob("*/*.*")
    parts = [path for folder in (site.work / "cal" / "gen", site.products) for path in folder.rglob(".*")]
    unknown = [path for path in site.products.rglob("*.fits") if path.name not in known]
    return sorted({path for path in (*below, *parts, *unknown) if path.is_file()})


def unproven(campaign: Campaign, kinds: Mapping[str, Fault]) -> list[str]:
    """Why zeros would prove nothing: what was not injected, or not recorded."""
    from processing.core.states import JobState
    from processing.models import Job
    from tests import testcam

    ended_well = Job.objects.filter(state=JobState.INGESTED).values_list("block__name", flat=True)
    unrecorded = sorted({*ended_well} - {*testcam.starts()})
    injected = {name for _, name in campaign.timeline}
    return [
        *(f"never injected: {name}" for name in kinds if name not in injected),
        *(f"ingested, and no start is recorded: {name}" for name in unrecorded),
        *([] if ended_well else ["no job ended well"]),
    ]


@dataclass(frozen=True)
class Row:
    """One line of the table; what was found is put down to the fault just before its last trace."""

    fault: str
    times: int
    lost: int = 0
    doubled: int = 0
    stuck: int = 0
    leftovers: int = 0


def table(campaign: Campaign, found: Sequence[Finding], kinds: Mapping[str, Fault]) -> list[Row]:
    """One row per kind, and one for what nobody is suspected of."""
    times = Counter(name for _, name in campaign.timeline)
    moments = [moment for moment, _ in campaign.timeline]
    suspects: Counter[tuple[str, str]] = Counter()
    for finding in found:
        before = bisect_right(moments, finding.at)
        suspects[campaign.timeline[before - 1][1] if before else "", finding.count] += 1
    names = [*kinds, *([""] if any(not name for name, _ in suspects) else [])]
    return [Row(name, times[name], **{count: suspects[name, count] for count in COUNTS}) for name in names]


def show(rows: Sequence[Row], found: Sequence[Finding], facts: Mapping[str, object]) -> None:
    """The same as text."""
    for finding in found[:SHOWN]:
        print(f"{finding.count}: {finding.what}")
    if len(found) > SHOWN:
        print(f"and {len(found) - SHOWN} more")
    for name, value in facts.items():
        print(f"{name}: {value}")
    print(f"{'fault':<{WIDTH}} {'times':>6} {'lost':>6} {'twice':>6} {'stuck':>6} {'left':>6}")
    for row in rows:
        print(f"{row.fault:<{WIDTH}} {row.times:6d} {row.lost:6d} {row.doubled:6d} {row.stuck:6d} {row.leftovers:6d}")


def ends() -> dict[str, int]:
    """How many jobs ended how, with the reason."""
    from processing.models import Job

    pairs = Counter(Job.objects.values_list("state", "reason"))
    return {" ".join(filter(None, pair)): number for pair, number in sorted(pairs.items())}


def as_json(rows: Sequence[Row], found: Sequence[Finding], facts: Mapping[str, object]) -> str:
    """All of it for a program."""
    return json.dumps({**facts, "table": [asdict(row) for row in rows], "findings": [asdict(one) for one in found]})


def surprises() -> list[str]:
    """Ends that phoenix itself did not foresee: no rule is broken by them, but there is something to mend."""
    from processing.core.states import Reason
    from processing.models import Job

    return [f"{job}: {job.sentence}" for job in Job.objects.filter(reason=Reason.UNEXPECTED).select_related("block")]
