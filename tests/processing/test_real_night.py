"""Two ABs through ESO's own UVES pipeline and a real cluster, held against the star that was simulated."""

import subprocess
import sys
import warnings
from pathlib import Path

import numpy as np
import pytest
from astropy.io import fits
from django.conf import settings

from processing import control, registry
from processing.core.states import JobState
from processing.demo import masters, night, plan
from processing.demo.truth import agreement
from processing.models import Job, Product
from processing.plugins import phase3
from processing.workflow.wake import Stage, wake
from tests.processing.test_cluster import cluster, wait_until_finished

SEED, DATE = 1, "2012-05-09"


@pytest.fixture
def uves_night(child_environment, archive, tmp_path):
    """A good blue AB and a frame of noise, processed by a cluster that gets every message twice."""
    kinds = [kind for kind in plan.KINDS if kind.key in ("blue-flux", "noise")]
    night.simulate(tmp_path, kinds=kinds, seed=SEED, date=DATE, advance=print)
    cache = masters.make(settings.BASE_DIR / "var" / "masters", seed=SEED, date=DATE, arms=["blue"], advance=print)
    masters.install(cache, archive)
    for raw in (tmp_path / "archive" / "raw").iterdir():
        raw.rename(archive / "raw" / raw.name)
    assert not any(outcome.refused for outcome in control.register_files(control.find_files([tmp_path / "abs"])))
    for stage in Stage:
        wake(stage, 2)
    with cluster(child_environment):
        wait_until_finished(240)
    return Job.objects.order_by("id")


@pytest.mark.esorex
@pytest.mark.cluster
@pytest.mark.django_db(transaction=True)
def test_a_night_ends_as_planned_and_its_product_is_the_simulated_star(uves_night):
    assert [(job.state, job.reason) for job in uves_night] == [(JobState.INGESTED, ""), (JobState.FAILED, "NO_SIGNAL")]
    assert uves_night[0].software == "uves/6.1.8"
    product = Product.objects.get()
    assert (product.fluxcal, product.category) == ("ABSOLUTE", "SCIENCE.SPECTRUM")
    file = registry.ingestor().open(f"{product.dp_id}.fits")
    rows = {row["category"]: registry.ingestor().open(row["name"]) for row in product.ingestion.files}
    assert list(rows) == ["ANCILLARY.2DSPECTRUM", "ANCILLARY.PREVIEW", "SCIENCE.SPECTRUM"]
    for category in ("ANCILLARY.2DSPECTRUM", "SCIENCE.SPECTRUM"):
        passes_fitsverify(rows[category])
    assert [findings for _, findings in phase3.together(list(rows.values())[2:])] == [[]]
    agrees_with_truth(file)


def passes_fitsverify(file) -> None:
    """ESO's and astropy's own verdicts on the file."""
    report = subprocess.run(["fitsverify", str(file)], capture_output=True, text=True, check=True).stdout
    assert "0 warning(s) and 0 error(s)" in report
    check = [str(Path(sys.executable).with_name("fitscheck")), str(file)]
    subprocess.run(check, capture_output=True, check=True)


def agrees_with_truth(file) -> None:
    """Residuals are of the size of the pipeline's errors, and wavelengths right to a hundredth of a pixel."""
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        row = fits.getdata(file, "SPECTRUM")[0]
    wave, flux, error = (np.asarray(row[name], dtype=float) for name in ("WAVE", "FLUX_REDUCED", "ERR_REDUCED"))
    found = agreement(wave, flux, error, seed=SEED, technique="point")
    assert 0.5 < found.chi < 1.2
    assert abs(found.shift_angstrom) < 0.001
    calibrated = agreement(
        wave, np.asarray(row["FLUX"], float), np.asarray(row["ERR"], float), seed=SEED, technique="point"
    )
    assert 0.5 < calibrated.chi < 1.5  # the recipe leaves the extinction out of these errors
