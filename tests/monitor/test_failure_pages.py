"""The pages of failures: kinds against instruments, one kind, the steps of a person, all without a script."""

import re
from datetime import date

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from monitor import failures
from processing.core.states import Reason
from processing.models import Cluster, Event
from tests.monitor import failing

pytestmark = pytest.mark.django_db

LIST = "/failures/"
# What only these pages ask for; the strip counts jobs by state.
# A name that only the query of the state strip has.
STRIP = "lasting_stops"
# A name that only the query of the state strip has.
STRIP = "lasting_stops"
OWN = re.compile(
    r"fingerprint|processing_joblog|certificate.*content|FROM .processing_event."
    r"|SELECT .processing_instrument...name. AS"
)


@pytest.fixture
def operator(allowed):
    return allowed("acknowledge_cluster")


def told(answer):
    """What a page says, without its marks."""
    return " ".join(re.sub(r"<[^>]+>", " ", answer.content.decode()).split())


def page_of(cluster, step=""):
    return f"{LIST}{cluster.fingerprint}/{step}"


def send(client, cluster, step="acknowledge/", **changes):
    return client.post(page_of(cluster, step), {"why": "known", "expected": 2, **changes}, follow=True)


def test_kinds_stand_against_instruments_the_largest_first(viewer):
    failing.night("UVES", date(2012, 5, 9), 7, 2)
    failing.night("NACO", date(2012, 5, 8), 3, 2)
    page = told(viewer.get(LIST))

    assert re.search(r"Kind of failure NACO UVES All", page)
    first, second = re.findall(r"exit code &lt;n&gt; \(input\): (\w+ \w+) failed", page)
    assert (first, second) == ("bias level", "order definition")
    assert re.search(r"bias level failed .*? 2 4 6 (?:2012-05-0[89]: [24] ){2}2012-05-08 to 2012-05-09", page)


def test_a_kind_shows_phase_recipe_versions_and_the_first_error_of_its_newest_failure(viewer):
    failing.several(2)
    page = told(viewer.get(LIST))

    assert "recipe · uves_obs_scired · UVES ECHELLE-POINT version 1 (uves/6.1.8)" in page
    assert "[ ERROR ] uves_obs_scired: bias level 105.3 out of range" in page
    assert "reading" not in page


def test_without_an_error_in_the_log_the_sentence_is_the_sample(viewer):
    failing.failed(1, "UVES.2012-05-10T00:00:00.000 is not in the archive.", Reason.RAW_MISSING, log="")

    assert "UVES.2012-05-10T00:00:00.000 is not in the archive." in told(viewer.get(LIST))


def test_what_a_log_says_is_escaped_and_bounded(viewer):
    cluster = failing.several(1, "<script>alert(1)</script>", log="[ ERROR ] <b>\x1b[31m" + "x" * 5000 + "\n" * 50)
    for address in (LIST, page_of(cluster)):
        body = viewer.get(address).content.decode()
        assert "&lt;script&gt;alert" in body
        assert "[ ERROR ] &lt;b&gt; [31mxxx" in body
        assert "x" * failures.CHARACTERS not in body


def test_every_number_leads_to_the_failures_that_it_counts(viewer):
    failing.night("UVES", date(2012, 5, 9), 3)
    failing.night("NACO", date(2012, 5, 8), 2)
    [cluster] = Cluster.objects.all()
    assert f'href="{page_of(cluster)}?instrument=NACO"' in viewer.get(LIST).content.decode()

    page = told(viewer.get(f"{page_of(cluster)}?instrument=NACO&to=2012-05-08"))
    assert "Only instrument NACO, to 2012-05-08; all 5" in page
    assert "5, 2 in this selection" in page
    assert set(re.findall(r"NACO.2012-05-08T(\d+).ab", page)) == {"000000", "000001"}
    assert "UVES.2012-05-09T" not in page


def test_the_selection_counts_and_stays_in_every_link(viewer):
    failing.night("UVES", date(2012, 5, 9), 3)
    failing.night("NACO", date(2012, 5, 8), 2)
    body = viewer.get(f"{LIST}?instrument=UVES&from=2012-05-09").content.decode()

    assert "NACO.2012" not in body
    assert "?instrument=UVES&amp;from=2012-05-09&amp;state=ACKNOWLEDGED" in body
    assert "Nothing failed in this selection." in told(viewer.get(f"{LIST}?from=2012-05-10"))


@pytest.mark.parametrize(
    "query",
    [
        "state=X",
        "instrument=no-such",
        "from=2012",
        "to=20120509",
        "from=9999-99-99",
        "page=0",
        "page=x",
        "page=2",
        "page=" + "9" * 50,
    ],
)
def test_what_is_no_selection_is_not_found_in_words(viewer, query):
    failing.several(1)
    answer = viewer.get(f"{LIST}?{query}")

    assert answer.status_code == 404
    assert query.partition("=")[2][:10] in told(answer)


@pytest.mark.parametrize("step", ["", "acknowledge/", "handover/", "evidence/"])
def test_a_kind_that_is_not_known_is_not_found(operator, step):
    assert operator.get(f"{LIST}0123456789ab/{step}").status_code == 404
    assert operator.get(f"{LIST}../{step}").status_code == 404


def test_many_kinds_and_many_abs_come_in_pages(viewer):
    failing.night("UVES", date(2012, 5, 9), 120, 30)
    page = told(viewer.get(LIST))
    assert "1 to 25 of 30" in page
    assert "26 to 30 of 30" in told(viewer.get(f"{LIST}?page=2"))

    failing.night("UVES", date(2012, 5, 10), 60)
    cluster = Cluster.objects.first()
    assert "51 to 64 of 64" in told(viewer.get(f"{page_of(cluster)}?page=2"))


