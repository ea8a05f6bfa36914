"""The test instrument, its archive, and ABs made to order."""

import shutil
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings

from processing import control, registry
from processing.core.roles import Area, Role
from processing.models import Certificate, Job
from processing.workflow.finish import finish
from processing.workflow.ingest import ingest
from processing.workflow.prepare import prepare
from processing.workflow.process import process
from processing.workflow.register import register
from tests import testcam
from tests.processing.counting import FIRST, SECOND, CountingArchive, count

DATE = "2012-05-09"
# The lines of an AB whose flux can be calibrated.
FLUX = (
    "MCALIB\tREAL\tx\tTC_MRSP.fits\tMASTER_RESPONSE_ONE\t1.0\tOK",
    "GENCALIB\tx\tTC_GEXT.fits\tEXTCOEFF_TABLE",
)


@pytest.fixture
def archive(settings, tmp_path):
    """An archive of the test instrument, with room for raw frames; work and product folders are empty."""
    settings.PHOENIX = {
        **settings.PHOENIX,
        "WINDOW": "00:00-24:00",
        "PIPELINES": {**settings.PHOENIX["PIPELINES"], "TESTCAM": {"BACKEND": "tests.testcam.Testcam"}},
    }
    for name in ("WORK_DIR", "CAL_DIR"):
        shutil.rmtree(settings.PHOENIX[name], ignore_errors=True)
    for port in ("ARCHIVE", "INGESTOR"):
        shutil.rmtree(settings.PHOENIX[port]["OPTIONS"]["root"], ignore_errors=True)
    for plug_in in (registry.archive, registry.ingestor, registry.pipeline, registry.executor):
        plug_in.cache_clear()
    root = Path(settings.PHOENIX["ARCHIVE"]["OPTIONS"]["root"])
    testcam.build(root)
    yield root
    for plug_in in (registry.archive, registry.ingestor, registry.pipeline, registry.executor):
        plug_in.cache_clear()


@pytest.fixture
def certified(db, archive):
    """The certificate of the test instrument."""
    Certificate.objects.load([testcam.CERTIFICATE])
    return Certificate.objects.get(instrument="TESTCAM")


def ab_text(number: int = 1, *, date: str = DATE, lines: tuple[str, ...] = (), **parameters: object) -> str:
    """The text of the number-th AB; keywords become recipe parameters."""
    dp_id = f"TC.2012-05-10T00:{number // 60:02d}:{number % 60:02d}.000"
    return "\n".join(
        [
            "INSTRUMENT\tTESTCAM",
            f"DATE\t{date}",
            "DPR_CATG\tSCIENCE",
            "RECIPE\ttest_recipe",
            f"AB_NAME\t{dp_id}.ab",
            "OBS_ID\t4711",
            "RAW_MATCH_KEY\tDPR_TECH=ECHELLE",
            f"RAWFILE\t$DFO_RAW_DIR/{date}/{dp_id}.fits\tSCI_POINT_ONE",
            "MCALIB\tREAL\t$DFO_CAL_DIR\tTC_MBIA.fits\tMASTER_BIAS_ONE\t-6.5\tNOK",
            *(f"RECIPE_PAR\t{key}={value}" for key, value in parameters.items()),
            *lines,
        ]
    )


@pytest.fixture
def add(certified, archive) -> Callable[..., Job]:
    """Register an AB made to order, with its raw frame in the archive; returns its job."""

    def adding(number: int = 1, **options: Any) -> Job:
        job = register(ab_text(number, **options), f"{number}.ab").job
        for raw in job.block.raws.all():
            (archive / "raw" / f"{raw.dp_id}.fits").write_bytes(b"raw")
        return job

    return adding


@pytest.fixture
def counting(archive, settings, tmp_path) -> CountingArchive:
    """The archive, which counts from now on."""
    return count(settings, archive, tmp_path / "notes")


@pytest.fixture
def two(add, counting) -> list[Job]:
    """Two dates that are prepared, with a job each that uses the same master calibration."""
    jobs = [add(1, date=FIRST), add(2, date=SECOND)]
    while prepare():
        pass
    return jobs


@pytest.fixture
def worker(db) -> None:
    """A worker that is alive."""
    control.heard("north")


@pytest.fixture
def serve(settings) -> Callable[..., None]:
    """Let this host have these roles, and these areas to itself."""

    def serving(*roles: Role, local: Sequence[Area] = ()) -> None:
        settings.PHOENIX = {**settings.PHOENIX, "ROLES": roles or tuple(Role), "LOCAL": tuple(local)}

    return serving


@pytest.fixture
def named(monkeypatch) -> Callable[[str], None]:
    """Let this host have a name."""
    return lambda name: monkeypatch.setattr("socket.gethostname", lambda: name)


def run_night() -> None:
    """What the queue's messages do, one after the other, until nothing is left."""
    while any([prepare(), process(), ingest(), finish()]):
        pass


def state(job: Job) -> tuple[str, str]:
    """State and reason as the database has them."""
    job.refresh_from_db()
    return job.state, job.reason


def files_below(name: str) -> list[str]:
    """The names of all files below one of the configured folders, without that of the seats, which stays."""
    root = Path(settings.PHOENIX[name])
    return sorted(path.name for path in root.rglob("*") if path.is_file() and path.parent.name != "seats")
