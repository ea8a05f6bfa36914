"""Queries that are waited for: what comes back, in which form, and what is refused how."""

import csv
import io
import json
from collections.abc import Sequence
from typing import Any

import pytest

from monitor.vo import formats
from monitor.vo.compiler import Field
from monitor.vo.tables import Kind
from tests.vo.answers import asked, body, message, rows, statuses, table

pytestmark = pytest.mark.django_db(transaction=True)
OBSCORE = "SELECT * FROM ivoa.ObsCore ORDER BY dp_id"


def test_obscore_has_a_current_product_with_its_facts(client, archive):
    [first, _] = table(asked(client, OBSCORE))

    assert (first["dataproduct_type"], first["calib_level"], first["obs_collection"]) == ("spectrum", 2, "UVES")
    assert (first["t_min"], first["t_max"], first["em_xel"]) == (56057.1, 56057.2, 5000)
    assert first["access_url"] == f"http://testserver/datalink/links?ID={archive[0].dp_id}"
    assert first["obs_publisher_did"] == f"ivo://eso.org/ID?{archive[0].dp_id}"


def test_wavelengths_of_spectra_are_given_in_vacuum(client, archive):
    # Sodium D2: 588.995 nm in air, 589.158 nm in vacuum.
    archive[0].wave_min, archive[0].wave_max = 588.9951, 656.2793
    archive[0].save()
    [(low, high), _] = rows(asked(client, "SELECT em_min, em_max FROM ivoa.ObsCore ORDER BY dp_id"))

    assert low == pytest.approx(589.1583e-9, abs=2e-13)
    assert high == pytest.approx(656.4606e-9, abs=2e-13)


def test_the_band_of_an_image_stays_as_its_filter_has_it(client, archive):
    archive[0].category = "SCIENCE.IMAGE"
    archive[0].save()

    assert rows(asked(client, "SELECT em_min FROM ivoa.ObsCore WHERE dataproduct_type = 'image'")) == [(478e-9,)]


def test_an_obsolete_product_is_in_phoenix_products_only(client, archive):
    archive[0].state = "OBSOLETE"
    archive[0].save()

    assert rows(asked(client, "SELECT dp_id FROM ivoa.ObsCore")) == [(archive[1].dp_id,)]
    assert rows(asked(client, "SELECT COUNT(*) AS n FROM phoenix.products")) == [(2,)]


def test_text_with_signs_of_xml_comes_back_as_it_was(client, archive):
    assert rows(asked(client, "SELECT target_name FROM ivoa.ObsCore WHERE snr > 90")) == [("A & B <star>",)]


def test_what_is_null_is_empty(client, archive):
    assert rows(asked(client, "SELECT em_xel, t_max, s_fov FROM ivoa.ObsCore WHERE snr > 90")) == [(None,) * 3]


def test_a_number_that_is_not_finite_has_the_name_that_votable_gives_it():
    field = Field("x", Kind.DOUBLE, None)
    chunks: list[list[Sequence[Any]]] = [[(float("nan"),), (float("inf"),), (-float("inf"),), (None,), (1.5,)]]
    written = "".join(formats.votable([field], formats.Truncated(chunks, 9), {}))

    assert (
        "<TD>NaN</TD></TR>\n<TR><TD>+Inf</TD></TR>\n<TR><TD>-Inf</TD></TR>\n<TR><TD></TD></TR>\n<TR><TD>1.5" in written
    )


def test_an_answer_that_is_cut_says_so_after_the_table(client, archive):
    assert statuses(asked(client, OBSCORE)) == [("OK", "")]
    assert statuses(asked(client, OBSCORE, MAXREC=1)) == [("OK", ""), ("OVERFLOW", "")]
    assert statuses(asked(client, OBSCORE, MAXREC=2)) == [("OK", "")]


def test_maxrec_0_gives_the_columns_alone(client, archive):
    answer = asked(client, OBSCORE, MAXREC=0)
    again = asked(client, OBSCORE, MAXREC=0)

    assert statuses(answer) == [("OK", ""), ("OVERFLOW", "")]
    assert (len(table(again)), len(table(asked(client, OBSCORE)).colnames)) == (0, 36)


def test_top_is_no_overflow(client, archive):
    assert statuses(asked(client, OBSCORE.replace("*", "TOP 1 *"))) == [("OK", "")]


def test_no_answer_is_longer_than_the_site_allows(client, archive, settings):
    settings.PHOENIX = {**settings.PHOENIX, "TAP_ROWS": 1}

    assert statuses(asked(client, OBSCORE, MAXREC=5)) == [("OK", ""), ("OVERFLOW", "")]


@pytest.mark.parametrize(("name", "separator"), [("csv", ","), ("tsv", "\t"), ("text/csv", ",")])
def test_an_answer_comes_as_csv_or_tsv(client, archive, name, separator):
    query = "SELECT dp_id, snr, em_xel FROM ivoa.ObsCore ORDER BY 1"
    answer = asked(client, query, RESPONSEFORMAT=name)
    lines = list(csv.reader(io.StringIO(body(answer).decode()), delimiter=separator))

    assert lines == [["dp_id", "snr", "em_xel"], [archive[0].dp_id, "21.5", "5000"], [archive[1].dp_id, "99.5", ""]]


def test_an_answer_comes_as_json(client, archive):
    answer = asked(client, "SELECT dp_id, em_xel FROM ivoa.ObsCore ORDER BY 1", FORMAT="json", MAXREC=1)
    found = json.loads(body(answer))

    assert (found["data"], found["status"]) == ([[archive[0].dp_id, 5000]], "OVERFLOW")


def test_names_of_parameters_may_be_in_any_case_and_posted(client, archive):
    answer = client.post("/tap/sync", {"lang": "ADQL", "Query": "SELECT COUNT(*) AS n FROM ivoa.ObsCore"})

    assert rows(answer) == [(2,)]


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"LANG": "SQL"}, "LANG: there are ADQL"),
        ({"QUERY": ""}, "QUERY is missing"),
        ({"MAXREC": "-1"}, "MAXREC is a whole number"),
        ({"MAXREC": "²"}, "MAXREC is a whole number"),
        ({"RESPONSEFORMAT": "fits"}, "RESPONSEFORMAT: there are votable"),
        ({"UPLOAD": "a,param:b"}, "cannot be uploaded"),
        ({"REQUEST": "doIt"}, "REQUEST: there is doQuery"),
        ({"QUERY": "SELECT x FROM ivoa.ObsCore"}, "There is no column x here (at character 8)"),
        ({"QUERY": "SELECT\x01"}, "has no place in a query"),
    ],
)
def test_what_cannot_be_answered_is_refused_as_dali_has_it(client, archive, given, said):
    answer = client.get("/tap/sync", {"LANG": "ADQL", "QUERY": OBSCORE, **given})

    assert (answer.status_code, answer.headers["Content-Type"]) == (400, "application/x-votable+xml")
    assert said in message(answer)


def test_the_schema_describes_every_column_of_obscore(client, archive):
    described = rows(asked(client, "SELECT column_name FROM TAP_SCHEMA.columns WHERE table_name = 'ivoa.ObsCore'"))

    assert [name for (name,) in described] == table(asked(client, OBSCORE)).colnames


def test_a_forged_method_is_refused(client, archive):
    assert client.delete("/tap/sync").status_code == 405
