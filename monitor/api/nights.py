"""`instruments/NAME/nights/`: where the time of workers went, night by night, and how well it was used."""

from http import HTTPStatus
from typing import Any, ClassVar

from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from monitor import bottlenecks, timing
from monitor.api.instruments import found
from monitor.api.parameters import Parameter, conditions, day
from monitor.api.problems import Problem
from monitor.api.views import Resource
from monitor.bottlenecks import Night
from processing.core.bottlenecks import Cause

WORDS = [cause.name for cause in Cause]


class SecondsShape(serializers.Serializer[Any]):
    """Seconds of workers by cause."""

    def get_fields(self) -> dict[str, Any]:
        """One for each cause."""
        return {cause.name: serializers.FloatField(help_text=cause.capitalize()) for cause in Cause}


class WentShape(serializers.Serializer[Any]):
    """A night: seconds of all workers, from the first job that could have run to the last that was done."""

    date = serializers.DateField()
    workers = serializers.IntegerField(help_text="The most jobs that had a worker at once")
    work = serializers.FloatField(help_text="Sum of the jobs' times on a worker, in seconds")
    makespan = serializers.FloatField(help_text="Seconds, without those in which nothing might start and nothing ran")
    efficiency = serializers.FloatField(allow_null=True, help_text="work / (makespan * workers); 1 is the best")
    dominating = serializers.ChoiceField(choices=WORDS, allow_null=True, help_text="What took the most")
    seconds = SecondsShape()


class NightsShape(serializers.Serializer[Any]):
    """Nights of an instrument, the newest first; those in which no job had a worker are left out."""

    instrument = serializers.CharField()
    complete = serializers.BooleanField(help_text="False if older jobs of these nights were not read")
    nights = WentShape(many=True)


class Nights(Resource):
    """Of one instrument."""

    parameters: ClassVar = {"from": Parameter("first", day), "to": Parameter("last", day)}
    answers: ClassVar = {"get": NightsShape}

    def get(self, request: Request, name: str) -> Response:
        """The newest 30 up to `to`, with `from` up to 120, of 10,000 jobs at most."""
        given = conditions(request.query_params, self.parameters, paged=False)
        first, last = given.get("first"), given.get("last")
        if first and last and first > last:
            error = {"parameter": "to", "detail": "is before from"}
            raise Problem(HTTPStatus.BAD_REQUEST, "The range of dates ends before it begins.", [error])
        rows = timing.nights_of(found(name).pk, first, last)
        measured = timing.timing(rows) if rows else None
        nights = bottlenecks.of_nights(measured.courses).nights if measured else ()
        complete = not (measured and measured.cut)
        return Response({"instrument": name, "complete": complete, "nights": [told(night) for night in nights]})


def told(night: Night) -> dict[str, Any]:
    """A night in seconds."""
    went = night.found.breakdown
    return {
        "date": night.date,
        "workers": went.workers,
        "work": went.work,
        "makespan": went.open,
        "efficiency": went.efficiency,
        "dominating": went.dominating.name if went.dominating else None,
        "seconds": {cause.name: went.seconds.get(cause, 0.0) for cause in Cause},
    }
