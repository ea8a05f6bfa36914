"""A webhook: signed, bounded in time, sent once, nowhere else."""

import hashlib
import hmac
import json
import time

import pytest

from processing.plugins.webhook import NotTaken, post, sign
from tests.listeners import HttpServer, closed_port, running

KEY = "a secret of the site"


@pytest.fixture
def server():
    with running(HttpServer()) as found:
        yield found


def send(server, **options):
    post(f"http://127.0.0.1:{server.port}/hook?to=ops", {"title": "UVES stopped"}, KEY, **options)


def test_a_message_arrives_as_json_with_its_signature(server):
    send(server)
    [(path, headers, body)] = server.posts
    signed = hmac.new(KEY.encode(), f"{headers['X-Phoenix-Timestamp']}.".encode() + body, hashlib.sha256)

    assert (path, headers["Content-Type"], json.loads(body)) == (
        "/hook?to=ops",
        "application/json",
        {"title": "UVES stopped"},
    )
    assert headers["X-Phoenix-Signature"] == f"sha256={signed.hexdigest()}"
    assert abs(time.time() - int(headers["X-Phoenix-Timestamp"])) < 60


def test_another_time_or_body_has_another_signature():
    assert len({sign(KEY, "1", b"a"), sign(KEY, "2", b"a"), sign(KEY, "1", b"b"), sign("x", "1", b"a")}) == 4


@pytest.mark.parametrize("status", [302, 307, 404, 410, 500])
def test_what_is_not_taken_says_so_and_is_sent_once_and_nowhere_else(server, status):
    server.answers = status
    with pytest.raises(NotTaken, match=f"HTTP {status}"):
        send(server)

    assert [path for path, _, _ in server.posts] == ["/hook?to=ops"]


def test_a_server_that_drips_is_left_after_the_time_limit(server):
    server.answers = "dripping"
    begun = time.monotonic()
    with pytest.raises(NotTaken, match=r"no answer in 0.3 s"):
        send(server, limit=0.3)

    assert time.monotonic() - begun < 3


def test_a_dead_server_says_so():
    with pytest.raises(NotTaken, match="refused"):
        post(f"http://127.0.0.1:{closed_port()}/", {}, KEY)
