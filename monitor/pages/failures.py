"""The pages of failures: their kinds against instruments, one kind with its ABs, the steps of a person, evidence."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from http import HTTPStatus
from typing import Any

from django import forms
from django.contrib import messages
from django.core.paginator import InvalidPage, Page, Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.http import urlencode
from django.utils.safestring import SafeString

from monitor import evidence, failures
from monitor.addresses import InstrumentName
from monitor.pages.guards import form_page, page
from monitor.pages.sparkline import sparkline
from processing import control
from processing.core.states import ClusterState
from processing.models import Cluster, Event, Instrument, Job

INSTRUMENT = re.compile(InstrumentName.regex)
KINDS, JOBS = 25, 50
"""On a page."""
LONGEST_NUMBER = 6
"""Digits of a page's number."""


@dataclass(frozen=True)
class Wanted:
    """The selection as it stands in the address."""

    parameters: dict[str, str]
    conditions: dict[str, Any]

    @property
    def query(self) -> str:
        """For links that keep the selection."""
        return urlencode(self.parameters)

    def also(self, **more: str) -> str:
        """The same with another choice."""
        return urlencode({**self.parameters, **more})


@dataclass(frozen=True)
class Cell:
    """The failures of a kind on one instrument, and the way to them."""

    instrument: str
    number: int
    query: str

    @property
    def few(self) -> bool:
        """True if the number says little."""
        return self.number < failures.FEW


@dataclass(frozen=True)
class Row:
    """A kind in the matrix."""

    kind: failures.Kind
    cells: Sequence[Cell]
    picture: SafeString


@page
def everything(request: HttpRequest) -> HttpResponse:
    """Kinds of one state, the worst first, against instruments."""
    state = ClusterState(word(request, "state", list(ClusterState)) or ClusterState.OPEN)
    wanted = selection(request)
    found = failures.overview(state, wanted.conditions)
    shown = paged(request, found.fingerprints, KINDS)
    kinds = failures.kinds({name: found.counted[name] for name in shown}, wanted.conditions)
    last = max((kind.last for kind in kinds), default=date.min)
    context = {
        "state": state,
        "wanted": wanted,
        "instruments": Instrument.objects.values_list("name", flat=True),
        "found": found,
        "tabs": [(name, number, wanted.also(state=name)) for name, number in found.tabs.items()],
        "rows": [row(kind, found.instruments, wanted, last) for kind in kinds],
        "page": shown,
        "more": wanted.also(state=state),
        "anything": any(found.tabs.values()),
    }
    return render(request, "monitor/failures.html", context)


def row(kind: failures.Kind, instruments: Sequence[str], wanted: Wanted, last: date) -> Row:
    """A kind with a cell for each instrument."""
    return Row(kind, cells(kind, instruments, wanted), sparkline(kind.days, failures.since(last), last))


def cells(kind: failures.Kind, instruments: Sequence[str], wanted: Wanted) -> list[Cell]:
    """The numbers of a kind, in the order of the instruments."""
    numbers = kind.by_instrument
    return [Cell(name, numbers.get(name, 0), wanted.also(instrument=name)) for name in instruments]


@page
def one(request: HttpRequest, fingerprint: str) -> HttpResponse:
    """One kind with the ABs that failed so."""
    cluster, wanted = found(fingerprint), selection(request)
    kind = failures.one_kind(cluster, wanted.conditions)
    total = failures.total(cluster) if wanted.conditions else kind.number
    context = {
        "cluster": cluster,
        "kind": kind,
        "total": total,
        "fresh": total - cluster.seen,
        "wanted": wanted,
        "cells": cells(kind, sorted(kind.by_instrument), wanted),
        "picture": sparkline(kind.days, failures.since(kind.last), kind.last) if kind.counted else "",
        "page": paged(request, failures.jobs_of(cluster, wanted.conditions), JOBS, kind.number),
        "events": list(Event.objects.filter(subject=Cluster.subject, subject_id=cluster.pk)),
        "most": evidence.MOST,
    }
    return render(request, "monitor/failure.html", context)


def found(fingerprint: str) -> Cluster:
    """The cluster of this fingerprint."""
    cluster = Cluster.objects.filter(fingerprint=fingerprint).first()
    if cluster is None:
        raise Http404(f"There is no kind of failure {fingerprint}.")
    return cluster


def selection(request: HttpRequest) -> Wanted:
    """Instrument and range of dates; not found for what is neither, in words."""
    instrument = request.GET.get("instrument", "")
    if instrument and not INSTRUMENT.fullmatch(instrument):
        raise Http404(f"instrument={instrument} is not the name of an instrument.")
    parameters = {"instrument": instrument, "from": day(request, "from"), "to": day(request, "to")}
    given = {name: value for name, value in parameters.items() if value}
    lookups = {"instrument": "date__instrument", "from": "date__date__gte", "to": "date__date__lte"}
    return Wanted(given, {lookups[name]: value for name, value in given.items()})


