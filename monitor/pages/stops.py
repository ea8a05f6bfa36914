"""The pages that stop processing and resume it."""

from collections.abc import Sequence
from http import HTTPStatus
from typing import Any

from django import forms
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render

from monitor import stops
from monitor.pages.guards import form_page
from processing import control
from processing.models import Stop
from processing.models.stops import ALL

# An empty choice is none at all; instruments have capital letters.
EVERYTHING = "all"
# A longer list of jobs is cut, and says so.
LISTED = 50


class StopForm(forms.Form):
    """What to stop, what happens to running jobs, and why."""

    scope = forms.ChoiceField(error_messages={"required": "Choose what to stop."})
    mode = forms.ChoiceField(choices=Stop.Mode.choices, initial=Stop.Mode.DRAIN)
    reason = forms.CharField(
        max_length=stops.LONGEST_REASON, error_messages={"required": "Give a reason: whoever waits will read it."}
    )

    def __init__(self, data: Any, scopes: Sequence[stops.Scope]) -> None:
        super().__init__(data)
        names = [scope.name or EVERYTHING for scope in scopes]
        self.fields["scope"].choices = [(name, name) for name in names]  # type: ignore[attr-defined] # a ChoiceField

    def clean_scope(self) -> str:
        """As `control.stop` names it."""
        name = str(self.cleaned_data["scope"])
        return ALL if name == EVERYTHING else name


@form_page("processing.add_stop")
def stop(request: HttpRequest) -> HttpResponse:
    """Stop everything, or one instrument."""
    scopes = stops.scopes()
    form = StopForm(request.POST if request.method == "POST" else None, scopes)
    if form.is_valid():
        messages.warning(request, stopped(form.cleaned_data, request.user.get_username()))
        return redirect("tonight")
    context = {"form": form, "scopes": scopes, "everything": EVERYTHING, "longest": stops.LONGEST_REASON}
    status = HTTPStatus.BAD_REQUEST if form.is_bound else HTTPStatus.OK
    return render(request, "monitor/stop.html", context, status=status)


def stopped(wanted: dict[str, Any], who: str) -> str:
    """Stop, and say what came of it."""
    scope, terminate = wanted["scope"], wanted["mode"] == Stop.Mode.TERMINATE
    before = control.active_stop(scope)
    row = control.stop(scope, wanted["reason"], who, terminate=terminate)
    name = scope or "Everything"
    if before is None:
        return f"{name} is stopped."
    first = f"{name} was stopped already, since {row.at:%Y-%m-%d %H:%M} UTC by {row.who}; that stop and its reason stay"
    return first + ("; running jobs are ended now." if row.mode != before.mode else ".")


@form_page("processing.change_stop")
def resume(request: HttpRequest, pk: int) -> HttpResponse:
    """What a resume would do, and the way to do it."""
    row = Stop.objects.filter(pk=pk).first()
    if row is None:
        raise Http404(f"There is no stop {pk}.")
    if request.method == "POST":
        messages.success(request, resumed(row, request.user.get_username(), backlog="backlog" in request.POST))
        return redirect("tonight")
    context: dict[str, Any] = {"stop": row}
    if not row.resumed:
        plan = control.preview_resume(row)
        context |= {
            "run": plan.run,
            "skip": plan.skip,
            "keep": plan.keep,
            "limit": LISTED,
            "remaining": stops.remaining(row),
        }
    return render(request, "monitor/resume.html", context)


def resumed(row: Stop, who: str, *, backlog: bool) -> str:
    """Resume, and say what came of it."""
    name = row.scope or "Everything"
    if row.resumed:
        return f"{name} was resumed already, at {row.resumed:%Y-%m-%d %H:%M} UTC by {row.resumed_by}."
    numbers = stops.resume(row, who, backlog=backlog)
    kept = f"; kept by another stop: {numbers.kept}" if numbers.kept else ""
    return f"{name} is resumed: jobs that go on: {numbers.run}; skipped: {numbers.skipped}{kept}."
