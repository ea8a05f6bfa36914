"""Rules on cubes of integral field units, C01-C03.

Sources: ESO Phase 3 checks summary (2025-03-27); Science Data Products Standard, issue 8 (ESO-044286), Table 8.
"""

from collections.abc import Mapping, Sequence

from processing.core.phase3 import scheme, sky
from processing.core.phase3.general import position
from processing.core.phase3.product import Case, Hdu
from processing.core.phase3.rules import Scope, rule
from processing.core.phase3.values import Broken, Header, Kind, numbered, text, unfit, whole

PRIMARY: Mapping[str, Kind] = {
    "SPECSYS": Kind.WORD,
    "WAVELMIN": Kind.NUMBER,
    "WAVELMAX": Kind.NUMBER,
    "SPEC_RES": Kind.NUMBER,
    "PIXNOISE": Kind.NUMBER,
}
AXIS: Mapping[str, Kind] = {
    "BUNIT": Kind.WORD,
    "CTYPE3": Kind.WORD,
    "CUNIT3": Kind.WORD,
    "CRVAL3": Kind.NUMBER,
    "CRPIX3": Kind.NUMBER,
    "CD3_3": Kind.NUMBER,
}
ROLES = ("DATA", "ERROR", "QUALITY")
SOLID = 3
WHITE = "ANCILLARY.IMAGE.WHITELIGHT"


def cubes(case: Case) -> Sequence[Hdu]:
    """The extensions with data; the provenance may be a table."""
    return [hdu for hdu in case.extensions if hdu.is_image]


@rule(
    "C01",
    "HDU 0 empty; extensions of 3 axes with CD3_3, BUNIT and world coordinates; no SPEC_BIN, no FILTER",
    scope=Scope.CUBE,
)
def structure(case: Case) -> Broken:
    """World coordinates are asked of the data; SKY_RES and ABMAGLIM, which some collections lack, only by range."""
    if whole(case.primary, "NAXIS") != 0:
        yield f"NAXIS of HDU 0 is {case.primary.get('NAXIS')!r}; it must be 0", case.primary.get("NAXIS")
    for keyword in ("SPEC_BIN", "FILTER"):
        if keyword in case.primary:
            yield f"{keyword} is not allowed in a cube", case.primary[keyword]
    yield from unfit(case.primary, PRIMARY)
    for hdu in cubes(case):
        name = text(hdu.header, "EXTNAME") or "an extension"
        if len(hdu.shape) != SOLID:
            yield f"{name} has {len(hdu.shape)} axes; it must have {SOLID}", len(hdu.shape)
        if scheme.role(hdu) == scheme.DATA:
            yield from unfit(hdu.header, AXIS, f" in {name}")
            yield from sky.broken(hdu, f" in {name}")
    target, data = position(case), scheme.of_role(cubes(case), scheme.DATA)
    if target and not sky.covers(data, target["RA"], target["DEC"]):
        yield f"RA {target['RA']}, DEC {target['DEC']} is outside of the cube", None


@rule("C02", "HDUCLASS = ESO scheme: one DATA, at most one ERROR and one QUALITY, nothing else", scope=Scope.CUBE)
def roles(case: Case) -> Broken:
    """In the same file."""
    yield from scheme.broken(cubes(case), ROLES)
    for wanted in ROLES[1:]:
        count = len(scheme.of_role(cubes(case), wanted))
        if count > 1:
            yield f"{count} extensions have HDUCLAS2 = {wanted}; at most one is allowed", count


@rule("C03", f"exactly one {WHITE} with the same NAXIS1 and NAXIS2", scope=Scope.CUBE)
def white_light(case: Case) -> Broken:
    """That the files are in the batch is for G15; without a batch only the names are there."""
    names = [value.strip() for _, value in numbered(case.primary, "ASSON") if isinstance(value, str)]
    look_up = case.batch.member
    members = [look_up(name) for name in names] if look_up else []
    if names and (look_up is None or None in members):
        return
    images = [member.headers() for member in members if member]
    white = [headers for headers in images if headers and text(headers[0], "PRODCATG") == WHITE]
    if len(white) != 1:
        yield f"{len(white)} files of ASSONi are {WHITE}; one is needed", len(white)
    data = scheme.of_role(cubes(case), scheme.DATA)
    if len(white) == 1 and data and plane(white[0]) != data[0].shape[:2]:
        yield f"the white-light image has {plane(white[0])} pixels, the cube {data[0].shape[:2]}", str(plane(white[0]))


def plane(headers: Sequence[Header]) -> tuple[int, ...]:
    """The size of the first image of a file."""
    shapes = [Hdu(header=header).shape for header in headers]
    return next((shape for shape in shapes if shape), ())
