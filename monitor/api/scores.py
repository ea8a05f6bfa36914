"""`scores/` and `qc1/`: what was measured of every AB, with the thresholds that it was held against."""

from typing import Any, ClassVar

from rest_framework import serializers
from rest_framework.generics import ListAPIView

from monitor.api.parameters import OneOf, Parameter, day, text, words
from monitor.api.views import Filters
from processing.models import Qc1Parameter, Score

OF_JOB = ["ab", "campaign", "instrument", "date", "mjd_obs", "setup", "certificate"]
SCORE_FIELDS = ["id", *OF_JOB, "kind", "name", "chip", "value", "low", "high", "flag"]
QC1_FIELDS = ["id", *OF_JOB, "name", "chip", "value", "not_finite", "unit"]
RELATED = ("job__block", "job__campaign", "job__certificate", "job__date")
# ABs and certificates have columns that are large.
NOT_TOLD = ("job__block__text", "job__certificate__content")


class OfJobSerializer(serializers.ModelSerializer[Any]):
    """The job that a value belongs to."""

    ab = serializers.CharField(source="job.block.name")
    campaign = serializers.CharField(source="job.campaign.name")
    instrument = serializers.CharField(source="job.date.instrument_id")
    date = serializers.DateField(source="job.date.date")
    mjd_obs = serializers.FloatField(source="job.block.mjd_obs")
    setup = serializers.CharField(source="job.block.setup")
    certificate: Any = serializers.StringRelatedField(source="job.certificate")


class ScoreOfJobSerializer(OfJobSerializer):
    """One bit of a score string."""

    class Meta:
        model = Score
        fields = SCORE_FIELDS
        read_only_fields = fields


class Qc1OfJobSerializer(OfJobSerializer):
    """One QC1 parameter on one chip."""

    class Meta:
        model = Qc1Parameter
        fields = QC1_FIELDS
        read_only_fields = fields


PARAMETERS = {
    "instrument": Parameter("job__date__instrument", text),
    "date": Parameter("job__date__date", day),
    "from": Parameter("job__date__date__gte", day),
    "to": Parameter("job__date__date__lte", day),
    "setup": Parameter("job__block__setup", text),
    "name": Parameter("name", text),
    "chip": Parameter("chip", text),
}


class Scores(ListAPIView[Score]):
    """Scores of all jobs, in the order in which they were written down."""

    queryset = Score.objects.select_related(*RELATED).defer(*NOT_TOLD)
    serializer_class = ScoreOfJobSerializer
    filter_backends = (Filters,)
    ordering = ("id",)
    parameters: ClassVar = {
        **PARAMETERS,
        "kind": Parameter("kind__in", words(Score.Kind.values)),
        "flag": Parameter("flag", OneOf(("0", "1"))),
    }


class Qc1(ListAPIView[Qc1Parameter]):
    """QC1 parameters of all jobs, in the order in which they were written down."""

    queryset = Qc1Parameter.objects.select_related(*RELATED).defer(*NOT_TOLD)
    serializer_class = Qc1OfJobSerializer
    filter_backends = (Filters,)
    ordering = ("id",)
    parameters: ClassVar = PARAMETERS
