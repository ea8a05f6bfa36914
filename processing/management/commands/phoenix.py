"""`manage.py phoenix VERB`: the command line of phoenix."""

import getpass
import json
import socket
from argparse import ArgumentParser
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.core.serializers.json import DjangoJSONEncoder
from django.db import OperationalError, ProgrammingError

from processing import control
from processing.core.phase3.rules import rejects
from processing.management import acknowledge, backup, campaigns, certificates, failures, jobfile, tokens, validate
from processing.management.arguments import add_verbs
from processing.management.export import write, write_file
from processing.management.registered import as_json, as_lines
from processing.management.serve import serve
from processing.management.tidy import tidied
from processing.workflow.export import TABLES
from processing.workflow.sweep import sweep

Options = Mapping[str, Any]
DONE, REFUSED = 0, 1


def user() -> str:
    """Who types."""
    return f"{getpass.getuser()}@{socket.gethostname()}"


class Command(BaseCommand):
    """Exit codes: 0 done, 1 refused or failed, 2 wrong use."""

    help = "Register ABs, ask for the state of things, run a worker."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """One sub-parser per verb."""
        add_verbs(parser)

    def handle(self, *_args: Any, **options: Any) -> None:
        """Run the verb and leave with its exit code."""
        actions: Mapping[str, Callable[[Options], int]] = {
            "register": self.register,
            "status": self.status,
            "explain": self.explain,
            "export": self.export,
            "stop": self.stop,
            "resume": self.resume,
            "validate": self.validate,
            "acknowledge": self.acknowledge,
            "deprecate": self.deprecate,
            "window": self.window,
            "certificate": self.certificate,
            "failures": self.failures,
            "jobfile": self.jobfile,
            "campaign": self.campaign,
            "token": self.token,
            **dict.fromkeys(("backup", "restore"), self.backup),
            "tidy": lambda options: self.show(options, tidied(options, self.stderr.write)),
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
        tell = as_json if options["json"] else as_lines
        return REFUSED if tell(options["paths"], partial(self.stdout.write, ending="")) else DONE

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

    def export(self, options: Options) -> int:
        """The table itself, or where it is and how many rows it has."""
        try:
            instrument = control.known(options["instrument"]).name
        except ValueError as error:
            raise CommandError(str(error)) from error
        table, file = TABLES[options["table"]](instrument, options["first"], options["last"]), options["output"]
        if file is None:
            form = "json" if options["json"] else options["format"]
            write(table, form, partial(self.stdout.write, ending=""))
            return DONE
        try:
            rows = write_file(table, options["format"], file)
        except OSError as error:
            raise CommandError(f"{file}: {error.strerror or error}") from error
        self.tell(options, {"file": str(file), "rows": rows})
        return DONE

    def stop(self, options: Options) -> int:
        """What is stopped now."""
        try:
            row = control.stop(options["instrument"], options["reason"], user(), terminate=options["terminate"])
        except ValueError as error:
            raise CommandError(str(error)) from error
        self.tell(options, {"stop": row.pk, "scope": row.scope or "all", "mode": row.mode, "reason": row.reason})
        return DONE

    def resume(self, options: Options) -> int:
        """How many jobs go on, are skipped, or stay stopped by another stop; holds are tried again."""
        row, dry = control.active_stop(options["instrument"]), options["dry_run"]
        holds = len(control.active_holds(options["instrument"]))
        if row is None and not holds:
            self.stderr.write(f"{options['instrument'] or 'all instruments'}: neither stopped nor held")
            return REFUSED
        facts: dict[str, Any] = {"dry_run": dry, "released": holds}
        if not dry:
            control.release_holds(options["instrument"], user())
        if row is not None:
            go_on = control.preview_resume if dry else partial(control.resume, who=user())
            plan = go_on(row, with_backlog=options["backlog"])
            facts |= {"stop": row.pk, "run": len(plan.run), "skipped": len(plan.skip), "kept": len(plan.keep)}
        self.tell(options, facts)
        return DONE

    def window(self, options: Options) -> int:
        """The window, after it was set if one is named."""
        try:
            if options["window"] is not None or options["site"]:
                control.set_window(options["instrument"], options["window"] or "", user())
            found = control.instrument_status(control.known(options["instrument"]))
        except ValueError as error:
            raise CommandError(str(error)) from error
        opens = f"{found['next_opening']:%Y-%m-%d %H:%M} UTC"
        self.tell(options, {"window": found["window"], "open": found["open"], "next_opening": opens})
        return DONE

    def certificate(self, options: Options) -> int:
        """One step in the life of certificates, or a look at them."""
        try:
            answer = certificates.answer(options, user())
        except certificates.REFUSALS as error:
            raise CommandError(str(error)) from error
        except OSError as error:
            raise CommandError(f"{options['file']}: {error.strerror or error}", returncode=2) from error
        return self.show(options, answer)

    def failures(self, options: Options) -> int:
        """Kinds of failures, or one step of a person who has seen them."""
        try:
            answer = failures.answer(options, user())
        except failures.REFUSALS as error:
            raise CommandError(str(error)) from error
        return self.show(options, answer)

    def jobfile(self, options: Options) -> int:
        """One step in the life of a job file."""
        answer, well = jobfile.answer(options)
        self.show(options, answer)
        return DONE if well else REFUSED

    def campaign(self, options: Options) -> int:
        """One step of a campaign, or a look at it."""
        try:
            answer = campaigns.answer(options, user())
        except (ValueError, OSError) as error:
            raise CommandError(str(error)) from error
        return self.show(options, answer)

    def show(self, options: Options, answer: certificates.Answer | tokens.Answer) -> int:
        """For programs, or for people."""
        if options["json"]:
            self.dump(answer.value)
        else:
            self.stdout.write("\n".join(answer.lines))
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

    def acknowledge(self, options: Options) -> int:
        """What became of each product of a date."""
        try:
            found = control.acknowledgement(options["instrument"], options["date"])
        except ValueError as error:
            raise CommandError(str(error)) from error
        if options["json"]:
            self.dump(found)
        else:
            acknowledge.show(found, self.stdout.write)
        return DONE

    def deprecate(self, options: Options) -> int:
        """The product, and what it was before."""
        try:
            before = control.deprecate(options["dp_id"], options["reason"], user())
        except ValueError as error:
            raise CommandError(str(error)) from error
        facts = {"product": before.dp_id, "was": before.state, "state": "DEPRECATED", "reason": options["reason"]}
        self.tell(options, facts)
        return DONE

    def token(self, options: Options) -> int:
        """What the step says; the secret of a new token once."""
        try:
            found = tokens.answer(options, user())
        except ValueError as error:
            raise CommandError(str(error)) from error
        return self.show(options, found)

    def backup(self, options: Options) -> int:
        """What was kept, or what came back and how it compares."""
        facts, well = backup.answer(options)
        self.tell(options, facts)
        return DONE if well else REFUSED

    def sweep(self, options: Options) -> int:
        """What the sweep found."""
        self.tell(options, sweep() | {"delivered": control.deliver()})
        return DONE

    def worker(self, options: Options) -> int:
        """The supervisor of this host's cluster, or the bare cluster."""
        serve(options)
        return DONE

    def dump(self, value: Any) -> None:
        """JSON as the API writes it."""
        self.stdout.write(json.dumps(value, cls=DjangoJSONEncoder, indent=1))
