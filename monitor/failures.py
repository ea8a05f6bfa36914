"""Failures by their kind, as pages and API show them; and which of them still need a person."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import astuple, dataclass, field
from datetime import date
from typing import Any

from django.db.models import Count, QuerySet

from processing.core.states import TROUBLE, ClusterState
from processing.models import Certificate, Cluster, Job
from processing.models.jobs import Counted

# Days that a sparkline shows, to the last failure of the selection.
DAYS = 60
# Below so many failures a number says little, and is shown pale.
FEW = 10
# What is shown of a log: from its first error, so many characters and lines.
CHARACTERS, LINES = 600, 4
# How the first error of a log begins, of esorex and of Python.
ERRORS = ("[ ERROR ]", "Traceback (")

# What a list of failures shows of a job.
LISTED = (
    "state", "sentence", "ended", "acknowledged", "block__name", "block__setup", "date__instrument", "date__date",
    "campaign__name",
)  # fmt: skip

Selection = Mapping[str, Any]
"""Conditions on jobs: lookup and value."""


def unacknowledged() -> "QuerySet[Job]":
    """Jobs whose trouble still needs a person: the single place that says which.

    That is: ended in trouble, not acknowledged, and not of a kind that SDP has.  New failures of a kind that was
    acknowledged need a look again; those of one that was handed over are SDP's, and are counted as new there.
    """
    with_sdp = Cluster.objects.filter(state=ClusterState.HANDED_OVER).values("fingerprint")
    return Job.objects.filter(state__in=TROUBLE, acknowledged=False).exclude(fingerprint__in=with_sdp)


@dataclass(frozen=True)
class Sample:
    """One failure as an example: its AB, and the first error of its log, or without one its sentence."""

    ab: str
    campaign: str
    lines: Sequence[str]

    @property
    def text(self) -> str:
        """The lines as one text."""
        return "\n".join(self.lines)


@dataclass(frozen=True)
class Version:
    """A certificate under which a kind of failure occurred, and the software that ran."""

    certificate: str
    pipeline: str
    """The version of the pipeline that the certificate was made with."""
    software: str
    """What the products say; empty if there were none."""


@dataclass
class Kind:
    """The failures of one kind within a selection."""

    cluster: Cluster
    counted: Sequence[Counted]
    days: Mapping[date, int] = field(default_factory=dict)
    versions: Sequence[Version] = ()
    sample: Sample | None = None

    @property
    def number(self) -> int:
        """Of failures."""
        return sum(one.number for one in self.counted)

    @property
    def fresh(self) -> int:
        """Of failures that nobody has acknowledged."""
        return sum(one.fresh for one in self.counted)

    @property
    def first(self) -> date:
        """The earliest DFO date."""
        return min(one.first for one in self.counted)

    @property
    def last(self) -> date:
        """The latest DFO date."""
        return max(one.last for one in self.counted)

    @property
    def newest(self) -> int:
        """The id of the job that was registered last."""
        return max(one.newest for one in self.counted)

    @property
    def by_instrument(self) -> dict[str, int]:
        """The number of failures of each instrument."""
        return {one.instrument: one.number for one in self.counted}


@dataclass(frozen=True)
class Overview:
    """The kinds of a selection: counted for all states, and those of one state, the worst first."""

    fingerprints: Sequence[str]
    counted: Mapping[str, Sequence[Counted]]
    tabs: Mapping[ClusterState, int]
    """How many kinds are in each state."""
    renewed: int
    """How many acknowledged kinds have failures that nobody has acknowledged."""

    @property
    def instruments(self) -> list[str]:
        """Those with failures, by name."""
        return sorted({one.instrument for name in self.fingerprints for one in self.counted[name]})


def overview(state: ClusterState, selection: Selection) -> Overview:
    """Which kinds there are; two queries."""
    counted: dict[str, list[Counted]] = defaultdict(list)
    for one in Job.objects.filter(**selection).by_kind():
        counted[one.fingerprint].append(one)
    states = {name: ClusterState(word) for name, word in Cluster.objects.values_list("fingerprint", "state")}
    tabs = dict.fromkeys(ClusterState, 0)
    for name in counted:
        tabs[states[name]] += 1
    known = (name for name in counted if states[name] == ClusterState.ACKNOWLEDGED)
    renewed = sum(any(one.fresh for one in counted[name]) for name in known)
    shown = sorted((name for name in counted if states[name] == state), key=lambda name: badness(counted[name]))
    return Overview(shown, counted, tabs, renewed)


def badness(counted: Sequence[Counted]) -> tuple[int, int, str]:
    """What comes first: many failures, then late ones."""
    last = max(one.last for one in counted)
    return -sum(one.number for one in counted), -last.toordinal(), counted[0].fingerprint


def kinds(counted: Mapping[str, Sequence[Counted]], selection: Selection) -> list[Kind]:
    """These kinds with all that is shown of them, in this order; five queries."""
    clusters = {cluster.fingerprint: cluster for cluster in Cluster.objects.filter(fingerprint__in=counted)}
    return complete([Kind(clusters[name], rows) for name, rows in counted.items()], selection)


def complete(found: list[Kind], selection: Selection) -> list[Kind]:
    """The same with days, versions and samples; four queries."""
    jobs = Job.objects.filter(fingerprint__in=[one.cluster.fingerprint for one in found], **selection)
    days, versions = by_day(jobs, found), by_version(jobs)
    examples = samples(one.newest for one in found)
    for one in found:
        name = one.cluster.fingerprint
        one.days, one.versions, one.sample = days.get(name, {}), versions[name], examples.get(one.newest)
    return found


def since(last: date) -> date:
    """The first day that a sparkline up to `last` shows."""
    return date.fromordinal(max(1, last.toordinal() - DAYS + 1))


def by_day(jobs: "QuerySet[Job]", found: Sequence[Kind]) -> Mapping[str, Mapping[date, int]]:
    """The number of failures on each DFO date, of the last `DAYS` days; one query."""
    first = since(max((one.last for one in found), default=date.max))
    days: dict[str, dict[date, int]] = defaultdict(dict)
    grouped = jobs.filter(date__date__gte=first).order_by().values_list("fingerprint", "date__date")
    for name, day, number in grouped.annotate(Count("id")):
        days[name][day] = number
    return days


def by_version(jobs: "QuerySet[Job]") -> Mapping[str, list[Version]]:
    """Under which certificates, and with what software; two queries."""
    found = set(jobs.order_by().values_list("fingerprint", "certificate", "software").distinct())
    certificates = Certificate.objects.filter(pk__in={pk for _, pk, _ in found})
    columns = ("instrument", "name", "version", "content__pipeline")
    known = {pk: (f"{i} {n} version {v}", p or "") for pk, i, n, v, p in certificates.values_list("pk", *columns)}
    versions: dict[str, list[Version]] = defaultdict(list)
    for name, pk, software in found:
        versions[name].append(Version(*known.get(pk, ("no certificate", "")), software))
    return {name: sorted(some, key=astuple) for name, some in versions.items()}


def samples(ids: Iterable[int]) -> Mapping[int, Sample]:
    """Examples by the id of their job; one query."""
    columns = ("pk", "block__name", "campaign__name", "log_text__text", "sentence")
    return {
        pk: Sample(name, campaign, lines(error(text or "") or sentence))
        for pk, name, campaign, text, sentence in Job.objects.filter(pk__in=list(ids)).values_list(*columns)
    }


def error(log: str) -> str:
    """What a log says from its first error on; empty without one."""
    at = next((at for mark in ERRORS if (at := log.find(mark)) >= 0), -1)
    return log[at : at + CHARACTERS] if at >= 0 else ""


def lines(text: str) -> list[str]:
    """The first lines, without what a terminal would obey."""
    return ["".join(s if s.isprintable() else " " for s in line).rstrip() for line in text.splitlines()[:LINES]]


def one_kind(cluster: Cluster, selection: Selection) -> Kind:
    """A single kind; empty if it has no failures within the selection.  Five queries."""
    jobs = Job.objects.filter(fingerprint=cluster.fingerprint, **selection)
    counted = jobs.by_kind()
    return complete([Kind(cluster, counted)], selection)[0] if counted else Kind(cluster, ())


def total(cluster: Cluster) -> int:
    """How many failures of a kind there are, whatever is selected; one query."""
    return Job.objects.filter(fingerprint=cluster.fingerprint).count()


def jobs_of(cluster: Cluster, selection: Selection) -> "QuerySet[Job]":
    """The failures of a kind, the newest date first."""
    jobs = Job.objects.filter(fingerprint=cluster.fingerprint, **selection)
    return jobs.select_related("block", "date", "campaign").only(*LISTED).order_by("-date__date", "-id")
