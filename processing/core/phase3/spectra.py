"""Rules on the two headers of a spectrum, S01-S10 and S20.

Sources: ESO Phase 3 checks summary (2025-03-27); Science Data Products Standard, issue 8 (ESO-044286), section 8.
"""

from collections.abc import Mapping

from processing.core.phase3.general import band, elapsed, epoch, position
from processing.core.phase3.product import Case
from processing.core.phase3.rules import Level, Scope, rule
from processing.core.phase3.values import Broken, Kind, flag, number, text, unfit, whole

NUMBER, WHOLE, FLAG, WORD, TEXT = Kind.NUMBER, Kind.WHOLE, Kind.FLAG, Kind.WORD, Kind.TEXT
# fmt: off
PRIMARY: Mapping[str, Kind] = {
    "SPECSYS": WORD, "WAVELMIN": NUMBER, "WAVELMAX": NUMBER, "SPEC_BIN": NUMBER, "FLUXERR": NUMBER, "EXPTIME": NUMBER,
    "TEXPTIME": NUMBER, "SNR": NUMBER, "SPEC_RES": NUMBER, "TOT_FLUX": FLAG, "CONTNORM": FLAG, "NCOMBINE": WHOLE,
    "OBID1": WHOLE,
}
TABLE: Mapping[str, Kind] = {
    "VOCLASS": WORD, "VOPUB": WORD, "TITLE": WORD, "APERTURE": NUMBER, "TELAPSE": NUMBER, "TMID": NUMBER,
    "SPEC_VAL": NUMBER, "SPEC_BW": NUMBER, "NELEM": WHOLE, "TFIELDS": WHOLE, "TDMIN1": NUMBER, "TDMAX1": NUMBER,
    **{f"{stem}{at}": kind for at in (1, 2, 3) for stem, kind in (
        ("TTYPE", WORD), ("TFORM", WORD), ("TUNIT", TEXT), ("TUTYP", TEXT), ("TUCD", TEXT),
    )},
}
FRAMES = (
    "TOPOCENT", "GEOCENTR", "BARYCENT", "HELIOCEN", "LSRK", "LSRD", "GALACTOC", "LOCALGRP", "CMBDIPOL", "SOURCE",
)
# fmt: on
EXEMPT = ("XSHOOTER", "FORS2", "VIMOS", "ESPRESSO")
"""Instruments whose collections need no EXT_OBJ."""
WIDEST = 0.1
SAME_PLACE, SAME_SPAN, SAME_INSTANT, SAME_BAND = 1e-7, 0.1, 1e-4, 1e-3
UNKNOWN, NOT_CALIBRATED, PERCENT = -2.0, -1.0, 100.0


@rule("S01", "HDU 0 has NAXIS 0; HDU 1 is a table with NAXIS 2, NAXIS2 1, PCOUNT 0, GCOUNT 1", scope=Scope.SPECTRUM)
def structure(case: Case) -> Broken:
    """One file, one spectrum, one row."""
    if whole(case.primary, "NAXIS") != 0:
        yield f"NAXIS of HDU 0 is {case.primary.get('NAXIS')!r}; it must be 0", case.primary.get("NAXIS")
    if len(case.file.hdus) == 1:
        yield "there is no HDU 1", None
        return
    header = case.table.header
    if text(header, "XTENSION") != "BINTABLE":
        yield f"XTENSION of HDU 1 is {header.get('XTENSION')!r}; it must be BINTABLE", header.get("XTENSION")
    for keyword, wanted in (("NAXIS", 2), ("NAXIS2", 1), ("PCOUNT", 0), ("GCOUNT", 1)):
        if whole(header, keyword) != wanted:
            yield f"{keyword} of HDU 1 is {header.get(keyword)!r}; it must be {wanted}", header.get(keyword)


@rule("S02", "RA and DEC of both HDUs equal within 1e-7 deg, OBJECT equal", scope=Scope.SPECTRUM)
def same_target(case: Case) -> Broken:
    """What HDU 0 lacks is said by other rules."""
    if not case.extensions:
        return
    header = case.table.header
    yield from unfit(header, {"RA": NUMBER, "DEC": NUMBER, "OBJECT": WORD}, " in HDU 1")
    for keyword, first in (position(case) or {}).items():
        second = number(header, keyword)
        if second is not None and abs(first - second) > SAME_PLACE:
            yield f"{keyword} is {first} in HDU 0, but {second} in HDU 1", second
    one, other = text(case.primary, "OBJECT"), text(header, "OBJECT")
    if one and other and one != other:
        yield f"OBJECT is {one!r} in HDU 0, but {other!r} in HDU 1", other


@rule("S03", "TELAPSE = MJD-END - MJD-OBS within 0.1 s, and TELAPSE >= TEXPTIME - 0.1 s", scope=Scope.SPECTRUM)
def duration(case: Case) -> Broken:
    """That MJD-END is not before MJD-OBS is for G08, that TEXPTIME fits between them for G09."""
    value, span, total = number(case.table.header, "TELAPSE"), elapsed(case), number(case.primary, "TEXPTIME")
    if value is None or span is None:
        return
    if abs(value - span) > SAME_SPAN:
        yield f"TELAPSE is {value}; MJD-END - MJD-OBS is {span:.3f} s", value
    elif total is not None and total <= span and value < total - SAME_SPAN:
        yield f"TELAPSE is {value}, less than TEXPTIME {total}", value


