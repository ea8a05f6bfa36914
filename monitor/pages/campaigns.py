"""The pages of campaigns: what there is, one with its ABs, a new one, and the steps of a person."""

from collections.abc import Callable, Mapping
from contextlib import suppress
from http import HTTPStatus
from typing import Any

from django import forms
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render

from monitor import campaigns
from monitor.overview import overview
from monitor.pages import asked
from monitor.pages.guards import form_page, page
from processing import control
from processing.core.states import REASONS, UNFINISHED, CampaignKind, JobState, Reason
from processing.models import Campaign, Instrument
from processing.models.census import census

PERMISSION = "processing.run_campaign"
LONGEST_REASON = 500
STEPS: Mapping[str, tuple[Callable[[Campaign, str, str], bool], str, str]] = {
    "pause": (control.pause_campaign, "Pause", "Nothing more of it starts. What runs now may end, and is ingested."),
    "resume": (control.resume_campaign, "Resume", "It goes on where it was."),
    "cancel": (
        control.cancel_campaign,
        "Cancel",
        "What waits is SKIPPED, for good in this campaign; a new campaign can take it up. What runs now may end.",
    ),
}
KINDS = {"again": CampaignKind.AGAIN, "back": CampaignKind.BACK}
CHOSEN = ("kind", "take_skipped", "instruments", "order")
DAY = forms.DateInput({"type": "date"}, "%Y-%m-%d")


class CampaignForm(forms.Form):
    """What a campaign is asked to be; what it means is checked by `control.plan_campaign`."""

    kind = forms.ChoiceField(choices=[(name, name) for name in KINDS], initial="again")
    take_skipped = forms.BooleanField(required=False)
    instruments = forms.ModelMultipleChoiceField(Instrument.objects.all())
    order = forms.ChoiceField(choices=[("oldest", "oldest"), ("newest", "newest")], initial="newest")
    name = forms.CharField(max_length=60, help_text="shown wherever its jobs are")
    first = forms.DateField(input_formats=["%Y-%m-%d"], label="First DFO date", widget=DAY, help_text="UTC")
    last = forms.DateField(input_formats=["%Y-%m-%d"], label="Last DFO date", widget=DAY, help_text="UTC")
    modes = forms.CharField(
        required=False, max_length=500, help_text="names of certificates, such as ECHELLE-POINT; empty: all"
    )
    certificate = forms.CharField(
        required=False, max_length=100, help_text="another version than the one in force, such as ECHELLE-POINT:2"
    )
    release = forms.CharField(required=False, max_length=60, help_text="a name for what it makes")
    per_hour = forms.IntegerField(
        required=False,
        min_value=1,
        max_value=1_000_000,
        label="Jobs per hour",
        help_text="the most that start; empty: no limit",
    )
    priority = forms.IntegerField(
        required=False,
        min_value=-100,
        max_value=100,
        help_text="among campaigns; the day-to-day stream always goes first",
    )
    window = forms.CharField(
        required=False,
        max_length=11,
        help_text="such as 21:00-05:00 UTC, within the windows of its instruments; empty: theirs",
    )

    def texts(self) -> list[forms.BoundField]:
        """The fields in which something is written, after those in which something is chosen."""
        return [self[name] for name in self.fields if name not in CHOSEN]

    def plan(self) -> Campaign | None:
        """The campaign; None, and the errors of its fields, if it cannot be."""
        found = self.cleaned_data
        values = {
            **found,
            "kind": KINDS[found["kind"]],
            "instruments": [row.pk for row in found["instruments"]],
            "modes": found["modes"].replace(",", " ").split(),
            "newest_first": found["order"] == "newest",
        }
        try:
            return control.plan_campaign(values)
        except control.BadPlan as bad:
            for field, said in bad.faults.items():
                self.add_error(field if field in self.fields else None, list(said))
        return None


