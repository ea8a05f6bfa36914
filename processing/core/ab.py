"""The association block (AB): reads its text into a frozen value, or says which line is wrong.

Syntax: one qualifier per line, then its columns, separated by tabs or blanks; `#` starts a comment at the
start of a line or after white space, never inside a value such as `DICHR#1`.
Source: eso.org/~qc/dfos/AB_structure.html.  The columns of the file lines are not public, so they are a map
(`COLUMNS`) that a site can replace by configuration.
"""

import math
import re
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property
from pathlib import PurePosixPath
from typing import NamedTuple

from processing.core.errors import BadAB

MAX_BYTES = 5 * 2**20

Columns = Mapping[str, Sequence[str]]

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

_SINGLE, _KNOWN = frozenset(SINGLE), frozenset((*SINGLE, *COLUMNS))
_COMMENT = re.compile(r"(^|\s)#.*$")
_QUALIFIER = re.compile(r"[A-Z][A-Z0-9_.\-]*")
_INSTRUMENT = re.compile(r"[A-Z][A-Z0-9_]{1,15}")
_MATCHES = {"OK": True, "NOK": False}
# What may become a file name, a part of a URL or a line of a set of frames: no slash, no blank, no `#`, no `$`.
NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:+\-]{0,127}")
_WAVELENGTH = re.compile(r"INS_GRAT\d_WLEN")
_KEY = re.compile(r"[A-Za-z0-9_.\-]+")
# NUL, and halves of characters, which JSON can carry and UTF-8 cannot.
_NO_TEXT = re.compile("[\0\ud800-\udfff]")
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_TAG = re.compile(r"[A-Z][A-Z0-9_]{0,63}")


@dataclass(frozen=True)
class RawFile:
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

    @property
    def tech(self) -> tuple[str, ...]:
        """The words of DPR TECH, such as ("ECHELLE", "ABSORPTION-CELL")."""
        return tuple(self.match_keys.get("DPR_TECH", "").split(","))

    @property
    def setup(self) -> str:
        """The setting in one word, such as `RED580_2x2`: arm, central wavelength in nm, binning."""
        wlen = self.wavelength
        arm = self.arm if wlen is None else f"{self.arm}{wlen:.0f}"
        bins = [self.match_keys.get(f"DET_WIN1_BIN{axis}", "") for axis in "XY"]
        # Some detectors do not bin.
        return f"{arm}_{'x'.join(one or '?' for one in bins)}" if any(bins) else arm

    @property
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


class _Line(NamedTuple):
    """One line that holds something, with its number for error messages."""

    file: str
    number: int
    qualifier: str
    content: Sequence[str]

    def error(self, reason: str) -> BadAB:
        return BadAB(self.file, self.number, reason)


def parse(text: str, file: str, columns: Columns = COLUMNS) -> AB:
    """Read one AB.

    `file` names the source in messages.  Raises `BadAB` with file, line and reason; unknown and repeated
    qualifiers are kept in `AB.others`.
    """
    if len(text.encode(errors="surrogatepass")) > MAX_BYTES:
        raise BadAB(file, 0, f"larger than {MAX_BYTES // 2**20} MB")
    lines = list(_lines(text, file))
    single = _single_values(lines)
    of = defaultdict(list)
    for line in lines:
        of[line.qualifier].append(line)
    for qualifier in (*MANDATORY, "RAWFILE"):
        if qualifier not in of:
            raise BadAB(file, 0, f"no {qualifier} line")
    raws = tuple(_raw(line, row) for line, row in _rows(of["RAWFILE"], columns))
    if len({raw.dp_id for raw in raws}) < len(raws):
        raise BadAB(file, 0, "two RAWFILE lines name the same file")
    used = {*columns, *SINGLE}
    return AB(
        name=_matching(NAME, single["AB_NAME"], "file name"),
        instrument=_matching(_INSTRUMENT, single["INSTRUMENT"], "instrument"),
        date=_date(single["DATE"]),
        dpr_catg=_text(single, "DPR_CATG"),
        recipe=_text(single, "RECIPE"),
        raw_type=_text(single, "RAW_TYPE"),
        prog_id=_text(single, "OBS_PROG_ID"),
        ob_id=_text(single, "OBS_ID"),
        mjd_obs=_number(single["MJD-OBS"], single["MJD-OBS"].content[0]) if "MJD-OBS" in single else None,
        complete=_text(single, "COMPLETENESS") != "INCOMPLETE",
        raws=raws,
        mcalibs=tuple([_calib(*both) for both in _rows(of["MCALIB"], columns)]),
        massocs=tuple([_calib(*both) for both in _rows(of["MASSOC"], columns)]),
        gencalibs=tuple([_calib(*both) for both in _rows(of["GENCALIB"], columns)]),
        parameters=dict(_assignments(of["RECIPE_PAR"])),
        match_keys=dict(_assignments(of["RAW_MATCH_KEY"])),
        others=tuple((line.qualifier, " ".join(line.content)) for line in lines if line.qualifier not in used),
    )


