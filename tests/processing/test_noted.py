"""A change and its event: both or neither."""

from typing import Any

import pytest
from django.db import IntegrityError
from django.db.models import Q

from processing.models import Event, Instrument
from processing.models.noted import How, noted

pytestmark = pytest.mark.django_db(transaction=True)
WINDOW = "20:00-06:00"
CONDITIONS = {"plain": Q(name="UVES"), "not plain": Q(name__startswith="UV")}


@pytest.fixture(autouse=True)
def uves() -> None:
    Instrument.objects.create(name="UVES")


def event(**wrong: Any) -> Event:
    return Event(**{"subject": "instrument", "subject_id": 1, "name": "UVES", "new": "WINDOW", "who": "anna"} | wrong)


def found() -> tuple[str, int]:
    return Instrument.objects.get().window, Event.objects.count()


@pytest.mark.parametrize("quick", [False, True], ids=["lasting", "quick"])
@pytest.mark.parametrize("where", CONDITIONS.values(), ids=list(CONDITIONS))
def test_both_happen(where, quick):
    for _ in range(3):  # from the second time on, it may be a prepared statement
        assert noted(Instrument, where, {"window": WINDOW}, event(), How(quick))

    assert found() == (WINDOW, 3)


@pytest.mark.parametrize("quick", [False, True], ids=["lasting", "quick"])
def test_of_a_row_that_is_not_as_it_was_nothing_is_changed_and_nothing_said(quick):
    assert not noted(Instrument, Q(name="UVES", window="08:00-09:00"), {"window": WINDOW}, event(), How(quick))

    assert found() == ("", 0)


@pytest.mark.parametrize("where", CONDITIONS.values(), ids=list(CONDITIONS))
def test_a_change_whose_event_cannot_be_written_does_not_happen(where):
    with pytest.raises(IntegrityError):
        noted(Instrument, where, {"window": WINDOW}, event(name=None))

    assert found() == ("", 0)
