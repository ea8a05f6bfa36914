"""The catalogue of archived products: versions, of which one is current, and what is withdrawn from use."""

from datetime import datetime, timedelta

from django.db import IntegrityError, transaction
from django.db.models import Q, QuerySet
from django.utils import timezone

from processing.core.states import ProductState
from processing.models import Event, Ingestion, Product
from processing.models.composed import ComposedObjects, Given
from processing.models.noted import hasten
from processing.models.shaped import insert, update

DAY = timedelta(days=1)
# One second of observation is so much of a name: those of a day stand in the quarter of an hour before its preparation.
STEP = timedelta(milliseconds=10)


def archive_name(item: Ingestion) -> str:
    """`ADP.<UTC, ms>`, chosen once per ingestion and unique; names of a date are in the order of its observations."""
    moment = stamp(item)
    while not item.dp_id:
        name = f"ADP.{moment:%Y-%m-%dT%H:%M:%S}.{moment.microsecond // 1000:03d}"
        moment += timedelta(milliseconds=1)
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


def stamp(item: Ingestion) -> datetime:
    """When the date was prepared, less what was left of its day (noon to noon) at the observation, made smaller."""
    prepared = item.job.date.prepared or timezone.now()
    mjds = [raw.mjd_obs for raw in item.job.block.raw_frames if raw.mjd_obs is not None]
    # An MJD begins at midnight: half a day later it is noon.
    into_day = DAY * ((min(mjds, default=0.0) - 0.5) % 1.0)
    return prepared - (DAY - into_day) / timedelta(seconds=1) * STEP


def same(item: Ingestion) -> Product | None:
    """The current product that has the same content, whatever it is called."""
    if not item.content:
        return None
    return next(iter(ALIKE.ask(content=item.content, ingestion=item.pk)), None)


def alike() -> QuerySet[Product]:
    """A current product of some content that is another ingestion's."""
    found = Product.objects.filter(state=ProductState.CURRENT, ingestion__content=Given("content"))
    # In no order: with one, a database that knows too little of the table looks through all products for the first.
    return found.exclude(ingestion=Given("ingestion")).order_by()[:1]


ALIKE = ComposedObjects(alike)
VERSIONS = ComposedObjects(lambda: Product.objects.select_for_update().filter(original_name=Given("name")))


def register(item: Ingestion) -> Product:
    """The product's row, the newest version of its file; the one before becomes obsolete, and stays in the archive.

    Within the transaction in which its ingestion becomes REGISTERED.  Doing it again finds the row that is there.
    """
    if not item.entry:
        return Product.objects.get(ingestion=item)
    versions = VERSIONS.ask(name=item.entry["original_name"])
    if done := next((product for product in versions if product.ingestion_id == item.pk), None):
        return done
    newest = max((product.version for product in versions), default=0)
    for product in versions:
        if product.state == ProductState.CURRENT:
            retire(product, ProductState.OBSOLETE, f"{item.dp_id} is newer", "phoenix")
    product = Product(
        **item.entry,
        ingestion=item,
        job=item.job,
        dp_id=archive_name(item),
        version=newest + 1,
        url=item.files[-1]["url"],
        size=item.files[-1]["size"],
        sha256=item.sha256,
    )
    (product.pk,) = insert([product])
    return product


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
