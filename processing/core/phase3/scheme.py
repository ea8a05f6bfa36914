"""ESO's HDUCLASS scheme: which extension is data, which its error, which its quality.

Source: Science Data Products Standard, issue 8 (ESO-044286); the same for images and cubes.
"""

from collections.abc import Mapping, Sequence

from processing.core.phase3.product import Hdu
from processing.core.phase3.values import Broken, Kind, text, unfit

KEYWORDS: Mapping[str, Kind] = dict.fromkeys(("HDUCLASS", "HDUDOC", "HDUVERS", "HDUCLAS1", "HDUCLAS2"), Kind.WORD)
DATA = "DATA"
# The role, the keyword by which the data name it, and what HDUCLAS3 may say.
COMPANIONS = (
    ("ERROR", "ERRDATA", ("MSE", "RMSE", "INVMSE", "INVRMSE")),
    ("QUALITY", "QUALDATA", ("MASKZERO", "MASKONE", "FLAG32BIT", "FLAG16BIT")),
)


def classified(hdus: Sequence[Hdu]) -> bool:
    """True if any of these uses the scheme."""
    return any(key in hdu.header for hdu in hdus for key in ("HDUCLASS", "HDUCLAS1", "HDUCLAS2"))


def role(hdu: Hdu) -> str:
    """HDUCLAS2, or nothing."""
    return text(hdu.header, "HDUCLAS2") or ""


def of_role(hdus: Sequence[Hdu], wanted: str) -> list[Hdu]:
    """The extensions of that role."""
    return [hdu for hdu in hdus if role(hdu) == wanted]


def broken(hdus: Sequence[Hdu], roles: Sequence[str]) -> Broken:
    """What is wrong with image extensions that may have these roles; exactly one holds the data."""
    for hdu in hdus:
        where = f" in {text(hdu.header, 'EXTNAME') or 'an extension'}"
        yield from unfit(hdu.header, KEYWORDS, where)
        for keyword, allowed in (("HDUCLASS", ["ESO"]), ("HDUCLAS1", ["IMAGE"]), ("HDUCLAS2", roles)):
            value = text(hdu.header, keyword)
            if value and value not in allowed:
                yield f"{keyword}{where} is {value!r}; allowed: {', '.join(allowed)}", value
    data = of_role(hdus, DATA)
    if len(data) != 1:
        yield f"{len(data)} extensions have HDUCLAS2 = DATA; one is needed", len(data)
        return
    for wanted, keyword, kinds in COMPANIONS:
        yield from links(data[0], of_role(hdus, wanted), keyword, kinds)


def links(data: Hdu, others: Sequence[Hdu], keyword: str, kinds: Sequence[str]) -> Broken:
    """Data and companion name each other by EXTNAME."""
    names = [text(other.header, "EXTNAME") or "" for other in others]
    named, own = text(data.header, keyword), text(data.header, "EXTNAME")
    if others and named not in names:
        yield f"{keyword} is {named!r}; it must be the EXTNAME {', '.join(names)}", named
    elif named is not None and not others:
        yield f"{keyword} is {named!r}; there is no such extension", named
    for other in others:
        kind, back = text(other.header, "HDUCLAS3"), text(other.header, "SCIDATA")
        if kind not in kinds:
            yield f"HDUCLAS3 is {kind!r}; allowed: {', '.join(kinds)}", kind
        if back != own:
            yield f"SCIDATA is {back!r}; it must be the EXTNAME of the data, {own!r}", back
