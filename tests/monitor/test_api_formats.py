"""Every list in every format: whole, in order, and without numbers that are none."""

import csv
import io
import json
import math
from xml.etree import ElementTree

import pytest
from django.db import connection

from monitor.api import formats, pages, tables, votable
from processing import control
from processing.core.states import JobState
from processing.models import AssociationBlock, Job, Product, Qc1Parameter
from tests.monitor import rows
from tests.monitor.test_problems import problem

pytestmark = pytest.mark.django_db

LISTS = ["dates", "abs", "jobs", "products", "ingestions", "stops", "certificates", "instruments"]
FORMATS = {"csv": "text/csv", "ndjson": "application/x-ndjson", "votable": "application/x-votable+xml"}
SPACE = "{http://www.ivoa.net/xml/VOTable/v1.3}"
NOT_FINITE = [math.nan, math.inf, -math.inf]


def body(answer):
    assert answer.status_code == 200, answer.content
    return b"".join(answer.streaming_content).decode()


def table(client, address):
    return list(csv.DictReader(io.StringIO(body(client.get(address)))))


def cells(text):
    document = ElementTree.fromstring(text)  # noqa: S314 - it is our own
    names = [field.get("name") for field in document.iter(f"{SPACE}FIELD")]
    return [dict(zip(names, (cell.text or "" for cell in row), strict=True)) for row in document.iter(f"{SPACE}TR")]


@pytest.fixture
def night():
    """Five jobs with products, one of them without a number where one should be."""
    rows.night(5)
    control.stop("", "a bug", "anna")


@pytest.mark.parametrize("resource", LISTS)
@pytest.mark.parametrize("form", FORMATS)
def test_every_list_speaks_every_format_by_name_and_by_accept(viewer, night, resource, form):
    by_name = viewer.get(f"/api/v1/{resource}/?format={form}")
    by_accept = viewer.get(f"/api/v1/{resource}/", headers={"accept": FORMATS[form]})

    assert by_name.headers["Content-Type"].startswith(FORMATS[form])
    assert len(body(by_name).splitlines()) == len(body(by_accept).splitlines()) > 0
    assert f'filename="{resource}.' in by_name.headers["Content-Disposition"]


def test_a_csv_has_the_names_and_values_of_the_json(viewer, night):
    found = viewer.get("/api/v1/products/").json()["results"]
    read = table(viewer, "/api/v1/products/?format=csv")

    assert list(read[0]) == list(found[0])
    assert [row["dp_id"] for row in read] == [row["dp_id"] for row in found]
    assert json.loads(read[0]["certificate"]) == found[0]["certificate"]


def test_an_ndjson_line_is_a_row_of_the_json(viewer, night):
    found = viewer.get("/api/v1/jobs/").json()["results"]
    lines = body(viewer.get("/api/v1/jobs/?format=ndjson")).splitlines()

    assert [json.loads(line) for line in lines] == found


def test_a_votable_tells_types_units_and_ucds(viewer, night):
    text = body(viewer.get("/api/v1/products/?format=votable"))

    assert '<FIELD name="ra" datatype="double" ucd="pos.eq.ra;meta.main" unit="deg"/>' in text
    assert '<FIELD name="registered" datatype="char" ucd="time.epoch" arraysize="*" xtype="timestamp"/>' in text
    assert '<FIELD name="size" datatype="long"' in text
    assert len(cells(text)) == 5


def test_a_votable_that_is_cut_says_so(monkeypatch, viewer, night):
    monkeypatch.setattr(votable, "MOST", 3)
    text = body(viewer.get("/api/v1/products/?format=votable"))

    assert len(cells(text)) == 3
    assert 'value="OVERFLOW"' in text


@pytest.mark.parametrize("form", FORMATS)
def test_an_empty_list_is_a_table_without_rows(viewer, form):
    assert viewer.get(f"/api/v1/products/?format={form}").status_code == 200
    assert body(viewer.get("/api/v1/jobs/?format=csv")).startswith("ab,campaign,instrument,")


def test_a_table_is_whole_however_many_pages_it_takes(monkeypatch, viewer, night):
    monkeypatch.setattr(pages, "MOST", 2)
    names = [row["ab"] for row in table(viewer, "/api/v1/jobs/?format=csv")]

    assert names == list(Job.objects.order_by("id").values_list("block__name", flat=True))
    assert len(table(viewer, "/api/v1/jobs/?format=csv&limit=3")) == 3


def test_a_filter_holds_for_the_whole_table(monkeypatch, viewer, night):
    monkeypatch.setattr(pages, "MOST", 2)
    rows.put(rows.job(), JobState.FAILED)

    assert len(table(viewer, "/api/v1/jobs/?format=csv&state=INGESTED")) == 5


def test_a_head_of_a_table_has_no_rows(viewer, night):
    assert body(viewer.head("/api/v1/jobs/?format=csv")) == ""


@pytest.mark.parametrize("form", ["status/?format=csv", "jobs/?format=xlsx", "abs/X/?format=votable"])
def test_a_format_that_is_not_offered_is_refused(viewer, form):
    problem(viewer.get(f"/api/v1/{form}"), 400)


