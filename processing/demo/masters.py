"""UVES master calibrations of a simulated night, made by the real recipes and kept in a cache."""

import shutil
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

from processing.demo import cache as cached
from processing.demo.calibrations import EXTINCTION, REQUIRED, response_name
from processing.demo.detectors import ARMS, Arm
from processing.demo.frames import write_table
from processing.demo.raws import ARC, BIASES, FLATS, FORMAT, ORDER_FLAT, RawSet, take
from processing.demo.spectra import arc_lines
from processing.plugins import esorex
from processing.plugins.executors.local import LocalExecutor

LINE_LIST = "LINE_REFER_TABLE"
KINDS_OF_FILE = ("mcalib", "gencalib")


@dataclass(frozen=True)
class Step:
    """One recipe of the calibration cascade: its raw frames and the calibrations (PRO CATG, no chip) it needs."""

    recipe: str
    raws: RawSet
    needs: tuple[str, ...]


CASCADE = (
    Step("uves_cal_mbias", BIASES, ()),
    Step("uves_cal_predict", FORMAT, (LINE_LIST, "MASTER_BIAS")),
    Step("uves_cal_orderpos", ORDER_FLAT, ("ORDER_GUESS_TAB",)),
    Step("uves_cal_mflat", FLATS, ("MASTER_BIAS", "ORDER_TABLE")),
    Step("uves_cal_wavecal", ARC, ("MASTER_BIAS", "MASTER_FLAT", "ORDER_TABLE", "LINE_GUESS_TAB", LINE_LIST)),
)


@dataclass(frozen=True, kw_only=True)
class _Morning:
    """The calibration of one arm: where it works, what exists so far (tag with chip to file)."""

    arm: Arm
    seed: int
    night: str
    work: Path
    advance: Callable[[str], None]
    made: dict[str, Path] = field(default_factory=dict)


def steps(arms: Sequence[str]) -> int:
    """How often `make` calls `advance` if it finds nothing in the cache: once per set of raw frames and per recipe."""
    return 2 * len(CASCADE) * len(arms)


def make(cache: Path, *, seed: int, date: str, arms: Sequence[str], advance: Callable[[str], None]) -> Path:
    """Make the master calibrations of the arms ('blue', 'red') unless the cache has them; return their folder.

    The arms are worked on side by side; what a cached arm spares is not announced to `advance`. Raises RuntimeError
    with recipe, exit code and the last errors if a recipe fails; the cache then has nothing of that arm.
    """
    folder = cached.folder(cache, f"uves-{date}-seed{seed}", recipe=CASCADE[0].recipe, module="masters")
    folder.mkdir(parents=True, exist_ok=True)
    missing = [arm for name, arm in ARMS.items() if name in arms and not (folder / name).is_dir()]
    with ThreadPoolExecutor(max_workers=len(ARMS)) as pool:
        for running in [pool.submit(_make_arm, folder, arm, seed, date, advance) for arm in missing]:
            running.result()
    return folder


def install(cache_folder: Path, archive: Path) -> None:
    """Put all calibrations of a cache folder into archive/mcalib and archive/gencalib (hard link, else copy)."""
    for kind in KINDS_OF_FILE:
        (archive / kind).mkdir(parents=True, exist_ok=True)
        for file in sorted(cache_folder.glob(f"[!.]*/{kind}/*.fits")):
            target = archive / kind / file.name
            target.unlink(missing_ok=True)
            try:
                target.hardlink_to(file)
            except OSError:  # another file system
                shutil.copyfile(file, target)


def _make_arm(folder: Path, arm: Arm, seed: int, night: str, advance: Callable[[str], None]) -> None:
    with TemporaryDirectory(dir=folder, prefix=f".{arm.name}-") as work:
        morning = _Morning(arm=arm, seed=seed, night=night, work=Path(work), advance=advance)
        lines = Path(work) / "lines.fits"
        write_table(lines, LINE_LIST, {"WAVE": arc_lines(seed)[0]})
        morning.made[LINE_LIST] = lines
        for step in CASCADE:
            _run(morning, step)
        cached.keep(_collect(morning), folder / arm.name)


def _run(morning: _Morning, step: Step) -> None:
    """Take the raw frames of a step, run its recipe, remember its products."""
    scratch = morning.work / step.recipe
    scratch.mkdir()
    raws = take(scratch, morning.arm, step.raws, seed=morning.seed, night=morning.night)
    morning.advance(f"{morning.arm.name} {step.raws.dpr_type}")
    chips = {chip.name for chip in morning.arm.chips}
    wanted = {f"{need}_{chip}" for need in step.needs for chip in chips} | {*step.needs}
    frames = [*raws, *((file, tag) for tag, file in morning.made.items() if tag in wanted)]
    finished = LocalExecutor().run(esorex.command(step.recipe, frames, scratch))
    made = esorex.products(scratch)
    if finished.exit_code or not made:
        raise RuntimeError(f"{step.recipe} ended with exit code {finished.exit_code}: {cached.errors(scratch)}")
    morning.made.update({product.category: product.path for product in made})
    morning.advance(f"{morning.arm.name} {step.recipe}")


def _collect(morning: _Morning) -> Path:
    """The finished calibrations under their archive names, in one folder that can be renamed at once."""
    whole = morning.work / "whole"
    for kind in KINDS_OF_FILE:
        (whole / kind).mkdir(parents=True)
    for chip in morning.arm.chips:
        for master in REQUIRED:
            name = master.name(morning.arm, chip, morning.night)
            morning.made[f"{master.category}_{chip.name}"].rename(whole / "mcalib" / name)
        _response(whole / "mcalib" / response_name(morning.arm, chip), f"MASTER_RESPONSE_{chip.name}")
    _extinction(whole / "gencalib" / EXTINCTION)
    return whole


def _response(path: Path, category: str) -> None:
    """A smooth invented response: fluxes have the right unit and no meaning."""
    wave = np.linspace(3000.0, 10500.0, 151)
    write_table(path, category, {"LAMBDA": wave, "FLUX_CONV": 2.0 + 3.0 * ((wave - 4200.0) / 3000.0) ** 2})


def _extinction(path: Path) -> None:
    """Magnitudes per air mass: a constant and Rayleigh scattering."""
    wave = np.linspace(3000.0, 10500.0, 151)
    write_table(path, "EXTCOEFF_TABLE", {"LAMBDA": wave, "LA_SILLA": 0.1 + 0.3 * (4000.0 / wave) ** 4})
