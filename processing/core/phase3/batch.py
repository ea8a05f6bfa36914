"""Rules on a product among others, G15-G17: the files that came with it, and those that it was made of."""

from collections.abc import Sequence

from processing.core.phase3.general import elapsed, epoch
from processing.core.phase3.product import Case, Member
from processing.core.phase3.rules import Level, Scope, rule
from processing.core.phase3.values import SECONDS, Broken, Header, flag, number, numbered, repeated, text

ASSOCIATED = {
    f"ANCILLARY.{kind}"
    for kind in (
        "PREVIEW",
        "HARPSTAR",
        "FEROSTAR",
        "README",
        "TAR",
        "MOSSPECTRA.PREVIEW",
        "SRCTBL",
        "2DECHELLE.TAR",
        "FORS2TAR",
        "CUBE.LMV",
        "CRIRESPTAR",
    )
}
TOLERANCE = 1.0
"""Seconds by which times may differ from those of the originating files."""


@rule("G15", "ASSOCi of the list, ASSONi in the batch, ASSOMi its MD5, no nested associations", scope=Scope.ANY)
def associations(case: Case) -> Broken:
    """ASSOCi and ASSOMi belong to files that are not FITS."""
    named = dict(numbered(case.primary, "ASSON"))
    if named and case.category.startswith("ANCILLARY."):
        yield "an ancillary file cannot have ancillary files of its own", next(iter(named.values()))
        return
    for stem in ("ASSOC", "ASSOM"):
        for at, value in numbered(case.primary, stem):
            if at not in named:
                yield f"{stem}{at} has no ASSON{at}", value
    for at, name in named.items():
        yield from association(case, at, name.strip() if isinstance(name, str) else name)


def association(case: Case, at: int, name: object) -> Broken:
    """One ancillary file."""
    kind = text(case.primary, f"ASSOC{at}")
    if not isinstance(name, str) or not name:
        yield f"ASSON{at} is {name!r}; it must be a file name", name
    elif f"ASSOC{at}" in case.primary and kind not in ASSOCIATED:
        value = case.primary[f"ASSOC{at}"]
        yield f"ASSOC{at} is {value!r}; allowed: {', '.join(sorted(ASSOCIATED))}", value
    elif case.batch.member:
        yield from companion(case, at, name, case.batch.member(name))


def companion(case: Case, at: int, name: str, member: Member | None) -> Broken:
    """The file itself."""
    if member is None:
        yield f"ASSON{at} is {name!r}; the batch has no such file", name
        return
    headers = member.headers()
    if headers:
        if numbered(headers[0], "ASSON"):
            yield f"ASSON{at}, {name!r}, has ancillary files of its own", name
        return
    if f"ASSOC{at}" not in case.primary:
        yield f"ASSOC{at} is missing: {name!r} is no FITS file", name
        return
    value = case.primary.get(f"ASSOM{at}")
    if not isinstance(value, str) or value.strip().lower() != member.md5():
        yield f"ASSOM{at} is {value!r}; the MD5 of {name!r} is {member.md5()}", value


@rule(
    "G16",
    "provenance is there (PROVi, or PROVXTN and PHASE3PROVENANCE), each PROVi known to the archive, none twice",
    scope=Scope.SCIENCE,
)
def provenance(case: Case) -> Broken:
    """Without the archive only what the file itself shows."""
    named = numbered(case.primary, "PROV")
    extension = "PHASE3PROVENANCE" in [text(hdu.header, "EXTNAME") for hdu in case.extensions]
    if extension != bool(flag(case.primary, "PROVXTN")):
        yield "PROVXTN = T and an extension PHASE3PROVENANCE belong together", case.primary.get("PROVXTN")
    elif not extension and (not named or named[0][0] != 1):
        yield "there is no provenance: PROV1 is missing", None
    for twice in repeated([value for _, value in named]):
        yield f"{twice!r} is there more than once among PROVi", twice
    for at, value in named:
        if not isinstance(value, str) or not value.strip():
            yield f"PROV{at} is {value!r}; it must be the name of a file", value
        elif case.batch.precursor and case.batch.precursor(value.strip()) is None:
            yield f"PROV{at} is {value!r}, which the archive does not know", value


