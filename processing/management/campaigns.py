"""`phoenix campaign`: plan, create, look, pause, resume, cancel."""

import sys
from argparse import SUPPRESS, ArgumentParser
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from django.db.models import Count

from processing import control
from processing.core.states import ENDED, CampaignKind, JobState
from processing.management.certificates import Answer
from processing.management.typed import Verb, day
from processing.models import Campaign, Job

Options = Mapping[str, Any]
KINDS = {"back": CampaignKind.BACK, "again": CampaignKind.AGAIN}
WIDTH = 40


def arguments(verb: Verb) -> None:
    """The steps and what they take."""
    steps = verb("campaign", "Back- and re-processings: create, look, pause, resume, cancel.").add_subparsers(
        dest="step", required=True, metavar="STEP"
    )

    def step(name: str, text: str) -> ArgumentParser:
        sub = steps.add_parser(name, help=text, description=text)
        sub.add_argument("--json", action="store_true", default=SUPPRESS, help="print JSON")
        return sub

    creation(step("create", "Make a campaign of past dates, and let it run."))
    step("list", "Every campaign with its progress.")
    for name, text in (
        ("show", "What it is, how far it is, and what is not run and why."),
        ("pause", "Start nothing more of it; what runs may end."),
        ("resume", "Go on after a pause."),
        ("cancel", "Give it up: what waits is SKIPPED, what runs may end."),
    ):
        sub = step(name, text)
        sub.add_argument("name", metavar="NAME")
        if name in {"pause", "cancel"}:
            sub.add_argument("--reason", required=True, help="why; it is kept with the event")


def creation(create: ArgumentParser) -> None:
    """What a campaign is."""
    create.add_argument("name", metavar="NAME")
    create.add_argument("instruments", nargs="+", metavar="INSTRUMENT")
    create.add_argument(
        "--kind", choices=KINDS, required=True, help="back: what was never attempted; again: everything"
    )
    create.add_argument("--from", dest="first", type=day, required=True, metavar="DATE", help="first DFO date")
    create.add_argument("--to", dest="last", type=day, required=True, metavar="DATE", help="last DFO date")
    create.add_argument(
        "--mode", dest="modes", action="append", default=[], metavar="NAME", help="only of this certificate"
    )
    create.add_argument("--newest-first", action="store_true", help="backwards in time; without it the oldest first")
    create.add_argument("--certificate", metavar="NAME:VERSION", help="another version than the one in force")
    create.add_argument("--release", metavar="TEXT", help="a name for what it makes")
    create.add_argument("--per-hour", type=int, metavar="N", help="the most jobs that start in an hour")
    create.add_argument("--priority", type=int, metavar="N", help="among campaigns, -100 to 100 (0)")
    create.add_argument("--window", metavar="HH:MM-HH:MM", help="UTC, within the windows of its instruments")
    create.add_argument("--take-skipped", action="store_true", help="back: also what a resume has skipped")
    source = create.add_mutually_exclusive_group()
    source.add_argument("--tree", type=Path, metavar="FOLDER", help="AB files by date, instead of registered ABs")
    source.add_argument("--list", type=Path, metavar="FILE", help="names of registered ABs, one a line")
    create.add_argument("--dry-run", action="store_true", help="only say what it would do")


def answer(options: Options, typist: str) -> Answer:
    """Take the step.  Raises ValueError for what cannot be, OSError for a list that cannot be read."""
    steps: Mapping[str, Callable[[Options, str], Answer]] = {
        "create": create,
        "list": show_all,
        "show": show,
        "pause": act,
        "resume": act,
        "cancel": act,
    }
    return steps[options["step"]](options, typist)


def create(options: Options, typist: str) -> Answer:
    """What the campaign does, or would do."""
    values = {**options, "kind": KINDS[options["kind"]], **source(options)}
    row = control.plan_campaign(values)
    said = None if options["json"] else told
    if options["dry_run"]:
        found = control.preview_campaign(row, said)
    else:
        control.create_campaign(row, typist)
        found = control.fill_campaign(row, said)
    value = {"name": row.name, "state": row.state, "dry_run": options["dry_run"], **facts(found, row)}
    return Answer(value, lines(value))


