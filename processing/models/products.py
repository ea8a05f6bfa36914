"""Products and their ingestion, which has states of its own and never re-runs a pipeline."""

import socket
from collections.abc import Sequence
from datetime import timedelta
from functools import cache
from typing import Any, ClassVar

from django.conf import settings
from django.contrib.postgres.indexes import HashIndex
from django.db import models, transaction
from django.db.models.functions import Now

from processing.core.roles import Area
from processing.core.states import INGEST_MOVES, IngestState, ProductState
from processing.models.composed import Composed, ComposedObjects, ComposedUpdate, Given
from processing.models.jobs import Job
from processing.models.leases import UNLEASED, Leased, from_now
from processing.models.moves import Moving
from processing.models.noted import hasten
from processing.models.packed import PackedCurves, PackedJson
from processing.models.packing import Like

OPEN = (IngestState.QUEUED, IngestState.CONVERTED, IngestState.VALIDATED, IngestState.STORED)
PENDING = (*OPEN, IngestState.RETRY_WAIT)
ATTEMPTS = 3
NOT_WITHDRAWN = "NOT_WITHDRAWN"
"""The event of an ingestion whose file the archive keeps."""


def place() -> str:
    """Where products lie that are made here: this host, if its work folder is its own; empty if hosts share it."""
    return socket.gethostname() if Area.WORK in settings.PHOENIX["LOCAL"] else ""


class IngestionQuerySet(models.QuerySet["Ingestion"]):
    """Questions about ingestions, and the claim."""

    def due(self, where: Any = None) -> "IngestionQuerySet":
        """Those that this host should take: not claimed, or left by a dead worker, and in a folder that it sees.

        Their jobs are PROCESSED: an ingestion begins with that, and none is open when its job goes on.
        """
        return self.filter(UNLEASED, state__in=OPEN, place=place() if where is None else where)

    def claim(self, owner: str, most: int) -> "list[Ingestion]":
        """Take the next due ingestions, so many at most."""
        with transaction.atomic(durable=True):
            hasten()
            found = {f"pk {number}": row.pk for number, row in enumerate(free(most).ask(place=place()))}
            if not (found and taking(len(found), settings.PHOENIX["LEASE"]).tell(owner=owner, **found)):
                return []
        return taken(len(found)).ask(owner=owner, **found)

    def renew(self, items: "Sequence[Ingestion]") -> bool:
        """Lengthen the leases of what is open and still its owner's; False if there is none."""
        numbers = {f"pk {number}": item.pk for number, item in enumerate(items)}
        return bool(renewing(len(items), settings.PHOENIX["LEASE"]).tell(owner=items[0].owner, **numbers))


class Ingestion(Moving, Leased):
    """One product on its way: converted, validated, stored, registered."""

    moves = INGEST_MOVES
    subject: ClassVar[str] = "ingestion"
    # Not VALIDATED: what is stored then must keep its name and its content.
    repeated: ClassVar[frozenset[IngestState]] = frozenset(
        {IngestState.CONVERTED, IngestState.STORED, IngestState.REGISTERED}
    )

    job = models.ForeignKey(Job, on_delete=models.PROTECT, related_name="ingestions", db_index=False)
    label = models.CharField(max_length=32, help_text="Which of the job's products: arm and setting")
    state = models.CharField(max_length=12, choices=[(s, s) for s in IngestState], default=IngestState.QUEUED)
    reason = models.CharField(max_length=24, blank=True)
    place = models.CharField(
        max_length=64,
        blank=True,
        default=place,
        db_default="",
        editable=False,
        help_text="The only host that sees its product",
    )
    attempts = models.PositiveSmallIntegerField(default=0)
    dp_id = models.CharField(max_length=64, null=True, unique=True, help_text="Archive name without .fits")  # noqa: DJ001
    sha256 = models.CharField(max_length=64, blank=True)
    content = models.CharField(max_length=64, blank=True, help_text="SHA-256 of what lasts of the file")
    findings = models.JSONField(default=list)
    sources = PackedJson(default=list, like=Like.PRODUCT, help_text="Per keyword: hdu, keyword, value, source, key")
    files = PackedJson(
        default=list,
        like=Like.PRODUCT,
        help_text="Ancillaries, then the science file: role, category, name, md5, sha256, size, url",
    )
    entry = PackedJson(default=dict, help_text="What the catalogue will say of the product, until it does")
    log = models.TextField(blank=True)
    queued = models.DateTimeField(auto_now_add=True)
    claimed = models.DateTimeField(null=True, blank=True)
    ended = models.DateTimeField(null=True, blank=True)

    objects = IngestionQuerySet.as_manager()

    class Meta:
        ordering = ("id",)
        constraints = (models.UniqueConstraint(fields=("job", "label"), name="one_ingestion_per_product"),)
        indexes = (
            models.Index(fields=("id",), condition=models.Q(state__in=OPEN), name="ingestion_open"),
            # Nobody looks for a part of a digest, or for the next one: a fifth of the size of any other index.
            HashIndex(fields=("content",), condition=~models.Q(content=""), name="ingestion_by_content"),
        )

    def __str__(self) -> str:
        return f"{self.job} {self.label}"


