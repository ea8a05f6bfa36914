"""`/datalink/links`: what there is of a product, as DataLink 1.1 has it."""

from collections.abc import Iterator, Sequence
from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseBase

from monitor.vo import formats
from monitor.vo.compiler import Field
from monitor.vo.errors import BadQuery
from monitor.vo.known import NAME, TYPES, files, product_of
from monitor.vo.obscore import AUTHORITY, LINKS
from monitor.vo.requests import address, parameters, public
from monitor.vo.tables import Column, Kind
from processing.core.states import ProductState
from processing.models import Product, RawFrame

MOST = 100
"""Identifiers in one request."""
STANDARD = "ivo://ivoa.net/std/DataLink#links-1.1"
FITS = TYPES[".fits"]
_COLUMNS = (
    ("ID", Kind.TEXT, "Identifier that was asked for", "", "meta.id;meta.main"),
    ("access_url", Kind.TEXT, "Where it is", "", "meta.ref.url"),
    ("service_def", Kind.TEXT, "Service that gives it", "", "meta.ref"),
    ("error_message", Kind.TEXT, "Why there is no address", "", "meta.code.error"),
    ("description", Kind.TEXT, "What it is", "", "meta.note"),
    ("semantics", Kind.TEXT, "What it is to the product", "", "meta.code"),
    ("content_type", Kind.TEXT, "Its format", "", "meta.code.mime"),
    ("content_length", Kind.LONG, "Its size", "byte", "phys.size;meta.file"),
)
FIELDS = [Field(name, kind, Column(name, kind, "", text, unit, ucd)) for name, kind, text, unit, ucd in _COLUMNS]
DESCRIPTIONS = {"#this": "Science file", "#auxiliary": "Ancillary file", "#preview": "Preview"}
Link = Sequence[Any]
"""A row: a value for each of the fields."""


@public("GET", "HEAD", "POST")
def links(request: HttpRequest) -> HttpResponseBase:
    """All links of each ID; an ID that is not known has an error in its row."""
    form = parameters(request).get("RESPONSEFORMAT", "votable")
    if form.replace(" ", "") != LINKS:
        formats_known = formats.chosen(form)
        if formats_known.name != "votable":
            raise BadQuery("RESPONSEFORMAT: there is votable")
    given = [
        value
        for name, values in [*request.GET.lists(), *request.POST.lists()]
        if name.upper() == "ID"
        for value in values
    ]
    rows = [link for asked in given[:MOST] for link in found(asked, address(request))]
    table = formats.Truncated([rows] if rows else [], len(rows) + 1)
    table.more = len(given) > MOST
    text = "".join(formats.votable(FIELDS, table, {"standardID": STANDARD}))
    return HttpResponse(text, content_type=LINKS)


def found(asked: str, base: str) -> Iterator[Link]:
    """The rows of one identifier: an archive name, or what ObsCore has as obs_publisher_did."""
    name = asked.removeprefix(AUTHORITY)
    product = product_of(name) if NAME.fullmatch(name) else None
    if product is None or name not in (product.dp_id, f"{product.dp_id}.fits"):
        yield asked[:200], None, None, "NotFoundFault: there is no product of this ID", "", "#this", None, None
        return
    for file in files(product):
        about = f"{DESCRIPTIONS.get(file.role, 'File')} ({file.category})"
        if file.role == "#this" and product.state != ProductState.CURRENT:
            about = f"{about}, {product.state}: {product.state_reason}"
        yield asked, f"{base}/file/{file.name}", None, None, about, file.role, file.content_type, file.size
    yield from versions(asked, product, base)
    yield from progenitors(asked, product)


def versions(asked: str, product: Product, base: str) -> Iterator[Link]:
    """The other versions."""
    others = Product.objects.filter(original_name=product.original_name).exclude(pk=product.pk).order_by("version")
    for other in others:
        about = f"Version {other.version}, {other.state}"
        newer = "#derivation" if other.version > product.version else "#progenitor"
        yield asked, f"{base}/file/{other.dp_id}.fits", None, None, about, newer, FITS, other.size


def progenitors(asked: str, product: Product) -> Iterator[Link]:
    """The raw frames, which are not kept here: their names, and the archive that has them."""
    names: list[str] = list(
        RawFrame.objects.filter(block__jobs=product.job_id).order_by("id").values_list("dp_id", flat=True)
    )
    for name in dict.fromkeys(names):
        why = f"DefaultFault: the raw frame {name} is not kept here; the archive of raw frames has it by this name"
        yield asked, None, None, why, f"Raw frame {name}", "#progenitor", FITS, None