def decode(content: bytes, file: str) -> str:
    """The text of an AB file; raises `BadAB` for what is no text or too long."""
    if len(content) > MAX_BYTES:
        raise BadAB(file, 0, f"larger than {MAX_BYTES // 2**20} MB")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise BadAB(file, content[: error.start].count(b"\n") + 1, "not UTF-8 text") from None


def _lines(text: str, file: str) -> Iterator[_Line]:
    broken = "\0" in text or not (text.isascii() or _NO_TEXT.search(text) is None)
    for number, raw in enumerate(text.split("\n"), 1):
        if broken and (found := _NO_TEXT.search(raw)):
            what = "a NUL byte" if found[0] == "\0" else f"{found[0]!r}, half a character"
            raise BadAB(file, number, f"holds {what}, so this is no AB text")
        words = raw.split()
        if "#" in raw and words[0][0] != "#":
            words = _COMMENT.sub("", raw.rstrip("\r")).split()
        if not words or words[0][0] == "#":
            continue
        if words[0] not in _KNOWN and not _QUALIFIER.fullmatch(words[0]):
            raise BadAB(file, number, f"{words[0][:40]!r} is not a qualifier")
        yield _Line(file, number, words[0], words[1:])


def _single_values(lines: Sequence[_Line]) -> dict[str, _Line]:
    """The qualifiers that may stand once; twice with the same content is harmless."""
    found: dict[str, _Line] = {}
    for line in lines:
        if line.qualifier not in _SINGLE:
            continue
        if not line.content:
            raise line.error(f"{line.qualifier} has no value")
        first = found.setdefault(line.qualifier, line)
        if first.content != line.content:
            raise line.error(f"{line.qualifier} was {' '.join(first.content)!r} in line {first.number}")
    return found


def _rows(lines: Sequence[_Line], columns: Columns) -> Iterator[tuple[_Line, dict[str, str]]]:
    """Lines of one qualifier, with their columns by name."""
    named = columns[lines[0].qualifier] if lines else ()
    names, needed = [name.rstrip("?") for name in named], [name for name in named if not name.endswith("?")]
    for line in lines:
        if len(line.content) < len(needed):
            wanted = f"{len(needed)} columns ({', '.join(needed)}), has {len(line.content)}"
            raise line.error(f"{line.qualifier} needs {wanted}")
        yield line, dict(zip(names, line.content, strict=False))


def _raw(line: _Line, row: Mapping[str, str]) -> RawFile:
    name = _file_name(line, row).removesuffix(".fits")
    if not _TAG.fullmatch(row["tag"]):
        raise line.error(f"{row['tag'][:40]!r} is not a pipeline tag")
    return RawFile(name, row["tag"])


def _calib(line: _Line, row: Mapping[str, str]) -> Calib:
    flag, match = row.get("flag", "REAL"), row.get("match", "")
    if flag not in ("REAL", "VIRTUAL"):
        raise line.error(f"{flag[:40]!r} is neither REAL nor VIRTUAL")
    if not _TAG.fullmatch(row["category"]):
        raise line.error(f"{row['category'][:40]!r} is not a PRO.CATG")
    dt = _number(line, row["dt"]) if "dt" in row else None
    return Calib(_file_name(line, row), row["category"], flag == "REAL", dt, _MATCHES.get(match))


def _file_name(line: _Line, row: Mapping[str, str]) -> str:
    """The last part of the path, if it is safe to be a file name here."""
    name = row["name"] if "name" in row else PurePosixPath(row["path"]).name
    if not NAME.fullmatch(name):
        raise line.error(f"{name[:40]!r} is not a file name")
    return name


def _assignments(lines: Sequence[_Line]) -> Iterator[tuple[str, str]]:
    for line in lines:
        key, equals, value = " ".join(line.content).partition("=")
        if not (equals and _KEY.fullmatch(key)):
            raise line.error(f"{line.qualifier} is not of the form KEY=value")
        yield key, value


def _text(single: Mapping[str, _Line], qualifier: str) -> str:
    return " ".join(single[qualifier].content) if qualifier in single else ""


def _matching(pattern: re.Pattern[str], line: _Line, what: str) -> str:
    value = " ".join(line.content)
    if not pattern.fullmatch(value):
        raise line.error(f"{value[:40]!r} is not a valid {what}")
    return value


def _date(line: _Line) -> date:
    value = _matching(_DATE, line, "date of the form YYYY-MM-DD")
    try:
        return date.fromisoformat(value)
    except ValueError:
        raise line.error(f"{value} is no day of the calendar") from None


def _number(line: _Line, value: str) -> float:
    number = _finite(value)
    if number is None:
        raise line.error(f"{value[:40]!r} is not a number")
    return number


def _finite(value: str) -> float | None:
    try:
        number = float(value)
    except ValueError:
        return None
    return number if math.isfinite(number) else None
