"""The association block (AB): reads its text into a frozen value, or says which line is wrong.

Syntax: one qualifier per line, then its columns, separated by tabs or blanks; `#` starts a comment at the
start of a line or after white space, never inside a value such as `DICHR#1`.
Source: eso.org/~qc/dfos/AB_structure.html.  The columns of the file lines are not public, so they are a map
(`COLUMNS`) that a site can replace by configuration.
"""

import math
import re
from codecs import BOM_UTF8
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property, partial
from pathlib import PurePosixPath
from typing import NamedTuple

from processing.core.errors import BadAB
from processing.core.lines import Columns, Lines

MAX_BYTES = 5 * 2**20


# A column whose name ends in "?" may be absent; whatever follows the last named column is ignored.
COLUMNS: Columns = {
    "RAWFILE": ("path", "tag"),
    "MCALIB": ("flag", "directory", "name", "category", "dt?", "match?"),
    "MASSOC": ("flag", "directory", "name", "category", "dt?", "match?"),
    "GENCALIB": ("directory", "name", "category"),
    "RECIPE_PAR": ("assignment",),
    "RAW_MATCH_KEY": ("assignment",),
}

MANDATORY = ("INSTRUMENT", "DATE", "DPR_CATG", "RECIPE", "AB_NAME")
SINGLE = (*MANDATORY, "RAW_TYPE", "COMPLETENESS", "OBS_PROG_ID", "OBS_MODE", "OBS_ID", "MJD-OBS", "MJD-OBS_MOD")

_INSTRUMENT = re.compile(r"[A-Z][A-Z0-9_]{1,15}")
_FLAGS = frozenset(("REAL", "VIRTUAL"))
_MATCHES = {"OK": True, "NOK": False}
# What may become a file name, a part of a URL or a line of a set of frames: no slash, no blank, no `#`, no `$`.
NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:+\-]{0,127}")
_WAVELENGTH = re.compile(r"INS_GRAT\d_WLEN")
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_TAG = re.compile(r"[A-Z][A-Z0-9_]{0,63}")


class RawFile(NamedTuple):
    """A raw frame: its archive name without `.fits`, and the tag that the recipe knows it by."""

    dp_id: str
    tag: str


class Calib(NamedTuple):
    """A calibration that the AB names: a MCALIB, MASSOC or GENCALIB line."""

    name: str
    category: str
    """PRO.CATG, which is also its tag in the set of frames."""
    real: bool = True
    """False for a virtual calibration."""
    dt: float | None = None
    """Days from the science frame to the calibration; positive if the calibration came after."""
    matches: bool | None = None
    """The association's own verdict on the time match; None if the line does not say."""


@dataclass(frozen=True, kw_only=True)
class AB:
    """One association block."""

    name: str
    instrument: str
    date: date
    """The DFO date: the evening of the night, not the calendar date of the frame."""
    dpr_catg: str
    recipe: str
    raw_type: str = ""
    prog_id: str = ""
    ob_id: str = ""
    mjd_obs: float | None = None
    complete: bool = True
    raws: tuple[RawFile, ...] = ()
    mcalibs: tuple[Calib, ...] = ()
    massocs: tuple[Calib, ...] = ()
    gencalibs: tuple[Calib, ...] = ()
    parameters: Mapping[str, str] = field(default_factory=dict)
    match_keys: Mapping[str, str] = field(default_factory=dict)
    others: tuple[tuple[str, str], ...] = ()
    """(qualifier, content) of every line that phoenix does not use, in order."""

    @cached_property
    def tech(self) -> tuple[str, ...]:
        """The words of DPR TECH, such as ("ECHELLE", "ABSORPTION-CELL")."""
        return tuple(self.match_keys.get("DPR_TECH", "").split(","))

    @cached_property
    def setup(self) -> str:
        """The setting in one word, such as `RED580_2x2`: arm, central wavelength in nm, binning."""
        wlen = self.wavelength
        arm = self.arm if wlen is None else f"{self.arm}{wlen:.0f}"
        bins = [self.match_keys.get(f"DET_WIN1_BIN{axis}", "") for axis in "XY"]
        # Some detectors do not bin.
        return f"{arm}_{'x'.join(one or '?' for one in bins)}" if any(bins) else arm

    @cached_property
    def arm(self) -> str:
        """The suffix of the raw tag: which arm or chip set of the instrument the frames come from."""
        return self.raws[0].tag.rsplit("_", 1)[-1] if self.raws else ""

    @cached_property
    def wavelength(self) -> float | None:
        """Central wavelength of the setting in nm, from INS GRATn WLEN; None if the AB does not say.

        A frame of a dichroic mode may name both gratings: the first is the blue one, the second the red one.
        """
        named = {k: v for k, v in self.match_keys.items() if _WAVELENGTH.fullmatch(k)}
        own = named.get("INS_GRAT2_WLEN" if self.arm == "RED" else "INS_GRAT1_WLEN")
        return _finite(own or next(iter(named.values()), ""))


