"""The public pages: one sentence per data set, and nothing of the operators."""

import re
from urllib.parse import quote

import pytest

from monitor.api.adp import SENTENCES, Status
from monitor.pages import adp, guards
from processing import control
from processing.core.states import JobState, Reason
from processing.models import Instrument, Job
from tests.monitor import rows
from tests.monitor.test_adp import FRAME, OTHER

pytestmark = pytest.mark.django_db

PAGE = "/adp/"


def told(client, query=""):
    main = client.get(f"{PAGE}?{query}").content.decode().split('<main id="main"')[1]
    return " ".join(re.sub(r"<[^>]+>", " ", main).split())


def test_the_page_begins_with_a_form_and_no_list(anonymous):
    rows.job()
    shown = told(anonymous)

    assert "Status of data sets" in shown
    assert "What that means" not in shown


def test_a_processed_frame_has_its_sentence_and_its_product(anonymous):
    row = rows.attempted(rows.job())
    shown = told(anonymous, f"dp_id={FRAME}")

    assert f"1 data set Frame Status What that means Products Since (UTC) {FRAME} UVES 2012-05-09 processed" in shown
    assert SENTENCES[Status.PROCESSED] in shown
    assert row.products.get().dp_id in shown


@pytest.mark.parametrize("between", [" ", ",", "%0A", "; "])
def test_several_frames_are_answered_in_the_order_asked(anonymous, between):
    rows.job()
    rows.job(rows.CELL)
    shown = told(anonymous, f"dp_id={OTHER}.fits{between}nobody{between}{FRAME}")

    assert shown.index(OTHER) < shown.index("nobody") < shown.rindex(FRAME)
    assert SENTENCES[Status.UNKNOWN] in shown


@pytest.mark.parametrize(
    "query", ["instrument=UVES", "date=2012-05-09", "prog_id={block.prog_id}", "ob_id={block.ob_id}"]
)
def test_frames_are_found_by_anything_else_too(anonymous, query):
    found = rows.job()

    assert FRAME in told(anonymous, quote(query.format(block=found.block), safe="="))


def test_many_frames_are_cut_into_pages(anonymous, monkeypatch):
    monkeypatch.setattr(adp, "ROWS", 2)
    rows.night(3)
    first = anonymous.get(f"{PAGE}?instrument=UVES").content.decode()
    [more] = re.findall(r'href="(\?[^"]+)" rel="next"', first)
    more = more.replace("&amp;", "&")
    second = anonymous.get(f"{PAGE}{more}").content.decode()

    assert (first.count('data-label="Products"'), second.count('data-label="Products"')) == (2, 1)
    assert 'rel="next"' not in second


@pytest.mark.parametrize(
    ("query", "why"),
    [
        ("date=yesterday", "A night is a date, YYYY-MM-DD."),
        ("instrument=NOBODY", "not one of the available choices"),
        ("dp_id=a%00b", "Null characters"),
        (f"ob_id={'x' * 200}", "at most 128 characters"),
        (f"dp_id={FRAME}&date=2012-05-09", "Search either by name, or by the other fields."),
        ("dp_id=" + ",".join(map(str, range(60))), "At most 50 names"),
    ],
)
def test_what_makes_no_sense_is_refused_with_the_reason(anonymous, query, why):
    Instrument.objects.create(name="UVES")
    answer = anonymous.get(f"{PAGE}?{query}")

    assert answer.status_code == 400
    assert why in answer.content.decode()


def test_nothing_found_is_said(anonymous):
    assert "No data set fits." in told(anonymous, "ob_id=4711")


def test_nothing_of_the_operators_is_on_the_page(anonymous, admin_client):
    row = rows.put(rows.job(), JobState.FAILED, Reason.RECIPE_FAILED, "secret sentence", owner="secret host")
    control.stop("", "secret reason", "secret anna")
    for client in (anonymous, admin_client):
        shown = client.get(f"{PAGE}?dp_id={FRAME}").content.decode()
        assert "There is no second attempt." in shown
        assert not re.search(r"secret|strip|admin|log out|log in", shown, re.IGNORECASE)
    assert Job.objects.get(pk=row.pk).sentence == "secret sentence"


def test_no_page_promises_a_date():
    assert not re.search(r"\b(will|soon|tomorrow|within|expected)\b", " ".join(SENTENCES.values()))


def test_every_word_has_its_line_among_the_definitions(anonymous):
    shown = anonymous.get("/adp/definitions/").content.decode()

    assert list(adp.MARKS) == list(Status)
    for status, sentence in SENTENCES.items():
        assert f"<code>{status}</code>" in shown
        assert sentence in shown


@pytest.mark.parametrize("address", [PAGE, f"{PAGE}?dp_id={FRAME}", "/adp/definitions/", "/robots.txt"])
def test_caches_may_keep_a_page_and_it_is_the_same_for_everybody(anonymous, admin_client, address):
    for client in (anonymous, admin_client):
        answer = client.get(address)
        assert answer.headers["Cache-Control"] == "public, max-age=60"
        assert "Cookie" not in answer.headers.get("Vary", "")
        assert not answer.cookies


def test_search_engines_look_at_the_public_pages_only(anonymous):
    assert anonymous.get("/robots.txt").content.decode() == "User-agent: *\nAllow: /adp/\nDisallow: /\n"


def test_who_asks_too_often_is_told_when_to_come_back(anonymous, monkeypatch):
    monkeypatch.setattr(guards, "MOST", 3)
    answers = [anonymous.get(PAGE) for _ in range(5)]

    assert [answer.status_code for answer in answers] == [200, 200, 200, 429, 429]
    assert (answers[-1].headers["Retry-After"], answers[-1].headers["Cache-Control"]) == ("60", "no-store")
    assert "Please wait for 60 seconds." in answers[-1].content.decode()
    assert anonymous.get(PAGE, REMOTE_ADDR="10.0.0.9").status_code == 200


@pytest.mark.parametrize(
    ("direct", "named", "client"),
    [
        ("10.0.0.1", "", "10.0.0.1"),
        ("10.0.0.1", "1.2.3.4", "10.0.0.1"),
        ("127.0.0.1", "6.6.6.6, 1.2.3.4", "1.2.3.4"),
        ("", "1.2.3.4", "1.2.3.4"),
        ("127.0.0.1", "", "127.0.0.1"),
    ],
)
def test_only_a_web_server_of_this_host_names_the_client(rf, direct, named, client):
    assert guards.client(rf.get(PAGE, REMOTE_ADDR=direct, HTTP_X_FORWARDED_FOR=named)) == client


def test_what_is_asked_cannot_run(anonymous):
    shown = anonymous.get(PAGE, {"dp_id": '"><script>alert(1)</script>'}).content.decode()

    assert "<script>alert" not in shown


@pytest.mark.parametrize("number", [1, 6])
def test_an_answer_costs_three_queries_however_many_frames_it_has(anonymous, django_assert_num_queries, number):
    rows.night(number)
    with django_assert_num_queries(3):
        anonymous.get(f"{PAGE}?instrument=UVES")


def test_ids_are_unique_and_nothing_inline_can_run(anonymous):
    rows.job()
    for address in (PAGE, f"{PAGE}?dp_id={FRAME}", "/adp/definitions/"):
        shown = anonymous.get(address).content.decode()
        ids = re.findall(r'\sid="([^"]+)"', shown)
        assert len(ids) == len(set(ids))
        assert not re.search(r"<style|<script|\sstyle=|\son\w+=|javascript:", shown)
