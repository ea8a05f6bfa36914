"""The rows of a table of jobs, made of strings: a date may have hundreds, and a template takes ten times as long."""

from collections.abc import Iterable, Mapping
from html import escape
from typing import Any
from urllib.parse import quote

from django.urls import reverse
from django.utils.safestring import SafeString, mark_safe

from monitor.marks import JOB_MARKS
from monitor.nested import finite
from monitor.templatetags.phoenix import NOTHING, duration, flags, number, shown

STATES: Mapping[str, str] = {state: shown(mark) for state, mark in JOB_MARKS.items()}


def rows(jobs: Iterable[Any]) -> SafeString:
    """A row for each of `dates.listed`; empty if there are none."""
    root = reverse("ab", args=("X",)).removesuffix("X/")
    return mark_safe("".join(_row(job, root) for job in jobs))  # noqa: S308 - every text in it is escaped


def _row(job: Any, root: str) -> str:
    name = job.block__name
    return (
        f'<tr><td data-label="State">{STATES[job.state]}</td>'
        f'<th scope="row"><a class="name" href="{root}{quote(name, safe=":+")}/">{escape(name)}</a> '
        f'<small class="mode">{escape(job.block__tech)}</small></th>'
        f'<td data-label="Setup">{escape(job.block__setup)}</td><td class="cause">{_cause(job)}</td>'
        f"{_right('Association flags', flags(job.association_flags))}"
        f"{_right('Processing flags', flags(job.processing_flags))}"
        f"{_right('S/N median', _signal(job.signal))}"
        f"{_right('Recipe', duration(job.seconds))}"
        f"{_right('Products', job.archived or NOTHING)}</tr>\n"
    )


def _right(label: str, value: object) -> str:
    return f'<td class="right" data-label="{label}">{value}</td>'


def _cause(job: Any) -> str:
    reason = f'<code class="reason">{escape(job.reason)}</code> ' if job.reason else ""
    return reason + (f'<span class="why">{escape(job.sentence)}</span>' if job.sentence else "")


def _signal(measured: Iterable[Mapping[str, Any]]) -> str:
    found = [f'<span title="{escape(row["chip"])}">{number(finite(row["value"]), 3)}</span>' for row in measured]
    return " / ".join(found) or NOTHING
