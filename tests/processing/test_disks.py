"""The disk ledger: measured beside the work, bounded, told with the signs of life."""

import threading
from pathlib import Path

import pytest

from processing import control
from processing.models import Worker
from processing.workflow import disks


@pytest.fixture
def areas(settings, tmp_path):
    """Folders of this test, with the calibrations below the work area as they are by default."""
    work, products = tmp_path / "work", tmp_path / "products"
    for folder in (work / "cal" / "gen", work / "scratch", products):
        folder.mkdir(parents=True)
    (work / "scratch" / "raw.fits").write_bytes(b"x" * 1000)
    (work / "cal" / "gen" / "table.fits").write_bytes(b"x" * 300)
    (products / "ADP.1.fits").write_bytes(b"x" * 50)
    (products / "link").symlink_to(work)
    ingestor = {"BACKEND": "x", "OPTIONS": {"root": products}}
    settings.PHOENIX = {**settings.PHOENIX, "WORK_DIR": work, "CAL_DIR": work / "cal", "INGESTOR": ingestor}
    return tmp_path


def ended(thread):
    thread.join(20)


def measured():
    ledger = disks.Ledger()
    ledger.measure()
    return {row["area"]: row for row in ledger.rows}


def test_each_area_has_its_own_files_and_follows_no_link(areas):
    rows = measured()

    assert {area: row["used"] for area, row in rows.items()} == {
        "work": 1000,
        "calibrations": 300,
        "products": 50,
    }
    assert all(row["whole"] and 0 < row["free"] <= row["total"] for row in rows.values())


def test_a_calibration_that_dates_share_is_on_the_disk_once(areas):
    copy = areas / "work/cal/shared/BIAS.fits/1.2"
    copy.parent.mkdir(parents=True)
    copy.write_bytes(b"x" * 70)
    for day in ("2012-05-09", "2012-05-10"):
        (areas / "work/cal" / day).mkdir()
        (areas / "work/cal" / day / "BIAS.fits").hardlink_to(copy)
    rows = measured()

    assert {area: rows[area]["used"] for area in ("work", "calibrations", "shared")} == {
        "work": 1000,
        "calibrations": 370,
        "shared": 70,
    }


def test_an_archive_on_another_machine_is_left_to_its_operators(areas, settings):
    ingestor = {"BACKEND": "x", "OPTIONS": {"root": "ngas://host:7777", "copies": areas}}
    settings.PHOENIX = {**settings.PHOENIX, "INGESTOR": ingestor}

    assert set(measured()) == {"work", "calibrations"}


def test_a_folder_that_is_not_there_yet_has_the_disk_above_it(areas, settings):
    settings.PHOENIX = {**settings.PHOENIX, "WORK_DIR": areas / "not" / "yet"}

    assert (measured()["work"]["used"], measured()["work"]["free"] > 0) == (0, True)


def test_what_takes_too_long_to_add_up_is_told_as_the_least(areas, monkeypatch):
    monkeypatch.setattr(disks, "LONGEST", -1.0)

    assert not measured()["work"]["whole"]


def test_a_file_system_that_hangs_keeps_nobody_waiting(areas, monkeypatch):
    over = threading.Event()
    monkeypatch.setattr(disks, "measured", lambda *_: over.wait())
    monkeypatch.setattr(disks, "EVERY", 0.0)
    ledger = disks.Ledger()
    first = [ledger.latest(), ledger.thread]

    assert [ledger.latest(), ledger.thread] == first == [[], ledger.thread]
    over.set()
    ended(ledger.thread)


def test_the_ledger_travels_with_a_sign_of_life(db, areas):
    ledger = disks.Ledger()
    ledger.latest()
    ended(ledger.thread)
    control.heard("north", ledger.latest())

    assert {row["path"] for row in Worker.objects.get().disks} == {
        str(areas / "work"),
        str(areas / "work/cal"),
        str(areas / "products"),
    }
    assert Path(Worker.objects.get().disks[0]["path"]).is_dir()
