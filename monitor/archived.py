"""What a job brought to the archive, as its page shows it: versions, twins, pictures, where values came from."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from django.db.models import QuerySet

from processing import control
from processing.core.errors import Halt, NotInArchive
from processing.core.keywords import Place
from processing.core.states import IngestState
from processing.models import Ingestion, Job, Product
from processing.models.composed import ComposedObjects, Given

# The role of a file, in the words of DataLink.
PREVIEW = "#preview"
SUFFIX, SIGNATURE = ".png", b"\x89PNG\r\n\x1a\n"
# Bytes; a grey picture of 256 by 256 pixels has a tenth of it.
LARGEST = 2**20
_PLACES = [*Place]

Row = Mapping[str, Any]


@dataclass(frozen=True)
class Shown:
    """One product on its way into the archive, and what it became."""

    item: Ingestion
    product: Product | None
    versions: Sequence[Product]
    """The other versions of the product, the newest first."""
    twins: Sequence[Product]
    """Of a duplicate: the products of the same content, the newest first."""

    @property
    def sources(self) -> list[tuple[str, list[Row]]]:
        """Each place that values came from, in the order in which places are asked, with its keywords."""
        return by_source(self.item.sources)

    @property
    def has_picture(self) -> bool:
        """True if a picture stands in the archive."""
        return bool(self.product and picture_name(self.item))


ITEMS = ComposedObjects(lambda: Ingestion.objects.filter(job=Given("job")).select_related("product"))


def shown(job: Job) -> list[Shown]:
    """All that the job had to ingest, in order; one query, and one more each for versions and twins if there are."""
    items = ITEMS.ask(job=job.pk)
    products = {item.pk: item.product for item in items if hasattr(item, "product")}
    versions, twins = versions_of(products.values()), twins_of(items)
    return [found(item, products.get(item.pk), versions, twins) for item in items]


def found(item: Ingestion, product: Product | None, versions: Iterable[Product], twins: Iterable[Product]) -> Shown:
    """One ingestion with those of the versions and twins that are its own."""
    others = [p for p in versions if product and p.original_name == product.original_name and p.pk != product.pk]
    duplicate = item.state == IngestState.DUPLICATE
    return Shown(item, product, others, [p for p in twins if duplicate and p.ingestion.content == item.content])


def versions_of(products: Iterable[Product]) -> list[Product]:
    """Every version of these products, the newest first, each with its AB and campaign."""
    names = {product.original_name for product in products}
    return list(linked().filter(original_name__in=names).order_by("-version")) if names else []


def twins_of(items: Iterable[Ingestion]) -> list[Product]:
    """The products of the same content as duplicates among these, the newest first."""
    contents = {item.content for item in items if item.state == IngestState.DUPLICATE and item.content}
    return list(linked().filter(ingestion__content__in=contents).order_by("-id")) if contents else []


def linked() -> QuerySet[Product]:
    """Products with what a link to their page needs, and nothing large."""
    names = ("dp_id", "version", "state", "original_name", "job__block__name", "job__campaign__name")
    return Product.objects.select_related("job__block", "job__campaign", "ingestion").only(*names, "ingestion__content")


def by_source(rows: Iterable[Row]) -> list[tuple[str, list[Row]]]:
    """The rows in groups of one source; a source of an older version of phoenix stands at the end."""

    def rank(row: Row) -> tuple[int, str]:
        source = row["source"]
        return (_PLACES.index(source) if source in _PLACES else len(_PLACES)), source

    return [(source, list(group)) for (_, source), group in groupby(sorted(rows, key=rank), rank)]


def picture_name(item: Ingestion) -> str:
    """The archive name of the product's picture; empty if it has none."""
    names = (str(file["name"]) for file in item.files if file["role"] == PREVIEW)
    return next((name for name in names if name.endswith(SUFFIX)), "")


def picture(product: Product) -> bytes | None:
    """The product's picture as PNG; None if it has none, or the archive does not give it."""
    name = picture_name(product.ingestion)
    try:
        if not name:
            return None
        with control.archived(name).open("rb") as stream:
            content = stream.read(LARGEST + 1)
    except (NotInArchive, Halt, OSError):
        return None
    return content if content.startswith(SIGNATURE) and len(content) <= LARGEST else None
