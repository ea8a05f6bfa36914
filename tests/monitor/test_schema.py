"""The description of the API is the API's: as committed, and as asked by a machine that believes every word of it."""

import os
import subprocess
import sys
from collections import Counter
from functools import cache
from pathlib import Path

import pytest
import schemathesis
from django.contrib.auth.models import Group, Permission
from django.core.signals import request_finished, request_started
from django.core.wsgi import get_wsgi_application
from django.db import close_old_connections
from drf_spectacular.generators import SchemaGenerator
from drf_spectacular.renderers import OpenApiYamlRenderer
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis.specs.openapi import checks

from processing import control
from processing.models import AssociationBlock
from tests.monitor import rows

ROOT = Path(__file__).parent.parent.parent
FILE = ROOT / "docs" / "openapi.yaml"
EXAMPLES = int(os.environ.get("SCHEMA_EXAMPLES", "3"))
# A name that is there, so that not all answers are 404.
NAMES = {"name": "UVES.2012-05-10T03:17:42.861", "instrument": "UVES", "day": "2012-05-09", "version": 1}

UNTOLD = {
    ("post", "/api/v1/abs/"),
    ("post", "/api/v1/certificates/"),
    ("get", "/api/v1/adp/datasets/"),
    ("get", "/api/v1/grid/"),
    ("get", "/api/v1/instruments/{name}/nights/"),
    ("post", "/api/v1/adp/datasets/"),
    ("post", "/api/v1/campaigns/"),
    ("post", "/api/v1/stops/"),
}
"""Whose rules a description cannot tell: what an AB or a certificate is, that one of several filters is needed, which
instruments there are, that a range begins before it ends.  They may refuse what looks right."""


ASKED: Counter[int] = Counter()
"""How many requests had which status."""


@cache
def described():
    return SchemaGenerator().get_schema(request=None, public=True)


def test_the_description_that_is_committed_is_the_apis():
    """`python manage.py spectacular --file docs/openapi.yaml` writes it anew."""
    assert FILE.read_text() == OpenApiYamlRenderer().render(described(), renderer_context={}).decode()


def test_the_description_can_be_read_and_says_its_version(client):
    answer = client.get("/api/schema/?format=json")

    assert answer.json()["openapi"] == "3.0.3"
    assert "/api/v1/adp/datasets/" in answer.json()["paths"]


def test_the_page_for_reading_it_is_from_this_server_and_has_nothing_inline(client):
    page = client.get("/api/docs/").content.decode()
    script = client.get("/api/docs/?script")

    assert "swagger-ui-bundle.js" in page
    assert not any(sign in page for sign in ("https://", "<style", "onload", "<script>"))
    assert script.headers["Content-Type"].startswith("application/javascript")


OPERATIONS = [
    (path, method)
    for path, item in described()["paths"].items()
    for method in item
    if method in ("get", "post", "patch")
]


@pytest.fixture
def night(db):
    """A night with everything in it, and values that are no numbers."""
    row = rows.attempted(rows.job())
    rows.documented(row.products.get())
    rows.put(rows.job(rows.CELL), "FAILED", "NO_SIGNAL", "noise", seconds=float("inf"))
    rows.job(rows.VIRTUAL)
    control.stop("", "a bug", "anna")
    assert AssociationBlock.objects.count() == 3


@pytest.fixture
def header(night, django_user_model):
    """Of a token that may do everything."""
    group = Group.objects.create(name="everything")
    group.permissions.set(Permission.objects.all())
    _, secret = control.make_token("machine", django_user_model.objects.create_superuser("root"), "everything", 1, "x")
    return {"Authorization": f"Bearer {secret}"}


def counted(app):
    """The application; all that it answers is counted, the questions of the checks too."""

    def asked(environ, start_response):
        def start(status, *others):
            ASKED[int(status.split()[0])] += 1
            return start_response(status, *others)

        return app(environ, start)

    return asked


def ask(path, method, headers):
    """Ask an operation what its description allows, and what it does not; a failure names the check."""
    schema = schemathesis.openapi.from_dict(described())
    schema.app = counted(get_wsgi_application())
    schema.config.update(base_url="http://localhost")
    # Answers as they are: the client that is used here does not unpack any.
    sent = {"headers": {**headers, "Accept-Encoding": "identity"}}
    # As Django's own test client does: the connection is the test's.
    for signal in (request_started, request_finished):
        signal.disconnect(close_old_connections)

    @settings(
        max_examples=EXAMPLES,
        deadline=None,
        database=None,
        derandomize=EXAMPLES < 10,
        phases=[Phase.explicit, Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(case=schema[path][method.upper()].as_strategy())
    def question(case):
        case.path_parameters |= {name: value for name, value in NAMES.items() if name in case.path_parameters}
        response = case.call(**sent)
        left_out = [checks.positive_data_acceptance] if (method, path) in UNTOLD else []
        case.validate_response(response, headers=headers, transport_kwargs=sent, excluded_checks=left_out)

    question()


@pytest.mark.parametrize(("path", "method"), OPERATIONS)
def test_every_answer_is_one_that_the_description_has(header, path, method):
    ask(path, method, header)


@pytest.mark.parametrize(("path", "method"), OPERATIONS)
def test_every_answer_to_nobody_is_one_that_the_description_has(night, path, method):
    ask(path, method, {})


ASKED_AT_ONCE = """
import sys
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
import django
django.setup()
from django.test import Client
sys.setswitchinterval(1e-5)
together = Barrier(8)
def ask(version):
    together.wait(20)
    client = Client(raise_request_exception=False, SERVER_NAME="localhost")
    answer = client.get(f"/api/schema/?format=json&version={version}")
    return answer.status_code, answer.content
with ThreadPoolExecutor(8) as pool:
    [(status, content)] = {*pool.map(ask, range(8))}
sys.exit(status != 200)
"""


def test_all_who_ask_a_new_server_for_the_description_at_once_get_the_same():
    environment = os.environ | {"DJANGO_SETTINGS_MODULE": "tests.settings"}
    asked = subprocess.run([sys.executable, "-c", ASKED_AT_ONCE], env=environment, cwd=ROOT, check=False)

    assert asked.returncode == 0
