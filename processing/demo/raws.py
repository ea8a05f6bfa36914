"""The raw calibrations of a morning: bias, format check, order definition, flat field, arc lamp."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import numpy as np

from processing.demo.calibrations import BIAS, FLAT, FORMAT_CHECK, LINES, ORDERS, Master
from processing.demo.detectors import ROWS, Arm, Chip
from processing.demo.frames import Shot, Target, Value, write_raw
from processing.demo.geometry import Array
from processing.demo.scenes import full_slit, paint, read_out, seeing
from processing.demo.spectra import arc_lines, emission, lamplight

CALIB_STREAM = 6
SPACING = timedelta(minutes=1)
PINHOLE = 2.2  # rows: the width of the light through a short slit

Scene = Callable[[Arm, Chip, int], Array]  # arm, chip, seed -> expected electrons


@dataclass(frozen=True, kw_only=True)
class RawSet:
    """Frames of one kind that a recipe takes together; `master` says when they are taken."""

    tag: str
    dpr_type: str
    master: Master
    scene: Scene
    seconds: float
    count: int = 1
    tech: str = "ECHELLE"


def _dark(_arm: Arm, chip: Chip, _seed: int) -> Array:
    return np.zeros((ROWS, chip.format.columns))


def _arc(arm: Arm, chip: Chip, seed: int) -> Array:
    lines = arc_lines(seed)
    return 3.0 + paint(arm, chip, lambda wave: emission(wave, lines, arm.line_fwhm), full_slit(arm.slit_half))


def _format_check(arm: Arm, chip: Chip, seed: int) -> Array:
    lines = arc_lines(seed)
    return paint(arm, chip, lambda wave: 7.0 * emission(wave, lines, arm.line_fwhm), seeing(PINHOLE))


def _order_definition(arm: Arm, chip: Chip, _seed: int) -> Array:
    return 8.0 + paint(arm, chip, lambda wave: 40000.0 * lamplight(wave), seeing(PINHOLE))


def _flat(arm: Arm, chip: Chip, _seed: int) -> Array:
    return 25.0 + paint(arm, chip, lambda wave: 16000.0 * lamplight(wave), full_slit(arm.slit_half))


BIASES = RawSet(tag="BIAS", dpr_type="BIAS", master=BIAS, scene=_dark, seconds=0.0, count=3, tech="IMAGE")
FORMAT = RawSet(tag="ARC_LAMP_FORM", dpr_type="LAMP,FMTCHK", master=FORMAT_CHECK, scene=_format_check, seconds=15.0)
ORDER_FLAT = RawSet(tag="ORDER_FLAT", dpr_type="LAMP,ORDERDEF", master=ORDERS, scene=_order_definition, seconds=10.0)
FLATS = RawSet(tag="FLAT", dpr_type="LAMP,FLAT", master=FLAT, scene=_flat, seconds=12.0, count=3)
ARC = RawSet(tag="ARC_LAMP", dpr_type="LAMP,WAVE", master=LINES, scene=_arc, seconds=30.0)


def take(folder: Path, arm: Arm, raws: RawSet, *, seed: int, night: str) -> list[tuple[Path, str]]:
    """Simulate one set of raw calibrations into folder: (file, pipeline tag) of each frame, in time order."""
    rng = np.random.default_rng([seed, CALIB_STREAM, *arm.tag.encode(), *raws.tag.encode()])
    images = [raws.scene(arm, chip, seed) for chip in arm.chips]
    frames = []
    for number in range(raws.count):
        shot = _shot(arm, raws, number, night)
        path = folder / f"{shot.dp_id}.fits"
        write_raw(path, shot, [read_out(rng, chip, image) for chip, image in zip(arm.chips, images, strict=True)])
        frames.append((path, f"{raws.tag}_{arm.tag}"))
    return frames


def _shot(arm: Arm, raws: RawSet, number: int, night: str) -> Shot:
    template = f"UVES_{arm.name}_cal_{raws.dpr_type.rpartition(',')[-1].lower()}"
    keys: dict[str, Value] = {
        "DPR CATG": "CALIB",
        "DPR TYPE": raws.dpr_type,
        "DPR TECH": raws.tech,
        "OBS ID": 200000001,
        "OBS NAME": "CALIB",
        "OBS PROG ID": "60.A-9022(A)",
        "TPL ID": template,
        "TPL NAME": template,
        "TPL EXPNO": number + 1,
        "TPL NEXP": raws.count,
    }
    start = raws.master.taken(arm, night) + number * SPACING
    return Shot(arm=arm, start=start, seconds=raws.seconds, target=Target(name="CALIBRATION"), keys=keys)