def word(request: HttpRequest, parameter: str, allowed: Sequence[str]) -> str:
    """A parameter of a closed list; empty if it is not given, not found for any other value."""
    value = request.GET.get(parameter, "")
    if value and value not in allowed:
        raise Http404(f"{parameter}={value} is not one of {', '.join(allowed)}.")
    return value


def day(request: HttpRequest, parameter: str) -> str:
    """A date of the calendar; empty if it is not given."""
    value = request.GET.get(parameter, "")
    if value and not is_day(value):
        raise Http404(f"{parameter}={value} is not a date, YYYY-MM-DD.")
    return value


def is_day(value: str) -> bool:
    """True for YYYY-MM-DD; Python reads other forms of ISO 8601, too."""
    try:
        return date.fromisoformat(value).isoformat() == value
    except ValueError:
        return False


class Counted(Paginator):  # type: ignore[type-arg] # its stubs alone have a type argument
    """Pages of rows that were counted before."""

    def __init__(self, rows: Any, size: int, number: int) -> None:
        super().__init__(rows, size)
        self.count = number


def paged(request: HttpRequest, rows: Any, size: int, number: int | None = None) -> "Page[Any]":
    """The page that is asked for, the first one if none is."""
    asked = request.GET.get("page", "1")
    try:
        return Counted(rows, size, len(rows) if number is None else number).page(asked[:LONGEST_NUMBER])
    except InvalidPage:
        raise Http404(f"There is no page {asked}.") from None


class StepForm(forms.Form):
    """A word on the step, and how many failures were on the page."""

    why = forms.CharField(
        max_length=control.LONGEST_NOTE, error_messages={"required": "Say it: whoever comes next will read it."}
    )
    expected = forms.IntegerField(min_value=0, max_value=2**31 - 1)


class HandoverForm(StepForm):
    """The same, with a ticket."""

    ticket = forms.CharField(
        max_length=control.LONGEST_TICKET, error_messages={"required": "Give the reference of SDP's ticket."}
    )


@form_page("processing.acknowledge_cluster")
def acknowledge(request: HttpRequest, fingerprint: str) -> HttpResponse:
    """Say that the failures of a kind are known."""
    return step(request, found(fingerprint), StepForm)


@form_page("processing.acknowledge_cluster")
def hand_over(request: HttpRequest, fingerprint: str) -> HttpResponse:
    """Give the failures of a kind to SDP."""
    return step(request, found(fingerprint), HandoverForm)


def step(request: HttpRequest, cluster: Cluster, shape: type[StepForm]) -> HttpResponse:
    """What a step means, and the way to take it; refused if there are more failures than were on the page."""
    form = shape(request.POST) if request.method == "POST" else shape()
    refused, status = "", HTTPStatus.BAD_REQUEST if form.is_bound else HTTPStatus.OK
    if form.is_valid():
        try:
            marked = taken(cluster, request.user.get_username(), form.cleaned_data)
        except control.Outdated as outdated:
            refused, status = f"Nothing was done: {outdated}.", HTTPStatus.CONFLICT
            cluster.refresh_from_db()
        except ValueError as error:
            refused = str(error)
        else:
            messages.success(request, f"{STATE_WORDS[cluster.state]}: {cluster.seen} failures, {marked} of them new.")
            return redirect("failure", cluster.fingerprint)
    context = {
        "cluster": cluster,
        "form": form,
        "handing_over": shape is HandoverForm,
        "refused": refused,
        "total": failures.total(cluster),
        "longest": control.LONGEST_NOTE,
        "longest_ticket": control.LONGEST_TICKET,
    }
    return render(request, "monitor/failure_step.html", context, status=status)


STATE_WORDS: Mapping[str, str] = {
    ClusterState.ACKNOWLEDGED: "Acknowledged",
    ClusterState.HANDED_OVER: "Handed over to SDP",
}


def taken(cluster: Cluster, who: str, sent: dict[str, Any]) -> int:
    """Take the step that the form is about."""
    if "ticket" in sent:
        return control.hand_over_failures(cluster, who, sent["why"], sent["ticket"], sent["expected"])
    return control.acknowledge_failures(cluster, who, sent["why"], sent["expected"])


@page
def bundle(_request: HttpRequest, fingerprint: str) -> HttpResponse:
    """The evidence of a kind."""
    return evidence.of_kind(found(fingerprint))


@page
def bundle_of_ab(request: HttpRequest, name: str) -> HttpResponse:
    """The evidence of one AB's attempt; of several the newest, or that in `campaign`."""
    jobs = Job.objects.filter(block__name__in=(name, f"{name}.ab")).order_by("-id")
    if campaign := request.GET.get("campaign"):
        jobs = jobs.filter(campaign__name=campaign.replace("\0", ""))
    job = jobs.select_related("block").first()
    if job is None:
        raise Http404(f"There is no attempt of {name} here.")
    return evidence.of_job(job)
