"""The verbs of the command line and what they take."""

import socket
from argparse import SUPPRESS, ArgumentParser
from pathlib import Path

from processing.core.states import ClusterState
from processing.management import campaigns, jobfile, tokens, validate
from processing.management.typed import Verb, day, named_roles, positive


def add_verbs(parser: ArgumentParser) -> None:
    """One sub-parser per verb; each takes --json."""
    verbs = parser.add_subparsers(dest="verb", required=True, metavar="VERB")

    def verb(name: str, text: str) -> ArgumentParser:
        sub = verbs.add_parser(name, help=text, description=text)
        sub.add_argument("--json", action="store_true", help="print JSON")
        return sub

    asking = (add_questions, add_products, add_export)
    acting = (add_gates, add_certificate, add_failures, add_jobfile, campaigns.arguments, add_token)
    keeping = (add_backup, add_tidy, add_worker)
    for add in (*asking, *acting, *keeping):
        add(verb)


def add_questions(verb: Verb) -> None:
    """Register, ask."""
    register = verb("register", "Register AB files, or all *.ab below folders.")
    register.add_argument("paths", nargs="+", type=Path, metavar="PATH")
    verb("status", "Windows, stops and holds, workers, jobs by state, open dates, what is due.")
    explain = verb("explain", "Why is an AB, or the AB of a raw file, in its state?")
    explain.add_argument("name", metavar="AB|DP_ID")


def add_products(verb: Verb) -> None:
    """Validate, acknowledge, deprecate."""
    validate.arguments(verb("validate", "Check FITS files by the rules of ESO's Phase 3, as one batch."))
    acknowledge = verb("acknowledge", "What became of each product of a date on its way into the archive?")
    acknowledge.add_argument("instrument", metavar="INSTRUMENT")
    acknowledge.add_argument("date", metavar="YYYY-MM-DD")
    deprecate = verb("deprecate", "Say that a product should not be used; its file stays in the archive.")
    deprecate.add_argument("dp_id", metavar="DP_ID")
    deprecate.add_argument("--reason", required=True, help="why; it is shown wherever the product is")


def add_export(verb: Verb) -> None:
    """QC1 parameters and scores, as a table."""
    export = verb("export", "QC1 parameters or scores of an instrument as a table; --json without -o: as JSON.")
    export.add_argument("table", choices=("qc1", "scores"))
    export.add_argument("instrument", metavar="INSTRUMENT")
    export.add_argument("--from", dest="first", type=day, metavar="DATE", help="first DFO date, YYYY-MM-DD")
    export.add_argument("--to", dest="last", type=day, metavar="DATE", help="last DFO date")
    export.add_argument("--format", choices=("csv", "votable"), default="csv", help="(csv)")
    export.add_argument("-o", "--output", type=Path, metavar="FILE", help="instead of standard output")


def add_gates(verb: Verb) -> None:
    """Stop, resume, window."""
    stop = verb("stop", "Nothing new starts until it is resumed; what runs may end.")
    scope(stop)
    stop.add_argument("--reason", required=True, help="why; it is shown wherever somebody waits")
    stop.add_argument("--terminate", action="store_true", help="end running jobs, too: they are STOPPED, for good")
    resume = verb("resume", "Go on after a stop or a hold; jobs whose time went by are skipped, and owed to nobody.")
    scope(resume)
    resume.add_argument("--dry-run", action="store_true", help="only say how many would go on, and be skipped")
    resume.add_argument("--backlog", action="store_true", help="process the backlog after all")
    window = verb("window", "When processing of an instrument may start.")
    window.add_argument("instrument", metavar="INSTRUMENT")
    hours = window.add_mutually_exclusive_group()
    hours.add_argument("window", nargs="?", metavar="HH:MM-HH:MM", help="UTC; without it the window is only shown")
    hours.add_argument("--site", action="store_true", help="back to the site's window")


def add_certificate(verb: Verb) -> None:
    """The life of certificates: list, show, draft, certify, suspend, withdraw."""
    steps = verb("certificate", "What may be processed, and how: look, draft, review.").add_subparsers(
        dest="step", required=True, metavar="STEP"
    )

    def step(name: str, text: str, *positional: str) -> ArgumentParser:
        sub = steps.add_parser(name, help=text, description=text)
        sub.add_argument("--json", action="store_true", default=SUPPRESS, help="print JSON")
        for argument in positional:
            sub.add_argument(argument, metavar=argument.upper(), type=int if argument == "version" else str)
        return sub

    step("list", "Every certificate: the version in force, and drafts.").add_argument(
        "instrument", nargs="?", default="", metavar="INSTRUMENT"
    )
    show = step("show", "A version: who, when, why, and its content as TOML.", "instrument", "name")
    show.add_argument("--version", type=int, metavar="N", help="another than the one in force")
    show.add_argument("--diff", type=int, metavar="M", help="what differs from version M, instead of the content")
    draft = step("draft", "Set up the next versions, or change open drafts, from a TOML file.")
    draft.add_argument("file", type=Path, metavar="FILE.toml")
    draft.add_argument("--user", metavar="NAME", help="who drafts; without it the account that types")
    for name, option, text in (
        ("certify", "--note", "Put a version in force; by somebody who has not drafted it."),
        ("suspend", "--reason", "Start nothing more under a version, until it is certified again or replaced."),
        ("withdraw", "--reason", "End a version for good; jobs that wait for it are rejected."),
    ):
        one = step(name, text, "instrument", "name", "version")
        one.add_argument(option, dest="why", required=True, help="what was reviewed, or why; it stays with the version")
        one.add_argument("--user", metavar="NAME", help="who decides; without it the account that types")
        if name == "certify":
            one.add_argument("--revision", type=int, metavar="R", help="the one that was read; refused for any other")