@rule("S04", "TMID within 1e-4 d, SPEC_VAL and SPEC_BW within 1e-3 nm of what HDU 0 says", scope=Scope.SPECTRUM)
def middles(case: Case) -> Broken:
    """Middle of the exposure, middle and width of the band."""
    wanted = []
    if span := epoch(case):
        wanted.append(("TMID", (span[0] + span[1]) / 2, SAME_INSTANT))
    if found := band(case):
        wanted.append(("SPEC_VAL", (found[0] + found[1]) / 2, SAME_BAND))
        wanted.append(("SPEC_BW", found[1] - found[0], SAME_BAND))
    for keyword, right, tolerance in wanted:
        value = number(case.table.header, keyword)
        if value is not None and abs(value - right) > tolerance:
            yield f"{keyword} is {value}; from HDU 0 it is {right:.6f}", value


@rule("S05", f"present: {' '.join(PRIMARY)}", scope=Scope.SPECTRUM)
def spectral_keywords(case: Case) -> Broken:
    """SPECSYS is one of ten."""
    yield from unfit(case.primary, PRIMARY)
    frame = text(case.primary, "SPECSYS")
    if frame and frame not in FRAMES:
        yield f"SPECSYS is {frame!r}; allowed: {', '.join(FRAMES)}", frame


@rule("S06", "no BUNIT and no CD1_1 in HDU 0, no BUNIT in HDU 1", scope=Scope.SPECTRUM)
def image_keywords(case: Case) -> Broken:
    """They belong to images."""
    for at, header, keyword in (
        (0, case.primary, "BUNIT"),
        (0, case.primary, "CD1_1"),
        (1, case.table.header, "BUNIT"),
    ):
        if keyword in header:
            yield f"{keyword} in HDU {at} is not allowed", header[keyword]


@rule("S07", "FLUXERR is -2 or 0..100 if FLUXCAL is ABSOLUTE, -1 if it is UNCALIBRATED", scope=Scope.SPECTRUM)
def flux_error(case: Case) -> Broken:
    """In percent; -2 is unknown."""
    value, kind = number(case.primary, "FLUXERR"), text(case.primary, "FLUXCAL")
    if value is None:
        return
    if kind == "ABSOLUTE" and not (value == UNKNOWN or 0 <= value <= PERCENT):
        yield f"FLUXERR is {value:g}; with FLUXCAL ABSOLUTE it must be -2 or 0..100", value
    if kind == "UNCALIBRATED" and value != NOT_CALIBRATED:
        yield f"FLUXERR is {value:g}; with FLUXCAL UNCALIBRATED it must be -1", value


@rule("S08", "TOT_FLUX is T only if FLUXCAL is ABSOLUTE", scope=Scope.SPECTRUM)
def total_flux(case: Case) -> Broken:
    """A total flux needs a flux."""
    if flag(case.primary, "TOT_FLUX") and text(case.primary, "FLUXCAL") == "UNCALIBRATED":
        yield "TOT_FLUX is T; with FLUXCAL UNCALIBRATED it must be F", True


@rule("S09", f"EXT_OBJ present (but not for {', '.join(EXEMPT)})", scope=Scope.SPECTRUM)
def extended(case: Case) -> Broken:
    """The list of collections, by instrument."""
    if not (text(case.primary, "INSTRUME") or "").startswith(EXEMPT):
        yield from unfit(case.primary, {"EXT_OBJ": FLAG})


@rule(
    "S10",
    "HDU 1 has VOCLASS, VOPUB = ESO/SAF, TITLE, EXTNAME, APERTURE below 0.1 deg, TELAPSE, TMID, SPEC_VAL, SPEC_BW, "
    "NELEM, TFIELDS, TDMIN1, TDMAX1 and TTYPE, TFORM, TUNIT, TUTYP, TUCD of columns 1-3",
    scope=Scope.SPECTRUM,
)
def table_keywords(case: Case) -> Broken:
    """EXTNAME is asked by G14, of every extension."""
    if not case.extensions:
        return
    header = case.table.header
    yield from unfit(header, TABLE)
    publisher, version, width = text(header, "VOPUB"), text(header, "VOCLASS"), number(header, "APERTURE")
    if publisher and publisher != "ESO/SAF":
        yield f"VOPUB is {publisher!r}; it must be 'ESO/SAF'", publisher
    if version and version not in ("SPECTRUM v1.0", "SPECTRUM v2.0"):
        yield f"VOCLASS is {version!r}; allowed: SPECTRUM v1.0, SPECTRUM v2.0", version
    if width is not None and not 0 < width < WIDEST:
        yield f"APERTURE is {width} deg; it must be above 0 and below {WIDEST}", width


@rule("S20", "TITLE contains OBJECT and is unique in the collection", scope=Scope.SPECTRUM, level=Level.W)
def title(case: Case) -> Broken:
    """Unique among the files of the batch."""
    value, target = text(case.table.header, "TITLE"), text(case.primary, "OBJECT")
    if not value:
        return
    # That both HDUs have the same OBJECT is for S02.
    if target and target == text(case.table.header, "OBJECT") and target.strip() not in value:
        yield f"TITLE is {value!r}; it does not contain OBJECT {target!r}", value
    if value in case.batch.titles:
        yield f"TITLE is {value!r}, as that of {case.batch.titles[value]}", value
