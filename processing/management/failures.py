"""The verb `failures`: kinds of failures, and the steps of a person who has seen them."""

from collections import defaultdict
from collections.abc import Callable, Mapping
from typing import Any

from processing import control
from processing.core.errors import ReviewRefused
from processing.core.states import NotAllowed
from processing.management.certificates import Answer, acting, said
from processing.management.validate import printable
from processing.models import Cluster, Job
from processing.models.jobs import Counted

Options = Mapping[str, Any]
REFUSALS = (LookupError, NotAllowed, ReviewRefused, ValueError, control.Outdated)
COLUMNS = ("fingerprint", "phase", "recipe", "message", "state", "seen", "who", "at", "why", "ticket")
LISTED = 20
"""ABs that `show` names."""
FILTERS = {"instrument": "date__instrument", "first": "date__date__gte", "last": "date__date__lte"}


def answer(options: Options, typist: str) -> Answer:
    """Take the step; `typist` is account and host.  Raises one of `REFUSALS`."""
    steps: Mapping[str, Callable[[Options, str], Answer]] = {
        "list": show_all,
        "show": show,
        "acknowledge": acknowledge,
        "handover": hand_over,
    }
    return steps[options["step"]](options, typist)


def show_all(options: Options, _typist: str) -> Answer:
    """The kinds with failures in the selection, the largest first."""
    jobs = Job.objects.filter(**{FILTERS[name]: options[name] for name in FILTERS if options[name]})
    counted: dict[str, list[Counted]] = defaultdict(list)
    for one in jobs.by_kind():
        counted[one.fingerprint].append(one)
    clusters = Cluster.objects.filter(fingerprint__in=counted)
    if options["state"] != "ALL":
        clusters = clusters.filter(state=options["state"])
    value = sorted((facts(row, counted[row.fingerprint]) for row in clusters), key=lambda one: -one["failures"])
    return Answer(value, [line(one) for one in value] or ["no failures"])


def show(options: Options, _typist: str) -> Answer:
    """One kind with its newest failures."""
    row = found(options["fingerprint"])
    jobs = Job.objects.filter(fingerprint=row.fingerprint).select_related("block").defer("block__text")
    names = [job.block.name for job in jobs.order_by("-date__date", "-id")[:LISTED]]
    value = {**numbers(row), "abs": names}
    where = ", ".join(f"{number} {name}" for name, number in value["instruments"].items())
    told = [
        f"{name}: {text}" for name, text in {**value, "instruments": where, "abs": ""}.items() if text not in (None, "")
    ]
    return Answer(value, [*map(printable, told), *names])


def acknowledge(options: Options, typist: str) -> Answer:
    """Say that the failures of a kind are known."""
    who = acting(options, "acknowledge_cluster")
    row = found(options["fingerprint"])
    control.acknowledge_failures(row, who, said(options, who, typist), options["expected"])
    return Answer(numbers(row), [line(numbers(row))])


def hand_over(options: Options, typist: str) -> Answer:
    """Give the failures of a kind to SDP."""
    who = acting(options, "acknowledge_cluster")
    row = found(options["fingerprint"])
    control.hand_over_failures(row, who, said(options, who, typist), options["ticket"], options["expected"])
    return Answer(numbers(row), [line(numbers(row))])


def found(fingerprint: str) -> Cluster:
    """The kind of this fingerprint; LookupError if there is none."""
    row = Cluster.objects.filter(fingerprint=fingerprint).first()
    if row is None:
        raise LookupError(
            f"there is no kind of failure {fingerprint!r}; `phoenix failures list --state ALL` has them all"
        )
    return row


def numbers(row: Cluster) -> dict[str, Any]:
    """A kind with all its failures counted."""
    return facts(row, Job.objects.filter(fingerprint=row.fingerprint).by_kind())


def facts(row: Cluster, counted: list[Counted]) -> dict[str, Any]:
    """What a person did about a kind, and how many failures it has."""
    return {
        **{name: getattr(row, name) for name in COLUMNS},
        "failures": sum(one.number for one in counted),
        "new": sum(one.fresh for one in counted),
        "instruments": {one.instrument: one.number for one in counted},
        "first": min((one.first for one in counted), default=None),
        "last": max((one.last for one in counted), default=None),
    }


def line(one: Mapping[str, Any]) -> str:
    """A kind for people."""
    where = ", ".join(f"{number} {name}" for name, number in one["instruments"].items())
    state = f"{one['state']} {one['ticket']}" if one["state"] == "HANDED_OVER" else one["state"]
    fresh = f", {one['new']} new since" if one["new"] and one["state"] != "OPEN" else ""
    return printable(
        f"{one['fingerprint']}  {state}  {where or 'none'}{fresh}  {one['first']} to {one['last']}  "
        f"{one['phase']} {one['recipe']}: {one['message']}"
    )
