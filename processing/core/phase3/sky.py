"""Where on the sky an image lies, by its linear world coordinates and the gnomonic projection.

Source: Calabretta and Greisen 2002, A&A 395, 1077, sections 2 and 5.1.3.
"""

import math
from collections.abc import Mapping, Sequence

from processing.core.phase3.product import Hdu
from processing.core.phase3.values import Broken, Header, Kind, number, text, unfit

AXES = (1, 2)
CIRCLE = 360.0
HALF = 0.5
"""A pixel reaches that far from its middle."""
NUMBERS = (
    *(f"{stem}{axis}" for stem in ("CRVAL", "CRPIX") for axis in AXES),
    *(f"CD{row}_{column}" for row in AXES for column in AXES),
)
KEYWORDS: Mapping[str, Kind] = {
    **dict.fromkeys(NUMBERS, Kind.NUMBER),
    **{f"{stem}{axis}": Kind.WORD for stem in ("CTYPE", "CUNIT") for axis in AXES},
}


def broken(hdu: Hdu, where: str) -> Broken:
    """What is wrong with the coordinates of the first two axes: a CD matrix in deg is needed."""
    yield from unfit(hdu.header, KEYWORDS, where)
    for axis in AXES:
        unit = text(hdu.header, f"CUNIT{axis}")
        if unit and unit != "deg":
            yield f"CUNIT{axis}{where} is {unit!r}; it must be 'deg'", unit
    found = linear(hdu.header)
    if found and determinant(found) == 0:
        yield f"the CD matrix{where} has no inverse", 0.0


def linear(header: Header) -> Mapping[str, float] | None:
    """CRVAL, CRPIX and CD if all are numbers."""
    found = {key: number(header, key) for key in NUMBERS}
    known = {key: value for key, value in found.items() if value is not None}
    return known if len(known) == len(NUMBERS) else None


def determinant(wcs: Mapping[str, float]) -> float:
    """Of the CD matrix."""
    return wcs["CD1_1"] * wcs["CD2_2"] - wcs["CD1_2"] * wcs["CD2_1"]


def is_celestial(hdu: Hdu) -> bool:
    """True if the axes are right ascension and declination, and the matrix has an inverse."""
    kinds = [text(hdu.header, f"CTYPE{axis}") or "" for axis in AXES]
    wcs = linear(hdu.header)
    return kinds[0].startswith("RA--") and kinds[1].startswith("DEC-") and wcs is not None and determinant(wcs) != 0


def pixel(header: Header, ra: float, dec: float) -> tuple[float, float] | None:
    """The pixel (from 1) of a position in deg; None if it is on the other half of the sky, or too far out."""
    wcs = linear(header)
    if wcs is None or determinant(wcs) == 0 or max(map(abs, (ra, dec, wcs["CRVAL1"], wcs["CRVAL2"]))) > CIRCLE:
        return None
    offset, dec0, dec1 = math.radians(ra - wcs["CRVAL1"]), math.radians(wcs["CRVAL2"]), math.radians(dec)
    depth = math.sin(dec0) * math.sin(dec1) + math.cos(dec0) * math.cos(dec1) * math.cos(offset)
    if depth <= 0:
        return None
    x = math.degrees(math.cos(dec1) * math.sin(offset) / depth)
    y = math.degrees((math.cos(dec0) * math.sin(dec1) - math.sin(dec0) * math.cos(dec1) * math.cos(offset)) / depth)
    scale = determinant(wcs)
    return (
        wcs["CRPIX1"] + (wcs["CD2_2"] * x - wcs["CD1_2"] * y) / scale,
        wcs["CRPIX2"] + (wcs["CD1_1"] * y - wcs["CD2_1"] * x) / scale,
    )


def covers(hdus: Sequence[Hdu], ra: float, dec: float) -> bool:
    """True if the position is on one of the images, or in a gap between them; also if that cannot be computed."""
    asked = [
        (hdu, pixel(hdu.header, ra, dec)) for hdu in hdus if is_celestial(hdu) and len(hdu.shape) > 1 and hdu.has_data
    ]
    if not asked:
        return True
    # -1 before the image, 0 on it, 1 behind it; a gap has images on both sides.
    sides = [tuple(map(side, at, hdu.shape)) for hdu, at in asked if at]
    inside = (0, 0) in sides
    gap = len(sides) > 1 and all({-1, 1} <= {s[i] for s in sides} or 0 in {s[i] for s in sides} for i in (0, 1))
    return inside or gap


def side(at: float, size: int) -> int:
    """Before, on or behind an axis of pixels 1..size."""
    return -1 if at < 1 - HALF else int(at - HALF > size)
