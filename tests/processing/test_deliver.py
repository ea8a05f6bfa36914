"""Messages: out by e-mail and webhook, once, tried a bounded number of times, and recorded."""

import json
import threading
from datetime import timedelta
from email import message_from_string

import pytest
from django.contrib.admin.models import LogEntry
from django.db import connection
from django.utils import timezone

from processing.models import Channel, Delivery, Notice
from processing.models.notices import PAUSES, Kind
from processing.workflow import deliver
from processing.workflow.notify import queue
from tests.listeners import HttpServer, SmtpServer, closed_port, running

VARIABLE, KEY = "PHOENIX_SECRET_TEST", "a secret of the site"


@pytest.fixture
def mail(settings):
    """A mail server that phoenix is told of."""
    with running(SmtpServer()) as server:
        mailed_through(settings, server.port)
        yield server


def mailed_through(settings, port):
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", port


@pytest.fixture
def web(monkeypatch):
    monkeypatch.setenv(VARIABLE, KEY)
    with running(HttpServer()) as server:
        yield server


def by_mail(**changes):
    values = {"name": "mail", "way": "EMAIL", "address": "ops@example.org, anna@example.org", "kinds": ["HELD"]}
    return Channel.objects.create(**{**values, **changes})


def by_webhook(port, **changes):
    values = {"name": "hook", "way": "WEBHOOK", "address": f"http://127.0.0.1:{port}/hook", "kinds": ["HELD"]}
    return Channel.objects.create(**{**values, "secret": VARIABLE, **changes})


def told(*, end=False, **changes):
    """A notice with its messages to every channel."""
    values = {"kind": Kind.HELD, "key": "1", "title": "UVES held", "text": "Disk full.", "address": "/system/"}
    notice = Notice.objects.create(**{**values, **changes})
    if end:
        Notice.objects.update(over=timezone.now())
        notice.refresh_from_db()
    queue(notice, end=end)
    return notice


def states():
    return [*Delivery.objects.order_by("id").values_list("state", "attempts")]


@pytest.mark.django_db
def test_an_e_mail_goes_to_all_addresses_in_one_letter(mail, settings):
    settings.PHOENIX = {**settings.PHOENIX, "URL": "https://phoenix.example.org"}
    by_mail()
    told()
    assert deliver.deliver() == 1
    letter = message_from_string(mail.letters[0])

    assert (letter["Subject"], letter["To"]) == ("[phoenix] UVES held", "ops@example.org, anna@example.org")
    assert "Disk full." in letter.get_payload()
    assert "https://phoenix.example.org/system/" in letter.get_payload()
    assert (states(), len(mail.letters)) == ([("SENT", 1)], 1)


@pytest.mark.django_db
def test_what_was_sent_is_not_sent_again(mail):
    by_mail()
    told()

    assert (deliver.deliver(), deliver.deliver(), len(mail.letters)) == (1, 0, 1)


@pytest.mark.django_db
def test_an_end_says_since_when_and_until_when(mail):
    by_mail()
    notice = told(end=True)
    deliver.deliver()
    letter = message_from_string(mail.letters[0])

    assert letter["Subject"] == "[phoenix] UVES held: goes on"
    assert f"Over at {notice.over:%Y-%m-%d %H:%M:%S} UTC." in letter.get_payload()


@pytest.mark.django_db
def test_a_webhook_gets_the_notice_as_json(web, settings):
    settings.PHOENIX = {**settings.PHOENIX, "URL": ""}
    by_webhook(web.port)
    notice = told()
    assert deliver.deliver() == 1
    [(path, headers, body)] = web.posts
    sent = json.loads(body)

    assert (path, sent["title"], sent["kind"], sent["state"]) == ("/hook", "UVES held", "HELD", "BEGUN")
    assert (sent["since"], sent["over"], sent["url"]) == (notice.since.isoformat(), None, None)
    assert sent["id"] == Delivery.objects.get().pk
    assert headers["X-Phoenix-Signature"].startswith("sha256=")


@pytest.mark.django_db
def test_a_dead_mail_server_is_tried_again_after_longer_and_longer_pauses_and_then_given_up(settings):
    mailed_through(settings, closed_port())
    by_mail()
    told()
    pauses = []
    for _ in range(len(PAUSES) + 1):
        before = timezone.now()
        assert deliver.deliver() == 0
        row = Delivery.objects.get()
        pauses.append(round((row.due - before).total_seconds() / 60))
        Delivery.objects.update(due=before)
    assert deliver.deliver() == 0

    assert pauses[:-1] == [1, 5, 25, 120]
    assert states() == [("FAILED", 5)]
    assert "refused" in row.error


