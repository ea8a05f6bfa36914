"""The page of scores and QC1 parameters over time."""

import re
import xml.etree.ElementTree as ET

import pytest

from monitor.pages import trend_plot
from monitor.trends import Bin
from processing.core.states import JobState
from processing.models import Qc1Parameter
from tests.monitor import rows
from tests.monitor.test_trends import another_version, measured

pytestmark = pytest.mark.django_db

HERE = "/scores/"


def body(client, query=""):
    answer = client.get(f"{HERE}?{query}")
    assert answer.status_code == 200
    return " ".join(answer.content.decode().split())


def plot(client, query=""):
    [picture] = re.findall(r'<svg class="chart trend".*?</svg>', client.get(f"{HERE}?{query}").content.decode())
    return ET.fromstring(picture)  # noqa: S314 - our own text


def of_look(picture, look):
    return [element for element in picture.iter() if element.get("class") == look]


def test_before_the_first_ab_the_page_says_what_to_do(viewer):
    assert "phoenix register" in body(viewer)


def test_a_plot_has_title_description_axes_and_unit(viewer):
    row = measured(1, 10.0)
    Qc1Parameter.objects.create(job=row, name="qc_fwhm", chip="REDL", value=1.0, unit="pixel")
    picture = plot(viewer, "parameter=qc_fwhm&chip=REDL")
    labels = [element.text for element in picture.iter("text")]

    assert picture.find("title").text == "qc_fwhm of UVES on REDL"
    assert picture.find("desc").text.startswith("1 values between 2012-05-10")
    assert {"date of observation / UTC", "qc_fwhm / pixel"} <= set(labels)


def test_by_default_the_parameter_of_the_gate_is_drawn(viewer):
    measured(1, 10.0)

    assert plot(viewer).find("title").text == "qc_s2n of UVES"


def test_a_flagged_value_leads_to_its_ab_and_stands_in_the_list(viewer):
    measured(1, 10.0)
    bad = measured(2, 2.0)
    [link] = plot(viewer).iter("a")
    shown = body(viewer)

    assert link.get("href") == f"/abs/{bad.block.name}/"
    assert link.find("path").get("class") == "flagged"
    assert link.find("path/title").text == f"{bad.block.name}: 2, flagged"
    assert shown.count(f'<a class="name" href="/abs/{bad.block.name}/">') == 1
    assert "≥ 3" in shown


def test_a_value_that_is_no_number_stands_in_the_list(viewer):
    measured(1, 10.0)
    measured(2, None)
    shown = body(viewer)

    assert "1 not finite and so not drawn" in shown
    assert "not finite</span>" in shown


def test_thresholds_of_two_versions_make_a_step(viewer):
    measured(1, 10.0)
    another_version(measured(5, 9.0), low=6.0)
    [limit] = of_look(plot(viewer), "limit")

    assert re.fullmatch(r"M[\d.]+ [\d.]+H[\d.]+M[\d.]+ [\d.]+V[\d.]+H[\d.]+", limit.get("d"))


def test_of_very_many_values_bins_are_drawn_and_every_flagged_one(viewer, monkeypatch):
    for number in range(8):
        measured(number, 10.0 + number)
    for number in (8, 9):
        measured(number, 2.0)
    monkeypatch.setattr(trend_plot, "MOST_POINTS", 5)
    monkeypatch.setattr(trend_plot, "FINE", 2)
    monkeypatch.setattr(trend_plot, "MOST_LINKS", 1)
    picture = plot(viewer)

    assert of_look(picture, "dots")[0].get("d").count("M") == 2
    assert len(of_look(picture, "ranges")) == 1
    assert sum(mark.get("d").count("M") for mark in of_look(picture, "flagged")) == 2
    assert len(list(picture.iter("a"))) == 1
    assert "the range of each of 240 stretches" in body(viewer)


def test_a_median_is_not_drawn_over_a_gap():
    medians = [Bin(mjd, 1.0, 1.0, 1.0, 0.0) for mjd in (0.0, 1.0, 2.0, 50.0, 51.0)]

    assert trend_plot.pieces(medians) == [medians[:3], medians[3:]]


def test_a_range_without_values_says_so(viewer):
    measured(1, 10.0)

    assert "No value of qc_s2n between 2010-01-01 and 2010-02-01" in body(
        viewer, "parameter=qc_s2n&from=2010-01-01&to=2010-02-01"
    )
    assert "No value of qc_orders" in body(viewer, "parameter=qc_orders")


