"""Tiny FITS files that stand for NACO frames, master calibrations and products."""

from pathlib import Path

import numpy as np
from astropy.io import fits

from processing.core.ab import parse
from processing.core.ports import Inputs
from tests.core.examples import ROOT, shipped
from tests.plugins.frames import Changes, header

NIGHT = "2012-05-09"
RAWS = ("NACO.2012-05-10T02:10:00.000", "NACO.2012-05-10T02:10:30.000")
SETTING = {
    "ESO INS OPTI6 NAME": "Ks",
    "ESO INS OPTI7 NAME": "S27",
    "ESO DET WIN NX": 40,
    "ESO DET WIN NY": 40,
    "ESO DET DIT": 10.0,
    "ESO DET MODE NAME": "HighDynamic",
}
RAW = {
    "MJD-OBS": 56057.09027778,
    "EXPTIME": 10.0,
    "ESO DPR CATG": "SCIENCE",
    "ESO DPR TYPE": "OBJECT",
    "ESO DPR TECH": "IMAGE,JITTER",
    "ESO DET NDIT": 2,
    **SETTING,
}
AB = f"""INSTRUMENT\tNACO
DATE\t{NIGHT}
DPR_CATG\tSCIENCE
RECIPE\tnaco_img_jitter
AB_NAME\t{RAWS[0]}.ab
RAW_MATCH_KEY\tDPR_TECH=IMAGE,JITTER
RAWFILE\t$DFO_RAW_DIR/{NIGHT}/{RAWS[0]}.fits\tIM_JITTER_OBJ
RAWFILE\t$DFO_RAW_DIR/{NIGHT}/{RAWS[1]}.fits\tIM_JITTER_OBJ
MCALIB\tREAL\t$DFO_CAL_DIR/{NIGHT}\tNACO_MFLT.fits\tMASTER_LAMP_FLAT\t0.3\tOK
MCALIB\tREAL\t$DFO_CAL_DIR/{NIGHT}\tNACO_MDRK.fits\tNACO_IMG_DARK_AVG\t0.3\tOK
"""
(CERTIFICATE,) = shipped(ROOT / "processing" / "certificates" / "naco.toml")


def frame(path: Path, changes: Changes | None = None, value: float = 100.0) -> Path:
    """A raw frame of 40 by 40 equal pixels."""
    image = np.full((40, 40), value, dtype=np.float32)
    fits.PrimaryHDU(image, header({**RAW, **(changes or {})})).writeto(path, overwrite=True)
    return path


def master(path: Path, changes: Changes | None = None) -> Path:
    """A master calibration of the same setting."""
    fits.PrimaryHDU(header=header({**SETTING, **(changes or {})})).writeto(path, overwrite=True)
    return path


def inputs(folder: Path, changes: Changes | None = None) -> Inputs:
    """A block of two frames, the second with changes, and its calibrations."""
    ab = parse(AB, "naco.ab")
    raws = [frame(folder / f"{RAWS[0]}.fits"), frame(folder / f"{RAWS[1]}.fits", changes)]
    calibs = [(master(folder / name), category) for name, category, _ in CERTIFICATE.used(ab)]
    return Inputs(ab=ab, raws=[(path, "IM_JITTER_OBJ") for path in raws], calibs=calibs, certificate=CERTIFICATE)


def coadded(path: Path, changes: Changes | None = None) -> Path:
    """The added image of a star on noise, with its contribution map."""
    y, x = np.mgrid[0:60, 0:60]
    star = 500.0 * np.exp(-((y - 30) ** 2 + (x - 30) ** 2) / 8)
    pixels = np.random.default_rng(1).normal(2.0, 1.0, star.shape) + star
    keys = {"ESO QC FILTER OBS": "Ks", "ESO QC FWHM PIX": 4.7, **(changes or {})}
    hdus = [fits.PrimaryHDU(pixels.astype(np.float32), header(keys)), fits.ImageHDU(np.full((60, 60), 2, np.int16))]
    fits.HDUList(hdus).writeto(path)
    return path
