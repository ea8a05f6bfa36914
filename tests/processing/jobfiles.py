"""Job files for tests: the command as it is typed, and the state of a ledger as anybody can read it."""

import json
import sqlite3
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from tests import testcam


class JobFile:
    """A job file of the test instrument, and the processes that work on it."""

    def __init__(self, file: Path, environment: dict[str, str]) -> None:
        self.file = file
        self.folder = file.with_name(f"{file.name}.ledger")
        self.environment = {**environment, "DJANGO_SETTINGS_MODULE": "tests.settings"}
        self.folder.mkdir(parents=True)
        # The test instrument's recipe looks beside the work folder for what it copies and counts.
        (self.folder / "testcam").symlink_to(testcam.folder())

    def command(self, *arguments: str) -> list[str]:
        return [sys.executable, "manage.py", "phoenix", "jobfile", *arguments]

    def start(self, *arguments: str) -> subprocess.Popen[str]:
        pipe = subprocess.PIPE
        return subprocess.Popen(self.command(*arguments), env=self.environment, stdout=pipe, stderr=pipe, text=True)

    def call(self, *arguments: str) -> tuple[int, Any]:
        """Exit code and JSON, or what was said instead of it."""
        began = time.monotonic()
        done = subprocess.run(
            self.command(*arguments, "--json"), env=self.environment, capture_output=True, text=True, check=False
        )
        print(arguments[0], round(time.monotonic() - began, 1), done.stdout, done.stderr)  # noqa: T201 - shown when the test fails
        return done.returncode, json.loads(done.stdout) if done.stdout.startswith("{") else done.stderr

    def write(self, date: str = "2012-05-09", *options: str) -> tuple[int, Any]:
        return self.call("write", date, "-o", str(self.file), *options)

    def run(self, *options: str) -> tuple[int, Any]:
        return self.call("run", str(self.file), *options)

    def push(self) -> tuple[int, Any]:
        return self.call("push", str(self.file))

    def states(self) -> dict[str, str]:
        """State of each AB in the ledger."""
        query = "select b.name, j.state from processing_job j join processing_associationblock b on b.id = j.block_id"
        connection = sqlite3.connect(f"file:{self.folder}/phoenix.sqlite3?mode=ro", uri=True)
        try:
            return dict(connection.execute(query).fetchall())
        except sqlite3.OperationalError:
            return {}
        finally:
            connection.close()

    def execute(self, statement: str) -> None:
        """Change what the ledger says."""
        connection = sqlite3.connect(self.folder / "phoenix.sqlite3")
        with connection:
            connection.execute(statement)
        connection.close()