def test_a_problem_of_a_table_is_json(viewer):
    problem(viewer.get("/api/v1/jobs/?format=csv&state=BROKEN"), 400)


@pytest.mark.parametrize("form", ["json", *FORMATS])
def test_numbers_that_are_not_finite_break_no_format(viewer, night, form):
    # SQLite holds infinities, and makes null of NaN; PostgreSQL holds all three.
    Product.objects.update(snr=math.inf, ra=-math.inf)
    if connection.vendor == "postgresql":
        Product.objects.update(dec=math.nan)
    answer = viewer.get(f"/api/v1/products/?format={form}")
    text = answer.content.decode() if form == "json" else body(answer)

    assert answer.status_code == 200
    assert not any(word in text for word in ("Infinity", "inf", "NaN", "nan"))


@pytest.mark.parametrize("value", NOT_FINITE)
def test_a_number_that_is_not_finite_is_null_or_nothing_everywhere(value):
    row = {"a": value, "b": [value, {"c": value}], "d": 1.5}

    assert json.loads(formats.Json().render(row)) == {"a": None, "b": [None, {"c": None}], "d": 1.5}
    assert json.loads("".join(tables.ndjson(list(row), [row]))) == {"a": None, "b": [None, {"c": None}], "d": 1.5}
    assert list(tables.csv(["a", "b", "d"], [row]))[1] == ',"[null, {""c"": null}]",1.5\n'
    assert cells("".join(votable.write(list(row), [row]))) == [{"a": "", "b": '[null, {"c": null}]', "d": "1.5"}]


@pytest.mark.parametrize("form", ["json", *FORMATS])
def test_a_parameter_that_was_not_finite_is_shown_with_its_mark(viewer, form):
    row = rows.attempted(rows.job())
    Qc1Parameter.objects.filter(job=row).update(value=math.inf)

    assert viewer.get(f"/api/v1/abs/{row.block.name}/scores/").json()["qc1"][0]["value"] is None


def test_signs_that_xml_cannot_hold_are_left_out():
    assert cells("".join(votable.write(["a"], [{"a": "x\x0b<&>y"}]))) == [{"a": "x<&>y"}]


@pytest.mark.parametrize(
    ("query", "names"),
    [("fields=ab,state", ["ab", "state"]), ("fields=state,ab&omit=ab", ["state"]), ("fields=ab&format=csv", ["ab"])],
)
def test_a_client_chooses_the_fields(viewer, night, query, names):
    answer = viewer.get(f"/api/v1/jobs/?{query}")
    found = table(viewer, f"/api/v1/jobs/?{query}") if "csv" in query else answer.json()["results"]

    assert list(found[0]) == names


@pytest.mark.parametrize("query", ["fields=colour", "omit=", "count=all", "ordering=colour", "fields=ab&fields=ab"])
def test_what_a_list_does_not_have_is_refused(viewer, night, query):
    [error] = problem(viewer.get(f"/api/v1/jobs/?{query}"), 400)["errors"]

    assert error["parameter"] == query.partition("=")[0]


def test_rows_are_counted_on_request_only(viewer, night):
    assert viewer.get("/api/v1/jobs/?count=exact&limit=1").json()["count"] == 5
    assert "count" not in viewer.get("/api/v1/jobs/").json()


@pytest.mark.parametrize("resource", ["jobs", "abs", "dates", "products"])
@pytest.mark.parametrize("size", [1, 2, 3])
def test_every_ordering_leads_through_all_rows_and_back(viewer, night, resource, size):
    view = {"jobs": "jobs.Jobs", "abs": "views.Blocks", "dates": "views.Dates", "products": "products.Products"}
    module, name = view[resource].split(".")
    orderings = getattr(__import__(f"monitor.api.{module}", fromlist=[name]), name).orderings
    for word in orderings:
        address = f"/api/v1/{resource}/?ordering={word}&limit={size}"
        everything = viewer.get(f"/api/v1/{resource}/?ordering={word}").json()["results"]
        forward, last = walk(viewer, address, "next")
        assert forward == everything
        back, _ = walk(viewer, last, "previous")
        assert len(back) == len(everything)


def walk(client, address, direction):
    """All rows in this direction, and the address of the last page."""
    found, last = [], address
    while address:
        page, last = client.get(address).json(), address
        found += page["results"]
        address = page[direction]
    return found, last


def test_more_rows_of_one_date_than_a_page_has_are_all_found(monkeypatch, viewer, night):
    """They all have the same place in the first column of the ordering."""
    monkeypatch.setattr(pages, "MOST", 1)

    assert len(table(viewer, "/api/v1/abs/?ordering=-date&format=csv")) == AssociationBlock.objects.count() == 5


def test_a_page_says_where_the_next_is_in_a_header_too(viewer, night):
    answer = viewer.get("/api/v1/jobs/?limit=2")

    assert answer.headers["Link"] == f'<{answer.json()["next"]}>; rel="next"'
