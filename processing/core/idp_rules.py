# ruff: noqa: PLR2004 - the limits of the rules stand where the rule is
"""Checks on an archived spectrum, by the rule ids of the standard's check list.

Source: ESO Phase 3 checks summary (2025-03-27) and SDPS issue 8.  Only the rules that concern the spectra which
phoenix makes; the ids leave room for the rest.
"""

import math
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

import numpy as np

from processing.core.spectrum import Array

Header = Mapping[str, Any]

# fmt: off
GENERAL = (
    "ORIGIN", "OBSTECH", "DATE", "MJD-OBS", "MJD-END", "PROCSOFT", "REFERENC", "TELESCOP", "INSTRUME", "PROG_ID",
    "FLUXCAL", "OBJECT", "RADESYS", "PRODCATG", "RA", "DEC", "NAXIS",
)
SPECTRAL = (
    "SPECSYS", "WAVELMIN", "WAVELMAX", "SPEC_BIN", "FLUXERR", "EXPTIME", "TEXPTIME", "SNR", "SPEC_RES", "TOT_FLUX",
    "CONTNORM", "NCOMBINE", "OBID1", "EXT_OBJ",
)
TABLE = (
    "VOCLASS", "VOPUB", "TITLE", "EXTNAME", "APERTURE", "TELAPSE", "TMID", "SPEC_VAL", "SPEC_BW", "NELEM", "TFIELDS",
    "TDMIN1", "TDMAX1", "NAXIS2", "PCOUNT", "RA", "DEC", "OBJECT",
)
NUMBERS = {
    "MJD-OBS", "MJD-END", "EXPTIME", "TEXPTIME", "RA", "DEC", "WAVELMIN", "WAVELMAX", "SPEC_BIN", "SPEC_RES",
    "NCOMBINE", "FLUXERR", "APERTURE", "TELAPSE", "TMID", "SPEC_VAL", "SPEC_BW", "TDMIN1", "TDMAX1",
}
# fmt: on
UTYPES = ("SpectralAxis.Value", "FluxAxis.Value", "Accuracy.StatError")
SECONDS = 86400.0


class Level(StrEnum):
    """ERROR rejects the product, WARNING only informs."""

    ERROR = "ERROR"
    WARNING = "WARNING"


@dataclass(frozen=True)
class Finding:
    """One broken rule."""

    rule: str
    level: Level
    message: str


@dataclass(frozen=True, kw_only=True)
class Candidate:
    """A product as read back from its file: both headers, and (n,) arrays by column name in file order."""

    name: str
    primary: Header
    table: Header
    arrays: Mapping[str, Array]
    now_mjd: float


def check(product: Candidate) -> list[Finding]:
    """Every rule that the product breaks, in the order of the list."""
    missing = list(_missing(product))
    return missing or [finding for rules in (_general, _spectrum, _table, _arrays) for finding in rules(product)]


def rejects(findings: Sequence[Finding]) -> bool:
    """True if any finding is an ERROR."""
    return any(finding.level is Level.ERROR for finding in findings)


def _missing(p: Candidate) -> Iterator[Finding]:
    for rule, header, names in (("G05", p.primary, GENERAL), ("S05", p.primary, SPECTRAL), ("S10", p.table, TABLE)):
        for name in names:
            if name not in header:
                yield Finding(rule, Level.ERROR, f"{name} is missing")
            elif name in NUMBERS and not isinstance(header[name], int | float):
                yield Finding(rule, Level.ERROR, f"{name} is {header[name]!r}, not a number")
    if len(p.arrays) < 3 or any(array.size < 2 for array in p.arrays.values()):
        yield Finding("S14", Level.ERROR, "not three columns of at least two elements")
    if "PROV1" not in p.primary:
        yield Finding("G16", Level.ERROR, "no provenance: PROV1 is missing")


def _need(ok: bool, rule: str, message: str) -> Iterator[Finding]:
    if not ok:
        yield Finding(rule, Level.ERROR, message)


def _general(p: Candidate) -> Iterator[Finding]:
    h = p.primary
    yield from _need(len(p.name) <= 68 and p.name.endswith(".fits"), "G01", f"file name {p.name!r}")
    yield from _need(h["PRODCATG"] == "SCIENCE.SPECTRUM", "G04", f"PRODCATG is {h['PRODCATG']!r}")
    fk5_is_j2000 = h["RADESYS"] != "FK5" or h.get("EQUINOX") == 2000.0
    yield from _need(h["RADESYS"] in ("ICRS", "FK5") and fk5_is_j2000, "G06", f"RADESYS is {h['RADESYS']!r}")
    reference = str(h["REFERENC"])
    yield from _need(
        not reference or reference.startswith("doi:") or len(reference) == 19, "G07", f"REFERENC is {reference!r}"
    )
    ordered = 40587 <= h["MJD-OBS"] <= h["MJD-END"] <= p.now_mjd
    yield from _need(ordered, "G08", "not 40587 <= MJD-OBS <= MJD-END <= now")
    elapsed = (h["MJD-END"] - h["MJD-OBS"]) * SECONDS
    fits = 0 < h["EXPTIME"] < h["TEXPTIME"] + 0.01 and h["TEXPTIME"] <= elapsed + 0.01
    yield from _need(fits, "G09", "not 0 < EXPTIME <= TEXPTIME <= MJD-END - MJD-OBS")
    yield from _need(not re.search(r"\bPROV0", " ".join(h)), "G11", "PROV0n is not allowed")
    yield from _need(h["FLUXCAL"] in ("ABSOLUTE", "UNCALIBRATED"), "G12", f"FLUXCAL is {h['FLUXCAL']!r}")
    in_range = 0 <= h["RA"] <= 360 and -90 <= h["DEC"] <= 90 and 0 < h["WAVELMIN"] <= h["WAVELMAX"]
    yield from _need(in_range and h["SPEC_RES"] > 0 and h["NCOMBINE"] > 0, "G13", "a value is out of its range")


