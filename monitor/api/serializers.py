"""Rows as JSON: the names are the model's, times are ISO 8601 in UTC with Z."""

from functools import cached_property
from typing import Any

from rest_framework import serializers

from monitor.attempt import Association
from monitor.board import Night
from monitor.holds import Held
from processing import control
from processing.models import (
    AssociationBlock,
    Certificate,
    Job,
    ProcessingDate,
    Product,
    Qc1Parameter,
    RawFrame,
    Score,
    Stop,
)

# fmt: off
JOB_FIELDS = [
    "ab", "campaign", "instrument", "date", "state", "reason", "sentence", "setup", "recipe", "registered",
    "claimed", "started", "processed", "ended", "seconds", "cpu_seconds", "memory", "exit_code",
    "association_flags", "processing_flags", "products", "certificate", "fingerprint", "acknowledged",
]
BLOCK_FIELDS = [
    "name", "instrument", "date", "recipe", "raw_type", "setup", "tech", "prog_id", "ob_id", "mjd_obs",
    "registered", "sha256", "raws", "jobs",
]
STOP_FIELDS = ["id", "scope", "mode", "reason", "at", "who", "resumed", "resumed_by"]
DATE_FIELDS = ["instrument", "date", "state", "reason", "abs", "registered", "prepared", "finished", "held"]
PRODUCT_FIELDS = [
    "dp_id", "category", "version", "state", "state_reason", "original_name", "url", "size", "sha256", "target",
    "ra", "dec", "mjd_obs", "exptime", "wave_min", "wave_max", "snr", "fluxcal", "registered", "ingestion_state",
    "certificate",
]
# fmt: on


class VersionSerializer(serializers.ModelSerializer[Certificate]):
    """The version of a certificate by which a job runs, and a product was made."""

    class Meta:
        model = Certificate
        fields = ("name", "version")
        read_only_fields = fields


class JobSerializer(serializers.ModelSerializer[Job]):
    """One attempt."""

    ab = serializers.CharField(source="block.name")
    campaign = serializers.CharField(source="campaign.name")
    instrument = serializers.CharField(source="date.instrument_id")
    date = serializers.DateField(source="date.date")
    sentence = serializers.SerializerMethodField()
    setup = serializers.CharField(source="block.setup")
    recipe = serializers.CharField(source="block.recipe")
    products: Any = serializers.SlugRelatedField(many=True, read_only=True, slug_field="dp_id")
    certificate = VersionSerializer()

    class Meta:
        model = Job
        fields = JOB_FIELDS
        read_only_fields = fields

    def get_sentence(self, job: Job) -> str:
        """Why the job is in its state; for a waiting one, what it waits for."""
        return job.sentence or control.why_waiting(job, self.around)

    @cached_property
    def around(self) -> control.Surroundings:
        """What the jobs of one answer may wait for, asked for once."""
        return control.Surroundings()


class RawSerializer(serializers.ModelSerializer[RawFrame]):
    """A raw frame of an AB."""

    class Meta:
        model = RawFrame
        fields = ("dp_id", "tag", "mjd_obs", "exptime", "tech")
        read_only_fields = fields


class StandingSerializer(serializers.ModelSerializer[Job]):
    """A job in the list of its AB: how it stands."""

    campaign = serializers.CharField(source="campaign.name")

    class Meta:
        model = Job
        fields = ("campaign", "state", "reason")
        read_only_fields = fields


class BlockSerializer(serializers.ModelSerializer[AssociationBlock]):
    """An AB with its raw frames and where its jobs stand."""

    instrument = serializers.CharField(source="date.instrument_id")
    date = serializers.DateField(source="date.date")
    raws = RawSerializer(many=True)
    jobs = StandingSerializer(many=True)

    class Meta:
        model = AssociationBlock
        fields = BLOCK_FIELDS
        read_only_fields = fields


class WholeBlockSerializer(BlockSerializer):
    """An AB with its text and its whole jobs."""

    jobs = JobSerializer(many=True)  # type: ignore[assignment] # more of the same rows

    class Meta(BlockSerializer.Meta):
        fields = [*BLOCK_FIELDS, "text"]
        read_only_fields = fields


class DateSerializer(serializers.ModelSerializer[ProcessingDate]):
    """A processing date."""

    instrument = serializers.CharField(source="instrument_id")

    class Meta:
        model = ProcessingDate
        fields = DATE_FIELDS
        read_only_fields = fields


class StopSerializer(serializers.ModelSerializer[Stop]):
    """A stop; its scope is an instrument, or empty for all of them."""

    class Meta:
        model = Stop
        fields = STOP_FIELDS
        read_only_fields = fields


class HoldSerializer(serializers.Serializer[Held]):
    """A hold that lasts; its host is empty if it holds on all of them."""

    host = serializers.CharField(source="hold.host")
    since = serializers.DateTimeField(source="hold.at")
    why = serializers.CharField(source="hold.why")
    looked = serializers.DateTimeField(source="hold.looked")
    next_look = serializers.DateTimeField()


class ScoreSerializer(serializers.ModelSerializer[Score]):
    """One bit with its thresholds."""

    class Meta:
        model = Score
        fields = ("kind", "position", "name", "chip", "value", "low", "high", "flag")
        read_only_fields = fields


class Qc1Serializer(serializers.ModelSerializer[Qc1Parameter]):
    """One QC1 parameter on one chip."""

    class Meta:
        model = Qc1Parameter
        fields = ("name", "chip", "value", "not_finite", "unit")
        read_only_fields = fields


class ProductSerializer(serializers.ModelSerializer[Product]):
    """An archived product."""

    ingestion_state = serializers.CharField(source="ingestion.state")
    certificate = VersionSerializer(source="job.certificate")

    class Meta:
        model = Product
        fields = PRODUCT_FIELDS
        read_only_fields = fields


def night(shown: Night) -> dict[str, Any]:
    """A processing date with its jobs counted."""
    return {**DateSerializer(shown.date).data, "jobs": shown.tally.counts}


def association(shown: Association) -> dict[str, Any]:
    """A calibration of an AB; `dt` in days."""
    calib = shown.calib
    return {
        "kind": shown.kind,
        "name": calib.name,
        "category": calib.category,
        "real": calib.real,
        "dt": calib.dt,
        "matches": calib.matches,
        "used": shown.used,
    }
