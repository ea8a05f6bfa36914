"""`manage.py phoenix VERB`: the command line of phoenix."""

import getpass
import json
import socket
from argparse import ArgumentParser
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.core.serializers.json import DjangoJSONEncoder
from django.db import OperationalError, ProgrammingError

from processing import control
from processing.core.phase3.rules import rejects
from processing.management import validate
from processing.management.cluster import run_cluster
from processing.management.supervisor import Supervisor

Options = Mapping[str, Any]
DONE, REFUSED = 0, 1


def scope(parser: ArgumentParser) -> None:
    """INSTRUMENT, or --all."""
    which = parser.add_mutually_exclusive_group(required=True)
    which.add_argument("instrument", nargs="?", default="", metavar="INSTRUMENT")
    which.add_argument("--all", action="store_true", help="every instrument; it stands beside single stops")


def supervision(parser: ArgumentParser) -> None:
    """How a host's workers are watched."""
    parser.add_argument("--every", type=float, default=5.0, help="seconds between two looks (5)")
    parser.add_argument("--grace", type=float, default=3600.0, help="seconds that running jobs get to end (3600)")
    parser.add_argument("--patience", type=float, default=30.0, help="seconds without change before a restart (30)")
    parser.add_argument("--name", default=socket.gethostname(), help="of this worker; several on one host differ")
    parser.add_argument("--unsupervised", action="store_true", help="the bare cluster; what the supervisor starts")


def user() -> str:
    """Who types."""
    return f"{getpass.getuser()}@{socket.gethostname()}"


