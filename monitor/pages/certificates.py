"""The pages of certificates: what may be processed and how, its versions, and the steps of their life."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

from django import forms
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render

from monitor import certificates
from monitor.pages.guards import form_page, page
from processing import control
from processing.core.certification import BadCertificate
from processing.core.errors import ReviewRefused
from processing.core.states import CertificateState
from processing.core.toml import MOST_CHARACTERS, read_entries, write
from processing.models import Certificate, Event

LONGEST_NOTE = 1000


@page
def everything(request: HttpRequest) -> HttpResponse:
    """The version in force of each certificate, and the drafts that wait for a review."""
    return render(request, "monitor/certificates.html", {"modes": certificates.modes()})


@page
def one(request: HttpRequest, instrument: str, name: str, version: int | None = None) -> HttpResponse:
    """A version, the one in force unless another is asked for, with its history and a difference."""
    versions = history(instrument, name)
    row = certificates.in_force_of(versions) if version is None else picked(versions, version)
    asked = request.GET.get("against", "")
    if asked and not (asked.isascii() and asked.isdigit()):
        raise Http404(f"against={asked} is no version.")
    earlier = next((other for other in versions if other.version < row.version), None)
    other = picked(versions, int(asked[:9])) if asked else earlier
    context = {
        "row": row,
        "terms": certificates.terms(row),
        "text": write(row.terms),
        "versions": versions,
        "valid": certificates.in_force_of(versions),
        "other": other,
        "changes": certificates.changes(other, row) if other else [],
        "events": Event.objects.filter(subject=Certificate.subject, subject_id=row.pk),
        "mine": request.user.get_username() in row.editors,
        "replaced": any(each.version > row.version and each.state != CertificateState.DRAFT for each in versions),
    }
    return render(request, "monitor/certificate.html", context)


def history(instrument: str, name: str) -> list[Certificate]:
    """All versions, the newest first; not found if there is none."""
    versions = certificates.history(instrument, name)
    if not versions:
        raise Http404(f"There is no certificate {instrument} {name}.")
    return versions


def picked(versions: list[Certificate], version: int) -> Certificate:
    """One of the versions."""
    found = next((row for row in versions if row.version == version), None)
    if found is None:
        raise Http404(f"There is no version {version} of {versions[0].instrument} {versions[0].name}.")
    return found


class DraftForm(forms.Form):
    """The content as TOML, and the edition that the writer started from."""

    text = forms.CharField(max_length=MOST_CHARACTERS, strip=False, error_messages={"required": "Write a certificate."})
    base = forms.CharField(max_length=24, required=False)


@form_page("processing.draft_certificate")
def draft(request: HttpRequest, instrument: str = "", name: str = "") -> HttpResponse:
    """Set up the next version, or change the open draft; of no certificate in particular, that of a new mode."""
    newest = history(instrument, name)[0] if name else None
    form = DraftForm(request.POST) if request.method == "POST" else DraftForm()
    faults: list[str] = []
    status = HTTPStatus.BAD_REQUEST if form.is_bound else HTTPStatus.OK
    if form.is_valid():
        try:
            done = drafted(newest, form.cleaned_data, request.user.get_username())
        except BadCertificate as bad:
            faults = [str(fault) for fault in bad.faults] or [str(bad)]
        except ReviewRefused as refused:
            faults, status = [str(refused)], HTTPStatus.CONFLICT
        else:
            messages.success(request, TOLD[done.result].format(done.row))
            return redirect("version", done.row.instrument, done.row.name, done.row.version)
    context = {
        "form": form,
        "newest": newest,
        "faults": faults,
        "text": form["text"].value() if form.is_bound else write(newest.terms) if newest else EXAMPLE,
        "base": form["base"].value() if form.is_bound else newest.edition if newest else "",
        "longest": MOST_CHARACTERS,
    }
    return render(request, "monitor/certificate_draft.html", context, status=status)


TOLD = {
    "NEW": "{} is drafted; somebody else certifies it.",
    "CHANGED": "{} is changed; somebody else certifies it.",
    "UNCHANGED": "Nothing differs from {}, so nothing was changed.",
}
EXAMPLE = """\
instrument = ""
name = ""
recipe = ""
required = []
products = []

[mode]
tech = ""
"""


def drafted(newest: Certificate | None, sent: Mapping[str, Any], who: str) -> control.Drafted:
    """Draft what the form has; a page of one certificate does not draft another."""
    entries = read_entries(sent["text"])
    if len(entries) != 1:
        raise BadCertificate("write one certificate; a file of several is for the command line")
    [content] = entries
    if newest and (content.get("instrument"), content.get("name")) != (newest.instrument, newest.name):
        raise BadCertificate(f'keep instrument = "{newest.instrument}" and name = "{newest.name}"')
    return control.draft(content, who, sent["base"])


@dataclass(frozen=True)
class Step:
    """A step of a reviewer: what it is called, what it means, and what does it."""

    take: Callable[[Certificate, str, str], int | None]
    title: str
    asks: str
    means: str
    grave: bool = False


STEPS: Mapping[str, Step] = {
    "certify": Step(
        control.certify,
        "Certify",
        "What was reviewed",
        "ABs of this mode are processed under this version from now on, waiting ones included. It is frozen.",
    ),
    "suspend": Step(
        control.suspend,
        "Suspend",
        "Why",
        "Nothing more starts under this version: jobs wait, new ABs of the mode are rejected. What runs may end.",
        grave=True,
    ),
    "withdraw": Step(
        control.withdraw,
        "Withdraw",
        "Why",
        "This version ends for good: waiting jobs and new ABs of the mode are rejected. What runs may end.",
        grave=True,
    ),
}


class StepForm(forms.Form):
    """A word on the step, and the revision that the reviewer has read."""

    why = forms.CharField(max_length=LONGEST_NOTE, error_messages={"required": "Say it: it stays with the version."})
    revision = forms.IntegerField(min_value=1, max_value=2**31 - 1)


@form_page("processing.certify_certificate")
def step(request: HttpRequest, instrument: str, name: str, version: int, name_of_step: str) -> HttpResponse:
    """What a step means, and the way to take it."""
    versions = history(instrument, name)
    row, step = picked(versions, version), STEPS[name_of_step]
    form = StepForm(request.POST) if request.method == "POST" else StepForm()
    refused, status = "", HTTPStatus.BAD_REQUEST if form.is_bound else HTTPStatus.OK
    if form.is_valid():
        try:
            taken(step, row, request.user.get_username(), form.cleaned_data)
        except ReviewRefused as error:
            refused, status = str(error), HTTPStatus.CONFLICT
        else:
            messages.success(request, f"{row} is {row.state}.")
            return redirect("version", instrument, name, version)
    # What was in force before: the newest reviewed version but this one.
    before = next((each for each in versions if each != row and each.state != CertificateState.DRAFT), None)
    context = {
        "row": row,
        "step": step,
        "name_of_step": name_of_step,
        "form": form,
        "refused": refused,
        "before": before,
        "changes": certificates.changes(before, row) if name_of_step == "certify" and before else [],
        "following": sum(each.waiting_count for each in versions if each.version < row.version),  # type: ignore[attr-defined] # by `used`
        "longest": LONGEST_NOTE,
    }
    return render(request, "monitor/certificate_step.html", context, status=status)


def taken(step: Step, row: Certificate, who: str, sent: Mapping[str, Any]) -> None:
    """Take the step for the revision that was on the page."""
    if sent["revision"] != row.revision:
        raise ReviewRefused(f"{row} was changed by {row.by} after you opened this page; look at it again")
    step.take(row, who, sent["why"])
