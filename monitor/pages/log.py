"""A recipe's log as HTML: escaped, its lines numbered and addressable, its first error marked."""

import re
from dataclasses import dataclass
from http import HTTPStatus

from django.http import Http404, HttpRequest, HttpResponse
from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe

from monitor.pages import asked
from monitor.pages.guards import page
from processing.models import AssociationBlock, JobLog

# Lines of esorex (`12:34:56 [ ERROR ] recipe: text`), or the start of a Python traceback.
_ERROR = re.compile(r"\[\s*ERROR\s*\]|\bERROR\b|^Traceback \(")
_WARNING = re.compile(r"\[\s*WARNING\s*\]|\bWARNING\b")
MOST_DIGITS = 7
_TERMINAL = re.compile(r"\x1b\[[0-9;?]*[ -/]*[@-~]|[\x00-\x08\x0b-\x1f\x7f]")


@dataclass(frozen=True)
class LogView:
    """The log ready to be shown."""

    html: SafeString
    lines: int
    first_error: int | None
    """Number of the line, from 1."""
    first_error_text: str


def split(text: str) -> list[str]:
    """The lines, without terminal sequences and control characters."""
    return _TERMINAL.sub("", text).splitlines()


def view(text: str, start: int = 1) -> LogView:
    """The lines from number `start` on; 500 kB take about 20 ms."""
    lines = split(text)
    error = next((number for number, line in enumerate(lines, 1) if _ERROR.search(line)), None)
    shown = enumerate(lines[start - 1 :], start)
    body = "\n".join(_line(number, line, first=number == error) for number, line in shown)
    message = lines[error - 1].strip() if error else ""
    return LogView(mark_safe(body), len(lines), error, message)  # noqa: S308 - every line went through escape()


@page
def lines(request: HttpRequest, name: str) -> HttpResponse:
    """The lines of an AB's log from number `from_line` on, as its page has them; 204 while there are none."""
    wanted = request.GET.get("from_line", "1")
    if not (wanted.isascii() and wanted.isdigit() and len(wanted) <= MOST_DIGITS and int(wanted)):
        raise Http404("from_line must be the number of a line, from 1.")
    try:
        jobs = AssociationBlock.objects.defer("text").named(name).jobs.order_by("-id")
    except AssociationBlock.DoesNotExist:
        raise Http404(f"There is no AB {name}.") from None
    campaign = asked.text(request, "campaign")
    of_campaign = jobs.filter(campaign__name=campaign) if campaign else jobs
    found = JobLog.objects.filter(job__in=of_campaign[:1].values("pk")).first()
    kept = found.kept if found else None
    shown = view(kept.text if kept else "", int(wanted))
    return HttpResponse(shown.html) if shown.html else HttpResponse(status=HTTPStatus.NO_CONTENT)


def _line(number: int, line: str, *, first: bool) -> str:
    anchor, content = f'<a id="L{number}" href="#L{number}">{number}</a>', escape(line)
    if _ERROR.search(line):
        return f'{anchor}<b class="{"error first" if first else "error"}">{content}</b>'
    if _WARNING.search(line):
        return f'{anchor}<b class="warning">{content}</b>'
    return f"{anchor}{content}"