@pytest.mark.django_db
def test_a_server_that_is_back_gets_what_it_missed(web):
    by_webhook(web.port)
    told()
    web.answers = 503
    deliver.deliver()
    web.answers = 200
    Delivery.objects.update(due=timezone.now() - timedelta(seconds=1))  # SQLite's clock has milliseconds

    assert Delivery.objects.get().error == "HTTP 503"
    assert (deliver.deliver(), states(), Delivery.objects.get().error) == (1, [("SENT", 2)], "")


@pytest.mark.django_db
def test_a_mail_server_that_knows_nobody_is_in_the_record(mail):
    mail.refuses = True
    by_mail()
    told()

    assert (deliver.deliver(), mail.letters) == (0, [])
    assert "nobody of that name" in Delivery.objects.get().error


@pytest.mark.django_db
def test_nothing_goes_out_unsigned(web, monkeypatch):
    monkeypatch.delenv(VARIABLE)
    by_webhook(web.port)
    told()

    assert (deliver.deliver(), web.posts) == (0, [])
    assert VARIABLE in Delivery.objects.get().error


@pytest.mark.django_db
def test_a_broken_channel_does_not_keep_the_others(mail, web):
    by_webhook(closed_port())
    by_mail()
    told()

    assert deliver.deliver() == 1
    assert sorted(states()) == [("QUEUED", 1), ("SENT", 1)]


@pytest.mark.django_db
def test_a_channel_that_was_switched_off_gets_nothing_more(mail):
    channel = by_mail()
    told()
    channel.enabled = False
    channel.save()

    assert (deliver.deliver(), mail.letters) == (0, [])


@pytest.mark.django_db
def test_what_a_dead_worker_had_taken_is_sent_when_its_lease_has_passed(mail):
    by_mail()
    told()
    assert Delivery.objects.claim() is not None
    assert deliver.deliver() == 0
    Delivery.objects.update(due=timezone.now() - timedelta(seconds=1))

    assert deliver.deliver() == 1


@pytest.mark.django_db(transaction=True)
def test_several_clusters_send_each_message_once(web):
    by_webhook(web.port)
    for number in range(12):
        told(key=str(number))
    threads = [threading.Thread(target=on_its_own_connection) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    ids = [json.loads(body)["id"] for _, _, body in web.posts]
    assert (len(ids), len(set(ids))) == (12, 12)
    assert {state for state, _ in states()} == {"SENT"}


def ended(thread):
    thread.join(20)


def on_its_own_connection():
    try:
        deliver.deliver()
    finally:
        connection.close()


@pytest.mark.django_db(transaction=True)
def test_a_courier_delivers_beside_the_work(web):
    by_webhook(web.port)
    told()
    courier = deliver.Courier()
    courier.go()
    ended(courier.thread)

    assert (len(web.posts), states()) == (1, [("SENT", 1)])


@pytest.mark.django_db
def test_the_admin_keeps_a_channel_with_what_it_tells(admin_client):
    form = {"name": "ops", "way": "EMAIL", "address": "ops@example.org", "kinds": ["HELD", "DIGEST"], "enabled": "on"}
    assert admin_client.post("/admin/processing/channel/add/", form).status_code == 302
    row = Channel.objects.get()

    assert (row.kinds, row.enabled, LogEntry.objects.count()) == (["HELD", "DIGEST"], True, 1)
    assert "checked" in admin_client.get(f"/admin/processing/channel/{row.pk}/change/").content.decode()


@pytest.mark.django_db
def test_the_admin_refuses_a_channel_that_cannot_work(admin_client):
    form = {
        "name": "ops",
        "way": "WEBHOOK",
        "address": "https://example.org/",
        "kinds": ["HELD"],
        "secret": "SECRET_KEY",
    }

    assert "Name an environment variable" in admin_client.post("/admin/processing/channel/add/", form).content.decode()
    assert not Channel.objects.exists()


@pytest.mark.django_db
def test_a_test_message_is_sent_from_the_admin_and_its_failure_said(admin_client, mail, web):
    good, bad = by_mail(), by_webhook(closed_port())
    asked = {"action": "send_a_test", "_selected_action": [good.pk, bad.pk]}
    shown = admin_client.post("/admin/processing/channel/", asked, follow=True).content.decode()

    assert message_from_string(mail.letters[0])["Subject"] == "[phoenix] test of mail"
    assert "Mail: the test message was sent" in shown
    assert "Hook: " in shown
    assert "refused" in shown
    assert not Notice.objects.exists()


@pytest.mark.django_db
def test_messages_can_be_looked_at_and_not_changed(admin_client):
    by_mail()
    told()
    row = Delivery.objects.get()

    assert "UVES held" in admin_client.get("/admin/processing/delivery/").content.decode()
    assert admin_client.post(f"/admin/processing/delivery/{row.pk}/delete/", {"post": "yes"}).status_code == 403
