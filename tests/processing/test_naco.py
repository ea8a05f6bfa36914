"""NACO: one block through ESO's own pipeline, held against the stars that were simulated."""

import math
import warnings

import numpy as np
import pytest
from astropy.io import fits
from astropy.wcs import WCS, FITSFixedWarning
from django.conf import settings

from processing import control, registry
from processing.core.states import JobState
from processing.demo import image_truth, masters, naco, naco_masters
from processing.models import Job, Product
from processing.workflow.ingest import ingest
from processing.workflow.prepare import prepare
from processing.workflow.process import process
from tests.processing.conftest import state
from tests.processing.test_real_night import passes_fitsverify

SEED, DATE = 1, "2012-05-09"

pytestmark = [
    pytest.mark.esorex,
    pytest.mark.postgres,  # a recipe does not care: once is enough
    pytest.mark.django_db(transaction=True),
]


def processed(archive, folder) -> Job:
    """The block of the night, processed."""
    assert not any(outcome.refused for outcome in control.register_files(control.find_files([folder / "abs"])))
    prepare()
    process()
    return Job.objects.get()


@pytest.fixture
def block(archive, tmp_path):
    """The frames of a block and their masters are in the archive, the block itself is below the folder returned."""
    naco.simulate(tmp_path, seed=SEED, date=DATE)
    cache = naco_masters.make(settings.BASE_DIR / "var" / "masters", seed=SEED, date=DATE, advance=print)
    masters.install(cache, archive)
    for raw in (tmp_path / "archive" / "raw").iterdir():
        raw.rename(archive / "raw" / raw.name)
    return tmp_path


@pytest.fixture
def image(archive, block):
    """The stored image."""
    job = processed(archive, block)
    ingest()
    assert state(job) == (JobState.INGESTED, "")
    assert Product.objects.get().ingestion.findings == []
    return registry.ingestor().open(f"{Product.objects.get().dp_id}.fits")


def test_an_image_is_archived_with_its_weight_map_and_its_picture(image):
    product = Product.objects.get()
    assert (product.category, product.fluxcal, product.snr) == ("SCIENCE.IMAGE", "ABSOLUTE", None)
    assert (product.wave_min, product.wave_max) == (2005.0, 2355.0)
    rows = {row["category"]: row["name"] for row in product.ingestion.files}
    assert list(rows) == ["ANCILLARY.WEIGHTMAP", "ANCILLARY.PREVIEW", "SCIENCE.IMAGE"]
    weight = fits.getdata(registry.ingestor().open(rows["ANCILLARY.WEIGHTMAP"]))
    assert weight.shape == fits.getdata(image).shape
    assert weight.max() == len(naco.JITTER)
    picture = registry.ingestor().open(rows["ANCILLARY.PREVIEW"]).read_bytes()
    assert picture.startswith(b"\x89PNG")
    for name in rows.values():
        if name.endswith(".fits"):
            passes_fitsverify(registry.ingestor().open(name))

    header = fits.getheader(image)
    assert header["EXPTIME"] == header["TEXPTIME"] == len(naco.JITTER) * naco.DIT
    assert [header[f"PROV{i}"] for i in range(1, 7)] == sorted(header[f"PROV{i}"] for i in range(1, 7))
    stars_are_where_the_coordinates_say(image)
    photometry_is_that_of_the_stars(image)
    found = image_truth.agreement(image, seed=SEED)
    assert found.distance < 0.5
    assert found.flux_ratio == pytest.approx(0.96, abs=0.03)


def stars_are_where_the_coordinates_say(image) -> None:
    """The brightest stars lie within two pixels of their place on the sky."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", FITSFixedWarning)  # it fills in dates that the standard does not ask for
        pixels, wcs = fits.getdata(image), WCS(fits.getheader(image))
    middle = (naco.SIZE - 1) / 2
    catalogue = naco.stars(SEED)
    for x, y, _ in sorted(catalogue, key=lambda star: -star[2])[:5]:
        east, north = -(x - middle) * naco.SCALE / 3600, (y - middle) * naco.SCALE / 3600
        ra, dec = naco.RA + east / math.cos(math.radians(naco.DEC)), naco.DEC + north
        column, row = (round(float(place)) for place in wcs.all_world2pix(ra, dec, 0))
        stamp = pixels[row - 10 : row + 11, column - 10 : column + 11]
        found = np.unravel_index(int(np.nanargmax(stamp)), stamp.shape)
        assert np.hypot(found[0] - 10, found[1] - 10) <= 2


def photometry_is_that_of_the_stars(image) -> None:
    """FWHM to a tenth; the limit is that of 5 sigma in the simulated noise; a star at it is fainter than any."""
    header = fits.getheader(image)
    assert header["PSF_FWHM"] == pytest.approx(2.3548 * naco.SIGMA * naco.SCALE, rel=0.1)
    assert header["PHOTZP"] == pytest.approx(22.9 + 2.5)
    noise = math.sqrt((naco.SKY + naco.READ_NOISE**2) / len(naco.JITTER))
    counts = 5 * noise * math.sqrt(math.pi) * 2.3548 * naco.SIGMA
    assert header["ABMAGLIM"] == pytest.approx(25.4 + 1.85 - 2.5 * math.log10(counts), abs=0.3)
    assert header["ABMAGSAT"] < header["ABMAGLIM"] - 5


def test_frames_without_a_star_are_no_signal(archive, block):
    rng = np.random.default_rng(3)
    for path in (archive / "raw").glob("NACO.*.fits"):
        with fits.open(path, mode="update") as hdus:
            hdus[0].data = rng.normal(1500, 39, hdus[0].data.shape).astype(np.float32)
    job = processed(archive, block)
    assert (job.state, job.reason) == (JobState.FAILED, "NO_SIGNAL")
