"""`make demo`'s command: the whole of it, and what it makes of a night that did not go as planned."""

import json
import os
import socket
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest
from astropy.io import fits
from django.core.management import CommandError, call_command
from rich.console import Console
from rich.progress import Progress

from processing.core.phase3.rules import Finding, Level
from processing.demo.night import Planned
from processing.demo.plan import BLUE
from processing.management import demo_run, demo_validate
from processing.management.cluster import SHARED
from processing.management.demo_report import Report, Row
from processing.management.demo_validate import Verdict


def verdict(*findings: Finding, counts: Mapping[str, int] | None = None) -> Verdict:
    return Verdict(files=8, findings=[("ADP.x.fits", finding) for finding in findings], fitsverify=counts)


def planned() -> Planned:
    return Planned(ab_name="UVES.x.ab", dp_id="UVES.x", kind=BLUE, technique="point", target="STAR")


@pytest.mark.esorex
@pytest.mark.cluster
@pytest.mark.postgres  # it has a database of its own: once is enough
def test_a_demo_night_ends_as_planned_with_a_summary_as_its_last_line(tmp_path):
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, "manage.py", "demo", "--exit", "--abs", "4", "--folder", tmp_path, "--port", str(port)]
    done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=280)
    summary = json.loads(done.stdout.splitlines()[-1])

    assert {**summary, "seconds": 0} == {
        "planned": 4, "as_planned": 4, "states": {"INGESTED": 4}, "products": 4, "validated": 10,
        "findings": {"E": 0, "W": 0}, "fitsverify": {"warnings": 0, "errors": 0}, "seconds": 0,
    }  # fmt: skip
    products = sorted((tmp_path / "products").rglob("*.fits"))
    assert len(products) == 10
    for file in products:
        subprocess.run([Path(sys.executable).with_name("fitscheck"), file], capture_output=True, check=True)
    assert f"http://127.0.0.1:{port}/" in done.stdout


@pytest.mark.parametrize(
    ("state", "reason", "right"),
    [("INGESTED", "", True), ("FAILED", "NO_SIGNAL", False), ("INGESTED", "NO_SIGNAL", False), ("", "", False)],
)
def test_an_ab_is_as_planned_if_state_and_reason_are(state, reason, right):
    report = Report([Row(planned(), state, reason, "", None, None)], products=0, verdict=verdict())

    assert (report.as_planned, report.summary()["as_planned"]) == (right, int(right))
    assert report.good == right


@pytest.mark.parametrize(
    ("level", "errors", "good"), [(Level.W, 0, True), (Level.E, 0, False), (None, 1, False), (None, None, True)]
)
def test_a_night_with_a_product_that_would_be_rejected_is_not_good(level, errors, good):
    counts = None if errors is None else {"warnings": 1, "errors": errors}
    found = verdict(*([Finding("S01", level, "wrong")] if level else []), counts=counts)
    report = Report([Row(planned(), "INGESTED", "", "", None, None)], products=1, verdict=found)

    assert report.as_planned
    assert report.good == good
    assert report.summary()["findings"] == {"E": int(level is Level.E), "W": int(level is Level.W)}


def test_what_is_wrong_with_a_product_is_said_by_file_and_rule(tmp_path):
    console = Console(record=True, width=200)
    demo_validate.show(verdict(Finding("S01", Level.E, "no SPEC_VAL"), counts=None), console)

    shown = console.export_text()
    assert "8 FITS files archived; 44 rules of Phase 3: 1 of level E, 0 of level W broken; no fitsverify" in shown
    assert "ADP.x.fits: S01 E no SPEC_VAL" in shown


def test_fitsverify_counts_warnings_and_errors_and_a_file_that_it_cannot_read_is_an_error(tmp_path):
    whole, twice, broken = (tmp_path / f"{name}.fits" for name in ("whole", "twice", "broken"))
    fits.PrimaryHDU().writeto(whole)
    fits.PrimaryHDU(header=fits.Header([("KEY", 1), ("KEY", 2)])).writeto(twice)
    broken.write_bytes(b"not FITS")

    assert demo_validate.fitsverify([whole]) == {"warnings": 0, "errors": 0}
    assert demo_validate.fitsverify([whole, twice]) == {"warnings": 1, "errors": 0}
    assert (demo_validate.fitsverify([whole, broken]) or {})["errors"] >= 1


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
