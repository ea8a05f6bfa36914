"""The same simulated night through ESO's own UVES pipeline twice: by the queue, and from a job file."""

import hashlib
import shutil
from pathlib import Path
from typing import Any

import pytest
from astropy.io import fits
from django.conf import settings
from django.core.management import call_command

from processing import control, registry
from processing.demo import masters, night, plan
from processing.models import Ingestion, Job, Product, Qc1Parameter, Score
from processing.workflow.wake import Stage, wake
from tests.processing.jobfiles import JobFile
from tests.processing.test_cluster import cluster, wait_until_finished

SEED, DATE = 1, "2012-05-09"
KINDS = ("blue-flux", "noise", "virtual")


@pytest.fixture
def uves_abs(archive, tmp_path):
    """The folder with the ABs of a night: one good, one of noise, one that needs a virtual calibration."""
    kinds = [kind for kind in plan.KINDS if kind.key in KINDS]
    night.simulate(tmp_path, kinds=kinds, seed=SEED, date=DATE, advance=print)
    cache = masters.make(settings.BASE_DIR / "var" / "masters", seed=SEED, date=DATE, arms=["blue"], advance=print)
    masters.install(cache, archive)
    for raw in (tmp_path / "archive" / "raw").iterdir():
        raw.rename(archive / "raw" / raw.name)
    return tmp_path / "abs"


def data_md5(file: Path) -> tuple[str, str]:
    """DATAMD5 as its header says it, and by ESO's definition: the MD5 of all data units."""
    found, content = hashlib.md5(usedforsecurity=False), file.read_bytes()
    with fits.open(file) as hdus:
        for hdu in hdus:
            place = hdu.fileinfo()
            found.update(content[place["datLoc"] : place["datLoc"] + place["datSpan"]])
        return str(hdus[0].header.get("DATAMD5", "")), found.hexdigest()


def outcome() -> dict[str, list[Any]]:
    """All that a night has left in the database and in the archive, without times, names and numbers of rows."""
    ancillaries = [row for item in Ingestion.objects.order_by("id") for row in item.files]
    stored = {row["category"]: registry.ingestor().open(row["name"]) for row in ancillaries}
    scores = ("job__block__name", "kind", "position", "name", "chip", "value", "low", "high", "flag")
    return {
        "jobs": list(Job.objects.order_by("block__name").values_list("block__name", "state", "reason", "sentence")),
        "flags": list(Job.objects.order_by("block__name").values_list("association_flags", "processing_flags")),
        "software": list(Job.objects.order_by("block__name").values_list("exit_code", "software", "fingerprint")),
        "scores": list(Score.objects.order_by(*scores).values_list(*scores)),
        "qc1": sorted(Qc1Parameter.objects.values_list("job__block__name", "name", "chip", "value")),
        "ingestions": list(Ingestion.objects.order_by("id").values_list("label", "state", "content")),
        "products": list(Product.objects.values_list("original_name", "version", "fluxcal", "snr", "wave_min")),
        "DATAMD5": [(name, *data_md5(file)) for name, file in sorted(stored.items()) if file.suffix == ".fits"],
    }


def by_the_queue(abs_folder: Path, environment: dict[str, str]) -> dict[str, list[Any]]:
    assert not any(outcome.refused for outcome in control.register_files(control.find_files([abs_folder])))
    for stage in Stage:
        wake(stage, 2)
    with cluster(environment):
        wait_until_finished(240)
    return outcome()


def forget() -> None:
    """An empty database, as installed, and empty folders."""
    call_command("flush", verbosity=0, interactive=False)
    for folder in (settings.PHOENIX["WORK_DIR"], settings.PHOENIX["INGESTOR"]["OPTIONS"]["root"]):
        shutil.rmtree(folder, ignore_errors=True)


@pytest.mark.esorex
@pytest.mark.cluster
@pytest.mark.postgres  # minutes: once is enough
@pytest.mark.timeout(580)
@pytest.mark.django_db(transaction=True)
def test_a_job_file_gives_the_states_scores_and_data_that_the_queue_gives(child_environment, uves_abs, tmp_path):
    expected = by_the_queue(uves_abs, child_environment)
    forget()
    jobs = JobFile(tmp_path / "jobs" / "execAB", child_environment)

    assert jobs.write(DATE, "--instrument", "UVES", "--abs", str(uves_abs))[1]["abs"] == 2
    assert jobs.run("--workers", "2")[1]["states"] == {"PROCESSED": 1, "FAILED": 1}
    assert jobs.push()[0] == 0

    assert [job[1] for job in expected["jobs"]] == ["INGESTED", "REJECTED", "FAILED"]
    assert [category for category, *_ in expected["DATAMD5"]] == ["ANCILLARY.2DSPECTRUM", "SCIENCE.SPECTRUM"]
    assert outcome() == expected
