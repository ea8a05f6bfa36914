"""Clusters: failures of one kind, and what a person has done about them."""

from typing import ClassVar

from django.db import models

from processing.core.fingerprint import DIGITS, KEPT, Kind, Phase
from processing.core.states import CLUSTER_MOVES, ClusterState
from processing.models.moves import Moving
from processing.models.patience import patient


class ClusterQuerySet(models.QuerySet["Cluster"]):
    """The one way in."""

    @patient
    def remember(self, kind: Kind) -> str:
        """Have a cluster for failures of this kind; returns its fingerprint.

        Safe to repeat, and for two workers at once: the second insertion of a fingerprint changes nothing.
        """
        values = {"phase": kind.phase, "recipe": kind.recipe, "message": kind.message}
        if not self.filter(fingerprint=kind.fingerprint).exists():
            self.bulk_create([Cluster(fingerprint=kind.fingerprint, **values)], ignore_conflicts=True)
        return kind.fingerprint


class Cluster(Moving):
    """A kind of failure.  How many there are is counted among the jobs, and stands nowhere else."""

    moves = CLUSTER_MOVES
    subject: ClassVar[str] = "cluster"

    fingerprint = models.CharField(max_length=DIGITS, unique=True)
    phase = models.CharField(max_length=10, choices=[(p, p) for p in Phase])
    recipe = models.CharField(max_length=64, blank=True)
    message = models.CharField(max_length=KEPT, help_text="With placeholders for what differs")
    state = models.CharField(max_length=12, choices=[(s, s) for s in ClusterState], default=ClusterState.OPEN)
    seen = models.PositiveIntegerField(default=0, help_text="How many failures a person has seen")
    who = models.CharField(max_length=150, blank=True)
    at = models.DateTimeField(null=True, blank=True, help_text="When it came into its state")
    why = models.TextField(blank=True, help_text="What was said at the last step")
    ticket = models.CharField(max_length=200, blank=True, help_text="Where SDP has it")

    objects = ClusterQuerySet.as_manager()

    class Meta:
        ordering = ("id",)
        permissions = (("acknowledge_cluster", "May acknowledge failures and hand them over to SDP"),)

    def __str__(self) -> str:
        return self.fingerprint
