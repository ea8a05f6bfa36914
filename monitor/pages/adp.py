"""The public pages: was a data set processed, and with what result?  No names, no logs, no promises."""

import re
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any
from urllib.parse import urlencode

from django import forms
from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string
from django.utils import timezone

from monitor.api.adp import FILTERS, SENTENCES, Status, datasets
from monitor.marks import Mark
from monitor.pages.guards import kept, public
from processing.models import Instrument, RawFrame

ROWS, NAMES = 50, 50
LONGEST = 128
MARKS: Mapping[Status, Mark] = {
    Status.PROCESSED: Mark("check", "processed", "done"),
    Status.WAITING: Mark("dot", "no result yet", "waiting"),
    Status.FAILED: Mark("cross", "failed", "failed"),
    Status.MISSING_CALIBRATION: Mark("empty", "calibration missing", "rejected"),
    Status.VIRTUAL_CALIBRATION: Mark("empty", "calibration not certified", "rejected"),
    Status.NOT_CERTIFIED: Mark("empty", "mode not certified", "rejected"),
    Status.SKIPPED: Mark("slash", "skipped", "skipped"),
    Status.NOT_PROCESSED: Mark("empty", "not for processing", "rejected"),
    Status.UNKNOWN: Mark("question", "not known here", "rejected"),
}
DEFINED = [{"status": status, "mark": mark, "sentence": SENTENCES[status]} for status, mark in MARKS.items()]
ROBOTS = "User-agent: *\nAllow: /adp/\nDisallow: /\n"


class Search(forms.Form):
    """By the names of frames, or by anything else."""

    dp_id = forms.CharField(required=False, max_length=NAMES * LONGEST, label="Frames, by name")
    instrument = forms.ChoiceField(required=False)
    date = forms.DateField(
        required=False,
        label="Night",
        input_formats=["%Y-%m-%d"],
        widget=forms.TextInput({"placeholder": "YYYY-MM-DD"}),
        error_messages={"invalid": "A night is a date, YYYY-MM-DD."},
    )
    prog_id = forms.CharField(required=False, max_length=LONGEST, label="Programme")
    ob_id = forms.CharField(required=False, max_length=LONGEST, label="Observation block")
    after = forms.CharField(required=False, max_length=LONGEST)

    def __init__(self, data: Any) -> None:
        super().__init__(data)
        names = Instrument.objects.values_list("name", flat=True)
        self.fields["instrument"].choices = [("", "any"), *((name, name) for name in names)]  # type: ignore[attr-defined] # a ChoiceField

    def clean_dp_id(self) -> list[str]:
        """The names, each once, without `.fits`."""
        given = [name.removesuffix(".fits") for name in re.split(r"[\s,;]+", self.cleaned_data["dp_id"]) if name]
        if len(given) > NAMES:
            raise forms.ValidationError(f"At most {NAMES} names at once; the API takes more.")
        return list(dict.fromkeys(given))

    def clean(self) -> dict[str, Any]:
        """Names say it all: another condition beside them would only hide some."""
        sent = self.cleaned_data
        if sent.get("dp_id") and any(sent.get(name) for name in FILTERS):
            raise forms.ValidationError("Search either by name, or by the other fields.")
        return sent


@public
def search(request: HttpRequest) -> HttpResponse:
    """The form, and one sentence for each data set that was found."""
    form = Search(request.GET)
    if not form.is_valid():
        return shown("monitor/adp.html", {"form": form}, HTTPStatus.BAD_REQUEST)
    sent = form.cleaned_data
    wanted = {name: sent[name] for name in FILTERS if sent[name]}
    names, older = (sent["dp_id"], False) if sent["dp_id"] else listed(wanted, sent["after"])
    rows = [{**row, "mark": MARKS[row["status"]]} for row in datasets(names)] if names else []
    more = f"?{urlencode({**wanted, 'after': names[-1]})}" if older else ""
    asked = bool(sent["dp_id"] or wanted)
    return shown("monitor/adp.html", {"here": "adp", "form": form, "rows": rows, "asked": asked, "more": more})


def listed(wanted: Mapping[str, Any], after: str) -> tuple[list[str], bool]:
    """The names of a page of frames that fit, in order, and whether there are more; nothing if nothing was asked."""
    if not wanted:
        return [], False
    frames = RawFrame.objects.filter(**{FILTERS[name].lookup: value for name, value in wanted.items()})
    names = list(
        frames.filter(dp_id__gt=after).order_by("dp_id").values_list("dp_id", flat=True).distinct()[: ROWS + 1]
    )
    return names[:ROWS], len(names) > ROWS


@public
def definitions(_request: HttpRequest) -> HttpResponse:
    """What each word means."""
    return shown("monitor/adp_definitions.html", {"here": "definitions", "defined": DEFINED})


@public
def robots(_request: HttpRequest) -> HttpResponse:
    """Search engines may look at the public pages."""
    return kept(HttpResponse(ROBOTS, content_type="text/plain"))


def shown(template: str, context: Mapping[str, Any], status: HTTPStatus = HTTPStatus.OK) -> HttpResponse:
    """The page without a look at the session: it is the same for everybody."""
    return kept(HttpResponse(render_to_string(template, {**context, "now": timezone.now()}), status=status))
