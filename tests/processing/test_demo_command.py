"""`make demo`'s command: the whole of it, and what it makes of a night that did not go as planned."""

import json
import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from rich.progress import Progress

from processing.demo.night import Planned
from processing.demo.plan import BLUE
from processing.management import demo_run
from processing.management.cluster import SHARED
from processing.management.demo_report import Report, Row


def planned() -> Planned:
    return Planned(ab_name="UVES.x.ab", dp_id="UVES.x", kind=BLUE, technique="point", target="STAR")


@pytest.mark.esorex
@pytest.mark.cluster
@pytest.mark.postgres  # it has a database of its own: once is enough
def test_a_demo_night_ends_as_planned_with_a_summary_as_its_last_line(tmp_path):
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, "manage.py", "demo", "--exit", "--abs", "2", "--folder", tmp_path, "--port", str(port)]
    done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=280)
    summary = json.loads(done.stdout.splitlines()[-1])

    assert {**summary, "seconds": 0} == {
        "planned": 2, "as_planned": 2, "states": {"INGESTED": 2}, "products": 2, "seconds": 0,
    }  # fmt: skip
    assert f"http://127.0.0.1:{port}/" in done.stdout


@pytest.mark.parametrize(
    ("state", "reason", "right"),
    [("INGESTED", "", True), ("FAILED", "NO_SIGNAL", False), ("INGESTED", "NO_SIGNAL", False), ("", "", False)],
)
def test_an_ab_is_as_planned_if_state_and_reason_are(state, reason, right):
    report = Report([Row(planned(), state, reason, "", None, None)], products=0)

    assert (report.as_planned, report.summary()["as_planned"]) == (right, int(right))


@pytest.mark.parametrize(("option", "value"), [("abs", 0), ("date", "2008-01-01")])
def test_wrong_options_are_named_before_anything_is_done(option, value):
    with pytest.raises(CommandError, match=f"--{option}") as error:
        call_command("demo", **{option: value})

    assert error.value.returncode == 2


def test_a_bar_counts_its_items():
    with Progress(*demo_run.COLUMNS, disable=True) as progress:
        advance = demo_run.bar(progress, "simulate", 2)
        advance("one")
        assert (progress.tasks[0].completed, progress.tasks[0].fields["item"]) == (1, "one")


def test_a_port_that_is_taken_is_named_before_anything_is_done(tmp_path):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(CommandError, match=f"port {port} is in use"), demo_run.web(tmp_path, port):
            pass


def test_what_workers_share_can_be_imported():
    script = f"import django, importlib; django.setup(); [importlib.import_module(m) for m in {SHARED!r}]"
    subprocess.run([sys.executable, "-c", script], check=True, env=os.environ, cwd=Path.cwd())
