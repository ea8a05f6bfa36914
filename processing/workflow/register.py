"""Registers ABs: stores the text, decides whether it is executable, opens its processing date."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import tee
from typing import NamedTuple

from django.db import IntegrityError, transaction
from django.db.models import F

from processing.core.ab import AB
from processing.core.certification import Refusal, why_not_executable
from processing.core.errors import BadAB
from processing.core.states import DateState
from processing.models import AssociationBlock, Certificate, Instrument, Job, ProcessingDate, RawFrame
from processing.models.blocks import digest, read
from processing.models.pour import fresh_keys, pour
from processing.workflow.enrol import Block, Standing, enrol
from processing.workflow.wake import Stage, wake

Day = tuple[str, date]
"""Instrument and DFO date."""


class Given(NamedTuple):
    """An AB that was read, with its text and the name of its source."""

    ab: AB
    text: str
    file: str


class Kept(NamedTuple):
    """An AB as it is registered, and the first of its jobs."""

    sha256: str
    standing: Standing
    created: bool = False


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
    [kept] = register_all([Given(ab, text, file)])
    if isinstance(kept, BadAB):
        raise kept
    jobs = Job.objects.filter(block__name=ab.name).select_related("block", "date")
    return Registered(jobs.earliest("id"), kept.created)


def register_all(some: Sequence[Given]) -> list[Kept | BadAB]:
    """Store ABs and their jobs as `register` does; what became of each, in their order.  All or none of the new ones.

    The number of queries is that of their instruments, and of the dates that get a message.
    """
    before = -1
    while True:
        known = registered([one.ab.name for one in some])
        fresh: dict[str, Given] = {}
        for one in some:
            if one.ab.name not in known:
                fresh.setdefault(one.ab.name, one)
        try:
            known |= create([*fresh.values()])
        except IntegrityError:
            # Somebody else has just registered one of them: then more are known now.
            if len(known) == before:
                raise
            before = len(known)
        else:
            return [became(one, known[one.ab.name], first=fresh.get(one.ab.name) is one) for one in some]


def registered(names: Sequence[str]) -> dict[str, Kept]:
    """Those of these ABs that are known, by name."""
    blocks = AssociationBlock.objects.filter(name__in=names).order_by().values_list("pk", "name", "sha256")
    found = {pk: (name, sha256) for pk, name, sha256 in blocks}
    jobs = Job.objects.filter(block__in=found).order_by("-id") if found else Job.objects.none()
    first = {block: Standing(*told) for block, *told in jobs.values_list("block", "state", "reason", "sentence")}
    return {name: Kept(sha256, first.get(pk, Standing())) for pk, (name, sha256) in found.items()}


def became(one: Given, kept: Kept, *, first: bool) -> Kept | BadAB:
    """What became of a text; `first` of those of its name that are new."""
    if not first and kept.sha256 != digest(one.text):
        return BadAB(one.file, 0, f"{one.ab.name} is registered with other content, and is kept as it was")
    return Kept(kept.sha256, kept.standing, created=first)


def create(fresh: Sequence[Given]) -> dict[str, Kept]:
    """The rows of new ABs and their jobs, all or none; their dates are woken, or opened again."""
    if not fresh:
        return {}
    with transaction.atomic():
        dates, blocks = store_all([(one.ab, one.text) for one in fresh])
        standings = enrol([(one.ab, block) for one, block in zip(fresh, blocks, strict=True)])
        for date in dates:
            rouse(date)
    for date in dates:
        if date.state == DateState.FINISHED:
            reopen(date)
    return {block.name: Kept(block.sha256, told) for block, told in zip(blocks, standings, strict=True)}


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


def same(known: AssociationBlock, text: str, file: str) -> Job:
    """The job of an AB that was registered before with this very text."""
    if known.sha256 != digest(text):
        raise BadAB(file, 0, f"{known.name} is registered with other content, and is kept as it was")
    return known.jobs.select_related("block").earliest("id")


def store(ab: AB, text: str) -> AssociationBlock:
    """The rows of an AB: its date, itself, its raw frames.  Within a transaction."""
    _, [block] = store_all([(ab, text)])
    return AssociationBlock.objects.get(pk=block.id)


def store_all(found: Sequence[tuple[AB, str]]) -> tuple[list[ProcessingDate], list[Block]]:
    """The rows of new ABs with their texts, by a few queries; their dates, and the rows.  Within a transaction.

    Raises IntegrityError if one of them is there.
    """
    dates = dates_of(Counter((ab.instrument, ab.date) for ab, _ in found))
    keys = fresh_keys(AssociationBlock, len(found))
    keyed = list(zip(keys, found, strict=True))
    poured, blocks = tee(block_of(pk, ab, text, dates[ab.instrument, ab.date].pk) for pk, (ab, text) in keyed)
    pour(AssociationBlock(), Block._fields, poured)
    pour(RawFrame(), ("block_id", "dp_id", "tag"), ((pk, *raw) for pk, (ab, _) in keyed for raw in ab.raws))
    return list(dates.values()), list(blocks)


def dates_of(numbers: Counter[Day]) -> dict[Day, ProcessingDate]:
    """The dates of so many new ABs each, locked until the transaction ends."""
    found = locked(numbers)
    if absent := sorted(set(numbers) - set(found)):
        Instrument.objects.bulk_create(map(Instrument, sorted({name for name, _ in absent})), ignore_conflicts=True)
        rows = (ProcessingDate(instrument_id=name, date=day) for name, day in absent)
        ProcessingDate.objects.bulk_create(rows, ignore_conflicts=True)
        found = locked(numbers)
    of_size: dict[int, list[int]] = defaultdict(list)
    for day, number in numbers.items():
        of_size[number].append(found[day].pk)
    for number, dates in of_size.items():
        ProcessingDate.objects.filter(pk__in=dates).update(abs=F("abs") + number)
    return found


def locked(days: Iterable[Day]) -> dict[Day, ProcessingDate]:
    """Those of the dates that are there; whoever else registers ABs of them waits."""
    names, dates = map(set, zip(*days, strict=True))
    rows = ProcessingDate.objects.filter(instrument__in=names, date__in=dates)
    in_order = rows.select_for_update(no_key=True).order_by("instrument_id", "date")
    return {(row.instrument_id, row.date): row for row in in_order}


def block_of(pk: int, ab: AB, text: str, date: int) -> Block:
    """The row of an AB itself, on the date of this key."""
    return Block(
        id=pk,
        name=ab.name,
        date_id=date,
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


def reopen(date: ProcessingDate) -> None:
    """A finished date takes new ABs by starting over; what has ended in it stays ended."""
    date.refresh_from_db()
    if date.state == DateState.FINISHED:
        date.move(DateState.REGISTERED, "a new AB was registered", finished=None)
    rouse(date)


def rouse(date: ProcessingDate) -> None:
    """Somebody looks after the new ABs of a date that is not finished."""
    if date.state == DateState.REGISTERED:
        wake(Stage.PREPARE)
    elif date.state == DateState.PROCESSING:
        wake(Stage.PROCESS)
