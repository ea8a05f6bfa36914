"""Products that wait for ingestion, many and fast: one set of pipeline files, linked once per job, and the rows."""

import json
import os
import uuid
from collections.abc import Iterator, Mapping
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from astropy.io import fits

if TYPE_CHECKING:
    from processing.models import Job

DAY = date(2012, 5, 9)
MJD, STEP = 56057.0, 1e-4
POINTS = 85_123
"""With the six columns of a calibrated spectrum, 28 bytes a pixel: 2.4 MB, as UVES products of ESO's archive."""
TAG = "SCI_POINT_BLUE"
LEVELS = {f"RED_{TAG}": 1e3, f"ERRORBAR_{TAG}": 10.0, f"FLUXCAL_{TAG}": 2.0, f"FLUXCAL_ERRORBAR_{TAG}": 0.02}
"""Pipeline category and the level of its numbers."""
KEYWORDS = {
    "TELESCOP": "ESO-VLT-U2", "INSTRUME": "UVES", "OBJECT": "STAR", "RA": 10.0, "DEC": -20.0, "EQUINOX": 2000.0,
    "RADESYS": "FK5", "CRVAL1": 3730.0, "CRPIX1": 1.0, "CDELT1": 0.015, "LAMRMS": 0.001, "LAMNLIN": 2000,
    "ESO OBS ID": 4711, "ESO OBS PROG ID": "089.D-0001(A)", "ESO OBS TARG NAME": "STAR", "ESO INS GRAT1 WLEN": 437.0,
    "ESO INS GRAT1 NAME": "CD#2", "ESO INS SLIT2 WID": 1.0, "ESO PRO REC1 PIPE ID": "uves/6.1.8",
}  # fmt: skip
GROUPS = ("INS", "DET", "TEL", "PRO REC1")
CARDS = 100
"""So many further cards of each group: headers of pipeline products have hundreds."""


def header() -> fits.Header:
    """That of a pipeline product."""
    made = fits.Header({f"HIERARCH {key}" if " " in key else key: value for key, value in KEYWORDS.items()})
    for group in GROUPS:
        for number in range(CARDS):
            made[f"HIERARCH ESO {group} KEY{number}"] = (number * 1.5 if number % 2 else f"value {number}", "as it was")
    return made


def template(folder: Path) -> Path:
    """The files of one pipeline product: noise with gaps at both ends and a few pixels that no order reaches."""
    folder.mkdir(parents=True)
    noise, head = np.random.default_rng(1), header()
    for category, level in LEVELS.items():
        data = (level * noise.normal(1.0, 0.1, POINTS)).astype(np.float32)
        data[1000:2000] = 0
        fits.PrimaryHDU(data, head).writeto(folder / f"{category}.fits")
    (folder / "categories.json").write_text(json.dumps({category: f"{category}.fits" for category in LEVELS}))
    return folder


def wait(files: Path, number: int) -> None:
    """So many processed jobs of one date, each with an ingestion that is due and links to the pipeline's files."""
    from processing.models import Ingestion
    from processing.workflow.files import products

    jobs = rows(number)
    for job in jobs:
        place = products(job)
        place.mkdir(parents=True)
        for file in files.iterdir():
            os.link(file, place / file.name)
    Ingestion.objects.bulk_create(Ingestion(job=job, label="BLUE437") for job in jobs)


def rows(number: int) -> "list[Job]":
    """Date, ABs, raw frames and jobs."""
    from processing.core.states import DateState, JobState
    from processing.models import AssociationBlock, Certificate, Instrument, Job, ProcessingDate, Qc1Parameter, RawFrame
    from processing.models.campaigns import day_to_day

    instrument, _ = Instrument.objects.get_or_create(name="UVES")
    day = ProcessingDate.objects.create(instrument=instrument, date=DAY, state=DateState.PROCESSING, abs=number)
    certificate = Certificate.objects.get(instrument="UVES", name="ECHELLE-POINT")
    common = {"date": day, "text": "", "sha256": "", "frames": "", "recipe": "", "ob_id": "4711"}
    blocks = AssociationBlock.objects.bulk_create(
        AssociationBlock(name=f"{name}.ab", **common) for name, _ in frames(number)
    )
    RawFrame.objects.bulk_create(
        RawFrame(block=block, dp_id=name, mjd_obs=mjd, exptime=5.0, tech="ECHELLE")
        for block, (name, mjd) in zip(blocks, frames(number), strict=True)
    )
    how = {"campaign": day_to_day(), "date": day, "certificate": certificate, "state": JobState.PROCESSED}
    jobs = Job.objects.bulk_create(Job(block=block, token=uuid.uuid4(), **how) for block in blocks)
    Qc1Parameter.objects.bulk_create(Qc1Parameter(job=job, name="qc_resolmed", value=40000.0) for job in jobs)
    return jobs


def frames(number: int) -> Iterator[tuple[str, float]]:
    """Name and MJD of raw frames, ten seconds apart."""
    for at in range(number):
        hour, rest = divmod(at * 10, 3600)
        yield (
            f"UVES.2012-05-{10 + hour // 24:02d}T{hour % 24:02d}:{rest // 60:02d}:{rest % 60:02d}.000",
            MJD + at * STEP,
        )


def read_and_write(source: Path, target: Path) -> None:
    """The floor: the same files read and the same arrays written, by astropy and without any question.

    A table whose view is not given as here has its bytes swapped in tiny pieces, which takes astropy two seconds.
    """
    found: Mapping[str, tuple[np.ndarray, fits.Header]] = {
        category: fits.getdata(source / f"{category}.fits", header=True) for category in LEVELS
    }
    head = found[f"RED_{TAG}"][1]
    wave = head["CRVAL1"] + head["CDELT1"] * np.arange(POINTS)
    row = np.zeros(1, [("WAVE", ">f8", POINTS), *((name, ">f4", POINTS) for name in LEVELS), ("QUAL", ">i4", POINTS)])
    for name, values in {"WAVE": wave, **{name: data for name, (data, _) in found.items()}}.items():
        row[name][0] = values
    row["QUAL"][0] = found[f"RED_{TAG}"][0] == 0
    kept = fits.Header([card for card in head.cards if card.keyword.startswith("ESO ")])
    fits.HDUList([fits.PrimaryHDU(header=kept), fits.BinTableHDU(row.view(fits.FITS_rec))]).writeto(
        target, overwrite=True, checksum=True
    )
