"""Numbers that are none, in every form of an answer."""

import csv
import io
import json
import math

import pytest
from django.db import connection

from processing.models import Product
from tests.vo.answers import asked, body

pytestmark = pytest.mark.django_db(transaction=True)
QUERY = "SELECT * FROM ivoa.ObsCore ORDER BY dp_id"


@pytest.fixture
def odd(archive):
    """An archive of products whose numbers are none; SQLite holds infinities, and makes null of NaN."""
    Product.objects.update(snr=math.inf, ra=-math.inf, wave_max=math.inf, exptime=math.inf)
    if connection.vendor == "postgresql":
        Product.objects.update(dec=math.nan, aperture=math.nan)


@pytest.mark.parametrize("form", ["votable", "csv", "tsv", "json"])
@pytest.mark.parametrize("table", ["ivoa.ObsCore", "phoenix.products"])
def test_every_form_is_answered(client, odd, form, table):
    answer = asked(client, f"SELECT * FROM {table}", RESPONSEFORMAT=form)

    assert answer.status_code == 200
    assert "ERROR" not in body(answer).decode()


def test_in_csv_and_json_nothing_stands_for_them(client, odd):
    [row, _] = csv.DictReader(io.StringIO(body(asked(client, QUERY, RESPONSEFORMAT="csv")).decode()))
    told = json.loads(body(asked(client, QUERY, RESPONSEFORMAT="json")), parse_constant=pytest.fail)

    assert (row["snr"], row["s_ra"], row["t_exptime"]) == ("", "", "")
    names = [column["name"] for column in told["metadata"]]
    assert told["data"][0][names.index("snr")] is None


def test_a_votable_has_words_for_them(client, odd):
    written = body(asked(client, "SELECT snr, s_ra FROM ivoa.ObsCore", RESPONSEFORMAT="votable")).decode()

    assert "<TD>+Inf</TD><TD>-Inf</TD>" in written
