"""How answers look that are no rows of a model: for the description of the API, and for the names of their columns."""

from typing import Any

from rest_framework import serializers

from monitor.api.serializers import DATE_FIELDS, DateSerializer, HoldSerializer, Qc1Serializer, ScoreSerializer
from monitor.grid import MARKS
from processing.core.roles import Role
from processing.core.states import DateState, IngestState
from processing.models import Cluster, Stop

CLUSTER_FIELDS = ["fingerprint", "phase", "recipe", "message", "state", "seen", "who", "at", "why", "ticket"]
Counts = serializers.DictField(child=serializers.IntegerField(), help_text="Jobs by state")


class WorkerShape(serializers.Serializer[Any]):
    """A supervisor that is alive."""

    name = serializers.CharField()
    host = serializers.CharField()
    roles = serializers.ListField(child=serializers.ChoiceField([*Role]), help_text="What its host works at")
    slots = serializers.IntegerField(help_text="Jobs that it runs at once")
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


class CellShape(serializers.Serializer[Any]):
    """How an instrument stands on a date."""

    standing = serializers.ChoiceField(choices=list(MARKS))
    done = serializers.IntegerField(help_text="Jobs whose product is in the archive")
    of = serializers.IntegerField(help_text="Executable jobs")
    failed = serializers.IntegerField()
    total = serializers.IntegerField()
    why = serializers.CharField()


class RowShape(serializers.Serializer[Any]):
    """A date with one cell per instrument, in their order; null where an instrument has nothing."""

    date = serializers.DateField()
    cells: Any = serializers.ListField(child=CellShape(allow_null=True))


class MatrixShape(serializers.Serializer[Any]):
    """Dates from the newest; without any date both ends are null."""

    to = serializers.DateField(allow_null=True)
    instruments = serializers.ListField(child=serializers.CharField())
    dates = RowShape(many=True)

    def get_fields(self) -> dict[str, Any]:
        """With `from`, which Python keeps for itself."""
        return {"from": serializers.DateField(allow_null=True), **super().get_fields()}


class KindShape(serializers.ModelSerializer[Cluster]):
    """A kind of failure with its numbers, and what a person has done about it."""

    failures = serializers.IntegerField()
    new = serializers.IntegerField(help_text="Failures that nobody has acknowledged")
    instruments = serializers.DictField(child=serializers.IntegerField(), help_text="Failures by instrument")
    first = serializers.DateField(allow_null=True)
    last = serializers.DateField(allow_null=True)

    class Meta:
        model = Cluster
        fields = [*CLUSTER_FIELDS, "failures", "new", "instruments", "first", "last"]
        read_only_fields = fields


class SampleShape(serializers.Serializer[Any]):
    """One failure as an example, with the first error of its log."""

    ab = serializers.CharField()
    campaign = serializers.CharField()
    lines = serializers.ListField(child=serializers.CharField())


class SoftwareShape(serializers.Serializer[Any]):
    """A certificate under which a kind of failure occurred, and the software that ran."""

    certificate = serializers.CharField()
    pipeline = serializers.CharField()
    software = serializers.CharField()


class WholeKindShape(KindShape):
    """A kind with certificates, software and an example."""

    versions = SoftwareShape(many=True)
    sample = SampleShape(allow_null=True)

    class Meta(KindShape.Meta):
        fields = [*KindShape.Meta.fields, "versions", "sample"]
        read_only_fields = fields


class FateShape(serializers.Serializer[Any]):
    """What became of one product."""

    ab = serializers.CharField()
    campaign = serializers.CharField()
    product = serializers.CharField()
    state = serializers.ChoiceField(choices=list(IngestState))
    dp_id = serializers.CharField(allow_null=True)
    original_name = serializers.CharField(allow_null=True)
    version = serializers.IntegerField(allow_null=True)
    sha256 = serializers.CharField(allow_null=True)
    rules = serializers.ListField(child=serializers.CharField())
    attempts = serializers.IntegerField()
    text = serializers.CharField()
    seconds = serializers.FloatField(allow_null=True)


class AcknowledgementShape(serializers.Serializer[Any]):
    """A processing date with what became of each of its products."""

    batch = serializers.CharField()
    instrument = serializers.CharField()
    date = serializers.DateField()
    state = serializers.ChoiceField(choices=list(DateState))
    counts = serializers.DictField(child=serializers.IntegerField(), help_text="Products by state")
    items = FateShape(many=True)
