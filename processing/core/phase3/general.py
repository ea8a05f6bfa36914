"""General rules G01-G14: what every product must have, whatever it holds.

Sources: ESO Phase 3 checks summary (2025-03-27); Science Data Products Standard, issue 8 (ESO-044286).
"""

import math
import re
from collections.abc import Mapping
from datetime import date

from processing.core.phase3.product import CUBE, IMAGE, MEFIMAGE, SPECTRUM, Case
from processing.core.phase3.rules import Scope, rule
from processing.core.phase3.values import (
    SECONDS,
    Broken,
    Kind,
    flag,
    is_kind,
    number,
    numbered,
    repeated,
    text,
    unfit,
)

LONGEST = 68
# fmt: off
CATEGORIES = {f"SCIENCE.{kind}" for kind in (
    "IMAGE", "MEFIMAGE", "SPECTRUM", "SRCTBL", "CUBE.IFS", "CUBE", "IMAGE.FLUXMAP", "VISIBILITY",
    "VISIBILITY.UNCALIBRATED", "CATALOG", "MCATALOG", "CATALOGTILE",
)}
WANTED: Mapping[str, Kind] = {
    "ORIGIN": Kind.WORD, "OBSTECH": Kind.WORD, "DATE": Kind.WORD, "MJD-OBS": Kind.NUMBER, "MJD-END": Kind.NUMBER,
    "PROCSOFT": Kind.WORD, "REFERENC": Kind.TEXT, "TELESCOP": Kind.WORD, "INSTRUME": Kind.WORD, "PROG_ID": Kind.WORD,
    "FLUXCAL": Kind.WORD, "OBJECT": Kind.WORD,
}
# fmt: on
POSITIONED = (SPECTRUM, IMAGE, MEFIMAGE, CUBE)
TIMES: Mapping[str, Kind] = {"EXPTIME": Kind.NUMBER, "TEXPTIME": Kind.NUMBER}
FIRST_MJD = 40587.0
SHORTEST, LONGEST_EXPOSURE, TOLERANCE = 1e-15, 1e15, 0.01
REFERENCE = re.compile(r"|\d{4}\S{15}|(doi:|https?://(dx\.)?doi\.org/)?10\.\d{4,9}/\S+", re.ASCII | re.IGNORECASE)
# Keyword: lowest value, whether it belongs to the range, highest value.
MAGNITUDES = (0.0, True, 99.0)
ANYWHERE = {"STREHL": (0.0, False, 1.0), "SKY_RES": MAGNITUDES, "SKY_RERR": MAGNITUDES, "ABMAGLIM": MAGNITUDES}
POSITIVE = (0.0, False, float("inf"))
IN_PRIMARY = {
    "RA": (0.0, True, 360.0),
    "DEC": (-90.0, True, 90.0),
    "WAVELMIN": POSITIVE,
    "SPEC_RES": POSITIVE,
    "NCOMBINE": POSITIVE,
}


@rule(
    "G01", "file name of at most 68 characters, .fits, .fz if and only if compressed, once per batch", scope=Scope.ANY
)
def file_name(case: Case) -> Broken:
    """A file of gzip is what it holds."""
    name = case.file.name
    if len(name) > LONGEST:
        yield f"the file name has {len(name)} characters; {LONGEST} are allowed", name
    if name in case.batch.names:
        yield "another file of the batch has this name, too", name
    tiled = any(flag(hdu.header, key) for hdu in case.file.hdus for key in ("ZIMAGE", "ZTABLE"))
    plain = name.removesuffix(".gz")
    if tiled != plain.endswith(".fz"):
        state = "" if tiled else "not "
        yield f"the file is {state}compressed, so its name must {state}end in .fz", name
    elif not plain.removesuffix(".fz").endswith(".fits"):
        yield "the file name must end in .fits", name