@page
def everything(request: HttpRequest) -> HttpResponse:
    """All campaigns, each with its progress."""
    rows = campaigns.everything()
    live = any(row.tally.of(UNFINISHED) for row in rows)
    return render(
        request, "monitor/campaigns.html", {"rows": rows, "live": live, "may": request.user.has_perm(PERMISSION)}
    )


@page
def one(request: HttpRequest, pk: int) -> HttpResponse:
    """One campaign: how far it is, when it is done, where its time went, and each of its ABs."""
    row = found(pk)
    counted = overview(row)
    progress = campaigns.Progress(row, campaigns.whole(counted.parts))
    state, reason = asked.word(request, "state", list(JobState)), asked.word(request, "reason", list(Reason))
    context = {
        "row": progress,
        "counted": counted,
        "parts": counted.parts,
        "rate": counted.rate,
        "left": counted.rate.left(progress.tally.unfinished),
        "live": bool(progress.tally.unfinished),
        "eta": counted.eta,
        "time": counted.time,
        "slots": None if row.endless else campaigns.slots(row, state, reason, after(request)),
        "reasons": [(s, r, REASONS[Reason(r)], n) for s, r, n in counted.reasons],
        "chosen": {"state": state, "reason": reason},
        "may": request.user.has_perm(PERMISSION),
    }
    return render(request, "monitor/campaign.html", context)


@form_page(PERMISSION)
def create(request: HttpRequest) -> HttpResponse:
    """Look at a new campaign first, then make it."""
    form = CampaignForm(request.POST if request.method == "POST" else None)
    row = form.plan() if form.is_valid() else None
    if row and "create" in request.POST:
        control.create_campaign(row, request.user.get_username())
        messages.success(request, f"{row} is made; its ABs are put in within a minute.")
        return redirect("campaign", pk=row.pk)
    preview = control.preview_campaign(row) if row else None
    context: dict[str, Any] = {"form": form, "row": row, "preview": preview}
    if row and preview:
        context |= {"missing": preview.missing(row), "disk": preview.disk(), "left": preview_rows(preview)}
    status = HTTPStatus.BAD_REQUEST if form.is_bound and row is None else HTTPStatus.OK
    return render(request, "monitor/campaign_new.html", context, status=status)


def preview_rows(preview: control.CampaignPreview) -> list[tuple[str, str, str, int]]:
    """State, reason, its meaning and number of what is not run."""
    return [
        (state, reason, REASONS[Reason(reason)], number) for (state, reason), number in sorted(preview.left.items())
    ]


@form_page(PERMISSION)
def step(request: HttpRequest, pk: int, name: str) -> HttpResponse:
    """Pause, resume or cancel, after a look at what that means."""
    row, (act, title, meaning) = found(pk), STEPS[name]
    progress = campaigns.Progress(row, campaigns.whole(campaigns.parts(census(row))))
    if request.method == "POST":
        done = False
        with suppress(ValueError):
            done = act(row, request.user.get_username(), request.POST.get("why", "")[:LONGEST_REASON])
        said = f"{row} is {row.fresh().state.lower()}" + (" now." if done else " and cannot be changed in this way.")
        (messages.success if done else messages.warning)(request, said)
        return redirect("campaign", pk=pk)
    context = {"row": progress, "title": title, "meaning": meaning, "possible": name in progress.steps}
    return render(request, "monitor/campaign_step.html", context | {"longest": LONGEST_REASON})


def found(pk: int) -> Campaign:
    """The campaign of this number."""
    row = Campaign.objects.select_related("certificate").filter(pk=pk).first()
    if row is None:
        raise Http404(f"There is no campaign {pk}.")
    return row


def after(request: HttpRequest) -> int:
    """Where the page of ABs begins."""
    text = asked.text(request, "after")
    if text and not (text.isascii() and text.isdecimal() and len(text) < len(str(2**62))):
        raise Http404(f"after={text} is no number.")
    return int(text or 0)
