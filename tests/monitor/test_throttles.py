"""Who asks too often is told when to ask again."""

import pytest
from django.core.cache import cache

from monitor.api.throttles import PerClient
from monitor.vo.rates import PerAddress
from processing import control
from tests.monitor.test_problems import problem

pytestmark = pytest.mark.django_db

VOCABULARY = "/api/v1/adp/vocabulary/"


@pytest.fixture(autouse=True)
def three_in_a_minute(monkeypatch):
    cache.clear()
    monkeypatch.setattr(PerClient, "THROTTLE_RATES", {"user": "3/min", "anonymous": "3/min"})
    yield
    cache.clear()


def test_the_fourth_question_of_an_address_must_wait(anonymous):
    answers = [anonymous.get(VOCABULARY) for _ in range(4)]

    assert [answer.status_code for answer in answers[:3]] == [200] * 3
    problem(answers[3], 429)
    assert 0 < int(answers[3].headers["Retry-After"]) <= 60


def test_each_address_counts_for_itself(anonymous):
    for _ in range(4):
        anonymous.get(VOCABULARY)

    assert anonymous.get(VOCABULARY, REMOTE_ADDR="10.0.0.9").status_code == 200


def test_a_header_that_anybody_can_write_makes_no_other_address(anonymous):
    answers = [anonymous.get(VOCABULARY, headers={"x-forwarded-for": f"10.0.0.{n}"}) for n in range(4)]

    assert answers[3].status_code == 429


def test_each_token_counts_for_itself_and_not_for_its_owner(client, viewer, django_user_model):
    owner = django_user_model.objects.get()
    for name in ("one", "two"):
        _, secret = control.make_token(name, owner, "", 1, "x")
        found = [
            client.get("/api/v1/status/", headers={"authorization": f"Bearer {secret}"}).status_code for _ in range(4)
        ]
        assert found == [200, 200, 200, 429]

    assert viewer.get("/api/v1/status/").status_code == 200


@pytest.mark.parametrize(("method", "address"), [("GET", "/tap/sync"), ("POST", "/tap/sync"), ("POST", "/tap/async")])
def test_queries_of_an_address_must_wait_as_well(client, monkeypatch, method, address):
    monkeypatch.setattr(PerAddress, "THROTTLE_RATES", {"anonymous": "3/min"})
    answers = [client.generic(method, address) for _ in range(4)]

    assert 429 not in [answer.status_code for answer in answers[:3]]
    assert answers[3].status_code == 429
    assert 0 < int(answers[3].headers["Retry-After"]) <= 60
    assert b'value="ERROR">You ask too often' in answers[3].content


def test_looking_after_a_query_is_not_counted(client, monkeypatch):
    monkeypatch.setattr(PerAddress, "THROTTLE_RATES", {"anonymous": "1/min"})

    assert [client.get("/tap/async").status_code for _ in range(4)] == [200] * 4
