"""Queries that run by themselves: from PENDING to their end, as UWS has it."""

import time
from datetime import timedelta

import pytest
from django.utils import timezone

from monitor.vo import runs
from processing.core.states import QueryPhase
from processing.models import Query
from processing.workflow.expire import expire
from processing.workflow.sweep import sweep
from tests.vo.answers import body, message, rows

pytestmark = pytest.mark.django_db(transaction=True)
COUNT = "SELECT COUNT(*) AS n FROM ivoa.ObsCore"


@pytest.fixture(autouse=True)
def finished():
    """No thread goes on when the database of a test is emptied."""
    yield
    until = time.monotonic() + 20
    while runs.TAKEN and time.monotonic() < until:
        time.sleep(0.05)
    assert not runs.TAKEN


def begun(client, query=COUNT, **given):
    """A new query; its row."""
    answer = client.post("/tap/async", {"LANG": "ADQL", "QUERY": query, **given})
    assert answer.status_code == 303
    return Query.objects.get(pk=answer.headers["Location"].rpartition("/")[2])


def ended(client, query):
    """Its phase when it no longer changes."""
    until = time.monotonic() + 20
    while (phase := part(client, query, "phase")) in ("QUEUED", "EXECUTING") and time.monotonic() < until:
        time.sleep(0.05)
    return phase


def part(client, query, name):
    return body(client.get(f"/tap/async/{query.pk}/{name}")).decode()


def test_a_query_waits_until_it_is_told_to_run_and_then_has_its_result(client, archive):
    query = begun(client)
    waiting = part(client, query, "phase")
    client.post(f"/tap/async/{query.pk}/phase", {"PHASE": "RUN"})

    assert (waiting, ended(client, query)) == ("PENDING", "COMPLETED")
    assert f"/tap/async/{query.pk}/results/result" in part(client, query, "results")
    assert rows(client.get(f"/tap/async/{query.pk}/results/result")) == [(2,)]


def test_the_document_of_a_query_has_its_whole_story(client, archive):
    query = begun(client, PHASE="RUN", RUNID="mine & <yours>")
    ended(client, query)
    document = body(client.get(f"/tap/async/{query.pk}")).decode()

    assert "<uws:phase>COMPLETED</uws:phase>" in document
    assert "<uws:runId>mine &amp; &lt;yours&gt;</uws:runId>" in document
    assert f'<uws:parameter id="QUERY">{COUNT}</uws:parameter>' in document


def test_a_query_that_makes_no_sense_ends_in_error_and_says_why(client, archive):
    query = begun(client, "SELECT nothing FROM ivoa.ObsCore", PHASE="RUN")

    assert ended(client, query) == "ERROR"
    assert "There is no column nothing" in message(client.get(f"/tap/async/{query.pk}/error"))
    assert "There is no column nothing" in body(client.get(f"/tap/async/{query.pk}")).decode()


def test_an_aborted_query_stays_aborted(client, archive):
    query = begun(client)
    client.post(f"/tap/async/{query.pk}/phase", {"PHASE": "ABORT"})
    client.post(f"/tap/async/{query.pk}/phase", {"PHASE": "RUN"})

    assert part(client, query, "phase") == "ABORTED"


def test_an_answer_that_comes_after_the_abort_is_thrown_away(client, archive):
    query = begun(client)
    query.go(QueryPhase.EXECUTING, QueryPhase.PENDING, started=timezone.now())
    Query.objects.filter(pk=query.pk).update(phase="ABORTED")
    runs.finish(query)

    assert part(client, query, "phase") == "ABORTED"
    assert not query.result.exists()


def test_a_query_runs_once_however_often_it_is_woken(client, archive):
    query = begun(client)
    query.go(QueryPhase.QUEUED, QueryPhase.PENDING)

    assert query.go(QueryPhase.EXECUTING, QueryPhase.QUEUED)
    assert not Query.objects.get(pk=query.pk).go(QueryPhase.EXECUTING, QueryPhase.QUEUED)