def test_every_parameter_is_summed_up_with_a_link_to_its_plot(viewer):
    measured(1, 2.0)
    shown = body(viewer)

    assert "parameter=qc_s2n&amp;chip=REDL" in shown
    assert "100 %" in shown


def test_the_same_values_are_one_link_away_as_json(viewer):
    measured(1, 2.0)
    [address] = re.findall(r'<a href="([^"]+)">as JSON</a>', body(viewer, "parameter=s2n&chip=REDL"))
    answer = viewer.get(address.replace("&amp;", "&"))

    assert [row["value"] for row in answer.json()["results"]] == [2.0]


@pytest.mark.parametrize(
    "query",
    [
        "instrument=HAWKI",
        "from=2012-02-30",
        "to=20120509",
        "from=2012-05-10&to=2012-05-09",
        "setup=" + "x" * 65,
        "parameter=%00",
        "chip=%00",
    ],
)
def test_a_choice_that_makes_no_sense_is_not_found(viewer, query):
    measured(1, 10.0)

    assert viewer.get(f"{HERE}?{query}").status_code == 404


@pytest.mark.parametrize(
    "query", ["from=0001-01-01", "to=9999-12-31", "to=1850-01-01&from=1800-01-01", "to=0001-01-01"]
)
def test_any_day_of_the_calendar_may_be_asked_for(viewer, query):
    measured(1, 10.0)

    assert viewer.get(f"{HERE}?{query}").status_code in (200, 404)


def test_what_was_typed_is_escaped(viewer):
    measured(1, 10.0)

    assert "<script>alert" not in body(viewer, "parameter=<script>alert(1)</script>&setup=<script>alert(2)</script>")


def test_strangers_are_sent_to_the_login(anonymous):
    assert anonymous.get(HERE).status_code == 302


@pytest.mark.parametrize("number", [1, 6])
def test_the_page_takes_eight_queries_however_many_values_there_are(viewer, django_assert_num_queries, number):
    for n in range(number):
        rows.put(measured(n, 2.0), JobState.INGESTED)
    with django_assert_num_queries(8 + 2 + 1):  # beside those for session and user, and strip
        viewer.get(HERE)


@pytest.fixture
def three():
    return [measured(1, 10.0), measured(2, 2.0), measured(3, 5.0, chip="REDU")]


@pytest.mark.parametrize(
    ("query", "values"),
    [
        ("name=s2n", [10.0, 2.0, 5.0]),
        ("name=s2n&flag=1", [2.0]),
        ("name=s2n&chip=REDU", [5.0]),
        ("name=s2n&from=2012-05-10", []),
        ("name=s2n&to=2012-05-09&instrument=UVES&kind=PROCESSING", [10.0, 2.0, 5.0]),
        ("name=s2n&limit=1", [10.0]),
    ],
)
def test_scores_are_filtered_and_paged(viewer, three, query, values):
    answer = viewer.get(f"/api/v1/scores/?{query}").json()

    assert [row["value"] for row in answer["results"]] == values
    assert (answer["next"] is not None) == ("limit" in query)


def test_a_score_says_whose_it_is_and_what_it_was_held_against(viewer, three):
    [row] = viewer.get("/api/v1/scores/?name=s2n&flag=1").json()["results"]

    assert row["ab"] == three[1].block.name
    assert (row["instrument"], row["date"], row["setup"]) == ("UVES", "2012-05-09", three[1].block.setup)
    assert (row["low"], row["high"], row["certificate"]) == (3.0, None, str(three[1].certificate))
    assert row["mjd_obs"] == pytest.approx(56057.0 + 2 / 24)


def test_qc1_parameters_are_filtered_by_name_and_setup(viewer, three):
    setup = three[0].block.setup
    assert len(viewer.get(f"/api/v1/qc1/?name=qc_s2n&setup={setup}").json()["results"]) == 3
    assert viewer.get("/api/v1/qc1/?name=qc_s2n&setup=other").json()["results"] == []


@pytest.mark.parametrize("query", ["flag=2", "from=yesterday", "colour=red", "kind=OTHER", "limit=0"])
def test_a_filter_that_makes_no_sense_is_a_problem(viewer, three, query):
    answer = viewer.get(f"/api/v1/scores/?{query}")

    assert answer.status_code == 400
    assert answer.headers["Content-Type"] == "application/problem+json"


@pytest.mark.parametrize("number", [1, 4])
def test_a_list_of_scores_takes_one_query(viewer, django_assert_num_queries, number):
    for n in range(number):
        measured(n, 10.0)
    for address in ("scores", "qc1"):
        with django_assert_num_queries(2 + 1):
            viewer.get(f"/api/v1/{address}/")
