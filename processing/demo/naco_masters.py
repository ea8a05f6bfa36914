"""Master dark and flat of simulated NACO frames, made by the real recipes and kept in a cache."""

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

from processing.demo import cache as cached
from processing.demo.instants import calibration
from processing.demo.naco import CATEGORIES, SLOT, Exposure, calibration_name, detector, write
from processing.plugins import esorex
from processing.plugins.executors.local import LocalExecutor

LAMP = 8000.0  # ADU per integration
STREAM = 9
Frames = list[tuple[Path, str]]


def steps() -> int:
    """How often `make` calls `advance` if it finds nothing in the cache: once per recipe."""
    return len(CASCADE)


def make(cache: Path, *, seed: int, date: str, advance: Callable[[str], None]) -> Path:
    """Make the master calibrations of that DFO date unless the cache has them; return their folder.

    Raises RuntimeError with recipe, exit code and the last errors if a recipe fails; the cache then has nothing.
    """
    folder = cached.folder(cache, f"naco-{date}-seed{seed}", recipe="naco_img_dark", module="naco_masters")
    if not (folder / "image").is_dir():
        with TemporaryDirectory(dir=cache) as work:
            whole = Path(work) / "whole"
            (whole / "mcalib").mkdir(parents=True)
            for recipe, take in CASCADE:
                scratch = Path(work) / recipe
                scratch.mkdir()
                _run(recipe, take(scratch, seed, date), scratch, whole / "mcalib", date)
                advance(recipe)
            cached.keep(whole, folder / "image")
    return folder


def _run(recipe: str, frames: Frames, scratch: Path, kept: Path, date: str) -> None:
    finished = LocalExecutor().run(esorex.command(recipe, frames, scratch))
    made = [product for product in esorex.products(scratch) if product.category in CATEGORIES]
    if finished.exit_code or not made:
        raise RuntimeError(f"{recipe} ended with exit code {finished.exit_code}: {cached.errors(scratch)}")
    for product in made:
        product.path.rename(kept / calibration_name(product.category, date))


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


CASCADE = (("naco_img_dark", darks), ("naco_img_lampflat", flats))
