"""Many numbers from the database in one row."""

import math

import pytest

from monitor.listed import Listed, numbers
from processing.models import Qc1Parameter
from tests.monitor import rows


@pytest.mark.django_db
def test_numbers_of_a_group_come_in_one_row_and_what_is_null_as_nan():
    row = rows.job()
    for chip, value in (("A", 1.5), ("B", None), ("C", -2e-7)):
        Qc1Parameter.objects.create(job=row, name="qc_s2n", chip=chip, value=value)
    [found] = Qc1Parameter.objects.order_by().values("name").annotate(all_value=Listed("value"), jobs=Listed("job_id"))

    values = sorted(numbers(found["all_value"]), key=lambda value: (math.isnan(value), value))
    assert values[:2] == [-2e-7, 1.5]
    assert math.isnan(values[2])
    assert numbers(found["jobs"]) == [row.pk] * 3


def test_no_group_has_no_numbers():
    assert numbers(None) == []
