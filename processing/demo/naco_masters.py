"""Master dark and flat of simulated NACO frames, made by the real recipes."""

from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

from processing.demo.instants import calibration
from processing.demo.naco import CATEGORIES, SLOT, Exposure, calibration_name, detector, write
from processing.plugins import esorex
from processing.plugins.executors.local import LocalExecutor

LAMP = 8000.0  # ADU per integration
STREAM = 9
Frames = list[tuple[Path, str]]


def make(archive: Path, *, seed: int, date: str) -> None:
    """Put the master calibrations of that DFO date into archive/mcalib; RuntimeError if a recipe fails."""
    (archive / "mcalib").mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory(dir=archive) as work:
        for recipe, take in (("naco_img_dark", darks), ("naco_img_lampflat", flats)):
            scratch = Path(work) / recipe
            scratch.mkdir()
            finished = LocalExecutor().run(esorex.command(recipe, take(scratch, seed, date), scratch))
            if finished.exit_code:
                raise RuntimeError(esorex.explain(finished.exit_code, esorex.log(scratch)))
            for product in esorex.products(scratch):
                if product.category in CATEGORIES:
                    product.path.rename(archive / "mcalib" / calibration_name(product.category, date))


def darks(folder: Path, seed: int, date: str) -> Frames:
    """Three dark frames in `folder`: (file, tag)."""
    shots = [
        Exposure(start=calibration(date, 0.0) + number * SLOT, catg="CALIB", dpr_type="DARK") for number in range(3)
    ]
    return [(_take(folder, seed, shot, 0.0), "CAL_DARK") for shot in shots]


def flats(folder: Path, seed: int, date: str) -> Frames:
    """Six flat fields in `folder`, the lamp by turns on and off, on first: (file, tag)."""
    frames = []
    for number in range(6):
        lamp = 1 - number % 2
        start = calibration(date, 5.0) + number * timedelta(seconds=30)
        keys = {"INS LAMP2 SET": lamp, "INS LAMP2 CURRENT": float(lamp)}
        shot = Exposure(start=start, catg="CALIB", dpr_type="FLAT,LAMP", keys=keys)
        frames.append((_take(folder, seed, shot, lamp * LAMP), "CAL_FLAT_LAMP"))
    return frames


def _take(folder: Path, seed: int, shot: Exposure, light: float) -> Path:
    dark, flat = detector(seed)
    path = folder / f"{shot.dp_id}.fits"
    write(path, shot, dark + light * flat, np.random.default_rng([seed, STREAM, *shot.dp_id.encode()]))
    return path
