"""What a connection asks again is prepared there, with what never changes as part of the text."""

from contextlib import closing

import psycopg2
import pytest
from django.db import DEFAULT_DB_ALIAS, connection, connections
from django.db.models import F, Value
from django.db.models.functions import Concat

from processing.models import Instrument
from processing.models.composed import Composed, ComposedObjects, ComposedUpdate, Given
from processing.models.prepared import MET

pytestmark = [pytest.mark.postgres, pytest.mark.django_db]
NAMED = Given("name")


def asking() -> Composed:
    """A query of its own, which no connection has met."""
    shown = Concat(F("name"), Value(" 100 % of it"))
    return Composed(lambda: Instrument.objects.filter(window="", name=NAMED).values_list("name").annotate(shown=shown))


def prepared() -> list[str]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT statement FROM pg_prepared_statements WHERE statement LIKE '%100 % of it%'")
        return [text for (text,) in cursor.fetchall()]


@pytest.fixture(autouse=True)
def uves() -> Instrument:
    return Instrument.objects.create(name="UVES")


@pytest.fixture(autouse=True)
def forgotten() -> None:
    with connection.cursor() as cursor:
        cursor.execute("DEALLOCATE ALL")
        MET.pop(connection.connection, None)


def test_it_is_prepared_when_it_is_asked_again():
    query = asking()
    query.ask(name="UVES")
    once = prepared()
    query.ask(name="UVES")

    assert (len(once), len(prepared())) == (0, 1)


def test_each_time_the_answer_is_that_for_what_is_given():
    query = asking()
    found = [[row.shown for row in query.ask(name=name)] for name in ("UVES", "NACO", "UVES")]

    assert found == [["UVES 100 % of it"], [], ["UVES 100 % of it"]]


def test_only_what_is_given_has_a_place_in_its_text():
    query = asking()
    for _ in range(2):
        query.ask(name="UVES")

    [text] = prepared()
    assert "\"window\" = ''" in text
    assert "$1" in text
    assert "$2" not in text


def test_two_changes_of_the_same_text_are_two():
    changes = [
        ComposedUpdate(lambda: Instrument.objects.filter(name=NAMED), window=text) for text in ("", "20:00-06:00")
    ]
    for change in changes * 2:
        change.tell(name="UVES")

    assert Instrument.objects.get().window == "20:00-06:00"


def test_nothing_is_prepared_for_a_pooler_that_gives_connections_away(monkeypatch):
    monkeypatch.setitem(connection.settings_dict, "DISABLE_SERVER_SIDE_CURSORS", "true")
    query = asking()
    for _ in range(3):
        query.ask(name="UVES")

    assert prepared() == []


@pytest.mark.django_db(transaction=True)
def test_a_new_connection_begins_anew():
    query = asking()
    for _ in range(2):
        query.ask(name="UVES")
    connection.close()

    assert [len(query.ask(name="UVES")) for _ in range(3)] == [1, 1, 1]


@pytest.mark.django_db(transaction=True)
def test_a_request_after_a_restart_of_the_server_is_answered():
    query = ComposedObjects(lambda: Instrument.objects.filter(name=NAMED))
    for _ in range(2):
        query.ask(name="UVES")
    with closing(psycopg2.connect(**connection.get_connection_params())) as other, other.cursor() as cursor:
        cursor.execute("SELECT pg_terminate_backend(%s, 5000)", [connection.connection.info.backend_pid])
    # As at the beginning of each request; a new connection has its own.
    vars(connections[DEFAULT_DB_ALIAS]).update(health_check_enabled=True, health_check_done=False)

    assert [row.name for row in query.ask(name="UVES")] == ["UVES"]
