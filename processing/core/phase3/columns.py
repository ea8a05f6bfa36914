"""Rules on the columns of a spectrum and the numbers in them, S11-S19 and S21."""

import math
from collections.abc import Iterator

import numpy as np

from processing.core.phase3.general import band
from processing.core.phase3.product import NUMERIC, Case, column_format
from processing.core.phase3.rules import Level, Scope, rule
from processing.core.phase3.ucd import fault
from processing.core.phase3.units import parses
from processing.core.phase3.values import Broken, Header, number, text, whole
from processing.core.spectrum import Array, median

UTYPES = ("SpectralAxis.Value", "FluxAxis.Value", "Accuracy.StatError")
PREFIXES = ("Spectrum.", "spec:", "eso:")
AXES = ("WAVE", "FREQ", "ENER")
NANOMETRES = {"angstrom": 0.1, "nm": 1.0, "um": 1000.0, "micron": 1000.0}
FEWEST = 2


def types(case: Case) -> Iterator[tuple[int, str]]:
    """Number and name of each column that has a name."""
    for at in range(1, case.table.fields + 1):
        if name := text(case.table.header, f"TTYPE{at}"):
            yield at, name


@rule(
    "S11",
    "TTYPE1 is WAVE, FREQ or ENER, TTYPE2 begins with FLUX, TTYPE3 with ERR, none is SKYBACK",
    scope=Scope.SPECTRUM,
)
def names(case: Case) -> Broken:
    """The roles of the first three columns."""
    first, second, third = (text(case.table.header, f"TTYPE{at}") for at in (1, 2, 3))
    if first and first not in AXES:
        yield f"TTYPE1 is {first!r}; allowed: {', '.join(AXES)}", first
    if second and not second.startswith("FLUX"):
        yield f"TTYPE2 is {second!r}; it must begin with FLUX", second
    if third and not third.startswith("ERR"):
        yield f"TTYPE3 is {third!r}; it must begin with ERR", third
    for at, name in types(case):
        if name == "SKYBACK":
            yield f"TTYPE{at} is SKYBACK; the name of a sky background is BGFLUX", name


@rule("S12", f"TUTYP1-3 begin with {', '.join(PREFIXES)} and end in {', '.join(UTYPES)}", scope=Scope.SPECTRUM)
def utypes(case: Case) -> Broken:
    """Readers find the columns by these."""
    for at, end in enumerate(UTYPES, 1):
        value = text(case.table.header, f"TUTYP{at}")
        if value is not None and not (value.startswith(PREFIXES) and value.endswith(end)):
            yield f"TUTYP{at} is {value!r}; it must be one of {', '.join(PREFIXES)} and end in {end}", value


@rule("S13", "TUCD1 of a column WAVE is em.wl or em.wl;obs.atmos", scope=Scope.SPECTRUM)
def axis_ucd(case: Case) -> Broken:
    """In vacuum, or in air."""
    value = text(case.table.header, "TUCD1")
    is_wave = text(case.table.header, "TTYPE1") == "WAVE"
    if is_wave and value is not None and value not in ("em.wl", "em.wl;obs.atmos"):
        yield f"TUCD1 is {value!r}; allowed: em.wl (vacuum), em.wl;obs.atmos (air)", value


@rule("S14", "all columns have NELEM elements; TUNIT2 = TUNIT3", scope=Scope.SPECTRUM)
def lengths(case: Case) -> Broken:
    """By their formats; the arrays in the file cannot be otherwise."""
    header = case.table.header
    wanted, fields = whole(header, "NELEM"), whole(header, "TFIELDS")
    if wanted is not None and wanted < FEWEST:
        yield f"NELEM is {wanted}; a spectrum has at least {FEWEST} elements", wanted
    if fields is not None and fields < len(UTYPES):
        yield f"TFIELDS is {fields}; a spectrum has at least {len(UTYPES)} columns", fields
    for at in range(1, case.table.fields + 1):
        yield from length(header, at, wanted)
    flux, error = text(header, "TUNIT2"), text(header, "TUNIT3")
    if flux is not None and error is not None and flux != error:
        yield f"TUNIT3 is {error!r}, but TUNIT2 {flux!r}", error


def length(header: Header, at: int, wanted: int | None) -> Broken:
    """One column; that the first three have a TFORM is for S10."""
    found, value = column_format(header, at), header.get(f"TFORM{at}")
    if found is None and (value is not None or at > len(UTYPES)):
        yield f"TFORM{at} is {value!r}; it must be a count and a letter", value
    elif found and found[1] not in NUMERIC and at <= len(UTYPES):
        yield f"TFORM{at} is {value!r}; the first three columns must hold numbers", value
    elif found and wanted is not None and wanted >= FEWEST and found[0] != wanted:
        yield f"TFORM{at} is {value!r}; NELEM is {wanted}", value


def axis(case: Case) -> Array | None:
    """(n,) wavelengths in nm if column 1 is such an axis, its unit is known, and it increases."""
    wave = case.table.column(1) if case.table.fields else None
    factor = NANOMETRES.get((text(case.table.header, "TUNIT1") or "").strip().lower())
    is_wave = text(case.table.header, "TTYPE1") == "WAVE"
    if wave is None or factor is None or not is_wave or wave.size < FEWEST or not increases(wave):
        return None
    scaled = np.asarray(wave, dtype=np.float64) * factor
    return scaled if np.isfinite(scaled).all() else None


def increases(values: Array) -> bool:
    """True if each number is above the one before; NaN is not."""
    return bool(np.all(values[1:] > values[:-1]))


