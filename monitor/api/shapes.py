"""How answers look that are no rows of a model: for the description of the API, and for the names of their columns."""

from typing import Any

from rest_framework import serializers

from monitor.api.serializers import DATE_FIELDS, DateSerializer, HoldSerializer, Qc1Serializer, ScoreSerializer
from processing.models import Stop

Counts = serializers.DictField(child=serializers.IntegerField(), help_text="Jobs by state")


class WorkerShape(serializers.Serializer[Any]):
    """A supervisor that is alive."""

    name = serializers.CharField()
    host = serializers.CharField()
    slots = serializers.IntegerField()
    version = serializers.CharField()
    since = serializers.DateTimeField()
    seen = serializers.DateTimeField()


class OpenDateShape(serializers.Serializer[Any]):
    """A processing date that is not finished."""

    date = serializers.CharField()
    state = serializers.CharField()
    reason = serializers.CharField()


class StandingShape(serializers.Serializer[Any]):
    """Whether an instrument may start something."""

    instrument = serializers.CharField()
    window = serializers.CharField()
    open = serializers.BooleanField()
    next_opening = serializers.DateTimeField()
    stopped = serializers.ListField(child=serializers.CharField())
    held = serializers.ListField(child=serializers.CharField())


class StatusShape(serializers.Serializer[Any]):
    """Whether processing may run, what it does, how much is left."""

    version = serializers.CharField()
    now = serializers.DateTimeField()
    instruments = StandingShape(many=True)
    jobs = Counts
    open_dates = OpenDateShape(many=True)
    workers = WorkerShape(many=True)
    due = serializers.DictField(child=serializers.IntegerField())


class InstrumentShape(StandingShape):
    """An instrument with its holds and jobs."""

    holds = HoldSerializer(many=True)
    jobs = serializers.DictField(child=serializers.IntegerField())


class NightShape(DateSerializer):
    """A processing date with its jobs counted."""

    jobs = serializers.DictField(child=serializers.IntegerField())

    class Meta(DateSerializer.Meta):
        fields = [*DATE_FIELDS, "jobs"]
        read_only_fields = fields


class AssociationShape(serializers.Serializer[Any]):
    """A calibration of an AB."""

    kind = serializers.CharField()
    name = serializers.CharField()
    category = serializers.CharField()
    real = serializers.BooleanField()
    dt = serializers.FloatField(allow_null=True, help_text="days")
    matches = serializers.JSONField()
    used = serializers.BooleanField()


class ScoresShape(serializers.Serializer[Any]):
    """Scores with their thresholds, and QC1 parameters."""

    association_flags = serializers.IntegerField(allow_null=True)
    processing_flags = serializers.IntegerField(allow_null=True)
    scores = ScoreSerializer(many=True)
    qc1 = Qc1Serializer(many=True)


class WordShape(serializers.Serializer[Any]):
    """A status with its sentence."""

    status = serializers.CharField()
    sentence = serializers.CharField()


class VocabularyShape(serializers.Serializer[Any]):
    """The closed vocabulary."""

    version = serializers.IntegerField()
    vocabulary = WordShape(many=True)


class ResumptionShape(serializers.Serializer[Any]):
    """What becomes of the jobs that a stop kept."""

    run = serializers.IntegerField()
    skipped = serializers.IntegerField()
    kept = serializers.IntegerField()


class DryStopShape(serializers.Serializer[Any]):
    """What a stop would concern."""

    scope = serializers.CharField()
    mode = serializers.ChoiceField(choices=Stop.Mode.choices)
    reason = serializers.CharField()
    running = serializers.IntegerField()
    waiting = serializers.IntegerField()


class ChangeShape(serializers.Serializer[Any]):
    """A difference between two versions."""

    path = serializers.CharField()
    old = serializers.JSONField(allow_null=True)
    new = serializers.JSONField(allow_null=True)
