"""What docs/vo.md says is so: its examples run, and its role sees enough and no more."""

import re
import shlex
import subprocess
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from django.db import connection

from monitor.vo import asking, database
from monitor.vo.catalogue import TABLES
from monitor.vo.errors import Unanswered
from monitor.vo.examples import EXAMPLES
from monitor.vo.sql import Sql
from tests.vo.answers import asked, table

GUIDE = (Path(__file__).parents[2] / "docs/vo.md").read_text()
ADDRESS = "http://127.0.0.1:8000"
pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
]


def blocks(language):
    found = re.findall(r"^```([a-z]*)\n(.*?)^```$", GUIDE, re.MULTILINE | re.DOTALL)
    return [block for name, block in found if name == language]


def test_the_examples_for_pyvo_run(server, archive, capsys):
    names: dict[str, object] = {}
    for block in blocks("python"):
        exec(block.replace(ADDRESS, server), names)  # noqa: S102 - it is ours

    shown = capsys.readouterr().out
    assert f"#this {server}/file/{archive[1].dp_id}.fits" in shown
    assert re.search(r"UVES +2", shown)


def test_the_examples_for_curl_run(server, archive, tmp_path):
    [block] = blocks("")
    for line in block.replace(ADDRESS, server).replace("ADP.2026-01-01T00:00:00.001", archive[0].dp_id).splitlines():
        ended = subprocess.run(shlex.split(line), cwd=tmp_path, capture_output=True, check=True, timeout=60)
        assert "error" not in ended.stdout.decode().lower().replace("error_message", "").replace("meta.code.error", "")
    assert (tmp_path / f"{archive[0].dp_id}.fits").stat().st_size == 10240


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda example: example.id)
def test_the_examples_of_the_service_are_answered(client, archive, example):
    assert table(asked(client, example.query)).colnames


@pytest.fixture
def role(archive, settings):
    """The role of the guide, made by its own words."""
    [block] = blocks("sql")
    with connection.cursor() as cursor:
        cursor.execute(block)
    settings.PHOENIX = {**settings.PHOENIX, "TAP_DATABASE": {"USER": "phoenix_tap", "PASSWORD": "change me"}}
    yield
    with connection.cursor() as cursor:
        cursor.execute("DROP OWNED BY phoenix_tap; DROP ROLE phoenix_tap")


@pytest.mark.postgres
@pytest.mark.parametrize("name", [table.full_name for table in TABLES])
def test_the_role_of_the_guide_can_read_every_table(role, name):
    with asking.answered(asking.read({"LANG": "ADQL", "QUERY": f"SELECT * FROM {name}"}, ADDRESS), 10) as pieces:
        assert "OVERFLOW" not in "".join(pieces)


@pytest.mark.postgres
@pytest.mark.parametrize("name", ["auth_user", "processing_event", "processing_joblog", "processing_query"])
def test_the_role_of_the_guide_can_read_nothing_else(role, name):
    with pytest.raises(Unanswered), database.answer(Sql(f"SELECT * FROM {name}"), 10):
        pass


def test_the_guide_names_the_addresses_that_there_are(client, archive):
    for address in re.findall(r"`(/(?:tap|datalink)/[a-z]+)`", GUIDE):
        answer = client.get(urlsplit(address).path)
        answer.close()
        assert answer.status_code in (200, 400)
