"""Rules on images, I01-I03.

Sources: ESO Phase 3 checks summary (2025-03-27); Science Data Products Standard, issue 8 (ESO-044286), Table 8.
"""

from collections.abc import Iterator, Mapping

from processing.core.phase3 import scheme, sky
from processing.core.phase3.general import position
from processing.core.phase3.product import MEFIMAGE, Case, Hdu
from processing.core.phase3.rules import Scope, rule
from processing.core.phase3.values import Broken, Kind, number, text, unfit, whole

PHOTOMETRY: Mapping[str, Kind] = {
    "BUNIT": Kind.WORD,
    "PHOTZP": Kind.NUMBER,
    "PHOTSYS": Kind.WORD,
    "ABMAGLIM": Kind.NUMBER,
    "ABMAGSAT": Kind.NUMBER,
    "PSF_FWHM": Kind.NUMBER,
}
ROLES = ("DATA", "ERROR", "QUALITY", "CONF", "BKG_DATA", "BKG_ERROR", "BKG_CONF")
NOT_MEASURED = -1.0
FLAT = 2


def science(case: Case) -> Iterator[tuple[int, Hdu]]:
    """Number and HDU of each image that holds science data; what makes no sense is for I03."""
    images = [(at, hdu) for at, hdu in enumerate(case.file.hdus) if at and hdu.is_image and hdu.shape]
    if case.category == MEFIMAGE:
        yield from images
    elif scheme.classified(case.extensions):
        yield from ((at, hdu) for at, hdu in images if scheme.role(hdu) == scheme.DATA)
    else:
        yield 0, case.file.hdus[0]


@rule("I01", "world coordinates with a CD matrix in deg; RA and DEC inside the footprint", scope=Scope.IMAGE)
def coordinates(case: Case) -> Broken:
    """Position ranges are for G13."""
    found = list(science(case))
    for at, hdu in found:
        yield from sky.broken(hdu, f" in HDU {at}")
    target = position(case)
    if target and not sky.covers([hdu for _, hdu in found], target["RA"], target["DEC"]):
        yield f"RA {target['RA']}, DEC {target['DEC']} is outside of the image", None


@rule(
    "I02",
    "FILTER, BUNIT, PHOTZP, PHOTSYS VEGA or AB, ABMAGLIM > ABMAGSAT, PSF_FWHM > 0, FLUXCAL ABSOLUTE",
    scope=Scope.IMAGE,
)
def photometry(case: Case) -> Broken:
    """PSF_FWHM may be -1 for single chips of several, not for all."""
    yield from unfit(case.primary, {"FILTER": Kind.WORD})
    if text(case.primary, "FLUXCAL") == "UNCALIBRATED":
        yield "FLUXCAL is 'UNCALIBRATED'; for an image it must be ABSOLUTE", "UNCALIBRATED"
    found = list(science(case))
    for at, hdu in found:
        yield from of_image(hdu, f" in HDU {at}", may_miss=case.category == MEFIMAGE)
    widths = [number(hdu.header, "PSF_FWHM") for _, hdu in found]
    if widths and case.category == MEFIMAGE and set(widths) == {NOT_MEASURED}:
        yield "PSF_FWHM is -1 in every extension", NOT_MEASURED


def of_image(hdu: Hdu, where: str, *, may_miss: bool) -> Broken:
    """Photometric keywords of one image; ranges of ABMAGLIM are for G13."""
    header = hdu.header
    # G13 says it of an ABMAGLIM that is no number.
    wanted = {key: kind for key, kind in PHOTOMETRY.items() if key != "ABMAGLIM" or key not in header}
    yield from unfit(header, wanted, where)
    system = text(header, "PHOTSYS")
    if system and system not in ("VEGA", "AB"):
        yield f"PHOTSYS{where} is {system!r}; allowed: VEGA, AB", system
    faint, bright, width = (number(header, key) for key in ("ABMAGLIM", "ABMAGSAT", "PSF_FWHM"))
    if faint is not None and bright is not None and 0 <= faint <= 99 and not faint > bright:  # noqa: PLR2004 - G13's
        yield f"ABMAGLIM{where} is {faint}; it must be above ABMAGSAT {bright}", faint
    if width is not None and not (width > 0 or (may_miss and width == NOT_MEASURED)):
        yield f"PSF_FWHM{where} is {width}; it must be above 0", width


@rule(
    "I03",
    "one image in HDU 0, or an empty HDU 0 and images in extensions: chips (MEFIMAGE), or by the HDUCLASS scheme",
    scope=Scope.IMAGE,
)
def structure(case: Case) -> Broken:
    """Chips have no scheme: their errors are files of their own."""
    axes = whole(case.primary, "NAXIS")
    several = case.category == MEFIMAGE or scheme.classified(case.extensions)
    if axes != (0 if several else FLAT):
        yield f"NAXIS of HDU 0 is {axes!r}; it must be {0 if several else FLAT}", axes
    images = [hdu for hdu in case.extensions if hdu.is_image]
    if case.category == MEFIMAGE:
        for at, hdu in enumerate(case.extensions, 1):
            if hdu.is_image and len(hdu.shape) != FLAT:
                yield f"HDU {at} has {len(hdu.shape)} axes; it must have {FLAT}", len(hdu.shape)
        if not images:
            yield "there is no image extension", None
    elif several:
        yield from scheme.broken(images, ROLES)