def source(options: Options) -> dict[str, Any]:
    """Where the ABs come from."""
    if options["tree"]:
        if not options["tree"].is_dir():
            raise ValueError(f"no such folder: {options['tree']}")
        return {"source": Campaign.Source.TREE, "names": [options["tree"].resolve()]}
    if options["list"]:
        text = options["list"].read_text(errors="replace")
        return {"source": Campaign.Source.LIST, "names": [line.strip() for line in text.splitlines() if line.strip()]}
    return {}


def told(number: int) -> None:
    """A counter on one line of a terminal."""
    if sys.stderr.isatty():
        sys.stderr.write(f"\r{number} ABs")


def facts(found: control.CampaignPreview, row: Campaign) -> dict[str, Any]:
    """A preview for programs."""
    disk = found.disk()
    return {
        "run": found.run,
        "not_run": found.not_run,
        "reasons": {f"{state} {reason}": number for (state, reason), number in sorted(found.left.items())},
        "other_modes": found.outside,
        "worker_hours": round(found.seconds / 3600, 2),
        "disk_gb": None if disk is None else round(disk, 3),
        "missing": found.missing(row),
        "unreadable": found.unreadable,
    }


def lines(value: Mapping[str, Any]) -> list[str]:
    """A preview for people."""
    would = "would run" if value["dry_run"] else "run"
    disk = "unknown: nothing was archived yet" if value["disk_gb"] is None else f"{value['disk_gb']} GB"
    return [
        f"{value['name']}: {value['run']} ABs {would}, {value['not_run']} not, {value['other_modes']} of other modes",
        *(f"  not run: {number} {why}" for why, number in value["reasons"].items()),
        f"  predicted: {value['worker_hours']} hours of one worker; disk {disk}",
        *(
            f"  no AB: {name} {first}" + (f" to {last}" if last != first else "")
            for name, first, last in value["missing"]
        ),
        *(f"  not read: {text}" for text in value["unreadable"]),
    ]


def show_all(_options: Options, _typist: str) -> Answer:
    """Each campaign in a line."""
    rows = [progress(row) for row in Campaign.objects.order_by("id")]
    return Answer(rows, [line(row) for row in rows])


def show(options: Options, _typist: str) -> Answer:
    """One campaign with what is not run."""
    row = named(options["name"])
    value = progress(row) | about(row)
    told = [f"{name}: {text}" for name, text in about(row).items() if text not in (None, "", [])]
    return Answer(value, [line(value), *told])


def about(row: Campaign) -> dict[str, Any]:
    """What a campaign is."""
    names = ("instruments", "modes", "first", "last", "newest_first", "release", "per_hour", "priority", "window")
    why = Job.objects.filter(campaign=row).exclude(reason="").order_by("reason").values_list("reason")
    return {
        **{name: getattr(row, name) for name in names},
        "certificate": str(row.certificate or ""),
        "who": row.who,
        "created": row.created,
        "reasons": dict(why.annotate(Count("id"))),
        "missing": row.missing,
    }


def progress(row: Campaign) -> dict[str, Any]:
    """How far a campaign is; one query."""
    counts = dict(Job.objects.filter(campaign=row).order_by().values_list("state").annotate(Count("id")))
    jobs, ended = sum(counts.values()), sum(counts.get(state, 0) for state in ENDED)
    return {
        "name": row.name,
        "kind": row.kind,
        "state": row.state,
        "jobs": jobs,
        "ended": ended,
        "states": {state: counts.get(state, 0) for state in JobState},
    }


def line(value: Mapping[str, Any]) -> str:
    """A campaign with a bar."""
    part = value["ended"] / value["jobs"] if value["jobs"] else 0.0
    bar = "#" * int(part * WIDTH)
    return f"{value['name']}  {value['state']}  [{bar:<{WIDTH}}] {value['ended']} of {value['jobs']} jobs have ended"


def act(options: Options, typist: str) -> Answer:
    """Pause, resume or cancel; ValueError if its state does not allow that."""
    row = named(options["name"])
    steps = {"pause": control.pause_campaign, "resume": control.resume_campaign, "cancel": control.cancel_campaign}
    if not steps[options["step"]](row, typist, options.get("reason") or ""):
        raise ValueError(f"{row} is {row.fresh().state}")
    value = progress(row.fresh())
    return Answer(value, [line(value)])


def named(name: str) -> Campaign:
    """The campaign; ValueError if there is none."""
    row = Campaign.objects.filter(name=name).first()
    if row is None:
        raise ValueError(f"no campaign {name!r} is known; `phoenix campaign list` has them all")
    return row
