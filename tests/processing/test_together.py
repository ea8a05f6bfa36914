"""Several rows that take a step together: each as if it were alone."""

from collections.abc import Sequence

import pytest
from django.db import DataError, connection, transaction
from django.db.models.functions import Now
from django.test.utils import CaptureQueriesContext

from processing.core.states import IngestState, NotAllowed
from processing.models import Event, Ingestion
from processing.models.together import Step, move_together
from tests.monitor import rows

pytestmark = pytest.mark.django_db(transaction=True)
FILES = [{"role": "#this", "name": "ADP.fits"}]


@pytest.fixture
def items() -> list[Ingestion]:
    """Four products of one job that wait."""
    job = rows.job()
    return [Ingestion.objects.create(job=job, label=f"arm {number}") for number in range(4)]


def rejected(item: Ingestion) -> Step:
    return Step(item, IngestState.REJECTED, f"no {item.label}", {"log": f"no {item.label}", "ended": Now()})


def converted(item: Ingestion, **changes: object) -> Step:
    return Step(item, IngestState.CONVERTED, item.label, {"sha256": f"{item.pk:064}", "files": FILES, **changes})


def told(state: IngestState) -> set[str]:
    return set(Event.objects.filter(subject="ingestion", new=state).values_list("why", flat=True))


def test_each_changes_as_its_own_step_says_and_has_its_own_event(items):
    for again in range(3):  # from the second time on, it may be a prepared statement
        Ingestion.objects.update(state=IngestState.QUEUED, sha256="")
        for item in items:
            item.refresh_from_db()
        assert move_together([converted(item) for item in items]) == items
        for item in items:
            known = dict(vars(item))
            item.refresh_from_db()
            assert (known["sha256"], known["state"]) == (item.sha256, item.state) == (f"{item.pk:064}", "CONVERTED")
            assert item.files == FILES
        assert Event.objects.filter(subject="ingestion").count() == 4 * (again + 1)
    assert told(IngestState.CONVERTED) == {item.label for item in items}


@pytest.mark.skipif("connection.vendor != 'postgresql'", reason="one statement on PostgreSQL only")
def test_those_of_one_shape_are_one_statement(items):
    with CaptureQueriesContext(connection) as asked:
        move_together([converted(item) for item in items])

    assert len(asked) == 1


def test_steps_of_different_shapes_are_all_taken(items):
    first, second, *others = items
    steps = [rejected(first), *map(converted, others), rejected(second)]

    assert set(move_together(steps)) == set(items)
    assert told(IngestState.REJECTED) == {"no arm 0", "no arm 1"}
    assert told(IngestState.CONVERTED) == {"arm 2", "arm 3"}
    assert Ingestion.objects.exclude(ended=None).count() == 2


def test_a_row_that_somebody_else_has_moved_is_left_to_them_and_keeps_no_other(items):
    Ingestion.objects.filter(pk=items[1].pk).update(state=IngestState.DEAD)
    done = move_together([converted(item) for item in items])

    assert done == [items[0], *items[2:]]
    assert items[1].state == IngestState.QUEUED
    assert told(IngestState.CONVERTED) == {"arm 0", "arm 2", "arm 3"}


def test_a_step_that_is_not_allowed_is_refused_for_all(items):
    with pytest.raises(NotAllowed):
        move_together([Step(item, IngestState.REGISTERED, "") for item in items])

    assert not Event.objects.filter(subject="ingestion").exists()


def test_what_belongs_to_it_is_told_of_those_that_moved_and_undoes_all_if_it_fails(items):
    Ingestion.objects.filter(pk=items[0].pk).update(state=IngestState.DEAD)
    moved: list[Ingestion] = []

    def break_off(some: Sequence[Ingestion]) -> None:
        moved.extend(some)
        raise LookupError

    with pytest.raises(LookupError):
        move_together([converted(item) for item in items], break_off)

    assert set(moved) <= set(items[1:])
    assert moved
    assert not told(IngestState.CONVERTED)
    assert Ingestion.objects.filter(state=IngestState.QUEUED).count() == 3


def test_a_state_cannot_change_inside_a_transaction(items):
    with transaction.atomic(), pytest.raises(RuntimeError, match="durable"):
        move_together([converted(item) for item in items])


@pytest.mark.skipif("connection.vendor != 'postgresql'", reason="SQLite takes texts of any length")
def test_what_is_too_long_for_its_column_is_refused_and_not_cut(items):
    with pytest.raises(DataError):
        move_together([converted(item, content="c" * 65) for item in items])

    assert Ingestion.objects.filter(state=IngestState.QUEUED).count() == 4
