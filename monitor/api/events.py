"""`events/`: what happened, who or which host did it, and why; append-only."""

from typing import Any, ClassVar

from django.db.models import QuerySet
from rest_framework import serializers
from rest_framework.filters import BaseFilterBackend
from rest_framework.generics import ListAPIView
from rest_framework.request import Request
from rest_framework.views import APIView

from monitor import events
from monitor.api.parameters import OneOf, Parameter, conditions, day, text
from processing.models import Event


class EventSerializer(serializers.ModelSerializer[Event]):
    """A change: from which state to which."""

    class Meta:
        model = Event
        fields = ("id", "at", "who", "subject", "subject_id", "name", "old", "new", "why")
        read_only_fields = fields


class EventFilters(BaseFilterBackend):
    """The parameters of `events/`."""

    def filter_queryset(self, request: Request, queryset: QuerySet[Any], view: APIView) -> QuerySet[Any]:
        """Only the events that fit every parameter given."""
        return events.found(**conditions(request.query_params, Events.parameters))


class Events(ListAPIView[Event]):
    """All events, the newest first."""

    queryset = Event.objects.all()
    serializer_class = EventSerializer
    filter_backends = (EventFilters,)
    ordering = ("-id",)
    parameters: ClassVar = {
        "instrument": Parameter("instrument", text),
        "subject": Parameter("subject", OneOf(list(events.SUBJECTS))),
        "who": Parameter("who", text),
        "date": Parameter("day", day),
    }
