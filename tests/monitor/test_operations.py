"""What watches the web application: health, readiness, measures, request ids, log lines as JSON."""

import contextvars
import json
import logging
import logging.config
from typing import Any

import pytest
from django.conf import settings as site
from django.db import OperationalError, connection
from django.db.migrations.recorder import MigrationRecorder
from prometheus_client.parser import text_string_to_metric_families

from monitor.operations import health, measures
from monitor.operations.metrics import Metrics
from monitor.requests import HEADER
from processing.core import trace
from processing.models import Event, Worker
from tests.monitor import rows


def scraped(client):
    text = client.get("/metrics").content.decode()
    families = text_string_to_metric_families(text)
    return {(s.name, *s.labels.values()): s.value for family in families for s in family.samples}


def test_the_process_is_healthy_whatever_the_database_does(client):
    # No `db`: any query would fail.
    answer = client.get("/healthz")
    assert (answer.status_code, answer.content) == (200, b"ok\n")


def test_the_site_is_ready_when_the_database_has_all_tables(client, db):
    answer = client.get("/readyz")
    assert answer.status_code == 200
    assert answer.json() == {"database": "ok", "migrations": "ok", "worker_seconds": None}


def test_the_age_of_the_last_sign_of_a_worker_is_told(client, db):
    Worker.objects.all().heard("one", host="one", slots=2, version="1")
    assert 0 <= client.get("/readyz").json()["worker_seconds"] < 5


def test_the_site_is_not_ready_with_a_table_missing(client, db):
    recorder = MigrationRecorder(connection)
    newest = max(name for app, name in recorder.applied_migrations() if app == "processing")
    recorder.record_unapplied("processing", newest)
    answer = client.get("/readyz")
    assert answer.status_code == 503
    assert answer.json()["migrations"] == "missing"


def test_a_database_that_is_away_is_named_without_its_own_words(client, db, monkeypatch):
    def away(*_arguments):
        raise OperationalError("could not connect to secret-host")

    monkeypatch.setattr(health, "MigrationExecutor", away)
    answer = client.get("/readyz")
    assert answer.status_code == 503
    assert answer.json()["database"] == "away"
    assert b"secret-host" not in answer.content


def test_health_is_not_kept_by_anybody_on_the_way(client, db):
    for address in ("/healthz", "/readyz"):
        assert "no-store" in client.get(address)["Cache-Control"]


def test_measures_are_read_and_nothing_else(viewer):
    for method in set(Metrics().allowed_methods) ^ {"POST", "PUT", "DELETE"}:
        assert viewer.generic(method, "/metrics").status_code == (405 if method in {"POST", "PUT", "DELETE"} else 200)


def test_measures_need_a_login(anonymous, db):
    answer = anonymous.get("/metrics")
    assert answer.status_code == 401
    assert answer["Content-Type"] == "application/problem+json"


def test_measures_count_what_has_not_ended_and_what_ended_lately(viewer):
    rows.job(stamp="UVES.2012-05-09T01:00:00.000")
    rows.attempted(rows.job(stamp="UVES.2012-05-09T02:00:00.000"))
    found = scraped(viewer)
    assert found["phoenix_jobs", "UVES", "WAITING"] == 1
    assert found["phoenix_job_oldest_seconds", "UVES", "WAITING"] >= 0
    assert not [key for key in found if "FAILED" in key]


def test_measures_name_stops_and_holds(viewer):
    rows.job()
    rows.stopped_since("2012-05-09")
    assert scraped(viewer)["phoenix_stops", "UVES"] == 1


def test_measures_take_a_fixed_number_of_queries(viewer, django_assert_max_num_queries):
    for hour in range(5):
        rows.job(stamp=f"UVES.2012-05-09T0{hour}:00:00.000")
    with django_assert_max_num_queries(10):
        families = [*measures.Measures().collect()]
    assert len(families) == 14


def test_prometheus_gets_open_metrics_if_it_asks(viewer):
    answer = viewer.get("/metrics", headers={"Accept": "application/openmetrics-text;version=1.0.0,*/*;q=0.1"})
    assert answer["Content-Type"].startswith("application/openmetrics-text")
    assert answer.content.endswith(b"# EOF\n")


@pytest.mark.parametrize("given", ["", "short", "x" * 65, "has blank 12345", "new\u00e9line-1234"])
def test_a_request_without_a_proper_id_gets_a_new_one(client, given):
    answer = client.get("/healthz", headers={"X-Request-ID": given})
    assert answer["X-Request-ID"] != given
    assert len(answer[HEADER]) == 32


def test_the_id_of_a_request_comes_back_and_stands_in_its_problem(viewer):
    answer = viewer.get("/api/v1/jobs/?colour=red", headers={"X-Request-ID": "client-4711"})
    assert answer["X-Request-ID"] == "client-4711"
    assert answer.json()["request_id"] == "client-4711"


def test_an_event_names_the_request_that_caused_it(stopper):
    body = {"scope": "", "mode": "DRAIN", "reason": "test"}
    headers = {"X-Request-ID": "client-4711"}
    assert stopper.post("/api/v1/stops/", body, "application/json", headers=headers).status_code == 201
    assert Event.objects.filter(subject="stop").values_list("request", flat=True)[0] == "client-4711"


def test_an_event_of_a_worker_names_no_request():
    assert contextvars.Context().run(trace.current) == ""


def test_a_log_line_as_json_has_its_request(client, capsys):
    console: Any = site.LOGGING["handlers"]
    logging_as_json = {**site.LOGGING, "handlers": {"console": {**console["console"], "formatter": "json"}}}
    try:
        logging.config.dictConfig(logging_as_json)
        contextvars.Context().run(logging.getLogger("phoenix").warning, 'a "word"\nand a line')
        [line] = capsys.readouterr().err.splitlines()
    finally:
        logging.config.dictConfig(site.LOGGING)
    found = json.loads(line)
    assert (found["message"], found["levelname"], found["request_id"]) == ('a "word"\nand a line', "WARNING", "-")
    assert found["timestamp"].endswith("+00:00")
