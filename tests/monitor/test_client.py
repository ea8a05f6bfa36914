"""The client, and the examples of docs/rest.md, against the application as a server."""

import importlib.util
import re
import sys
from pathlib import Path

import pytest

from processing import control
from processing.core.states import JobState, Reason
from tests.monitor import rows

ROOT = Path(__file__).parent.parent.parent
FRAME = "UVES.2012-05-10T03:17:42.861"
EXAMPLES = re.findall(r"^```python\n(.*?)^```", (ROOT / "docs/rest.md").read_text(), re.MULTILINE | re.DOTALL)

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(scope="module")
def phoenix_client():
    spec = importlib.util.spec_from_file_location("phoenix_client", ROOT / "clients" / "phoenix_client.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules["phoenix_client"] = module
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def client(live_server, phoenix_client, django_user_model):
    rows.attempted(rows.job())
    rows.put(rows.job(rows.CELL), JobState.FAILED, Reason.NO_SIGNAL, "noise")
    _, secret = control.make_token("docs", django_user_model.objects.create_superuser("root"), "", 1, "root")
    return phoenix_client.Phoenix(live_server.url, secret)


def test_the_examples_of_the_document_hold(client, phoenix_client):
    assert len(EXAMPLES) == 6
    for example in EXAMPLES:
        exec(example, {"client": client, "Refused": phoenix_client.Refused})  # noqa: S102 - of our own document


def test_the_client_knows_the_vocabulary_of_the_server(client, phoenix_client):
    assert tuple(client.vocabulary()) == phoenix_client.STATUSES


def test_more_than_a_thousand_frames_are_asked_in_several_requests(client):
    names = [f"UVES.2001-01-01T00:00:00.{n}" for n in range(1500)]
    found = [frame.dp_id for frame in client.datasets([*names, FRAME])]

    assert found == [*names, FRAME]


def test_the_client_reads_page_by_page(client):
    assert len(list(client.rows("abs", limit=1))) == 2


def test_what_has_not_changed_is_taken_from_before(client):
    first = client.get("abs/UVES.2012-05-10T03:17:42.861")

    assert client.get("abs/UVES.2012-05-10T03:17:42.861") is first


def test_a_refusal_is_told_with_its_problem(client, phoenix_client):
    with pytest.raises(phoenix_client.Refused, match="colour") as refused:
        client.get("jobs", colour="red")

    assert refused.value.status == 400


def test_a_token_goes_to_no_other_server(client):
    with pytest.raises(ValueError, match="is not of"):
        client.ask("https://other.example.org/api/v1/status/")
