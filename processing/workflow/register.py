"""Registers ABs: stores the text, decides whether it is executable, opens its processing date."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from django.db import IntegrityError, transaction
from django.db.models import F

from processing.core.ab import AB
from processing.core.certification import Refusal, certificate_for, why_not_executable
from processing.core.errors import BadAB
from processing.core.states import DateState, JobState, Reason
from processing.core.turn import turn
from processing.models import AssociationBlock, Certificate, Instrument, Job, ProcessingDate, RawFrame
from processing.models.blocks import digest, read
from processing.models.campaigns import Campaign, day_to_day
from processing.models.runtimes import learned
from processing.workflow import record
from processing.workflow.predict import expect
from processing.workflow.wake import Stage, wake

BATCH = 500
"""Rows of one statement: texts are long."""


@dataclass(frozen=True)
class Registered:
    """What became of one AB text."""

    job: Job
    created: bool


def register(text: str, file: str) -> Registered:
    """Store one AB and its job in the day-to-day campaign: WAITING, or REJECTED with the reason.

    The same text again changes nothing.  Raises `BadAB` for a text that cannot be read, or that gives a known
    AB other content; then nothing is stored.
    """
    ab = read(text, file)
    known = AssociationBlock.objects.filter(name=ab.name).first()
    if known:
        return Registered(same(known, text, file), created=False)
    try:
        job = create(ab, text)
    except IntegrityError:
        # Somebody else has just registered it.
        return Registered(same(AssociationBlock.objects.get(name=ab.name), text, file), created=False)
    reopen(job.date)
    return Registered(job, created=True)


def judge(text: str, file: str) -> tuple[str, Refusal | None, bool]:
    """What `register` would do, without doing it: the AB's name, why it would be rejected, whether it is known.

    Raises `BadAB` as `register` does.
    """
    ab = read(text, file)
    known = AssociationBlock.objects.filter(name=ab.name).first()
    if known:
        same(known, text, file)
        return ab.name, None, True
    certificates = [row.value for row in Certificate.objects.of(ab.instrument)]
    return ab.name, why_not_executable(ab, certificates), False


def create(ab: AB, text: str) -> Job:
    """The rows of a new AB and its job, all or none."""
    campaign, certificates = day_to_day(), Certificate.objects.of(ab.instrument)
    with transaction.atomic():
        block = store(ab, text)
        refusal = why_not_executable(ab, [row.value for row in certificates]) or duplicate(block, campaign)
        job = create_job(block, campaign, refusal, len(ab.raws))
        found = certificate_for(ab, [row.value for row in certificates])
        if found:
            job.certificate = next(row for row in certificates if row.name == found.name)
            job.save(update_fields=["certificate"])
            record.associations(job, ab, found)
    return job


def same(known: AssociationBlock, text: str, file: str) -> Job:
    """The job of an AB that was registered before with this very text."""
    if known.sha256 != digest(text):
        raise BadAB(file, 0, f"{known.name} is registered with other content, and is kept as it was")
    return known.jobs.select_related("block").earliest("id")


def store(ab: AB, text: str) -> AssociationBlock:
    """The rows of an AB: its date, itself, its raw frames."""
    return store_all([(ab, text)])[0]


def store_all(found: Sequence[tuple[AB, str]]) -> list[AssociationBlock]:
    """The rows of new ABs with their texts; the number of queries is that of their dates."""
    dates = {day: date_of(*day, number) for day, number in Counter((ab.instrument, ab.date) for ab, _ in found).items()}
    rows = [block_of(ab, text, dates[ab.instrument, ab.date]) for ab, text in found]
    blocks = AssociationBlock.objects.bulk_create(rows, batch_size=BATCH)
    frames = (
        RawFrame(block=block, dp_id=raw.dp_id, tag=raw.tag)
        for block, (ab, _) in zip(blocks, found, strict=True)
        for raw in ab.raws
    )
    RawFrame.objects.bulk_create(frames, batch_size=BATCH)
    return blocks


def date_of(name: str, day: date, number: int) -> ProcessingDate:
    """The date of so many new ABs."""
    instrument, _ = Instrument.objects.get_or_create(name=name)
    row, _ = ProcessingDate.objects.get_or_create(instrument=instrument, date=day)
    ProcessingDate.objects.filter(pk=row.pk).update(abs=F("abs") + number)
    return row


def block_of(ab: AB, text: str, on: ProcessingDate) -> AssociationBlock:
    """The row of an AB itself, not saved."""
    return AssociationBlock(
        name=ab.name,
        date=on,
        text=text,
        sha256=digest(text),
        frames=digest(ab.recipe, *sorted(raw.dp_id for raw in ab.raws)),
        raw_type=ab.raw_type[:64],
        recipe=ab.recipe[:64],
        setup=ab.setup[:64],
        tech=",".join(ab.tech)[:64],
        prog_id=ab.prog_id[:32],
        ob_id=ab.ob_id[:32],
        mjd_obs=ab.mjd_obs,
    )


def duplicate(block: AssociationBlock, campaign: Campaign) -> Refusal | None:
    """Another AB with the same raw frames and recipe would make the same product twice."""
    others = Job.objects.filter(campaign=campaign, block__frames=block.frames).exclude(block=block)
    first = others.exclude(state=JobState.REJECTED).select_related("block").first()
    return Refusal(Reason.DUPLICATE, f"{first.block.name} has the same raw frames and recipe.") if first else None


def create_job(block: AssociationBlock, campaign: Campaign, refusal: Refusal | None, frames: int) -> Job:
    """The AB's one job in the campaign, with its first event."""
    state = JobState.REJECTED if refusal else JobState.WAITING
    job = Job(block=block, campaign=campaign, date=block.date, state=state, turn=turn(block.date.date))
    expect(job, learned(block.date.instrument_id), frames)
    if refusal:
        job.reason, job.sentence = refusal.reason, refusal.sentence
    job.save()
    job.note("", state, job.sentence)
    return job


def reopen(date: ProcessingDate) -> None:
    """A finished date takes new ABs by starting over; what has ended in it stays ended."""
    date.refresh_from_db()
    if date.state == DateState.FINISHED:
        date.move(DateState.REGISTERED, "a new AB was registered", finished=None)
    if date.state == DateState.REGISTERED:
        wake(Stage.PREPARE)
    elif date.state == DateState.PROCESSING:
        wake(Stage.PROCESS)