@rule("G02", "CHECKSUM and DATASUM present and correct in every HDU", scope=Scope.ANY)
def checksums(case: Case) -> Broken:
    """What a truncated file cannot have is not asked for: its sums are None though the keywords are there."""
    for at, hdu in enumerate(case.file.hdus):
        for keyword, holds in (("CHECKSUM", hdu.checksum), ("DATASUM", hdu.datasum)):
            if keyword not in hdu.header:
                yield f"{keyword} is missing in HDU {at}", None
            elif holds is False:
                yield f"{keyword} of HDU {at} is wrong", hdu.header[keyword]


@rule("G03", "no CONTINUE, no LONGSTRN, texts of at most 68 characters", scope=Scope.ANY)
def long_texts(case: Case) -> Broken:
    """In every HDU."""
    for at, hdu in enumerate(case.file.hdus):
        for keyword, value in hdu.header.items():
            if keyword in ("CONTINUE", "LONGSTRN"):
                yield f"{keyword} in HDU {at} is not allowed", None
            elif isinstance(value, str) and len(value) > LONGEST:
                yield f"{keyword} in HDU {at} has {len(value)} characters; {LONGEST} are allowed", value


@rule("G04", "PRODCATG of the known list, PRODCATG and ORIGFILE in HDU 0 only", scope=Scope.ANY)
def category(case: Case) -> Broken:
    """The ancillary categories are an open list."""
    if case.category not in CATEGORIES and not re.fullmatch(r"ANCILLARY\.[A-Z0-9._]+", case.category):
        value = case.primary.get("PRODCATG")
        shown = f"is {value!r}" if "PRODCATG" in case.primary else "is missing"
        yield f"PRODCATG {shown}; allowed: {', '.join(sorted(CATEGORIES))}, ANCILLARY.*", value
    for at, hdu in enumerate(case.extensions, 1):
        for keyword in ("PRODCATG", "ORIGFILE"):
            if keyword in hdu.header:
                yield f"{keyword} is in HDU {at}; it is allowed in HDU 0 only", hdu.header[keyword]


@rule("G05", f"present: {' '.join(WANTED)} RADESYS (or RADECSYS)", scope=Scope.SCIENCE)
def general_keywords(case: Case) -> Broken:
    """DATE must begin with a date."""
    yield from unfit(case.primary, WANTED)
    frame = "RADECSYS" if "RADESYS" not in case.primary and "RADECSYS" in case.primary else "RADESYS"
    yield from unfit(case.primary, {frame: Kind.WORD})
    written = text(case.primary, "DATE")
    if written and not is_date(written[:10]):
        yield f"DATE is {written!r}; it must begin with YYYY-MM-DD", written


def is_date(shown: str) -> bool:
    """True for YYYY-MM-DD."""
    try:
        date.fromisoformat(shown)
    except ValueError:
        return False
    return len(shown) == len("YYYY-MM-DD")


@rule("G06", "RADESYS is ICRS or FK5; FK5 needs EQUINOX = 2000.0", scope=Scope.SCIENCE)
def frame(case: Case) -> Broken:
    """RADECSYS, the old name, is tolerated unless it says something else."""
    old, frame = text(case.primary, "RADECSYS"), text(case.primary, "RADESYS")
    if old and frame and old != frame:
        yield f"RADESYS is {frame!r}, but RADECSYS {old!r}", old
    frame = frame or old
    if frame and frame not in ("ICRS", "FK5"):
        yield f"RADESYS is {frame!r}; allowed: ICRS, FK5", frame
    if frame == "FK5" and number(case.primary, "EQUINOX") != 2000.0:  # noqa: PLR2004 - the rule itself
        value = case.primary.get("EQUINOX")
        yield f"EQUINOX is {value!r}; FK5 needs 2000.0", value


