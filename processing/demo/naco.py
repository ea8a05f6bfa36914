"""Simulates NACO: raw frames of a star field, and the association block that adds its jittered images."""

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

import numpy as np
from astropy.io import fits

from processing.demo.geometry import Array
from processing.demo.instants import calibration, midnight, mjd, short, stamp

SIZE = 512
SCALE = 0.02715  # arcsec per pixel: camera S27
DIT = 10.0
SIGMA = 2.0  # of a star, in pixels
STARS = 25
SKY = 1500.0  # ADU per integration
READ_NOISE = 4.0
JITTER = ((0, 0), (30, 12), (-25, 18), (14, -33), (-18, -22), (40, 35))  # pixels
FIRST = timedelta(minutes=130)  # after midnight
SLOT = timedelta(seconds=30)
CATEGORIES = {"MASTER_LAMP_FLAT": "NACO_MFLT", "NACO_IMG_DARK_AVG": "NACO_MDRK"}
TARGET, RA, DEC = "SIMULATED CLUSTER", 200.0, -30.0
SCIENCE_STREAM, DETECTOR_STREAM = 7, 8

Value = str | int | float


@dataclass(frozen=True, kw_only=True)
class Exposure:
    """One raw frame: when it starts (UTC), its DPR keywords, and its own `ESO` keywords."""

    start: datetime
    catg: str
    dpr_type: str
    tech: str = "IMAGE"
    keys: Mapping[str, Value] = field(default_factory=dict)

    @property
    def dp_id(self) -> str:
        """Archive name without `.fits`."""
        return f"NACO.{stamp(self.start)}"


def stars(seed: int) -> Array:
    """(n, 3): x and y in the first frame in pixels from 0, and total counts of one integration."""
    rng = np.random.default_rng([seed, SCIENCE_STREAM])
    place = rng.uniform(60, SIZE - 60, (STARS, 2))
    return np.column_stack([place, 10 ** rng.uniform(3.2, 5.2, STARS)])


def sky(catalogue: Array) -> Array:
    """(n, 2): right ascension and declination in degrees of stars; the header's position is the frame's middle.

    North is up and east is left; the field is small enough to be flat.
    """
    middle = (SIZE - 1) / 2
    east, north = (middle - catalogue[:, 0]) * SCALE / 3600, (catalogue[:, 1] - middle) * SCALE / 3600
    return np.column_stack([RA + east / math.cos(math.radians(DEC)), DEC + north])


def detector(seed: int) -> tuple[Array, Array]:
    """(SIZE, SIZE) dark signal with hot pixels in ADU, and relative sensitivity."""
    rng = np.random.default_rng([seed, DETECTOR_STREAM])
    dark = 20.0 + rng.normal(0, 1, (SIZE, SIZE))
    hot = rng.integers(0, SIZE, (2, 400))
    dark[hot[0], hot[1]] = 3000.0
    wave = np.arange(SIZE)
    pattern = 0.05 * np.sin(wave / 60.0)[None, :] * np.cos(wave / 45.0)[:, None]
    return dark, 1.0 + pattern + rng.normal(0, 0.01, (SIZE, SIZE))


def field_of(catalogue: Array, dx: float, dy: float) -> Array:
    """(SIZE, SIZE) expected counts of the stars, moved by an offset."""
    y, x = np.mgrid[0:SIZE, 0:SIZE]
    image = np.zeros((SIZE, SIZE))
    for x0, y0, counts in catalogue:
        image += np.exp(-((x - x0 - dx) ** 2 + (y - y0 - dy) ** 2) / (2 * SIGMA**2)) * counts / (2 * np.pi * SIGMA**2)
    return image


def write(path: Path, shot: Exposure, image: Array, rng: np.random.Generator) -> None:
    """Write a raw frame with its read-out noise."""
    hdu = fits.PrimaryHDU((image + rng.normal(0, READ_NOISE, image.shape)).astype(np.float32))
    for key, value in _header(shot).items():
        hdu.header[key] = value
    hdu.writeto(path, overwrite=True)


def _header(shot: Exposure) -> dict[str, Value]:
    start = stamp(shot.start)
    standard: dict[str, Value] = {
        "ORIGIN": "ESO",
        "TELESCOP": "ESO-VLT-U4",
        "INSTRUME": "NAOS+CONICA",
        "OBJECT": TARGET if shot.catg == "SCIENCE" else shot.dpr_type,
        "RA": RA,
        "DEC": DEC,
        "EQUINOX": 2000.0,
        "RADECSYS": "FK5",
        "EXPTIME": DIT,
        "MJD-OBS": mjd(shot.start),
        "DATE-OBS": start,
        "UTC": round(mjd(shot.start) % 1 * 86400, 3),
        "LST": 2000.0,
        "ARCFILE": f"{shot.dp_id}.fits",
    }
    dpr: dict[str, Value] = {"DPR CATG": shot.catg, "DPR TYPE": shot.dpr_type, "DPR TECH": shot.tech}
    return standard | {
        f"HIERARCH ESO {key}": value for key, value in {**dpr, **_instrument(start), **shot.keys}.items()
    }


