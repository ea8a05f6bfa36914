"""Jobs that end in trouble, one by one as a worker ends them, or thousands at once."""

from datetime import date, timedelta

from django.utils import timezone

from processing.core.fingerprint import kind
from processing.core.states import JobState, Reason
from processing.models import (
    AssociationBlock,
    Certificate,
    Cluster,
    Instrument,
    Job,
    JobLog,
    ProcessingDate,
)
from processing.models.campaigns import day_to_day
from tests.monitor import rows

LOG = """\
03:17:40 [ INFO  ] uves_obs_scired: reading
03:17:42 [ ERROR ] uves_obs_scired: bias level 105.3 out of range
03:17:43 [ INFO  ] uves_obs_scired: the end
"""
SENTENCE = "exit code 10 (calibration): bias level {}.3 out of range in UVES.2012-05-10T00:00:{:02}.000.fits"


def failed(number=1, sentence="", reason=Reason.RECIPE_FAILED, state=JobState.FAILED, log=LOG):
    """The number-th AB after its attempt failed; without a sentence, all are of one kind."""
    job = rows.job(stamp=f"UVES.2012-05-10T04:{number // 60:02}:{number % 60:02}.000")
    return end(job, sentence or SENTENCE.format(100 + number, number % 60), reason, state, log)


def end(job, sentence, reason=Reason.RECIPE_FAILED, state=JobState.FAILED, log=LOG):
    """End a job as its worker does."""
    now = timezone.now()
    before = JobState.PROCESSED if state in {JobState.INGEST_FAILED, JobState.INGEST_REJECTED} else JobState.RUNNING
    Job.objects.filter(pk=job.pk).update(state=before, claimed=now, started=now)
    if log:
        JobLog.objects.create(job=job, text=log, command="esorex uves_obs_scired in.sof")
    job.refresh_from_db()
    assert job.end(state, reason, sentence)
    return job


def several(number, sentence="", **options):
    """So many failures; returns their one cluster."""
    jobs = [failed(n, sentence, **options) for n in range(number)]
    return Cluster.objects.get(fingerprint=jobs[0].fingerprint)


def night(instrument, day, number, kinds=1):
    """The date of an instrument with so many failures of so many kinds, inserted as a whole."""
    owner, _ = Instrument.objects.get_or_create(name=instrument)
    on, _ = ProcessingDate.objects.get_or_create(instrument=owner, date=day, defaults={"abs": number})
    stamp, campaign = f"{instrument}.{day.isoformat()}T", day_to_day()
    certificate = Certificate.objects.first()
    blocks = AssociationBlock.objects.bulk_create(
        AssociationBlock(name=f"{stamp}{n:06}.ab", date=on, text="", sha256="", frames=f"{stamp}{n}", recipe="scired")
        for n in range(number)
    )
    sentences = [f"exit code 6 (input): {WORDS[k % len(WORDS)]} {'x' * (k // len(WORDS))} failed" for k in range(kinds)]
    found = [kind(JobState.FAILED, Reason.RECIPE_FAILED, "scired", sentence) for sentence in sentences]
    for one in found:
        Cluster.objects.remember(one)
    ended = {"campaign": campaign, "date": on, "certificate": certificate, "ended": timezone.now()}
    how = {"state": JobState.FAILED, "reason": Reason.RECIPE_FAILED, "software": "uves/6.1.8"}
    jobs = Job.objects.bulk_create(
        # A kind of every second failure, one of every fourth, and so on: none is as large as the one before.
        Job(block=block, sentence=sentences[at], fingerprint=found[at].fingerprint, **how, **ended)
        for n, block in enumerate(blocks)
        for at in [min(trailing_zeros(n + 1), kinds - 1) if kinds <= 20 else n % kinds]
    )
    JobLog.objects.bulk_create(JobLog(job=job, text=LONG) for job in jobs[-200:])
    return on


WORDS = ("bias level", "order definition", "wavelength calibration", "sky subtraction", "merging of orders", "response")
LONG = "03:17:40 [ INFO  ] uves_obs_scired: one more line of many\n" * 1500 + LOG


def trailing_zeros(number):
    """Of its binary form: 0 for every second number, 1 for every fourth."""
    return (number & -number).bit_length() - 1


def history(instruments=("UVES", "NACO", "XSHOOTER"), days=40, number=12, kinds=9):
    """Some weeks of failures on several instruments."""
    for at, instrument in enumerate(instruments):
        for back in range(0, days, at + 2):
            night(instrument, date(2012, 5, 9) - timedelta(days=back), number + 5 * (back % 3), kinds)
