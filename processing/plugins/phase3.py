"""Puts files before the rules of Phase 3: any files, whole or broken, alone or as a batch."""

import hashlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

from processing.core.phase3.checks import check
from processing.core.phase3.product import Batch, FitsFile, Member
from processing.core.phase3.rules import Finding
from processing.core.phase3.values import Header
from processing.plugins.fitswalk import walk

ENDINGS = (".fits", ".fits.gz", ".fits.fz", ".fit", ".fts")
UNIX_EPOCH_MJD = 40587.0
Precursor = Callable[[str], Header | None]
"""Keywords of an originating file, or None if the archive does not know it."""


def read(path: Path, name: str = "") -> FitsFile:
    """The file under its own or another name; never raises, what is wrong is in its problems."""
    found = walk(path)
    try:
        size = path.stat().st_size
    except OSError:
        size = 0
    return FitsFile(name=name or path.name, size=size, hdus=found.hdus, problems=found.problems)


def now_mjd() -> float:
    """The present as a modified Julian date (UTC)."""
    return UNIX_EPOCH_MJD + datetime.now(UTC).timestamp() / 86400


def is_file(path: Path) -> bool:
    """True if there is a file that may be seen."""
    try:
        return path.is_file()
    except OSError:
        return False


def is_product(path: Path) -> bool:
    """True if the name is that of a FITS file."""
    return path.name.lower().endswith(ENDINGS)


def below(paths: Sequence[Path]) -> list[Path]:
    """The files named, and the FITS files below the folders named; each once, those of a folder by name."""
    found = (
        file
        for path in paths
        for file in (sorted(p for p in path.rglob("*") if is_product(p) and is_file(p)) if path.is_dir() else [path])
    )
    return list(dict.fromkeys(found))


def together(paths: Sequence[Path]) -> Iterator[tuple[Path, list[Finding]]]:
    """Each path with what is wrong with it, as one batch; companions are sought in it, then beside the product."""
    batch = Batch(now_mjd=now_mjd())
    by_name = {path.name: path for path in reversed(paths)}
    for path in paths:
        look_up = partial(find, by_name, path.parent)
        yield path, check(read(path), replace(batch, member=look_up))


def find(by_name: Mapping[str, Path], folder: Path, name: str) -> Member | None:
    """A companion by its name, which must be a name and no path."""
    path = by_name.get(name, folder / name)
    return member(path) if Path(name).name == name and is_file(path) else None


def alone(path: Path, name: str, companions: Mapping[str, Path], precursor: Precursor) -> list[Finding]:
    """What is wrong with a product that is on its way to the archive under that name, with companions by theirs."""
    named = {key: member(file) for key, file in companions.items()}
    return check(read(path, name), Batch(now_mjd=now_mjd(), member=named.get, precursor=precursor))


def member(path: Path) -> Member:
    """A companion; read only when a rule asks."""
    return Member(headers=lambda: [hdu.header for hdu in walk(path).hdus], md5=lambda: md5(path))


def md5(path: Path) -> str:
    """In hexadecimal; nothing if the file cannot be read."""
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, lambda: hashlib.md5(usedforsecurity=False)).hexdigest()
    except OSError:
        return ""