def test_a_query_that_was_queued_before_a_restart_runs_at_the_next_look(client, archive):
    query = begun(client)
    Query.objects.filter(pk=query.pk).update(phase="QUEUED")

    assert ended(client, query) == "COMPLETED"


def test_a_query_whose_server_was_restarted_ends_in_error(client, archive):
    query = begun(client, EXECUTIONDURATION=1)
    long_ago = timezone.now() - timedelta(minutes=1)
    Query.objects.filter(pk=query.pk).update(phase="EXECUTING", started=long_ago)

    assert expire() == 0
    assert Query.objects.get(pk=query.pk).phase == "ERROR"
    assert "was restarted" in message(client.get(f"/tap/async/{query.pk}/error"))


def test_times_can_be_set_as_far_as_the_site_allows(client, archive):
    query = begun(client)
    address = f"/tap/async/{query.pk}"
    client.post(f"{address}/executionduration", {"EXECUTIONDURATION": "10"})
    client.post(f"{address}/destruction", {"DESTRUCTION": "2999-01-01T00:00:00Z"})

    assert part(client, query, "executionduration") == "10"
    assert part(client, query, "destruction") < f"{timezone.now() + timedelta(days=8):%Y-%m-%d}"
    assert client.post(f"{address}/destruction", {"DESTRUCTION": "soon"}).status_code == 400
    assert client.post(f"{address}/executionduration", {"EXECUTIONDURATION": "-1"}).status_code == 400


def test_parameters_can_change_until_the_start(client, archive):
    query = begun(client, "SELECT nonsense")
    client.post(f"/tap/async/{query.pk}/parameters", {"QUERY": COUNT})
    client.post(f"/tap/async/{query.pk}/phase", {"PHASE": "RUN"})
    late = client.post(f"/tap/async/{query.pk}/parameters", {"QUERY": COUNT})

    assert (ended(client, query), late.status_code) == ("COMPLETED", 400)


@pytest.mark.parametrize("way", ["delete", "post"])
def test_a_deleted_query_is_gone_with_its_answer(client, archive, way):
    query = begun(client, PHASE="RUN")
    ended(client, query)
    answer = getattr(client, way)(f"/tap/async/{query.pk}", {"ACTION": "DELETE"})

    assert answer.status_code == 303
    assert client.get(f"/tap/async/{query.pk}").status_code == 404
    assert not query.result.exists()


def test_the_sweep_forgets_queries_whose_time_is_over(client, archive):
    query, kept = begun(client, PHASE="RUN"), begun(client)
    ended(client, query)
    Query.objects.filter(pk=query.pk).update(destruction=timezone.now() - timedelta(seconds=1))

    assert sweep()["forgotten"] == 1
    assert [*Query.objects.all()] == [kept]
    assert not query.result.exists()


def test_a_client_may_wait_for_a_change(client, archive):
    query = begun(client, PHASE="RUN")
    client.get(f"/tap/async/{query.pk}", {"WAIT": "10"})
    begin = time.monotonic()
    client.get(f"/tap/async/{begun(client).pk}", {"WAIT": "0.3"})

    assert 0.3 <= time.monotonic() - begin < 5
    assert client.get(f"/tap/async/{query.pk}", {"WAIT": "long"}).status_code == 400


def test_the_list_of_queries_tells_nobody_the_ids_of_others(client, archive):
    query = begun(client)

    assert str(query.pk) not in body(client.get("/tap/async")).decode()


@pytest.mark.parametrize("name", ["error", "results/result"])
def test_what_a_query_does_not_have_is_not_found(client, archive, name):
    assert client.get(f"/tap/async/{begun(client).pk}/{name}").status_code == 404


def test_more_queries_than_the_site_can_bear_are_refused(client, archive, monkeypatch):
    monkeypatch.setattr("monitor.vo.jobs.MOST_OPEN", 1)
    begun(client)

    assert client.post("/tap/async", {"LANG": "ADQL", "QUERY": COUNT}).status_code == 503
