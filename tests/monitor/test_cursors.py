"""Positions in a list survive the way through an address, to the microsecond."""

from datetime import UTC, datetime

import pytest

from monitor.api import cursors

ROW = {"registered": datetime(2026, 1, 1, 0, 0, 0, 123456, tzinfo=UTC), "id": 7}


@pytest.mark.parametrize("back", [True, False])
def test_a_position_is_read_as_it_was_written(back):
    written = str(cursors.at(ROW, ("-registered", "id"), back=back))
    found = cursors.read(written, 2)

    assert found == cursors.Cursor(("2026-01-01 00:00:00.123456+00:00", 7), back)


@pytest.mark.parametrize("text", ["", "x", "é", "W10=", "WzEsMl0=", "WzAsIFtdXQ==", "[", "WyIiXQ==", "A" * 3000])
def test_a_position_that_was_made_up_is_none(text):
    with pytest.raises(ValueError):  # noqa: PT011 - what it says is told to nobody
        cursors.read(text, 2)


def test_an_ordering_can_be_asked_from_both_ends():
    assert cursors.both("date", "date", "-id") == {"date": ("date", "-id"), "-date": ("-date", "id")}
