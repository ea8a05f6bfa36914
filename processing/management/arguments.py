"""The verbs of the command line and what they take."""

import socket
from argparse import ArgumentParser
from collections.abc import Callable
from pathlib import Path

from processing.management import validate

Verb = Callable[[str, str], ArgumentParser]


def add_verbs(parser: ArgumentParser) -> None:
    """One sub-parser per verb; each takes --json."""
    verbs = parser.add_subparsers(dest="verb", required=True, metavar="VERB")

    def verb(name: str, text: str) -> ArgumentParser:
        sub = verbs.add_parser(name, help=text, description=text)
        sub.add_argument("--json", action="store_true", help="print JSON")
        return sub

    for add in (add_questions, add_products, add_gates, add_worker):
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


def add_worker(verb: Verb) -> None:
    """Sweep, worker."""
    verb("sweep", "Wake whatever is due; safe at any time.")
    worker = verb("worker", "Run this host's workers until SIGTERM, and restart them when they hang or die.")
    worker.add_argument("--every", type=float, default=5.0, help="seconds between two looks (5)")
    worker.add_argument("--grace", type=float, default=3600.0, help="seconds that running jobs get to end (3600)")
    worker.add_argument("--terminate", action="store_true", help="a stop ends running jobs at once; they are LOST")
    worker.add_argument("--patience", type=float, default=30.0, help="seconds in vain before a restart (30)")
    worker.add_argument("--name", default=socket.gethostname(), help="of this worker; several on one host differ")
    worker.add_argument("--unsupervised", action="store_true", help="the bare cluster; what the supervisor starts")


def scope(parser: ArgumentParser) -> None:
    """INSTRUMENT, or --all."""
    which = parser.add_mutually_exclusive_group(required=True)
    which.add_argument("instrument", nargs="?", default="", metavar="INSTRUMENT")
    which.add_argument("--all", action="store_true", help="every instrument; it stands beside single stops")
