"""`manage.py phoenix VERB`: the command line of phoenix."""

import json
from argparse import ArgumentParser
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.core.serializers.json import DjangoJSONEncoder
from django.db import OperationalError, ProgrammingError

from processing import control
from processing.management.worker import run_cluster

Options = Mapping[str, Any]
DONE, REFUSED = 0, 1


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
        verb("sweep", "Wake whatever is due; safe at any time.")
        verb("worker", "Run this host's workers until stopped.")

    def handle(self, *_args: Any, **options: Any) -> None:
        """Run the verb and leave with its exit code."""
        actions: Mapping[str, Callable[[Options], int]] = {
            "register": self.register,
            "status": self.status,
            "explain": self.explain,
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
            self.stdout.write(f"{row['instrument']}: window {row['window']}, {when}")
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

    def sweep(self, options: Options) -> int:
        """What the sweep found."""
        found = control.sweep()
        if options["json"]:
            self.dump(found)
        else:
            self.stdout.write(", ".join(f"{name} {number}" for name, number in found.items()))
        return DONE

    def worker(self, _options: Options) -> int:
        """The cluster of this host."""
        run_cluster()
        return DONE

    def dump(self, value: Any) -> None:
        """JSON as the API writes it."""
        self.stdout.write(json.dumps(value, cls=DjangoJSONEncoder, indent=1))
