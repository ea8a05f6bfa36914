"""The log of an old job: its page, the API and the evidence say where it is, and have it if the file is there."""

import io
import zipfile
from datetime import UTC, datetime

import pytest

from processing.core.states import JobState
from processing.models import Event, Job
from processing.workflow.retain import retain
from tests.monitor import rows

pytestmark = pytest.mark.django_db

PAGE = "/abs/UVES.2012-05-10T03:17:42.861.ab/"
FILE = "logs-2012-05.jsonl.gz"
LOG = "12:00:00 [ INFO  ] reads\n12:00:01 [ ERROR ] b: no such <file>\n"


@pytest.fixture
def history(settings, tmp_path):
    """A job of long ago, whose events and log are in files."""
    settings.PHOENIX = {**settings.PHOENIX, "HISTORY_DIR": tmp_path}
    job = rows.attempted(rows.job(), JobState.FAILED, log=LOG)
    at = datetime(2012, 5, 10, 12, tzinfo=UTC)
    Job.objects.filter(pk=job.pk).update(ended=at)
    Event.objects.update(at=at)
    assert [row["file"] for row in retain(dry=False, say=print)] == ["events-2012-05.jsonl.gz", FILE]
    return tmp_path


def body(client, address=PAGE):
    return " ".join(client.get(address).content.decode().split())


def evidence(client):
    with zipfile.ZipFile(io.BytesIO(client.get(f"{PAGE}evidence/").content)) as bundle:
        return {name.partition("/")[2]: bundle.read(name).decode() for name in bundle.namelist()}


def test_the_page_says_which_file_has_the_log_and_shows_it(viewer, history):
    shown = body(viewer)

    assert f"archived in <code>{FILE}</code></p>" in shown
    assert "first error, line 2" in shown
    assert "b: no such &lt;file&gt;" in shown
    assert "esorex uves_obs_scired frames.sof" in shown


def test_the_page_says_that_the_events_are_in_files(viewer, history):
    assert "archived in the files <code>events-YYYY-MM.jsonl.gz</code>" in body(viewer)


def test_where_the_file_is_not_the_page_says_so(viewer, history):
    (history / FILE).unlink()
    shown = body(viewer)

    assert f"archived in <code>{FILE}</code>, which is not among the files of old rows that this host sees" in shown
    assert "No recipe ran" not in shown


def test_the_api_gives_the_log_from_the_file_or_says_where_it_is(viewer, history):
    address = "/api/v1/abs/UVES.2012-05-10T03:17:42.861.ab/log/"
    assert viewer.get(address).content.decode() == LOG
    assert viewer.get(f"{address}?from_line=2").content.decode() == LOG.splitlines(keepends=True)[1]

    (history / FILE).unlink()
    answer = viewer.get(address)
    assert answer.status_code == 404
    assert FILE in answer.json()["detail"]


def test_the_lines_of_an_old_log_can_be_followed(viewer, history):
    assert "no such" in body(viewer, f"{PAGE}log/?from_line=2")


def test_the_evidence_has_the_log_or_says_where_it_is(viewer, history):
    assert evidence(viewer)["log.txt"] == LOG

    (history / FILE).unlink()
    assert FILE in evidence(viewer)["log.txt"]


def test_a_file_that_was_damaged_is_as_good_as_none(viewer, history):
    (history / FILE).write_bytes(b"not what it was")

    assert "which is not among the files" in body(viewer)
