"""Raw frames and static tables as FITS files, with the keywords that recipes and archive products need.

The recipes select the spectral format by MJD-OBS and DET CHIPn ID, and stop if BSCALE is not a floating-point card.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

import numpy as np
from astropy.io import fits
from numpy.typing import NDArray

from processing.demo.detectors import BINNING, ROWS, SCAN, Arm, Chip
from processing.demo.geometry import Array
from processing.demo.instants import mjd, stamp
from processing.demo.scenes import raw_shape

Value = str | int | float | bool
PARANAL_LONGITUDE = -70.4032  # degrees, east
PARANAL_LATITUDE = -24.6253
ZERO = 32768.0  # 16-bit pixels are stored signed


@dataclass(frozen=True, kw_only=True)
class Target:
    """What the telescope points at: equatorial position in degrees, FK5."""

    name: str
    ra: float = 0.0
    dec: float = 0.0


@dataclass(frozen=True, kw_only=True)
class Shot:
    """One exposure: with which arm, when (UTC), how long (seconds), of what, and its own `ESO` keywords."""

    arm: Arm
    start: datetime
    seconds: float
    target: Target
    keys: Mapping[str, Value] = field(default_factory=dict)

    @property
    def dp_id(self) -> str:
        """Archive name without `.fits`."""
        return f"UVES.{stamp(self.start)}"


def header(shot: Shot) -> fits.Header:
    """The primary header of a raw frame; the keywords of the shot win over those of the instrument."""
    cards = fits.Header()
    cards.update(_standard(shot))
    hierarchical = _telescope(shot) | _detector(shot) | _instrument(shot.arm) | _observation(shot) | dict(shot.keys)
    for key, value in hierarchical.items():
        cards[f"HIERARCH ESO {key}"] = value
    return cards


def write_raw(path: Path, shot: Shot, images: Sequence[NDArray[np.int32]]) -> None:
    """Write the raw pixels of every chip: one chip into the primary HDU, two into image extensions."""
    primary = header(shot)
    if len(images) == 1:
        hdus: list[fits.PrimaryHDU | fits.ImageHDU] = [fits.PrimaryHDU(header=primary)]
        hdus[0].header.extend(_chip(shot.arm.chips[0]))
    else:
        extensions = [fits.ImageHDU(header=_chip(chip)) for chip in shot.arm.chips]
        hdus = [fits.PrimaryHDU(header=primary), *extensions]
    for hdu, image in zip(hdus[-len(images) :], images, strict=True):
        hdu.data = (image - int(ZERO)).astype(np.int16)
        hdu.header["BSCALE"], hdu.header["BZERO"] = 1.0, ZERO  # after the data, else written as integers
    fits.HDUList(hdus).writeto(path, overwrite=True)


def write_table(path: Path, category: str, columns: Mapping[str, Array]) -> None:
    """Write a static calibration table (double precision columns) with its PRO CATG."""
    primary = fits.PrimaryHDU()
    primary.header["INSTRUME"], primary.header["MJD-OBS"] = "UVES", 53249.0
    primary.header["HIERARCH ESO PRO CATG"] = category
    table = fits.BinTableHDU.from_columns([fits.Column(name, "D", array=data) for name, data in columns.items()])
    fits.HDUList([primary, table]).writeto(path, overwrite=True)


def _standard(shot: Shot) -> dict[str, Value]:
    start, day = stamp(shot.start), mjd(shot.start)
    # Greenwich sidereal time of J2000 and its rate, Explanatory Supplement: good to a second, needs no tables
    sidereal = (280.46061837 + 360.98564736629 * (day - 51544.5) + PARANAL_LONGITUDE) % 360
    return {
        "ORIGIN": "ESO",
        "DATE": start,
        "TELESCOP": "ESO-VLT-U2",
        "INSTRUME": "UVES",
        "OBJECT": shot.target.name if shot.keys.get("DPR CATG") == "SCIENCE" else str(shot.keys.get("DPR TYPE", "")),
        "RA": shot.target.ra,
        "DEC": shot.target.dec,
        "EQUINOX": 2000.0,
        "RADECSYS": "FK5",
        "EXPTIME": shot.seconds,
        "MJD-OBS": day,
        "DATE-OBS": start,
        "UTC": round(day % 1 * 86400, 3),
        "LST": round(sidereal * 240, 3),
        "PI-COI": "SIMULATED",
        "ARCFILE": f"{shot.dp_id}.fits",
        "ORIGFILE": f"UVES_{shot.arm.tag}_{shot.start:%j_%H%M%S}.fits",
    }


def _telescope(shot: Shot) -> dict[str, Value]:
    return {
        "TEL ID": "v 1.554",
        "TEL TARG ALPHA": _packed(shot.target.ra / 15),
        "TEL TARG DELTA": _packed(shot.target.dec),
        "TEL TARG EQUINOX": 2000.0,
        "TEL TARG COORDTYPE": "M",
        "TEL AIRM START": 1.102,
        "TEL AIRM END": 1.121,
        "TEL ALT": 65.1,
        "TEL AZ": 120.0,
        "TEL AMBI FWHM START": 0.82,
        "TEL AMBI FWHM END": 0.85,
        "TEL AMBI PRES START": 743.2,
        "TEL AMBI PRES END": 743.2,
        "TEL AMBI RHUM": 12.0,
        "TEL AMBI TEMP": 12.3,
        "TEL GEOELEV": 2648.0,
        "TEL GEOLAT": PARANAL_LATITUDE,
        "TEL GEOLON": PARANAL_LONGITUDE,
    }


def _detector(shot: Shot) -> dict[str, Value]:
    rows, columns = raw_shape(shot.arm)
    return {
        "DET CHIPS": len(shot.arm.chips),
        "DET ID": "CCD FIERA - Rev: 3.96",
        "DET NAME": shot.arm.detector,
        "DET OUTPUTS": len(shot.arm.chips),
        "DET READ CLOCK": shot.arm.clock,
        "DET READ MODE": "normal",
        "DET READ SPEED": shot.arm.speed,
        "DET WIN1 BINX": BINNING,
        "DET WIN1 BINY": BINNING,
        "DET WIN1 DIT1": shot.seconds,
        "DET WIN1 UIT1": shot.seconds,
        "DET WIN1 NDIT": 1,
        "DET WIN1 NX": columns,
        "DET WIN1 NY": rows,
        "DET WINDOWS": 1,
    }


def _instrument(arm: Arm) -> dict[str, Value]:
    return {
        "INS ID": "UVES/$Revision: 3.27 $",
        "INS MODE": "DICHR#1",
        "INS PATH": arm.tag,
        f"INS GRAT{arm.grating} ID": arm.disperser,
        f"INS GRAT{arm.grating} NAME": arm.disperser,
        f"INS GRAT{arm.grating} WLEN": arm.central,
        "INS SLIT1 NAME": "FREE",
        f"INS SLIT{arm.slit} LEN": 8.0,
        f"INS SLIT{arm.slit} WID": 1.0,
        "INS PIXSCALE": arm.pixel_scale,
        "INS SENS26 MEAN": 743.0,
        "INS TEMP1 MEAN": 12.0,
        f"INS TEMP{arm.camera} MEAN": 12.0,
        "INS TEMP31 MEAN": 12.0,
    }


def _observation(shot: Shot) -> dict[str, Value]:
    start = stamp(shot.start)[:19]
    return {
        "OBS DID": "ESO-VLT-DIC.OBS-1.11",
        "OBS GRP": "0",
        "OBS OBSERVER": "UNKNOWN",
        "OBS PI-COI ID": 0,
        "OBS PI-COI NAME": "SIMULATED",
        "OBS START": start,
        "OBS TARG NAME": shot.target.name,
        "OBS TPLNO": 1,
        "TPL EXPNO": 1,
        "TPL NEXP": 1,
        "TPL START": start,
    }


def _chip(chip: Chip) -> fits.Header:
    cards = fits.Header()
    cards["EXTNAME"] = f"WIN1.CHIP{chip.number}.OUT1"
    for axis in "12":
        cards[f"CTYPE{axis}"], cards[f"CRVAL{axis}"] = "PIXEL", 1.0
        cards[f"CRPIX{axis}"], cards[f"CDELT{axis}"] = 1.0, float(BINNING)
    for key, value in _chip_keys(chip).items():
        cards[f"HIERARCH ESO DET {key}"] = value
    return cards


def _chip_keys(chip: Chip) -> dict[str, Value]:
    place: dict[str, Value] = {"INDEX": chip.number, "ID": chip.ident, "NAME": chip.model, "X": chip.number, "Y": 1}
    size: dict[str, Value] = {"NX": 2048, "NY": 4096, "PSZX": 15.0, "PSZY": 15.0}
    output: dict[str, Value] = {
        "CHIP": chip.number,
        "CONAD": chip.electrons_per_adu,
        "GAIN": round(1 / chip.electrons_per_adu, 2),
        "ID": chip.output,
        "INDEX": chip.number,
        "NX": ROWS,
        "NY": chip.format.columns,
        "OVSCX": SCAN,
        "OVSCY": 0,
        "PRSCX": SCAN,
        "PRSCY": 0,
        "RON": chip.read_noise,
        "X": 1,
        "Y": 1,
    }
    chip_keys: dict[str, Value] = {f"CHIP{chip.number} {key}": value for key, value in (place | size).items()}
    return chip_keys | {f"OUT1 {key}": value for key, value in output.items()}


def _packed(angle: float) -> float:
    """Hours or degrees as the telescope writes them: HHMMSS.sss or DDMMSS.sss."""
    thousandths = round(abs(angle) * 3_600_000)
    minutes, rest = divmod(thousandths, 60_000)
    whole, minutes = divmod(minutes, 60)
    return float(np.copysign(whole * 10_000 + minutes * 100 + rest / 1000, angle))