def _spectrum(p: Candidate) -> Iterator[Finding]:
    h, t = p.primary, p.table
    one_row = t["NAXIS2"] == 1 and t["PCOUNT"] == 0 and h["NAXIS"] == 0
    yield from _need(one_row, "S01", "HDU 0 without data and HDU 1 of one row are needed")
    same_place = abs(h["RA"] - t["RA"]) <= 1e-7 and abs(h["DEC"] - t["DEC"]) <= 1e-7
    yield from _need(same_place and h["OBJECT"] == t["OBJECT"], "S02", "RA, DEC, OBJECT differ between the HDUs")
    elapsed = (h["MJD-END"] - h["MJD-OBS"]) * SECONDS
    yield from _need(abs(t["TELAPSE"] - elapsed) <= 0.1, "S03", "TELAPSE is not MJD-END - MJD-OBS")
    middle = abs(t["TMID"] - (h["MJD-OBS"] + h["MJD-END"]) / 2) <= 1e-4
    band = abs(t["SPEC_VAL"] - (h["WAVELMIN"] + h["WAVELMAX"]) / 2) <= 1e-3
    width = abs(t["SPEC_BW"] - (h["WAVELMAX"] - h["WAVELMIN"])) <= 1e-3
    yield from _need(middle and band and width, "S04", "TMID, SPEC_VAL or SPEC_BW does not fit")
    yield from _need(not {"BUNIT", "CD1_1"} & {*h, *t}, "S06", "BUNIT or CD1_1 is not allowed")
    absolute = h["FLUXCAL"] == "ABSOLUTE"
    error = h["FLUXERR"]
    yield from _need(error == -2 or 0 <= error <= 100 if absolute else error == -1, "S07", f"FLUXERR is {error}")
    yield from _need(absolute or not h["TOT_FLUX"], "S08", "TOT_FLUX needs FLUXCAL = ABSOLUTE")
    if str(h["OBJECT"])[:20] not in str(t["TITLE"]):
        yield Finding("S20", Level.WARNING, "TITLE does not contain OBJECT")


def _table(p: Candidate) -> Iterator[Finding]:
    t = p.table
    yield from _need(t["VOPUB"] == "ESO/SAF" and 0 < t["APERTURE"] < 0.1, "S10", "VOPUB or APERTURE")
    names = [str(t.get(f"TTYPE{i}", "")) for i in (1, 2, 3)]
    roles = names[0] == "WAVE" and names[1].startswith("FLUX") and names[2].startswith("ERR")
    yield from _need(roles, "S11", f"columns 1-3 are {', '.join(names)}")
    for i, end in enumerate(UTYPES, 1):
        utype = str(t.get(f"TUTYP{i}", ""))
        known = utype.startswith(("Spectrum.", "spec:", "eso:")) and utype.endswith(end)
        yield from _need(known, "S12", f"TUTYP{i} is {utype!r}")
    yield from _need(str(t.get("TUCD1")) in ("em.wl", "em.wl;obs.atmos"), "S13", f"TUCD1 is {t.get('TUCD1')!r}")
    yield from _need(t.get("TUNIT2") == t.get("TUNIT3"), "S14", "flux and error have different units")


def _arrays(p: Candidate) -> Iterator[Finding]:
    wave = next(iter(p.arrays.values()))
    sizes = {array.size for array in p.arrays.values()}
    yield from _need(sizes == {p.table["NELEM"]}, "S14", f"array lengths {sorted(sizes)}, NELEM {p.table['NELEM']}")
    increasing = bool(np.all(np.diff(wave) > 0))
    finite = not any(np.isinf(array).any() for array in p.arrays.values())
    yield from _need(increasing and finite, "S15", "WAVE must increase, and no value may be infinite")
    step = np.diff(wave)
    ratio = p.primary["SPEC_BIN"] * 10 / (float(np.median(step)) or math.nan)
    yield from _need(0.5 <= ratio <= 1.5, "S16", f"SPEC_BIN is {ratio:.2f} median steps")
    half = float(step.max()) / 2
    inside = wave[0] - half <= p.primary["WAVELMIN"] * 10 and p.primary["WAVELMAX"] * 10 <= wave[-1] + half
    ends = abs(p.table["TDMIN1"] - wave[0]) <= half and abs(p.table["TDMAX1"] - wave[-1]) <= half
    yield from _need(inside and ends, "S17", "WAVELMIN/MAX or TDMIN1/TDMAX1 do not fit the axis")
    error = list(p.arrays.values())[2]
    if not (np.isfinite(error).any() and np.nanmin(error) > 0):
        yield Finding("S19", Level.WARNING, "errors are missing or not positive")