def add_failures(verb: Verb) -> None:
    """What failed alike, and what a person did about it: list, show, acknowledge, handover."""
    steps = verb("failures", "Failures by their kind: look, acknowledge, hand over to SDP.").add_subparsers(
        dest="step", required=True, metavar="STEP"
    )

    def step(name: str, text: str, *positional: str) -> ArgumentParser:
        sub = steps.add_parser(name, help=text, description=text)
        sub.add_argument("--json", action="store_true", default=SUPPRESS, help="print JSON")
        for argument in positional:
            sub.add_argument(argument, metavar=argument.upper())
        return sub

    shown = step("list", "The kinds of failures, the largest first.")
    shown.add_argument("instrument", nargs="?", default="", metavar="INSTRUMENT")
    shown.add_argument("--state", choices=(*ClusterState, "ALL"), default=ClusterState.OPEN, help="(OPEN)")
    shown.add_argument("--from", dest="first", type=day, metavar="DATE", help="first DFO date, YYYY-MM-DD")
    shown.add_argument("--to", dest="last", type=day, metavar="DATE", help="last DFO date")
    step("show", "One kind: numbers, what was done about it, its newest ABs.", "fingerprint")
    acknowledge = step("acknowledge", "Say that the failures of a kind are known; new ones ask again.", "fingerprint")
    handover = step("handover", "Give a kind to SDP; new failures of it ask for nobody.", "fingerprint")
    handover.add_argument("--ticket", required=True, help="the reference under which SDP has it")
    for one in (acknowledge, handover):
        one.add_argument(
            "--expected", type=int, required=True, metavar="N", help="failures seen; refused for any other"
        )
        one.add_argument("--note", dest="why", required=True, help="a word on it; it stays with the kind")
        one.add_argument("--user", metavar="NAME", help="who has looked; without it the account that types")


def add_jobfile(verb: Verb) -> None:
    """Without the queue: write, run, process, push, settle."""
    jobfile.arguments(
        verb("jobfile", "Process on this machine without the queue: write a job file, run it, push."), day
    )


def add_token(verb: Verb) -> None:
    """Keys to the API."""
    tokens.arguments(verb("token", "Keys of programs to the API: create, list, withdraw."))


def add_backup(verb: Verb) -> None:
    """Backup, restore."""
    backup = verb("backup", "Keep the database and the catalogue of the product archive, as of one moment.")
    backup.add_argument("folder", type=Path, metavar="FOLDER")
    backup.add_argument("--keep", type=positive, default=14, help="backups in the folder; older ones go (14)")
    restore = verb("restore", "Bring a backup back into an empty database, and compare every table with it.")
    restore.add_argument("folder", type=Path, metavar="BACKUP")
    restore.add_argument("--files", action="store_true", help="also read and compare every file of the product archive")


def add_tidy(verb: Verb) -> None:
    """Tidy."""
    tidy = verb("tidy", "Move old events and logs into files, and delete what nobody needs any more.")
    tidy.add_argument("--dry-run", action="store_true", help="only say how much would go, and into which files")


def add_worker(verb: Verb) -> None:
    """Sweep, worker."""
    verb("sweep", "Wake whatever is due; safe at any time.")
    worker = verb("worker", "Run this host's workers until SIGTERM, and restart them when they hang or die.")
    worker.add_argument("--every", type=float, default=5.0, help="seconds between two looks (5)")
    worker.add_argument("--grace", type=float, default=3600.0, help="seconds that running jobs get to end (3600)")
    worker.add_argument("--terminate", action="store_true", help="a stop ends running jobs at once; they are LOST")
    worker.add_argument("--patience", type=float, default=30.0, help="seconds in vain before a restart (30)")
    worker.add_argument("--name", default=socket.gethostname(), help="of this worker; several on one host differ")
    role = worker.add_argument("--role", action="append", type=named_roles, metavar="ROLE")
    role.help = "what this host works at: download, process, ingest; repeatable (all)"
    worker.add_argument("--unsupervised", action="store_true", help="the bare cluster; what the supervisor starts")


def scope(parser: ArgumentParser) -> None:
    """INSTRUMENT, or --all."""
    which = parser.add_mutually_exclusive_group(required=True)
    which.add_argument("instrument", nargs="?", default="", metavar="INSTRUMENT")
    which.add_argument("--all", action="store_true", help="every instrument; it stands beside single stops")