@rule("G07", "REFERENC is empty, a bibcode of 19 characters, or a DOI", scope=Scope.SCIENCE)
def reference(case: Case) -> Broken:
    """As the archive links it."""
    value = text(case.primary, "REFERENC")
    if value is not None and not REFERENCE.fullmatch(value.strip()):
        yield f"REFERENC is {value!r}; allowed: empty, a bibcode of 19 characters, a DOI", value


@rule("G08", "40587 <= MJD-OBS <= MJD-END <= now", scope=Scope.SCIENCE)
def instants(case: Case) -> Broken:
    """Each of the three steps."""
    start, end = number(case.primary, "MJD-OBS"), number(case.primary, "MJD-END")
    if start is not None and start < FIRST_MJD:
        yield f"MJD-OBS is {start}; the least is {FIRST_MJD}", start
    if start is not None and end is not None and end < start:
        yield f"MJD-END is {end}, before MJD-OBS {start}", end
    if end is not None and end > case.batch.now_mjd:
        yield f"MJD-END is {end}, in the future", end


def epoch(case: Case) -> tuple[float, float] | None:
    """MJD-OBS and MJD-END, if G08 has nothing against them."""
    start, end = number(case.primary, "MJD-OBS"), number(case.primary, "MJD-END")
    if start is None or end is None or not FIRST_MJD <= start <= end <= case.batch.now_mjd:
        return None
    return start, end


def elapsed(case: Case) -> float | None:
    """Seconds from MJD-OBS to MJD-END, if G08 has nothing against them."""
    found = epoch(case)
    return (found[1] - found[0]) * SECONDS if found else None


def band(case: Case) -> tuple[float, float] | None:
    """WAVELMIN and WAVELMAX in nm, if G13 has nothing against them."""
    low, high = number(case.primary, "WAVELMIN"), number(case.primary, "WAVELMAX")
    return (low, high) if low is not None and high is not None and 0 < low <= high else None


def position(case: Case) -> Mapping[str, float] | None:
    """RA and DEC of HDU 0 in deg, if G13 has nothing against them."""
    found = {key: number(case.primary, key) for key in ("RA", "DEC")}
    known = {key: value for key, value in found.items() if value is not None and allowed(value, IN_PRIMARY[key])}
    return known if len(known) == len(found) else None


@rule(
    "G09",
    "1e-15 < EXPTIME < 1e15, EXPTIME < TEXPTIME + 0.01, TEXPTIME <= MJD-END - MJD-OBS + 0.01 s",
    scope=Scope.SCIENCE,
)
def exposure(case: Case) -> Broken:
    """That spectra have both is for S05."""
    if case.category in (IMAGE, MEFIMAGE, CUBE):
        yield from unfit(case.primary, TIMES)
    single, total = number(case.primary, "EXPTIME"), number(case.primary, "TEXPTIME")
    if single is not None and not SHORTEST < single < LONGEST_EXPOSURE:
        yield f"EXPTIME is {single}; it must be above {SHORTEST} and below {LONGEST_EXPOSURE} s", single
    if single is not None and total is not None and not single < total + TOLERANCE:
        yield f"EXPTIME is {single}, more than TEXPTIME {total}", single
    span = elapsed(case)
    if total is not None and span is not None and total > span + TOLERANCE:
        yield f"TEXPTIME is {total}, more than the {span:.3f} s from MJD-OBS to MJD-END", total


@rule(
    "G10", "MULTI goes with TELESCi, INSTRi, PROGIDi; PROGIDi, OBIDi, FILTERi without duplicates", scope=Scope.SCIENCE
)
def several(case: Case) -> Broken:
    """The name of the whole, and the stem of its parts."""
    for keyword, stem, least in (("TELESCOP", "TELESC", 1), ("INSTRUME", "INSTR", 1), ("PROG_ID", "PROGID", 2)):
        value, parts = text(case.primary, keyword), [at for at, _ in numbered(case.primary, stem)]
        missing = [f"{stem}{at}" for at in range(1, least + 1) if at not in parts]
        if value == "MULTI" and missing:
            yield f"{keyword} is MULTI, but {', '.join(missing)} is missing", value
        elif value is not None and value != "MULTI" and parts:
            yield f"{keyword} is {value!r}; with {stem}{parts[0]} it must be MULTI", value
    for stem in ("PROGID", "OBID", "FILTER"):
        for twice in repeated([value for _, value in numbered(case.primary, stem)]):
            yield f"{twice!r} is there more than once among {stem}i", twice