@rule(
    "G17",
    "TELESCOP INSTRUME OBIDi PROG_ID MJD-OBS MJD-END NCOMBINE EXPTIME TEXPTIME agree with the files in PROVi",
    scope=Scope.SCIENCE,
    level=Level.W,
)
def agreement(case: Case) -> Broken:
    """As far as all those files are known and have the keywords."""
    names = [value.strip() for _, value in numbered(case.primary, "PROV") if isinstance(value, str)]
    look_up = case.batch.precursor
    found = [look_up(name) for name in names] if look_up else []
    headers = [header for header in found if header is not None]
    if headers and len(headers) == len(names):
        yield from identities(case.primary, headers)
        yield from times(case, headers)
        yield from sums(case, headers)


def identities(product: Header, headers: Sequence[Header]) -> Broken:
    """Each keyword, its stem where there are several, and its names in originating files."""
    for keyword, stem, names in (
        ("TELESCOP", "TELESC", ("TELESCOP",)),
        ("INSTRUME", "INSTR", ("INSTRUME",)),
        ("PROG_ID", "PROGID", ("PROG_ID", "ESO OBS PROG ID")),
        ("OBID1", "OBID", ("OBID1", "ESO OBS ID")),
    ):
        theirs = {str(header[name]).strip() for header in headers for name in names if name in header}
        # That MULTI and the numbered ones belong together is for G10.
        single = keyword in product and keyword != "OBID1" and product[keyword] != "MULTI"
        values = [product[keyword]] if single else [value for _, value in numbered(product, stem)]
        ours = {str(value).strip() for value in values}
        if theirs and "MULTI" not in theirs and ours and ours != theirs:
            yield f"{keyword} is {', '.join(sorted(ours))}; that of PROVi is {', '.join(sorted(theirs))}", None


def complete(headers: Sequence[Header], keyword: str) -> list[float]:
    """The numbers of that keyword in all headers; empty if any has none."""
    found = [number(header, keyword) for header in headers]
    return [value for value in found if value is not None] if None not in found else []


def times(case: Case, headers: Sequence[Header]) -> Broken:
    """The first begins with MJD-OBS; none ends after MJD-END."""
    starts, lengths, span = complete(headers, "MJD-OBS"), complete(headers, "EXPTIME"), epoch(case)
    if not span or not starts:
        return
    if abs(span[0] - min(starts)) * SECONDS > TOLERANCE:
        yield f"MJD-OBS is {span[0]}; the first file of PROVi has {min(starts)}", span[0]
    ends = [begin + length / SECONDS for begin, length in zip(starts, lengths, strict=False)]
    if ends and (max(ends) - span[1]) * SECONDS > TOLERANCE:
        yield f"MJD-END is {span[1]}; the last file of PROVi ends at {max(ends)}", span[1]


def sums(case: Case, headers: Sequence[Header]) -> Broken:
    """NCOMBINE counts the files, or what they combine; TEXPTIME is the sum of their exposures.

    That EXPTIME is no more than TEXPTIME, and that no more than the time between MJD-OBS and MJD-END, is for G09.
    """
    combined, count = sum(number(header, "NCOMBINE") or 1.0 for header in headers), number(case.primary, "NCOMBINE")
    if count is not None and count > 0 and count != combined:
        yield f"NCOMBINE is {count:g}; PROVi has {combined:g} exposures", count
    lengths = complete(headers, "TEXPTIME") or complete(headers, "EXPTIME")
    total, span = number(case.primary, "TEXPTIME"), elapsed(case)
    if lengths and total is not None and span is not None and total <= span and abs(total - sum(lengths)) > TOLERANCE:
        yield f"TEXPTIME is {total}; the exposures of PROVi have {sum(lengths)} s", total
