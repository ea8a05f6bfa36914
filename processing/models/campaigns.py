"""Campaigns: the day-to-day stream, back-processings and re-processings."""

from datetime import datetime, timedelta
from typing import ClassVar

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models

from processing.core.limits import next_start
from processing.core.schedule import Window, read_window
from processing.core.states import CAMPAIGN_MOVES, CampaignKind, CampaignState
from processing.core.turn import closing
from processing.models.certificates import Certificate
from processing.models.instruments import validate_window
from processing.models.moves import Moving

DAY_TO_DAY = "day-to-day"
HOUR = timedelta(hours=1)
LIVING = (CampaignState.RUNNING, CampaignState.PAUSED)


class CampaignQuerySet(models.QuerySet["Campaign"]):
    """Questions about campaigns."""

    def limited(self) -> "CampaignQuerySet":
        """Those that run, and have a window or a rate of their own."""
        return self.filter(~models.Q(window="") | models.Q(per_hour__isnull=False), state=CampaignState.RUNNING)


class Campaign(Moving):
    """A reason to process ABs; each AB has at most one job in it."""

    moves = CAMPAIGN_MOVES
    subject: ClassVar[str] = "campaign"

    class Source(models.TextChoices):
        """Where its ABs come from."""

        DATABASE = "DATABASE", "the ABs that are registered"
        TREE = "TREE", "a tree of AB files"
        LIST = "LIST", "a list of names"

    name = models.CharField(max_length=60, unique=True)
    kind = models.CharField(max_length=12, choices=[(k, k) for k in CampaignKind], default=CampaignKind.AGAIN)
    state = models.CharField(max_length=10, choices=[(s, s) for s in CampaignState], default=CampaignState.DRAFT)
    instruments = models.JSONField(default=list)
    modes = models.JSONField(default=list, help_text="Names of certificates; empty: all")
    first = models.DateField(null=True, blank=True, help_text="DFO date")
    last = models.DateField(null=True, blank=True)
    newest_first = models.BooleanField(default=False)
    certificate = models.ForeignKey(
        Certificate, on_delete=models.PROTECT, null=True, blank=True, help_text="Empty: the versions in force"
    )
    release = models.CharField(max_length=60, blank=True)
    per_hour = models.PositiveIntegerField(null=True, blank=True, help_text="The most jobs that start in an hour")
    priority = models.SmallIntegerField(default=0, validators=[MinValueValidator(-100), MaxValueValidator(100)])
    window = models.CharField(
        max_length=11, blank=True, validators=[validate_window], help_text="Within those of its instruments"
    )
    take_skipped = models.BooleanField(default=False, help_text="Whether a back-processing takes what was SKIPPED")
    source = models.CharField(max_length=8, choices=Source.choices, default=Source.DATABASE)
    names = models.JSONField(default=list, help_text="Of a list")
    missing = models.JSONField(default=list, help_text="Spans of days without any AB, first and last each")
    census = models.JSONField(
        null=True, blank=True, editable=False, help_text="Its jobs as the sweep has counted them; see `census`"
    )
    who = models.CharField(max_length=150, blank=True)
    created = models.DateTimeField(auto_now_add=True)
    begun = models.DateTimeField(null=True, blank=True)
    ended = models.DateTimeField(null=True, blank=True)

    objects = CampaignQuerySet.as_manager()

    class Meta:
        permissions = (("run_campaign", "May create, pause, resume and cancel campaigns"),)

    def __str__(self) -> str:
        return self.name

    @property
    def endless(self) -> bool:
        """True of the day-to-day stream, which is never done."""
        return self.kind == CampaignKind.DAY_TO_DAY

    @property
    def hours(self) -> Window | None:
        """Its own window; None if it has none."""
        return read_window(self.window) if self.window else None

    def rests(self, starts: list[datetime], now: datetime) -> bool:
        """Whether its window or its rate lets nothing start; `starts` are the claims of the last hour."""
        shut = self.hours is not None and not self.hours.is_open(now)
        return shut or next_start([at.timestamp() for at in starts], now.timestamp(), self.per_hour) > now.timestamp()

    def left(self, now: datetime) -> float:
        """Seconds until its window closes."""
        return closing(self.hours, now).left if self.hours else float("inf")


def day_to_day() -> Campaign:
    """The stream that new ABs go to."""
    values = {"state": CampaignState.RUNNING, "kind": CampaignKind.DAY_TO_DAY}
    return Campaign.objects.get_or_create(name=DAY_TO_DAY, defaults=values)[0]
