"""The catalogue of archived products: versions, of which one is current, and what is withdrawn from use."""

from collections import Counter
from collections.abc import Sequence
from contextlib import suppress
from datetime import datetime, timedelta
from functools import cache

from django.db import IntegrityError, connection, transaction
from django.db.models import Q
from django.utils import timezone

from processing.core.states import ProductState
from processing.models import Event, Ingestion, Product
from processing.models.composed import ComposedObjects, ComposedUpdate, Given
from processing.models.noted import hasten
from processing.models.shaped import insert, update
from processing.models.together import its_own

DAY = timedelta(days=1)
# One second of observation is so much of a name: those of a day stand in the quarter of an hour before its preparation.
STEP = timedelta(milliseconds=10)
MILLISECOND = timedelta(milliseconds=1)


def name(items: Sequence[Ingestion]) -> None:
    """Give each that has none its archive name, `ADP.<UTC, ms>`; those of a date come as they were observed."""
    nameless = [item for item in items if not item.dp_id]
    if len(nameless) > 1 and connection.vendor == "postgresql":
        name_together(nameless)
    for item in nameless:
        archive_name(item)


def name_together(items: Sequence[Ingestion]) -> None:
    """By one statement, unless one of the names is another product's or one of the items has got another meanwhile."""
    names = dict[str, Ingestion]()
    for item in items:
        moment = stamp(item)
        while at(moment) in names:
            moment += MILLISECOND
        names[at(moment)] = item
    given: dict[str, object] = {f"pk {number}": item.pk for number, item in enumerate(names.values())}
    given |= {f"dp_id {number}": name for number, name in enumerate(names)}
    with suppress(IntegrityError, Taken), transaction.atomic():
        hasten()
        if naming(len(items)).tell(**given) < len(items):
            raise Taken
        for name, item in names.items():
            item.dp_id = name


class Taken(Exception):
    """Somebody else has named one of them."""


@cache
def naming(many: int) -> ComposedUpdate:
    """The UPDATE of so many."""
    keys = [Given(f"pk {number}") for number in range(many)]
    rows = Ingestion.objects.filter(Q(pk__in=keys), dp_id=None)
    return ComposedUpdate(lambda: rows, dp_id=its_own(Ingestion, "dp_id", keys))


def archive_name(item: Ingestion) -> str:
    """Chosen once per ingestion and unique."""
    moment = stamp(item)
    while not item.dp_id:
        name = at(moment)
        moment += MILLISECOND
        try:
            with transaction.atomic():
                hasten()
                taken = update(Ingestion, Q(pk=item.pk, dp_id=None), {"dp_id": name})
        except IntegrityError:
            continue
        if taken:
            item.dp_id = name
        else:
            item.refresh_from_db(fields=["dp_id"])
    return item.dp_id


def at(moment: datetime) -> str:
    """The archive name of a time."""
    return f"ADP.{moment:%Y-%m-%dT%H:%M:%S}.{moment.microsecond // 1000:03d}"


def stamp(item: Ingestion) -> datetime:
    """When the date was prepared, less what was left of its day (noon to noon) at the observation, made smaller."""
    prepared = item.job.date.prepared or timezone.now()
    mjds = [raw.mjd_obs for raw in item.job.block.raw_frames if raw.mjd_obs is not None]
    # An MJD begins at midnight: half a day later it is noon.
    into_day = DAY * ((min(mjds, default=0.0) - 0.5) % 1.0)
    return prepared - (DAY - into_day) / timedelta(seconds=1) * STEP


def same(items: Sequence[Ingestion]) -> dict[str, Product]:
    """By content, the current products that have that of one of these, whatever they are called."""
    contents = {item.content for item in items if item.content}
    if not contents:
        return {}
    given = {f"content {number}": content for number, content in enumerate(contents)}
    rows = alike(len(contents)).ask(**given)
    own = {item.pk for item in items}
    return {row.ingestion.content: row for row in rows if row.ingestion_id not in own}


@cache
def alike(many: int) -> ComposedObjects[Product]:
    """The current products of so many contents."""
    contents = [Given(f"content {number}") for number in range(many)]
    rows = Product.objects.filter(state=ProductState.CURRENT, ingestion__content__in=contents)
    rows = rows.exclude(ingestion__content="")  # which the index does not have
    # In no order: with one, a database that knows too little of the table looks through all products.
    return ComposedObjects(lambda: rows.order_by().select_related("ingestion").only("dp_id", "ingestion__content"))


def register(items: Sequence[Ingestion]) -> None:
    """Rows of products, each the newest version of its file; the one before becomes obsolete, and stays in the archive.

    Within the transaction in which their ingestions become REGISTERED; no two of them are versions of one file.
    Doing it again leaves the row that is there.
    """
    new = {item.entry["original_name"]: item for item in items if not is_there(item)}
    newest: Counter[str] = Counter()
    for product in versions(len(new)).ask(**{f"name {number}": name for number, name in enumerate(new)}) if new else ():
        newest[product.original_name] = max(newest[product.original_name], product.version)
        if product.state == ProductState.CURRENT:
            retire(product, ProductState.OBSOLETE, f"{new[product.original_name].dp_id} is newer", "phoenix")
    insert([product_of(item, newest[name] + 1) for name, item in new.items()])


def is_there(item: Ingestion) -> bool:
    """Whether it has its product, as one that begins once more; the catalogue's entry goes with the product's row."""
    return not item.entry and Product.objects.filter(ingestion=item).exists()


def product_of(item: Ingestion, version: int) -> Product:
    """Its row, not saved."""
    return Product(
        **item.entry,
        ingestion=item,
        job=item.job,
        dp_id=str(item.dp_id),
        version=version,
        url=item.files[-1]["url"],
        size=item.files[-1]["size"],
        sha256=item.sha256,
    )


@cache
def versions(many: int) -> ComposedObjects[Product]:
    """The products of so many original names, locked until the transaction ends."""
    names = [Given(f"name {number}") for number in range(many)]
    return ComposedObjects(lambda: Product.objects.select_for_update().filter(original_name__in=names))


def retire(product: Product, state: ProductState, why: str, who: str) -> bool:
    """Take a product out of use; its file stays.  False if it is in that state already."""
    rows = Product.objects.filter(pk=product.pk).exclude(state=state)
    if not rows.update(state=state, state_reason=why):
        return False
    change = {"subject": "product", "subject_id": product.pk, "name": product.dp_id}
    Event.objects.create(**change, old=product.state, new=state, why=why, who=who)
    return True


def deprecate(product: Product, why: str, who: str) -> bool:
    """Say that a product should not be used, for a reason; no older version takes its place."""
    with transaction.atomic():
        return retire(product, ProductState.DEPRECATED, why, who)