@rule("G11", "no PROV0*, OBID0*, CDELT1..3", scope=Scope.SCIENCE)
def forbidden(case: Case) -> Broken:
    """Numbers begin with 1 and have no leading zero; CDi_j replaces CDELTi."""
    for at, hdu in enumerate(case.file.hdus):
        for keyword, value in hdu.header.items():
            if keyword.startswith(("PROV0", "OBID0")) or keyword in ("CDELT1", "CDELT2", "CDELT3"):
                yield f"{keyword} in HDU {at} is not allowed", value


@rule("G12", "FLUXCAL is ABSOLUTE or UNCALIBRATED", scope=Scope.SCIENCE)
def calibration(case: Case) -> Broken:
    """That it is there is for G05."""
    value = text(case.primary, "FLUXCAL")
    if value and value not in ("ABSOLUTE", "UNCALIBRATED"):
        yield f"FLUXCAL is {value!r}; allowed: ABSOLUTE, UNCALIBRATED", value


def allowed(value: float, limits: tuple[float, bool, float]) -> bool:
    """True inside of the range, whose upper end belongs to it."""
    low, closed, high = limits
    return low < value <= high or (closed and value == low)


@rule(
    "G13",
    "RA 0..360, DEC -90..90, 0 < WAVELMIN <= WAVELMAX, SPEC_RES > 0, NCOMBINE > 0, 0 < STREHL <= 1, "
    "SKY_RES, SKY_RERR, ABMAGLIM 0..99",
    scope=Scope.SCIENCE,
)
def ranges(case: Case) -> Broken:
    """Everything that has a position needs RA and DEC."""
    if case.category in POSITIONED:
        yield from unfit(case.primary, {"RA": Kind.NUMBER, "DEC": Kind.NUMBER})
    asked = [(0, case.primary, IN_PRIMARY), *((at, hdu.header, ANYWHERE) for at, hdu in enumerate(case.file.hdus))]
    for at, header, limits in asked:
        for keyword, (low, closed, high) in limits.items():
            value = number(header, keyword)
            if value is not None and not allowed(value, (low, closed, high)):
                shown = f"{'from' if closed else 'above'} {low:g}" + (f" to {high:g}" if math.isfinite(high) else "")
                yield f"{keyword} in HDU {at} is {value}; it must be {shown}", value
            elif keyword in ANYWHERE and keyword in header and not is_kind(header, keyword, Kind.NUMBER):
                yield f"{keyword} in HDU {at} is {header[keyword]!r}; it must be a number", header[keyword]
    first, last = number(case.primary, "WAVELMIN"), number(case.primary, "WAVELMAX")
    if first is not None and last is not None and first > last:
        yield f"WAVELMIN is {first}, above WAVELMAX {last}", first


@rule("G14", "EXTNAME in every extension and unique; at least one HDU with data", scope=Scope.SCIENCE)
def extension_names(case: Case) -> Broken:
    """Names are compared as they are; a file without any data is no product."""
    names = [text(hdu.header, "EXTNAME") for hdu in case.extensions]
    for at, name in enumerate(names, 1):
        if not name:
            yield f"EXTNAME is missing in HDU {at}", None
    for twice in repeated([name for name in names if name]):
        yield f"several extensions are named {twice!r}", twice
    # A spectrum without HDU 1 is for S01.
    if not any(hdu.has_data for hdu in case.file.hdus) and (case.extensions or case.category != SPECTRUM):
        yield "no HDU has data", None
