"""`move()`: the only way a state changes."""

import pytest
from django.db import transaction

from processing.core.states import JobState, NotAllowed
from processing.models import Event, Job
from processing.models.moves import Moving
from tests.processing.conftest import state


@pytest.mark.parametrize("ended", [JobState.FAILED, JobState.INGESTED, JobState.REJECTED])
def test_there_is_no_way_back_to_waiting(add, ended):
    job = add()
    Job.objects.filter(pk=job.pk).update(state=ended)
    job.refresh_from_db()
    with pytest.raises(NotAllowed):
        job.move(JobState.WAITING)


@pytest.mark.django_db(transaction=True)
def test_a_state_cannot_change_inside_a_transaction(add):
    job = add()
    with transaction.atomic(), pytest.raises(RuntimeError, match="durable"):
        job.move(JobState.SKIPPED)


def test_somebody_who_was_late_changes_nothing_and_writes_no_event(add):
    job = add()
    late = Job.objects.get()
    assert job.move(JobState.SKIPPED, "first")
    before = Event.objects.count()

    assert not late.move(JobState.REJECTED, "late")
    assert (state(job)[0], Event.objects.count()) == (JobState.SKIPPED, before)


def test_events_are_append_only(add):
    add()
    event = Event.objects.latest("id")
    event.why = "something nicer"
    with pytest.raises(TypeError):
        event.save()
    with pytest.raises(TypeError):
        event.delete()


def test_everything_with_a_state_changes_it_by_move():
    stateful = {model.__name__ for model in Moving.__subclasses__()}

    # A cluster moves together with the failures that a person has seen: `processing.workflow.failures.step`.
    assert stateful == {"ProcessingDate", "Job", "Ingestion", "Certificate", "Cluster", "Campaign"}
