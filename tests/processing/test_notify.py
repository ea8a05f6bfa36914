"""Notices: once when something begins, once when it is over, whoever looks and however often."""

from datetime import timedelta

import pytest
from django.core.exceptions import ValidationError
from django.db import connection
from django.utils import timezone

from processing import control
from processing.core.states import IngestState, JobState, Reason
from processing.models import Channel, Delivery, Event, Hold, Ingestion, Instrument, Job, Notice, ProcessingDate, Worker
from processing.models.notices import Kind
from processing.models.products import NOT_WITHDRAWN
from processing.workflow import breaches, digest, sweep
from processing.workflow.notify import end, headline, look, notify

pytestmark = pytest.mark.django_db

GB = 10**9


@pytest.fixture(autouse=True)
def no_digest(settings):
    """The digest has tests of its own: its time would come in the middle of others."""
    settings.PHOENIX = {**settings.PHOENIX, "DIGEST": "23:59:59.999999", "WINDOW": "00:00-24:00"}


@pytest.fixture
def channel():
    return Channel.objects.create(name="operators", way="EMAIL", address="ops@example.org", kinds=list(Kind.values))


@pytest.fixture
def uves():
    return Instrument.objects.create(name="UVES")


def told():
    return [headline(row) for row in Delivery.objects.order_by("id").select_related("notice")]


def ages(model, **changes):
    """Rows of a table whose rows do not change are changed past it."""
    model.objects.filter(pk__gt=0).update(**changes)


def test_a_stop_is_told_once_and_so_is_its_end(channel, uves):
    stop = control.stop("UVES", "response curve bug", "anna")
    for _ in range(3):
        look()
    control.resume(stop, "bert")
    for _ in range(3):
        look()

    assert told() == ["UVES stopped", "UVES stopped: resumed"]
    assert "by anna: response curve bug" in Notice.objects.get().text


def test_stopping_again_is_another_breach(channel, uves):
    control.resume(control.stop("", "a bug", "anna"), "anna")
    for _ in range(2):
        stop = control.stop("", "a bug", "anna")
        look()
        control.resume(stop, "anna")
        look()

    assert told() == ["everything stopped", "everything stopped: resumed"] * 2


def test_a_hold_is_told_with_its_host_and_what_is_broken(channel, uves):
    row = Hold.objects.create(instrument=uves, host="north", why="disk full", looked=timezone.now())
    look()
    row.release("probe")
    look()

    assert told() == ["UVES held on north", "UVES held on north: goes on"]
    assert "disk full" in Notice.objects.get().text


def test_work_without_a_worker_is_told_until_one_is_alive(channel, uves):
    ProcessingDate.objects.create(instrument=uves, date="2012-05-09")
    look()
    control.heard("north")
    look()

    assert told() == ["no worker is alive", "no worker is alive: a worker is alive again"]


def test_a_worker_that_died_is_told_and_one_that_was_stopped_is_not(channel):
    control.heard("north")
    control.heard("south")
    Worker.objects.filter(name="north").update(seen=timezone.now() - timedelta(minutes=2))
    control.left("south")
    look()

    assert told() == ["worker north is silent"]


def disk(free, area="work", host="north"):
    control.heard(host, [{"area": area, "path": "/data", "total": 100 * GB, "free": free}])


def test_a_disk_that_fills_is_told_once_although_its_level_sways(channel):
    for free in (50, 3.9, 4.1, 3.9, 4.2, 50):
        disk(int(free * GB))
        look()

    assert [title.partition(" of ")[0] + title.partition(")")[2] for title in told()] == [
        "disk",
        "disk: there is room again",
    ]
    assert "3.9 GB are free below /data" in Notice.objects.get().text


def test_nothing_moves_is_told_only_if_something_could(channel, add, worker):
    add()
    sweep.sweep()
    ProcessingDate.objects.update(state="PROCESSING")
    look()
    assert told() == []

    Event.objects.filter(pk__gt=0).update(at=timezone.now() - timedelta(minutes=6))
    look()
    assert told() == ["nothing moves"]

    control.stop("TESTCAM", "a bug", "anna")
    look()
    assert told() == ["nothing moves", "TESTCAM stopped", "nothing moves: it moves again"]


def test_a_kind_of_failure_is_told_once_for_many_jobs(channel, add, worker):
    for number in (1, 2):
        job = add(number)
        Job.objects.filter(pk=job.pk).update(state=JobState.RUNNING)
        job.refresh_from_db()
        job.end(JobState.FAILED, Reason.RECIPE_FAILED, "no response curve")
        look()

    assert told() == ["TESTCAM: RECIPE_FAILED of test_recipe"]


def test_a_failure_of_long_ago_is_not_told_and_its_notice_ends_without_a_word(channel, add, worker):
    job = add()
    Job.objects.filter(pk=job.pk).update(state=JobState.RUNNING)
    job.refresh_from_db()
    job.end(JobState.LOST, Reason.WORKER_LOST, "the worker is gone")
    look()
    ages(Event, at=timezone.now() - timedelta(days=2))
    look()

    assert told() == ["TESTCAM: WORKER_LOST of test_recipe"]
    assert Notice.objects.get().over is not None


@pytest.fixture
def refused(add, worker):
    """Two products of a date that the checks refused."""
    for number in (1, 2):
        item = Ingestion.objects.create(job=add(number), label="ONE")
        item.move(IngestState.REJECTED, "S01 no spectrum", log="S01 no spectrum", ended=timezone.now())
    return item


def test_refused_products_of_a_date_are_one_notice(channel, refused):
    look()

    assert told() == ["TESTCAM 2012-05-09: products REJECTED"]
    assert "So far 2 products.  For example: S01 no spectrum" in Notice.objects.get().text


