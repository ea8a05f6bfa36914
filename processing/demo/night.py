"""Simulates the science frames and association blocks of one night, as an archive and a workflow deliver them."""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime
from functools import cache, partial
from pathlib import Path

import numpy as np

from processing.demo import naco
from processing.demo.abfiles import Block, text
from processing.demo.detectors import ARMS, ROWS, Arm, Chip
from processing.demo.frames import Shot, Target, Value, write_raw
from processing.demo.geometry import Array
from processing.demo.instants import exposures
from processing.demo.plan import Kind
from processing.demo.scenes import cosmics, full_slit, paint, read_out, seeing
from processing.demo.spectra import SKY_LINES, WAVE, emission, starlight, truth

SCIENCE_STREAM = 1
BRIGHTEST = 31000.0  # electrons per column at the blaze of a star; the faintest has a fifth
SKY_LEVEL = 12.0
DARK_LEVEL = 4.0
COSMICS = 150
FLOODED = 1e6  # electrons everywhere: more than any pixel holds
KEPT = 0.6  # of a raw file whose transfer broke off

RECIPES = {"mos": "flames_obs_scired"}
TAGS = {"point": "SCI_POINT", "cell": "SCI_POINT", "slicer": "SCI_SLICER", "mos": "FIB_SCI"}
TECHNIQUES: dict[str, dict[str, Value]] = {
    "point": {"DPR TYPE": "OBJECT,POINT", "DPR TECH": "ECHELLE"},
    "cell": {"DPR TYPE": "OBJECT,POINT", "DPR TECH": "ECHELLE,ABSORPTION-CELL", "INS TEMP31 MEAN": 70.0},
    "slicer": {"DPR TYPE": "OBJECT,POINT", "DPR TECH": "ECHELLE,SLICER", "INS SLIT1 NAME": "SLIC#1"},
    "mos": {"DPR TYPE": "OBJECT,OzPoz", "DPR TECH": "MOS"},
}


@dataclass(frozen=True, kw_only=True)
class Planned:
    """One block of the night as it was made, and through its kind how it has to end."""

    ab_name: str
    dp_id: str
    kind: Kind
    technique: str
    target: str


@dataclass(frozen=True, kw_only=True)
class _Task:
    number: int  # from 1, in the order of the night
    kind: Kind
    start: datetime
    seconds: float


def simulate(
    folder: Path, *, kinds: Sequence[Kind], seed: int, date: str, advance: Callable[[str], None]
) -> list[Planned]:
    """Write `archive/raw/<dp_id>.fits` and `abs/<AB_NAME>` below folder, one block per kind, in order.

    `date` is the DFO date, YYYY-MM-DD; ValueError if it is before the simulated detectors. Same kinds, seed and date
    give the same bytes: every frame has its own random stream. `advance` is called with the
    name of each block's first frame.
    """
    (folder / "archive" / "raw").mkdir(parents=True, exist_ok=True)
    (folder / "abs").mkdir(parents=True, exist_ok=True)
    times = exposures(date, len(kinds), seed)
    tasks = [
        _Task(number=i, kind=kind, start=start, seconds=seconds)
        for i, (kind, (start, seconds)) in enumerate(zip(kinds, times, strict=True), 1)
    ]
    planned = []
    with ThreadPoolExecutor(max_workers=2) as pool:
        for done in pool.map(partial(_observe, folder, seed, date), tasks):
            advance(done.dp_id)
            planned.append(done)
    return planned


def _observe(folder: Path, seed: int, date: str, task: _Task) -> Planned:
    if task.kind.arm:
        return _disperse(folder, seed, date, task, ARMS[task.kind.arm])
    name = naco.simulate(folder, seed=seed, date=date)
    return Planned(
        ab_name=name,
        dp_id=name.removesuffix(".ab"),
        kind=task.kind,
        technique=task.kind.technique,
        target=naco.TARGET,
    )


def _disperse(folder: Path, seed: int, date: str, task: _Task, arm: Arm) -> Planned:
    rng = np.random.default_rng([seed, SCIENCE_STREAM, task.number])
    shot = _shot(rng, task, arm)
    scenes = _scenes(rng, seed, task, arm)
    images = [read_out(rng, chip, image) for chip, image in zip(arm.chips, scenes, strict=True)]
    raw = folder / "archive" / "raw" / f"{shot.dp_id}.fits"
    write_raw(raw, shot, images)
    if task.kind.trouble == "truncated":
        with raw.open("r+b") as file:
            file.truncate(int(raw.stat().st_size * KEPT))
    block = Block(
        shot=shot,
        tag=f"{TAGS[task.kind.technique]}_{shot.arm.tag}",
        recipe=RECIPES.get(task.kind.technique, "uves_obs_scired"),
        night=date,
        kind=task.kind,
        virtual_massoc=task.number % 3 == 0,
    )
    (folder / "abs" / block.name).write_text(text(block))
    return Planned(
        ab_name=block.name,
        dp_id=shot.dp_id,
        kind=task.kind,
        technique=task.kind.technique,
        target=shot.target.name,
    )


def _shot(rng: np.random.Generator, task: _Task, arm: Arm) -> Shot:
    """The exposure with its header keywords; target and position are random."""
    kind = task.kind
    ra, dec = round(rng.uniform(150.0, 260.0), 5), round(rng.uniform(-60.0, 5.0), 5)
    name = f"SIM-{ra / 15:05.2f}{dec:+06.2f}".replace(".", "")
    keys: dict[str, Value] = {
        "DPR CATG": "SCIENCE",
        **TECHNIQUES[kind.technique],
        "OBS ID": 200700000 + task.number,
        "OBS NAME": f"SIM-OB-{task.number:03d}",
        "OBS PROG ID": f"089.{'CD'[task.number % 2]}-{rng.integers(1, 900):04d}(A)",
        "TPL ID": "UVES_dic1_obs_exp",
        "TPL NAME": "Dic1 Observation",
    }
    if kind.trouble == "other-setting":
        keys[f"INS GRAT{arm.grating} WLEN"] = 564.0
    target = Target(name=name, ra=ra, dec=dec)
    return Shot(arm=arm, start=task.start, seconds=task.seconds, target=target, keys=keys)


def _scenes(rng: np.random.Generator, seed: int, task: _Task, arm: Arm) -> list[Array]:
    """Expected electrons on every chip: a star on the sky, a closed shutter, or a flooded detector."""
    if task.kind.trouble in ("noise", "saturated"):
        level = FLOODED if task.kind.trouble == "saturated" else 0.0
        return [np.full((ROWS, chip.format.columns), level) for chip in arm.chips]
    brightness = BRIGHTEST * rng.uniform(0.2, 1.0)
    profile = seeing(rng.uniform(2.3, 3.1), rng.uniform(-1.0, 1.0))
    spectrum = truth(seed, task.kind.technique)

    def starlit(wave: Array) -> Array:
        return brightness * starlight(wave) * np.interp(wave, WAVE, spectrum)

    star = [paint(arm, chip, starlit, profile) for chip in arm.chips]
    return [cosmics(rng, image + _sky(arm, chip), COSMICS) for image, chip in zip(star, arm.chips, strict=True)]


@cache
def _sky(arm: Arm, chip: Chip) -> Array:
    """Sky and dark current, the same in every exposure, however long it is said to be."""
    lines = np.array(SKY_LINES).T

    def spectrum(wave: Array) -> Array:
        return SKY_LEVEL + emission(wave, lines, arm.line_fwhm)

    return DARK_LEVEL + paint(arm, chip, spectrum, full_slit(arm.slit_half))
