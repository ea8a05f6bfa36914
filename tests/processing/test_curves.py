"""Small plots in the database: the same numbers in a seventh of the room."""

import json
import math

import pytest
from django.db import connection
from hypothesis import given
from hypothesis import strategies as st

from processing.models import Product, curves
from processing.models.packed import PackedCurves
from processing.models.packing import CURVES, packed
from tests.monitor import rows

PREVIEW = Product._meta.get_field("preview")
FEW_DIGITS = st.builds(lambda digits, power: float(f"{digits}e{power}"), st.integers(-9999, 9999), st.integers(-22, 4))
SPECTRUM = {
    "wave": [round(3284.29 + 4.1388 * n, 2) for n in range(300)],
    "low": [float(f"{5000 + 900 * math.sin(n * n):.4g}") for n in range(300)],
    "high": [float(f"{1e-16 * (5 + math.sin(n)):.4g}") for n in range(300)],
}


@given(st.dictionaries(st.text(), st.lists(FEW_DIGITS)))
def test_numbers_of_few_digits_come_back_as_they_were(found):
    content = curves.written(found)

    assert content is None or curves.read(content) == found


def test_a_spectrum_takes_a_third_of_what_its_json_takes():
    content = PREVIEW.get_db_prep_value(SPECTRUM, connection)

    assert content.startswith(CURVES)
    assert len(content) < len(packed(json.dumps(SPECTRUM))) / 2
    assert PREVIEW.from_db_value(content, None, connection) == SPECTRUM


@pytest.mark.parametrize(
    "value",
    [{"wave": [1]}, {"wave": [1 / 3]}, {"wave": [math.inf]}, {"wave": [1e300]}, {"wave": "none"}, {"wave": None}],
)
def test_what_is_no_list_of_such_numbers_stays_json(value):
    content = PREVIEW.get_db_prep_value(value, connection)

    assert PREVIEW.from_db_value(content, None, connection) == value


def test_a_preview_that_was_packed_as_json_is_read_as_well():
    assert PREVIEW.from_db_value(packed(json.dumps(SPECTRUM)), None, connection) == SPECTRUM


@pytest.mark.django_db
def test_a_preview_comes_back_from_the_database_and_none_takes_no_room():
    product = rows.archived(rows.job())
    for value in ({}, SPECTRUM):
        product.preview = value
        product.save()
        assert Product.objects.values_list("preview", flat=True).get() == value
    assert isinstance(PREVIEW, PackedCurves)
    assert PREVIEW.get_db_prep_value({}, connection) == b""
