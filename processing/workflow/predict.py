"""Predicts how long jobs will run, from those that ran before."""

from django.db import models

from processing.core.prediction import Learned, Run, kind_of, learn, predict, rows_of
from processing.core.states import JobState
from processing.models import Job, ProcessingDate
from processing.models.runtimes import RunTimes, learned

DATES, JOBS = 60, 5000
"""How far back the history goes: so many dates, those that were prepared last, and of them so many jobs."""
BATCH = 500


def remember(instrument: str) -> None:
    """Learn from the jobs of an instrument that made products, in the dates that were processed last."""
    dates = ProcessingDate.objects.filter(instrument=instrument, prepared__isnull=False).order_by("-prepared")[:DATES]
    jobs = Job.objects.filter(date__in=list(dates), processed__isnull=False, started__isnull=False).order_by("-id")
    columns = ("block__recipe", "block__setup", "frames", "started", "processed")
    rows = jobs.annotate(frames=models.Count("block__raws")).values_list(*columns)[:JOBS]
    runs = (
        Run(kind_of(recipe, setup, frames), (processed - started).total_seconds())
        for recipe, setup, frames, started, processed in rows
    )
    RunTimes.objects.update_or_create(instrument_id=instrument, defaults={"levels": rows_of(learn(runs))})


def expect(job: Job, known: Learned, frames: int) -> None:
    """Write on a job, which is not saved by this, how long it will run; `frames` is its number of raw frames."""
    prediction = predict(known, kind_of(job.block.recipe, job.block.setup, frames))
    job.expected_seconds, job.late_seconds = prediction.seconds, prediction.late


def renew(date: ProcessingDate) -> None:
    """Predict the waiting jobs of a date anew: since their registration more may be known."""
    known = learned(date.instrument_id)
    waiting = date.jobs.filter(state=JobState.WAITING, due=True)
    frames = dict(waiting.values_list("pk").annotate(models.Count("block__raws")))
    jobs = list(waiting.select_related("block"))
    for job in jobs:
        expect(job, known, frames.get(job.pk, 1))
    Job.objects.bulk_update(jobs, ("expected_seconds", "late_seconds"), batch_size=BATCH)