WHEELS = {1: "Full", 3: "Full", 4: "empty", 5: "empty", 6: "Ks", 7: "S27"}
ADAPTIVE_OPTICS: Mapping[str, Value] = {
    "ADA POSANG": 0.0,
    "AOS INS DICH ID": "N90C10",
    "AOS INS DICH NAME": "N90C10",
    "AOS INS WHP": "VIS",
    "AOS RTC DET DST ECMEAN": 50.0,
    "AOS RTC DET DST FLUXMEAN": 100.0,
    "AOS RTC DET DST L0MEAN": 1.0,
    "AOS RTC DET DST R0MEAN": 0.1,
    "AOS RTC DET DST T0MEAN": 0.01,
}
READ_OUT: Mapping[str, Value] = {
    "DET CHIP NAME": "ALADDIN3",
    "DET DIT": DIT,
    "DET FRAM TYPE": "INT",
    "DET MODE NAME": "HighDynamic",
    "DET NCORRS": 2,
    "DET NCORRS NAME": "Double_RdRstRd",
    "DET NDIT": 1,
    "DET NDITSKIP": 0,
    "DET RSPEED": 0,
    "DET WIN NX": SIZE,
    "DET WIN NY": SIZE,
}


def _instrument(start: str) -> dict[str, Value]:
    optics = {f"INS OPTI{n} {what}": name for n, name in WHEELS.items() for what in ("ID", "NAME")}
    return {
        **optics,
        **ADAPTIVE_OPTICS,
        **READ_OUT,
        "INS CUMOFFSETX": 0.0,
        "INS LAMP2 CURRENT": 0.0,
        "INS LAMP2 SET": 0,
        "INS PIXSCALE": SCALE,
        "OBS ID": 200300001,
        "OBS NAME": "SIMULATED",
        "OBS PROG ID": "089.C-9901(A)",
        "OBS TARG NAME": TARGET,
        "SEQ CUMOFFSETX": 0.0,
        "SEQ CUMOFFSETY": 0.0,
        "TEL AIRM END": 1.1,
        "TEL AIRM START": 1.1,
        "TEL AMBI FWHM START": 0.8,
        "TEL AMBI RHUM": 10.0,
        "TPL EXPNO": 1,
        "TPL ID": "NACO_img_obs_AutoJitter",
        "TPL NEXP": len(JITTER),
        "TPL START": start[:19],
    }


def calibration_name(category: str, night: str) -> str:
    """File name of a master calibration, such as NACO_MFLT_120509A_Ks.fits."""
    return f"{CATEGORIES[category]}_{short(night)}A_Ks.fits"


def simulate(folder: Path, *, seed: int, date: str) -> str:
    """Write the frames of one jitter sequence into archive/raw and its block into abs; returns the block's name.

    `date` is the DFO date, YYYY-MM-DD.  Same seed and date give the same bytes.
    """
    raws = folder / "archive" / "raw"
    for place in (raws, folder / "abs"):
        place.mkdir(parents=True, exist_ok=True)
    rng = np.random.default_rng([seed, SCIENCE_STREAM, 1])
    (dark, flat), catalogue = detector(seed), stars(seed)
    shots = []
    for number, (dx, dy) in enumerate(JITTER):
        offset: dict[str, Value] = {"SEQ CUMOFFSETX": float(dx), "SEQ CUMOFFSETY": float(dy), "TPL EXPNO": number + 1}
        start = midnight(date) + FIRST + number * SLOT
        shot = Exposure(start=start, catg="SCIENCE", dpr_type="OBJECT", tech="IMAGE,JITTER", keys=offset)
        light = rng.poisson(field_of(catalogue, dx, dy) + SKY)
        write(raws / f"{shot.dp_id}.fits", shot, light * flat + dark, rng)
        shots.append(shot)
    name = f"{shots[0].dp_id}.ab"
    (folder / "abs" / name).write_text("".join(f"{line}\n" for line in _block(shots, name, date)))
    return name


def _block(shots: list[Exposure], name: str, night: str) -> Iterator[str]:
    identity = {
        "INSTRUMENT": "NACO",
        "DATE": night,
        "DPR_CATG": "SCIENCE",
        "RAW_TYPE": "IM_JITTER_OBJ",
        "RECIPE": "naco_img_jitter",
        "AB_NAME": name,
        "COMPLETENESS": "COMPLETE",
        "OBS_PROG_ID": "089.C-9901(A)",
        "OBS_MODE": "SM",
        "OBS_ID": "200300001",
        "MJD-OBS": f"{mjd(shots[0].start):.8f}",
    }
    yield from (f"{qualifier}\t{value}" for qualifier, value in identity.items())
    yield from (f"RAW_MATCH_KEY\t{key}" for key in ("DPR_TECH=IMAGE,JITTER", "DPR_TYPE=OBJECT", "INS_OPTI6_NAME=Ks"))
    yield from (f"RAWFILE\t$DFO_RAW_DIR/{night}/{shot.dp_id}.fits\tIM_JITTER_OBJ" for shot in shots)
    for category in CATEGORIES:
        days = (calibration(night, 0.0) - shots[0].start) / timedelta(days=1)
        file = calibration_name(category, night)
        yield f"MCALIB\tREAL\t$DFO_CAL_DIR/{night}\t{file}\t{category}\t{days:.3f}\tOK"
