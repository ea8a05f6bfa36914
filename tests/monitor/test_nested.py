"""Lists within rows."""

from datetime import UTC, date, datetime

import pytest
from django.db.models import OuterRef

from monitor.nested import Number, Rows, moment, restored
from processing.models import Hold, Instrument, ProcessingDate, Qc1Parameter, Stop
from tests.monitor import rows

pytestmark = pytest.mark.django_db
AT = datetime(2012, 5, 10, 18, 0, 0, 123456, tzinfo=UTC)


def instrument(**nested):
    return Instrument.objects.annotate(**nested).get(name="UVES")


def test_rows_come_in_their_order_with_the_names_that_were_asked_for():
    rows.job()
    for host in ("south", "north"):
        rows.held(f"{host} is broken", host)
    mine = Hold.objects.filter(instrument=OuterRef("pk")).order_by("host")

    assert instrument(mine=Rows(mine, "host", "why")).mine == [
        {"host": "north", "why": "north is broken"},
        {"host": "south", "why": "south is broken"},
    ]


def test_without_rows_the_list_is_empty_and_the_number_none():
    rows.job()
    found = instrument(stops=Rows(Stop.objects.all(), "id"), number=Number(Stop.objects.all()))

    assert (found.stops, found.number) == ([], 0)


def test_times_and_dates_are_restored_to_the_microsecond():
    rows.job()
    ProcessingDate.objects.update(held=AT)
    [found] = restored(ProcessingDate, instrument(found=Rows(ProcessingDate.objects.all(), "date", "held")).found)

    assert (found.date, found.held) == (date(2012, 5, 9), AT)


def test_what_is_null_stays_so_and_signs_of_all_kinds_survive():
    rows.attempted(rows.job())
    Qc1Parameter.objects.filter(name="mean_reduced").update(unit="10⁻¹⁶ \"\\'%s", chip="%(a)s")
    query = Qc1Parameter.objects.filter(name="mean_reduced")
    [found] = restored(Qc1Parameter, instrument(found=Rows(query, "value", "unit", "chip", "not_finite")).found)

    assert (found.value, found.unit, found.chip, bool(found.not_finite)) == (None, "10⁻¹⁶ \"\\'%s", "%(a)s", True)


@pytest.mark.parametrize("text", ["2012-05-10 18:00:00.123456", "2012-05-10T18:00:00.123456+00:00"])
def test_a_time_of_either_database_is_in_utc(text):
    assert moment(text) == AT