@rule("S15", "column 1 strictly increasing; no infinite value anywhere", scope=Scope.SPECTRUM)
def arrays(case: Case) -> Broken:
    """One column at a time."""
    for at in range(1, case.table.fields + 1):
        values = case.table.column(at)
        if values is None:
            continue
        name = text(case.table.header, f"TTYPE{at}") or f"column {at}"
        if infinite := int(np.count_nonzero(np.isinf(values))):
            yield f"{name} has {infinite} infinite values", infinite
        elif at == 1 and not increases(values):
            where = int(np.argmin(values[1:] > values[:-1]))
            yield f"{name} does not increase from element {where + 1} to {where + 2}", float(values[where + 1])


@rule("S16", "SPEC_BIN is 0.5..1.5 times the median step of the axis", scope=Scope.SPECTRUM)
def bin_size(case: Case) -> Broken:
    """In nm."""
    wave, size = axis(case), number(case.primary, "SPEC_BIN")
    if wave is None or size is None:
        return
    step = median(np.diff(wave))
    if not 0.5 * step <= size <= 1.5 * step:
        yield f"SPEC_BIN is {size} nm; the median step is {step:.6g} nm", size


@rule(
    "S17",
    "WAVELMIN and WAVELMAX inside of the axis, TDMIN1 and TDMAX1 its ends, within half the largest bin",
    scope=Scope.SPECTRUM,
)
def limits(case: Case) -> Broken:
    """TDMIN1 and TDMAX1 are in the unit of the axis."""
    wave = axis(case)
    if wave is None:
        return
    half, first, last = float(np.diff(wave).max()) / 2, float(wave[0]), float(wave[-1])
    found = band(case)
    if found and found[0] < first - half:
        yield f"WAVELMIN is {found[0]} nm; the axis begins at {first:.6f} nm", found[0]
    if found and found[1] > last + half:
        yield f"WAVELMAX is {found[1]} nm; the axis ends at {last:.6f} nm", found[1]
    factor = NANOMETRES[(text(case.table.header, "TUNIT1") or "").strip().lower()]
    for keyword, end in (("TDMIN1", first), ("TDMAX1", last)):
        value = number(case.table.header, keyword)
        if value is not None and abs(value * factor - end) > half:
            yield f"{keyword} is {value}; that end of the axis is {end / factor:.6f}", value


def is_described(case: Case, at: int) -> bool:
    """True if S10-S12 and S21 have nothing against column 2 or 3."""
    name, utype, ucd = (text(case.table.header, f"{stem}{at}") for stem in ("TTYPE", "TUTYP", "TUCD"))
    start, end = {2: ("FLUX", UTYPES[1]), 3: ("ERR", UTYPES[2])}[at]
    if at > case.table.fields or name is None or utype is None or ucd is None or (ucd and fault(ucd)):
        return False
    return name.startswith(start) and utype.startswith(PREFIXES) and utype.endswith(end)


@rule(
    "S18",
    "a v2.0 file has exactly one flux and one error with spec: and meta.main",
    scope=Scope.SPECTRUM,
    level=Level.W,
)
def main_columns(case: Case) -> Broken:
    """The default ones, for readers."""
    header = case.table.header
    if text(header, "VOCLASS") != "SPECTRUM v2.0" or not is_described(case, 2) or not is_described(case, 3):
        return
    for start, what in (("FLUX", "flux"), ("ERR", "error")):
        main = [
            name
            for at, name in types(case)
            if name.startswith(start)
            and (text(header, f"TUTYP{at}") or "").startswith("spec:")
            and "meta.main" in (text(header, f"TUCD{at}") or "").split(";")
        ]
        if len(main) != 1:
            yield f"{len(main)} {what} columns have a utype spec: and the UCD meta.main; one is needed", ", ".join(main)


@rule(
    "S19", "the error has finite values, and none <= 0 among the unflagged pixels", scope=Scope.SPECTRUM, level=Level.W
)
def errors(case: Case) -> Broken:
    """Errors of column 3; QUAL 0 is unflagged."""
    values = case.table.column(3)
    # Infinite values are for S15.
    if values is None or not values.size or np.isinf(values).any():
        return
    quality = next((case.table.column(at) for at, name in types(case) if name == "QUAL"), None)
    good = values if quality is None or quality.shape != values.shape else values[quality == 0]
    finite = good[np.isfinite(good)]
    if not finite.size:
        yield "no unflagged pixel has a finite error", 0.0
    elif not (low := float(finite.min())) > 0:
        yield f"{np.count_nonzero(finite <= 0)} unflagged pixels have errors <= 0", low if math.isfinite(low) else None


@rule("S21", "UCDs are of the controlled vocabulary, and units can be parsed", scope=Scope.SPECTRUM, level=Level.W)
def vocabulary(case: Case) -> Broken:
    """An empty UCD or unit is none.  The UCD of WAVE is for S13, that both units of the flux are one for S14."""
    header = case.table.header
    is_wave, same_unit = text(header, "TTYPE1") == "WAVE", text(header, "TUNIT2") == text(header, "TUNIT3")
    for at in range(1, case.table.fields + 1):
        ucd, unit = text(header, f"TUCD{at}"), text(header, f"TUNIT{at}")
        if ucd and not (at == 1 and is_wave) and (why := fault(ucd)):
            yield f"TUCD{at} is {ucd!r}: {why}", ucd
        if unit and (at != 3 or same_unit) and not parses(unit):  # noqa: PLR2004 - column 3 is the error
            yield f"TUNIT{at} is {unit!r}, which is no unit", unit