def parse(text: str, file: str, columns: Columns = COLUMNS) -> AB:
    """Read one AB.

    `file` names the source in messages.  Raises `BadAB` with file, line and reason; unknown and repeated
    qualifiers are kept in `AB.others`.
    """
    if len(text.encode(errors="surrogatepass")) > MAX_BYTES:
        raise BadAB(file, 0, f"larger than {MAX_BYTES // 2**20} MB")
    lines = Lines(text, file, columns, SINGLE)
    for qualifier in (*MANDATORY, "RAWFILE"):
        if qualifier not in lines.of:
            raise BadAB(file, 0, f"no {qualifier} line")
    raws = lines.each("RAWFILE", _raw)
    if len({raw.dp_id for raw in raws}) < len(raws):
        raise BadAB(file, 0, "two RAWFILE lines name the same file")
    return AB(
        name=lines.one("AB_NAME", partial(_matching, NAME, "file name")),
        instrument=lines.one("INSTRUMENT", partial(_matching, _INSTRUMENT, "instrument")),
        date=lines.one("DATE", _date),
        dpr_catg=lines.text("DPR_CATG"),
        recipe=lines.text("RECIPE"),
        raw_type=lines.text("RAW_TYPE"),
        prog_id=lines.text("OBS_PROG_ID"),
        ob_id=lines.text("OBS_ID"),
        mjd_obs=lines.one("MJD-OBS", _first_number) if "MJD-OBS" in lines.of else None,
        complete=lines.text("COMPLETENESS") != "INCOMPLETE",
        raws=raws,
        mcalibs=lines.each("MCALIB", _calib),
        massocs=lines.each("MASSOC", _calib),
        gencalibs=lines.each("GENCALIB", _calib),
        parameters=lines.assignments("RECIPE_PAR"),
        match_keys=lines.assignments("RAW_MATCH_KEY"),
        others=tuple(lines.others),
    )


def decode(content: bytes, file: str) -> str:
    """The text of an AB file; raises `BadAB` for what is no text or too long."""
    if len(content) > MAX_BYTES:
        raise BadAB(file, 0, f"larger than {MAX_BYTES // 2**20} MB")
    try:
        # As "utf-8-sig" does, which is written in Python.
        return content.removeprefix(BOM_UTF8).decode()
    except UnicodeDecodeError as error:
        raise BadAB(file, content[: error.start].count(b"\n") + 1, "not UTF-8 text") from None


def _raw(row: Mapping[str, str]) -> RawFile:
    name = _file_name(row).removesuffix(".fits")
    if not _TAG.fullmatch(row["tag"]):
        raise ValueError(f"{row['tag'][:40]!r} is not a pipeline tag")
    return RawFile(name, row["tag"])


def _calib(row: Mapping[str, str]) -> Calib:
    flag, category = row.get("flag", "REAL"), row["category"]
    if flag not in _FLAGS:
        raise ValueError(f"{flag[:40]!r} is neither REAL nor VIRTUAL")
    if not _TAG.fullmatch(category):
        raise ValueError(f"{category[:40]!r} is not a PRO.CATG")
    dt = _number(row["dt"]) if "dt" in row else None
    return Calib(_file_name(row), category, flag == "REAL", dt, _MATCHES.get(row.get("match", "")))


def _file_name(row: Mapping[str, str]) -> str:
    """The last part of the path, if it is safe to be a file name here."""
    name = row["name"] if "name" in row else PurePosixPath(row["path"]).name
    if not NAME.fullmatch(name):
        raise ValueError(f"{name[:40]!r} is not a file name")
    return name


def _matching(pattern: re.Pattern[str], what: str, value: str) -> str:
    if not pattern.fullmatch(value):
        raise ValueError(f"{value[:40]!r} is not a valid {what}")
    return value


def _date(value: str) -> date:
    _matching(_DATE, "date of the form YYYY-MM-DD", value)
    try:
        return date.fromisoformat(value)
    except ValueError:
        raise ValueError(f"{value} is no day of the calendar") from None


def _first_number(value: str) -> float:
    return _number(value.split(maxsplit=1)[0])


def _number(value: str) -> float:
    number = _finite(value)
    if number is None:
        raise ValueError(f"{value[:40]!r} is not a number")
    return number


def _finite(value: str) -> float | None:
    try:
        number = float(value)
    except ValueError:
        return None
    return number if math.isfinite(number) else None