class Command(BaseCommand):
    """Exit codes: 0 done, 1 refused or failed, 2 wrong use."""

    help = "Register ABs, ask for the state of things, run a worker."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """One sub-parser per verb; each takes --json."""
        verbs = parser.add_subparsers(dest="verb", required=True, metavar="VERB")

        def verb(name: str, text: str) -> ArgumentParser:
            sub = verbs.add_parser(name, help=text, description=text)
            sub.add_argument("--json", action="store_true", help="print JSON")
            return sub

        register = verb("register", "Register AB files, or all *.ab below folders.")
        register.add_argument("paths", nargs="+", type=Path, metavar="PATH")
        verb("status", "Windows, jobs by state, open dates, what is due.")
        explain = verb("explain", "Why is an AB, or the AB of a raw file, in its state?")
        explain.add_argument("name", metavar="AB|DP_ID")
        stop = verb("stop", "Nothing new starts until it is resumed; what runs may end.")
        scope(stop)
        stop.add_argument("--reason", required=True, help="why; it is shown wherever somebody waits")
        stop.add_argument("--terminate", action="store_true", help="end running jobs, too: they are STOPPED, for good")
        resume = verb("resume", "Go on; jobs whose time went by are skipped, and owed to nobody.")
        scope(resume)
        resume.add_argument("--dry-run", action="store_true", help="only say how many would go on, and be skipped")
        resume.add_argument("--backlog", action="store_true", help="process the backlog after all")
        validate.arguments(verb("validate", "Check FITS files by the rules of ESO's Phase 3, as one batch."))
        verb("sweep", "Wake whatever is due; safe at any time.")
        supervision(verb("worker", "Run this host's workers until SIGTERM, and restart them when they hang or die."))

    def handle(self, *_args: Any, **options: Any) -> None:
        """Run the verb and leave with its exit code."""
        actions: Mapping[str, Callable[[Options], int]] = {
            "register": self.register,
            "status": self.status,
            "explain": self.explain,
            "stop": self.stop,
            "resume": self.resume,
            "validate": self.validate,
            "sweep": self.sweep,
            "worker": self.worker,
        }
        try:
            code = actions[options["verb"]](options)
        except (OperationalError, ProgrammingError) as error:
            raise CommandError(f"database: {error} (is it there, and has `manage.py migrate` been run?)") from error
        if code:
            raise SystemExit(code)

    def register(self, options: Options) -> int:
        """One line per file; refused ones with line and reason."""
        absent = [str(path) for path in options["paths"] if not path.exists()]
        if absent:
            raise CommandError(f"no such file or folder: {', '.join(absent)}", returncode=2)
        outcomes = list(control.register_files(control.find_files(options["paths"])))
        if options["json"]:
            self.dump([outcome.as_dict() for outcome in outcomes])
        for outcome in [] if options["json"] else outcomes:
            where = f"{outcome.file}:{outcome.line}" if outcome.line else outcome.file
            facts = [outcome.result, outcome.name or where, outcome.state, outcome.reason, outcome.sentence]
            self.stdout.write("  ".join(fact for fact in facts if fact))
        return REFUSED if any(outcome.refused for outcome in outcomes) else DONE

    def status(self, options: Options) -> int:
        """The state of everything on one screen."""
        found = control.status()
        if options["json"]:
            self.dump(found)
            return DONE
        for row in found["instruments"]:
            when = "open" if row["open"] else f"opens {row['next_opening']:%Y-%m-%d %H:%M} UTC"
            stopped = "".join(f", stopped: {reason}" for reason in row["stopped"])
            self.stdout.write(f"{row['instrument']}: window {row['window']}, {when}{stopped}")
        for row in found["open_dates"]:
            self.stdout.write(f"{row['date']}: {row['state']} {row['reason']}".rstrip())
        self.stdout.write("jobs: " + ", ".join(f"{n} {state}" for state, n in found["jobs"].items() if n))
        return DONE

    def explain(self, options: Options) -> int:
        """Each job of the AB with its reason."""
        found = control.explain(options["name"])
        if options["json"]:
            self.dump(found)
        for row in [] if options["json"] else found:
            self.stdout.write(
                f"{row['ab']} ({row['campaign']}, {row['date']}): {row['state']} {row['reason']}".rstrip()
            )
            self.stdout.write(f"  {row['sentence'] or row['meaning']}".rstrip())
        if not found:
            self.stderr.write(f"{options['name']}: no AB and no raw file of that name is registered")
        return DONE if found else REFUSED

    def stop(self, options: Options) -> int:
        """What is stopped now."""
        try:
            row = control.stop(options["instrument"], options["reason"], user(), terminate=options["terminate"])
        except ValueError as error:
            raise CommandError(str(error)) from error
        self.tell(options, {"stop": row.pk, "scope": row.scope or "all", "mode": row.mode, "reason": row.reason})
        return DONE

    def resume(self, options: Options) -> int:
        """How many jobs go on, and how many are skipped."""
        row = control.active_stop(options["instrument"])
        if row is None:
            self.stderr.write(f"{options['instrument'] or 'all instruments'}: not stopped")
            return REFUSED
        dry, backlog = options["dry_run"], options["backlog"]
        plan = control.preview_resume(row) if dry else control.resume(row, user(), with_backlog=backlog)
        skipped = 0 if backlog else len(plan.skip)
        runs = len(plan.run) + (len(plan.skip) if dry and backlog else 0)
        self.tell(options, {"stop": row.pk, "dry_run": dry, "run": runs, "skipped": skipped})
        return DONE

    def tell(self, options: Options, facts: dict[str, Any]) -> None:
        """Facts as JSON, or in a line."""
        if options["json"]:
            self.dump(facts)
        else:
            self.stdout.write(", ".join(f"{name} {value}" for name, value in facts.items()))

    def validate(self, options: Options) -> int:
        """Each file with the rules that it breaks; refused if one rejects."""
        if options["rules"]:
            return self.rules(options)
        if absent := validate.absent(options["paths"]):
            raise CommandError(f"no such file or folder: {', '.join(absent)}", returncode=2)
        if not options["paths"]:
            raise CommandError("name files or folders, or ask for --rules", returncode=2)
        rejected, listed = False, []
        for path, findings in validate.files(options["paths"]):
            rejected |= rejects(findings)
            if options["json"]:
                listed.append(validate.as_dict(path, findings))
            else:
                validate.show(path, findings, self.stdout.write)
        if options["json"]:
            self.dump(listed)
        return REFUSED if rejected else DONE

    def rules(self, options: Options) -> int:
        """Id, level and text of every rule."""
        if options["json"]:
            self.dump(validate.rules())
        for row in [] if options["json"] else validate.rules():
            self.stdout.write("  ".join(row.values()))
        return DONE

    def sweep(self, options: Options) -> int:
        """What the sweep found."""
        self.tell(options, control.sweep())
        return DONE

    def worker(self, options: Options) -> int:
        """The supervisor of this host's cluster, or the bare cluster."""
        if options["unsupervised"]:
            run_cluster()
        else:
            values = {name: options[name] for name in ("name", "every", "grace", "patience")}
            Supervisor(**values).run()
        return DONE

    def dump(self, value: Any) -> None:
        """JSON as the API writes it."""
        self.stdout.write(json.dumps(value, cls=DjangoJSONEncoder, indent=1))