def test_a_file_that_stays_in_the_archive_is_told(channel, refused):
    refused.note(refused.state, NOT_WITHDRAWN, "ADP.1.fits, version 1, stays in NGAS")
    look()

    assert "TC.2012-05-10T00:00:02.000.ab ONE: a file stays in the product archive" in told()


def test_a_channel_hears_what_it_asked_for_while_it_is_enabled(uves):
    for name, kinds, enabled in (("a", [Kind.STOPPED], True), ("b", [Kind.HELD], True), ("c", [Kind.STOPPED], False)):
        Channel.objects.create(name=name, way="EMAIL", address="ops@example.org", kinds=kinds, enabled=enabled)
    control.stop("UVES", "a bug", "anna")
    look()

    assert [row.channel.name for row in Delivery.objects.all()] == ["a"]


def test_somebody_who_looks_at_the_same_time_tells_nothing_twice(channel, uves, monkeypatch):
    control.stop("UVES", "a bug", "anna")
    all_breaches = breaches.breaches

    def seen_late(lasting):
        found = list(all_breaches(lasting))
        if not Notice.objects.exists():
            monkeypatch.setattr("processing.workflow.notify.breaches", all_breaches)
            look()
        return found

    monkeypatch.setattr("processing.workflow.notify.breaches", seen_late)
    look()

    assert told() == ["UVES stopped"]


def test_a_title_is_one_line_whatever_somebody_wrote(channel):
    Instrument.objects.create(name="A")
    Hold.objects.create(instrument_id="A", host="x\r\nBcc: all@example.org", why="y", looked=timezone.now())
    look()

    assert Notice.objects.get().title == "A held on x Bcc: all@example.org"


def test_the_digest_comes_once_a_day_after_its_time(channel, settings):
    settings.PHOENIX = {**settings.PHOENIX, "DIGEST": "00:00"}
    for _ in range(3):
        look()

    assert told() == [f"digest of {timezone.now():%Y-%m-%d}"]


def test_the_digest_counts_the_night_and_says_what_comes(add, settings):
    for number, state in enumerate((JobState.INGESTED, JobState.FAILED, JobState.SKIPPED, JobState.WAITING), 1):
        ended = None if state == JobState.WAITING else timezone.now()
        Job.objects.filter(pk=add(number).pk).update(state=state, ended=ended)
    Job.objects.filter(pk=add(9).pk).update(state=JobState.INGESTED, ended=timezone.now() - timedelta(days=2))
    now = timezone.now()
    opens = (now + timedelta(hours=3)).replace(second=0, microsecond=0)
    Instrument.objects.update(window=f"{opens:%H:%M}-{opens + timedelta(hours=1):%H:%M}")

    assert digest.text(now).splitlines()[1] == (
        "TESTCAM: 1 done, 1 failed, 1 skipped, 0 not executable, 1 wait, 0 under way. "
        f"Its window opens at {opens:%Y-%m-%d %H:%M} UTC."
    )


@pytest.mark.parametrize(("scope", "said"), [("", "It is stopped."), ("TESTCAM", "It is stopped.")])
def test_the_digest_says_what_keeps_an_instrument(add, scope, said):
    add()
    control.stop(scope, "a bug", "anna")

    assert digest.text(timezone.now()).endswith(said)


def test_an_empty_site_has_a_digest_too(db):
    assert "nothing is registered" in digest.text(timezone.now())


def test_a_sweep_tells_and_costs_the_same_however_much_is_told(channel, django_assert_num_queries, uves):
    assert sweep.sweep()["notified"] == 0
    for number in range(5):
        Hold.objects.create(instrument=uves, host=f"h{number}", why="y", looked=timezone.now())
    assert sweep.sweep()["notified"] == 5
    with django_assert_num_queries(10):
        notify()


def test_trouble_with_notices_does_not_end_a_sweep(monkeypatch, caplog, channel):
    def broken(_told):
        connection.cursor().execute("SELECT nothing FROM nowhere")

    monkeypatch.setattr("processing.workflow.notify.breaches", broken)

    assert notify() == 0
    assert "notices" in caplog.text


@pytest.mark.parametrize(
    ("way", "address", "secret"),
    [
        ("EMAIL", "nobody", ""),
        ("EMAIL", "a@example.org, <b>", ""),
        ("WEBHOOK", "ftp://example.org/", "PHOENIX_SECRET_OPS"),
        ("WEBHOOK", "https://user:password@example.org/", "PHOENIX_SECRET_OPS"),
        ("WEBHOOK", "https://[", "PHOENIX_SECRET_OPS"),
        ("WEBHOOK", "https://example.org/", ""),
        ("WEBHOOK", "https://example.org/", "DATABASE_URL"),
        ("WEBHOOK", "https://example.org/", "SECRET_KEY"),
    ],
)
def test_a_channel_that_cannot_work_is_refused(way, address, secret):
    with pytest.raises(ValidationError):
        Channel(name="x", way=way, address=address, secret=secret, kinds=["HELD"]).full_clean()


@pytest.mark.parametrize(
    ("way", "address", "secret"),
    [("EMAIL", "a@example.org, b@example.org", ""), ("WEBHOOK", "https://example.org:8443/x", "PHOENIX_SECRET_OPS")],
)
def test_a_channel_that_can_work_is_taken(way, address, secret):
    Channel(name="x", way=way, address=address, secret=secret, kinds=["HELD"]).full_clean()


def test_an_end_is_told_by_whoever_sees_it_first(channel, uves):
    control.stop("UVES", "a bug", "anna")
    look()
    row = Notice.objects.get()

    assert (end(row), end(row)) == (True, False)
    assert told() == ["UVES stopped", "UVES stopped: resumed"]