def test_anna_acknowledges_all_that_she_has_seen(operator):
    cluster = failing.several(2)
    form = told(operator.get(page_of(cluster, "acknowledge/")))
    assert "Acknowledge 2 failures" in form

    page = told(send(operator, cluster))
    assert "Acknowledged: 2 failures, 2 of them new." in page
    assert "may_acknowledge_cluster" in page
    assert "of 2 failures: known" in page
    assert Event.objects.filter(subject="cluster", new="ACKNOWLEDGED", who="may_acknowledge_cluster").exists()


def test_a_count_that_has_changed_is_said_and_the_new_one_is_offered(operator):
    cluster = failing.several(2)
    failing.failed(7)
    answer = send(operator, cluster)

    assert answer.status_code == 409
    assert "Nothing was done: there are 3 failures now, 2 were expected" in told(answer)
    assert 'name="expected" value="3"' in answer.content.decode()
    assert cluster.fresh().state == "OPEN"
    assert send(operator, cluster, expected=3).status_code == 200


def test_new_failures_of_an_acknowledged_kind_are_seen_at_once(operator):
    cluster = failing.several(2)
    send(operator, cluster)
    failing.failed(8)

    assert "1 acknowledged kind has new failures: look at it ." in told(operator.get(LIST))
    assert "1 new" in told(operator.get(f"{LIST}?state=ACKNOWLEDGED"))
    page = told(operator.get(page_of(cluster)))
    assert "1 new since" in page
    assert "T04:00:08.000.ab new" in page


def test_sdp_gets_a_kind_with_a_ticket(operator):
    cluster = failing.several(2)
    page = told(send(operator, cluster, "handover/", ticket="PIPE-1234"))

    assert "Handed over to SDP: 2 failures, 2 of them new." in page
    assert "PIPE-1234" in page
    assert "ticket PIPE-1234" in told(operator.get(f"{LIST}?state=HANDED_OVER"))


@pytest.mark.parametrize(
    ("step", "sent", "said"),
    [
        ("acknowledge/", {"why": " "}, "Say it"),
        ("acknowledge/", {"why": "a\0"}, "Null characters"),
        ("acknowledge/", {"expected": "x"}, "whole number"),
        ("acknowledge/", {"expected": -1}, "greater than or equal"),
        ("handover/", {}, "Give the reference"),
        ("handover/", {"ticket": "<b>"}, "a ticket is a number, name or address"),
    ],
)
def test_a_form_that_is_not_filled_in_changes_nothing_and_says_what_is_missing(operator, step, sent, said):
    cluster = failing.several(2)
    answer = send(operator, cluster, step, **sent)

    assert answer.status_code == 400
    assert said in told(answer)
    assert cluster.fresh().state == "OPEN"


@pytest.mark.parametrize("step", ["acknowledge/", "handover/"])
def test_who_may_not_is_told_so_and_finds_no_way_to_it(viewer, step):
    cluster = failing.several(2)

    assert viewer.get(page_of(cluster, step)).status_code == 403
    assert send(viewer, cluster, step, ticket="A-1").status_code == 403
    assert "Acknowledge all" not in told(viewer.get(page_of(cluster)))
    assert cluster.fresh().state == "OPEN"


@pytest.mark.parametrize("address", [LIST, f"{LIST}0123456789ab/", f"{LIST}0123456789ab/evidence/", "/abs/X/evidence/"])
def test_a_stranger_is_asked_to_log_in(anonymous, address):
    assert anonymous.get(address).headers["Location"].startswith("/login/")


def test_where_nothing_has_failed_the_page_says_what_to_do_next(viewer, operator):
    assert "Nothing has failed." in told(viewer.get(LIST))
    send(operator, failing.several(2))
    assert "a person has seen to each of them" in told(viewer.get(LIST))
    assert "hand it over with the reference of its ticket" in told(viewer.get(f"{LIST}?state=HANDED_OVER"))


def test_the_page_of_an_ab_leads_to_its_kind_and_to_its_evidence(viewer):
    job = failing.failed()
    body = viewer.get(f"/abs/{job.block.name}/").content.decode()

    assert f'href="{LIST}{job.fingerprint}/"' in body
    assert f'href="/abs/{job.block.name}/evidence/?campaign=' in body


def test_the_number_of_queries_depends_neither_on_failures_nor_on_kinds(operator):
    failing.night("UVES", date(2011, 1, 1), 3)
    cluster = Cluster.objects.get()
    before = {
        address: queries(operator, address) for address in (LIST, page_of(cluster), page_of(cluster, "handover/"))
    }
    failing.history(days=8)

    assert {address: queries(operator, address) for address in before} == before


def queries(client, address):
    with CaptureQueriesContext(connection) as captured:
        assert client.get(address).status_code == 200
    return len(captured)


@pytest.mark.parametrize(("query", "most"), [("", 8), ("?instrument=UVES", 9)])
def test_a_page_asks_for_at_most_eight_things_of_its_own_and_one_kind_in_a_selection_for_its_total(viewer, query, most):
    cluster = failing.several(2)
    for address in (f"{LIST}{query}", page_of(cluster, query)):
        with CaptureQueriesContext(connection) as captured:
            viewer.get(address)
        own = [query["sql"] for query in captured if OWN.search(query["sql"]) and STRIP not in query["sql"]]
        assert len(own) <= most, own


def test_a_failure_of_the_first_day_of_the_calendar_is_drawn_too(viewer):
    failing.night("UVES", date(1, 1, 1), 1)

    assert viewer.get(LIST).status_code == 200
