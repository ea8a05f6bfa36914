"""Association blocks as registered, and their raw frames."""

import hashlib

from django.conf import settings
from django.contrib.postgres.indexes import HashIndex
from django.db import models
from django.utils.functional import cached_property

from processing.core import ab as core
from processing.models.composed import ComposedObjects, Given
from processing.models.dates import ProcessingDate
from processing.models.packed import PackedText
from processing.models.packing import Like


class BlockQuerySet(models.QuerySet["AssociationBlock"]):
    """Questions about ABs."""

    def named(self, name: str) -> "AssociationBlock":
        """The AB of that name, with or without `.ab`; raises `DoesNotExist`."""
        return self.get(name__in=(name, f"{name}.ab"))


class AssociationBlock(models.Model):
    """One AB: its text as delivered, and the few facts that are asked for."""

    name = models.CharField(max_length=128, unique=True)
    date = models.ForeignKey(ProcessingDate, on_delete=models.PROTECT, related_name="blocks")
    text = PackedText(like=Like.AB)
    sha256 = models.CharField(max_length=64)
    frames = models.CharField(max_length=64, help_text="SHA-256 of recipe and raw frames")
    raw_type = models.CharField(max_length=64, blank=True)
    recipe = models.CharField(max_length=64)
    setup = models.CharField(max_length=64, blank=True)
    tech = models.CharField(max_length=64, blank=True)
    prog_id = models.CharField(max_length=32, blank=True, db_index=True)
    ob_id = models.CharField(max_length=32, blank=True, db_index=True)
    mjd_obs = models.FloatField(null=True, blank=True)
    registered = models.DateTimeField(auto_now_add=True)

    objects = BlockQuerySet.as_manager()

    class Meta:
        ordering = ("name",)
        indexes = (HashIndex(fields=("frames",), name="block_by_frames"),)

    def __str__(self) -> str:
        return self.name

    @property
    def value(self) -> core.AB:
        """The AB as the rules use it, read from its text."""
        return read(self.text, self.name)

    @cached_property
    def raw_frames(self) -> "list[RawFrame]":
        """Its raw frames in their order; asked once."""
        return FRAMES.ask(block=self.pk)


class RawFrame(models.Model):
    """A raw frame of an AB.  The facts from its header stay when the file is gone."""

    block = models.ForeignKey(AssociationBlock, on_delete=models.CASCADE, related_name="raws")
    dp_id = models.CharField(max_length=128, db_index=True)
    tag = models.CharField(max_length=64)
    mjd_obs = models.FloatField(null=True, blank=True)
    exptime = models.FloatField(null=True, blank=True)
    tech = models.CharField(max_length=64, blank=True)

    class Meta:
        ordering = ("id",)

    def __str__(self) -> str:
        return self.dp_id


FRAMES = ComposedObjects(lambda: RawFrame.objects.filter(block=Given("block")))


def read(text: str, file: str) -> core.AB:
    """An AB from its text, by the site's column layout; raises `BadAB`."""
    return core.parse(text, file, {**core.COLUMNS, **settings.PHOENIX["AB_COLUMNS"]})


def digest(*parts: str) -> str:
    """SHA-256 of texts, hexadecimal."""
    return hashlib.sha256("\n".join(parts).encode(errors="surrogateescape")).hexdigest()
