"""Tiny FITS files that stand for UVES frames, master calibrations and products."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from astropy.io import fits

from processing.core.ports import Inputs
from tests.core.examples import POINT, VIRTUAL, certificate, sample

CHIP_IDS = {"BLUE": "CCD-44", "REDL": "CCD-L", "REDU": "CCD-U"}
COMMON = {
    "MJD-OBS": 56057.13730163,
    "EXPTIME": 3000.0,
    "ESO DPR CATG": "SCIENCE",
    "ESO DPR TECH": "ECHELLE",
    "ESO DPR TYPE": "OBJECT,POINT",
    "ESO INS SLIT1 NAME": "FREE",
    "ESO DET WIN1 BINX": 1,
    "ESO DET WIN1 BINY": 1,
}
SETTING: Mapping[str, Mapping[str, Any]] = {
    "RED": {
        "ESO DET CHIPS": 2,
        "ESO INS PATH": "RED",
        "ESO INS MODE": "DICHR#1",
        "ESO INS GRAT2 ID": "CD#3",
        "ESO INS GRAT2 WLEN": 580.0,
    },
    "BLUE": {
        "ESO DET CHIPS": 1,
        "ESO INS PATH": "BLUE",
        "ESO INS MODE": "DICHR#2",
        "ESO INS GRAT1 ID": "CD#2",
        "ESO INS GRAT1 WLEN": 437.0,
    },
}
Changes = Mapping[str, Any]


def header(values: Mapping[str, Any]) -> fits.Header:
    """A header of these values; None leaves a keyword out."""
    made = fits.Header()
    for key, value in values.items():
        if value is not None:
            made[f"HIERARCH {key}" if key.startswith("ESO ") else key] = value
    return made


def raw(path: Path, arm: str = "RED", changes: Changes | None = None) -> Path:
    """A science frame: red ones hold REDU, then REDL, in extensions."""
    hdus = [fits.PrimaryHDU(header=header({**COMMON, **SETTING[arm], **(changes or {})}))]
    if arm == "BLUE":
        hdus[0].data = np.full((40, 40), 200, np.int16)
        hdus[0].header["HIERARCH ESO DET CHIP1 ID"] = CHIP_IDS["BLUE"]
    else:
        for chip in ("REDU", "REDL"):
            chip_id = header({"ESO DET CHIP1 ID": CHIP_IDS[chip]})
            hdus.append(fits.ImageHDU(np.full((40, 40), 200, np.int16), chip_id))
    fits.HDUList(hdus).writeto(path)
    return path


def master(path: Path, chip: str, changes: Changes | None = None) -> Path:
    """A master calibration of the same setting, of one chip."""
    arm = "BLUE" if chip == "BLUE" else "RED"
    binning = {key: COMMON[key] for key in ("ESO DET WIN1 BINX", "ESO DET WIN1 BINY")}
    values = {**binning, **SETTING[arm], "ESO DET CHIP1 ID": CHIP_IDS[chip], **(changes or {})}
    fits.PrimaryHDU(header=header(values)).writeto(path)
    return path


def vector(path: Path, values: Any, changes: Changes | None = None) -> Path:
    """A one-dimensional pipeline product from 5000 Angstrom in steps of 0.02."""
    axis = {"CRPIX1": 1.0, "CRVAL1": 5000.0, "CDELT1": 0.02, **(changes or {})}
    fits.PrimaryHDU(np.asarray(values, dtype=np.float64), header(axis)).writeto(path)
    return path


def inputs(folder: Path, arm: str = "RED", changes: Changes | None = None) -> Inputs:
    """All that the sample AB of that arm names, as files in `folder`; the raw frame with changes."""
    ab = sample(POINT) if arm == "RED" else sample(VIRTUAL, {"VIRTUAL": "REAL"})
    rules = certificate("ECHELLE-POINT")
    calibs = []
    for name, category, is_general in rules.used(ab):
        chip = category.rsplit("_", 1)[-1]
        file = vector(folder / name, [1.0]) if is_general else master(folder / name, chip)
        calibs.append((file, category))
    frame = raw(folder / f"{ab.raws[0].dp_id}.fits", arm, changes)
    return Inputs(ab=ab, raws=[(frame, ab.raws[0].tag)], calibs=calibs, certificate=rules)
