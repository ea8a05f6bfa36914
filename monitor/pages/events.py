"""The page of the event log."""

from http import HTTPStatus
from typing import Any
from urllib.parse import urlencode

from django import forms
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from monitor import events
from monitor import touches as counted
from monitor.pages.guards import page
from processing.models import Instrument

ROWS = 100
ANY = ("", "any")


class Filter(forms.Form):
    """What shall be shown; nothing of it has to be given."""

    instrument = forms.ChoiceField(required=False)
    subject = forms.ChoiceField(required=False, choices=[ANY, *((name, name) for name in events.SUBJECTS)])
    who = forms.CharField(required=False, max_length=150, label="Who, or which host")
    day = forms.DateField(
        required=False,
        label="Day (UTC)",
        input_formats=["%Y-%m-%d"],
        widget=forms.TextInput({"placeholder": "YYYY-MM-DD"}),
        error_messages={"invalid": "A day is YYYY-MM-DD."},
    )
    before = forms.IntegerField(required=False, min_value=1, max_value=2**63 - 1)

    def __init__(self, data: Any) -> None:
        super().__init__(data)
        names = Instrument.objects.values_list("name", flat=True)
        self.fields["instrument"].choices = [ANY, *((name, name) for name in names)]  # type: ignore[attr-defined] # a ChoiceField


@page
def log(request: HttpRequest) -> HttpResponse:
    """The newest events that fit, and the way to older ones."""
    form = Filter(request.GET)
    context: dict[str, Any] = {"form": form}
    if not form.is_valid():
        return render(request, "monitor/events.html", context, status=HTTPStatus.BAD_REQUEST)
    wanted = {name: value for name, value in form.cleaned_data.items() if value}
    rows = list(events.found(**wanted)[: ROWS + 1])
    kept = {name: value for name, value in wanted.items() if name != "before"}
    context |= {"events": events.described(rows[:ROWS]), "filtered": bool(kept), "live": not wanted.get("before")}
    context["newest"] = f"?{urlencode(kept)}" if wanted.get("before") else ""
    context["older"] = f"?{urlencode({**kept, 'before': rows[ROWS - 1].pk})}" if len(rows) > ROWS else ""
    return render(request, "monitor/events.html", context)


@page
def touches(request: HttpRequest) -> HttpResponse:
    """How often people had to act."""
    return render(request, "monitor/touches.html", {"months": counted.months()})
