"""`products/`, `ingestions/` and the acknowledgement of a date: what is archived, and how it came there."""

import datetime
from typing import Any, ClassVar

from django.db.models import QuerySet
from django.http import Http404
from rest_framework import serializers
from rest_framework.generics import ListAPIView
from rest_framework.request import Request
from rest_framework.response import Response

from monitor.api.cursors import both
from monitor.api.parameters import Parameter, day, text, whole, words
from monitor.api.serializers import PRODUCT_FIELDS, ProductSerializer
from monitor.api.shapes import AcknowledgementShape
from monitor.api.views import Filters, Resource
from processing import control
from processing.core.states import IngestState, ProductState, Reason
from processing.models import Ingestion, Product

ARCHIVED_FIELDS = [*PRODUCT_FIELDS, "ab", "campaign", "instrument", "date", "files"]
OWN_FIELDS = ["label", "state", "reason", "attempts", "queued", "ended", "log", "sha256", "findings"]
INGESTION_FIELDS = ["id", "ab", "campaign", "instrument", "date", *OWN_FIELDS, "product"]
VERSION_FIELDS = ("dp_id", "version", "state")
# Columns of a list; ABs, certificates and ingestions have others that are large.
OF_JOB = (
    "job__block__name",
    "job__campaign__name",
    "job__date__instrument",
    "job__date__date",
    "job__certificate__name",
    "job__certificate__version",
)
OF_PRODUCT = (
    *(field for field in PRODUCT_FIELDS if field not in ("ingestion_state", "certificate")),
    "ingestion__state",
    "ingestion__files",
)
OF_INGESTION = (*OWN_FIELDS, "product__dp_id")


def name(value: str) -> str:
    """An archive name, with or without `.fits`."""
    return text(value.removesuffix(".fits"))


class ArchivedSerializer(ProductSerializer):
    """A product with where it comes from and what is stored of it."""

    ab = serializers.CharField(source="job.block.name")
    campaign = serializers.CharField(source="job.campaign.name")
    instrument = serializers.CharField(source="job.date.instrument_id")
    date = serializers.DateField(source="job.date.date")
    files = serializers.JSONField(source="ingestion.files")

    class Meta(ProductSerializer.Meta):
        fields = ARCHIVED_FIELDS
        read_only_fields = fields


class WholeProductSerializer(ArchivedSerializer):
    """A product with where each of its keywords has its value from."""

    sources = serializers.JSONField(source="ingestion.sources")
    findings = serializers.JSONField(source="ingestion.findings")
    versions = serializers.SerializerMethodField()

    class Meta(ArchivedSerializer.Meta):
        fields = [*ARCHIVED_FIELDS, "sources", "findings", "versions"]
        read_only_fields = fields

    def get_versions(self, product: Product) -> list[dict[str, Any]]:
        """Every version of the product, this one too, the oldest first."""
        known = Product.objects.filter(original_name=product.original_name).order_by("version")
        return list(known.values(*VERSION_FIELDS))


class IngestionSerializer(serializers.ModelSerializer[Ingestion]):
    """One product on its way; `product` is its archive name once it is registered."""

    ab = serializers.CharField(source="job.block.name")
    campaign = serializers.CharField(source="job.campaign.name")
    instrument = serializers.CharField(source="job.date.instrument_id")
    date = serializers.DateField(source="job.date.date")
    product = serializers.CharField(source="product.dp_id", default=None, allow_null=True)

    class Meta:
        model = Ingestion
        fields = INGESTION_FIELDS
        read_only_fields = fields


def of_jobs(rows: QuerySet[Any]) -> QuerySet[Any]:
    """Products or ingestions with what is told of their jobs."""
    return rows.select_related("job__block", "job__campaign", "job__certificate", "job__date")


class Products(ListAPIView[Product]):
    """Archived products, in the order of their registration."""

    queryset = of_jobs(Product.objects.select_related("ingestion")).only(*OF_PRODUCT, *OF_JOB)
    serializer_class = ArchivedSerializer
    filter_backends = (Filters,)
    ordering = ("id",)
    orderings: ClassVar = both("dp_id", "dp_id") | both("registered", "registered", "id")
    parameters: ClassVar = {
        "instrument": Parameter("job__date__instrument", text),
        "date": Parameter("job__date__date", day),
        "state": Parameter("state__in", words(ProductState)),
        "category": Parameter("category", text),
        "dp_id": Parameter("dp_id", name),
        "version": Parameter("version", whole),
    }


class ProductDetail(Resource):
    """One product."""

    answers: ClassVar = {"get": WholeProductSerializer}

    def get(self, _request: Request, dp_id: str) -> Response:
        """With its sources, findings and versions."""
        product = of_jobs(Product.objects.select_related("ingestion")).filter(dp_id=dp_id).first()
        if product is None:
            raise Http404(f"There is no product {dp_id}.")
        return Response(WholeProductSerializer(product).data)


class Ingestions(ListAPIView[Ingestion]):
    """Products on their way into the archive, in the order in which they were queued."""

    queryset = of_jobs(Ingestion.objects.select_related("product")).only(*OF_INGESTION, *OF_JOB)
    serializer_class = IngestionSerializer
    filter_backends = (Filters,)
    ordering = ("id",)
    parameters: ClassVar = {
        "instrument": Parameter("job__date__instrument", text),
        "date": Parameter("job__date__date", day),
        "state": Parameter("state__in", words(IngestState)),
        "reason": Parameter("reason__in", words(Reason)),
    }


class Acknowledgement(Resource):
    """What became of each product of a date."""

    answers: ClassVar = {"get": AcknowledgementShape}

    def get(self, _request: Request, instrument: str, day: datetime.date) -> Response:
        """As `phoenix acknowledge` has it."""
        try:
            return Response(control.acknowledgement(instrument, day.isoformat()))
        except ValueError:
            raise Http404(f"There is no processing date {instrument} {day}.") from None