def numbered(many: int) -> models.Q:
    """The condition on a composed query that a row is one of so many: `pk 0` and so on."""
    return models.Q(pk__in=[Given(f"pk {number}") for number in range(many)])


@cache
def free(most: int) -> Composed:
    """The next that are due in a place, so many at most, locked until the transaction ends."""
    # Found by its number alone: with all that belongs to it, the database would sort what is due each time.
    rows = Ingestion.objects.all().due(Given("place")).select_for_update(skip_locked=True, of=("self",))
    return Composed(lambda: rows.order_by("id").values_list("pk")[:most])


@cache
def taking(many: int, lease: float) -> ComposedUpdate:
    """The claim of so many."""
    rows = Ingestion.objects.filter(UNLEASED, numbered(many), state__in=OPEN)
    return ComposedUpdate(lambda: rows, claimed=Now(), owner=Given("owner"), lease=from_now(timedelta(seconds=lease)))


@cache
def taken(many: int) -> "ComposedObjects[Ingestion]":
    """So many with what belongs to them."""
    # The text of the AB is long, and no ingestion asks for it.
    mine = Ingestion.objects.filter(numbered(many), owner=Given("owner")).defer("job__block__text")
    told = ("job__block", "job__date", "job__certificate", "job__campaign")
    return ComposedObjects(lambda: mine.select_related(*told))


@cache
def renewing(many: int, lease: float) -> ComposedUpdate:
    """New leases for so many, of which the owner still has them."""
    mine = Ingestion.objects.filter(numbered(many), owner=Given("owner"), state__in=OPEN)
    return ComposedUpdate(lambda: mine, lease=from_now(timedelta(seconds=lease)))


class Product(models.Model):
    """A file in the product archive."""

    job = models.ForeignKey(Job, on_delete=models.PROTECT, related_name="products")
    ingestion = models.OneToOneField(Ingestion, on_delete=models.PROTECT, related_name="product")
    dp_id = models.CharField(max_length=64, unique=True, help_text="Archive name without .fits")
    category = models.CharField(max_length=40, help_text="PRODCATG")
    state = models.CharField(max_length=12, choices=[(s, s) for s in ProductState], default=ProductState.CURRENT)
    state_reason = models.TextField(blank=True, help_text="Why it is no longer current")
    version = models.PositiveIntegerField(default=1, help_text="Of the files of that original name")
    original_name = models.CharField(max_length=68)
    url = models.TextField()
    size = models.BigIntegerField(help_text="bytes")
    sha256 = models.CharField(max_length=64)
    target = models.CharField(max_length=68, blank=True)
    ra = models.FloatField(help_text="deg")
    dec = models.FloatField(help_text="deg")
    mjd_obs = models.FloatField()
    exptime = models.FloatField(help_text="s")
    wave_min = models.FloatField(help_text="nm")
    wave_max = models.FloatField(help_text="nm")
    snr = models.FloatField(null=True, help_text="Of a spectrum")
    fluxcal = models.CharField(max_length=12)
    telescope = models.CharField(max_length=24, blank=True)
    title = models.CharField(max_length=68, blank=True, help_text="Of a spectrum")
    mjd_end = models.FloatField(null=True)
    aperture = models.FloatField(null=True, help_text="deg: width of a spectrum's slit")
    resolving_power = models.FloatField(null=True, help_text="Of a spectrum")
    elements = models.PositiveIntegerField(null=True, help_text="Pixels of a spectrum")
    preview = PackedCurves(default=dict, help_text="wave, low, high: the spectrum for a small plot")
    registered = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ("id",)
        constraints = (
            models.UniqueConstraint(fields=("original_name", "version"), name="one_product_per_version"),
            models.UniqueConstraint(fields=("sha256",), name="one_product_per_content"),
            models.UniqueConstraint(
                fields=("original_name",), condition=models.Q(state=ProductState.CURRENT), name="one_current_version"
            ),
        )

    def __str__(self) -> str:
        return self.dp_id
