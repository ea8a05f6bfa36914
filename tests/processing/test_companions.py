"""What is stored beside a science file, and what is known of every file and keyword of a product."""

import hashlib
import xml.etree.ElementTree as ET
from dataclasses import replace
from pathlib import Path

import pytest
from astropy.io import fits
from django.conf import settings

from processing import registry
from processing.core.states import IngestState, JobState, Reason
from processing.models import Ingestion
from processing.workflow import ingest as steps
from processing.workflow.prepare import prepare
from processing.workflow.process import process
from tests import testcam
from tests.processing.conftest import state

TWO_DIMENSIONAL = "ANCILLARY.2DSPECTRUM"


@pytest.fixture
def processed(add, monkeypatch):
    """A job whose product waits for ingestion, and has a two-dimensional product beside its spectrum."""
    archived = testcam.Testcam.archived

    def with_ancillary(self, certificate, products):
        (source,) = archived(self, certificate, products)
        return [replace(source, ancillaries=[(TWO_DIMENSIONAL, products[testcam.CATEGORIES[1]])])]

    monkeypatch.setattr(testcam.Testcam, "archived", with_ancillary)
    job = add()
    prepare()
    process()
    return job


@pytest.fixture
def item(processed) -> Ingestion:
    steps.ingest()
    found = Ingestion.objects.get()
    assert found.state == IngestState.REGISTERED
    return found


def stored(row) -> bytes:
    return registry.ingestor().open(row["name"]).read_bytes()


def test_every_file_of_a_product_is_in_the_archive_as_its_row_says(item):
    assert [row["role"] for row in item.files] == ["#auxiliary", "#preview", "#this"]
    for row in item.files:
        content = stored(row)
        assert (row["sha256"], row["size"]) == (hashlib.sha256(content).hexdigest(), len(content))
        # Phase 3 asks for it of what is no FITS file.
        is_fits = row["name"].endswith(".fits")
        assert row["md5"] == ("" if is_fits else hashlib.md5(content, usedforsecurity=False).hexdigest())
        assert row["url"] == registry.ingestor().open(row["name"]).as_uri()
    assert (item.files[-1]["name"], item.files[-1]["sha256"]) == (f"{item.dp_id}.fits", item.sha256)


def test_the_science_file_names_the_files_beside_it(item):
    header = fits.getheader(registry.ingestor().open(f"{item.dp_id}.fits"))
    two_dimensional, preview, _ = item.files
    assert [header["ASSON1"], header["ASSON2"]] == [two_dimensional["name"], preview["name"]]
    assert (header["ASSOC2"], header["ASSOM2"]) == ("ANCILLARY.PREVIEW", preview["md5"])
    assert not {"ASSOC1", "ASSOM1", "ASSON3"} & {*header}


def test_an_ancillary_fits_file_says_its_category_and_guards_itself(item):
    path = registry.ingestor().open(item.files[0]["name"])
    header = fits.getheader(path)
    assert (header["PRODCATG"], header["ARCFILE"]) == (TWO_DIMENSIONAL, path.name)
    with fits.open(path, checksum=True) as hdus:  # a wrong sum warns, and warnings are errors here
        assert hdus[0].data.shape == (2000,)


def test_a_preview_is_a_picture_of_its_own(item):
    drawn = ET.fromstring(stored(item.files[1]))  # noqa: S314 - our own text
    assert drawn.tag == "{http://www.w3.org/2000/svg}svg"


def test_the_science_file_is_stored_after_what_it_names(processed, monkeypatch):
    order: list[str] = []
    ingestor = registry.ingestor()
    store = ingestor.store

    def noted(file: Path, name: str, sha256: str) -> str:
        order.append(name)
        return store(file, name, sha256)

    monkeypatch.setattr(ingestor, "store", noted)
    steps.ingest()
    name = Ingestion.objects.get().dp_id
    assert order == [f"{name}.2dspectrum1.fits", f"{name}.preview.svg", f"{name}.fits"]


def test_where_each_keyword_came_from_is_kept_with_the_product(item):
    found = {(row["hdu"], row["keyword"]): row for row in item.sources}
    assert found[0, "PROG_ID"]["source"] == "raw header"
    assert found[0, "PROG_ID"]["value"] == "089.D-0001(A)"
    assert (found[0, "SPEC_RES"]["source"], found[0, "SPEC_RES"]["key"]) == ("configuration", "SPEC_RES")
    assert found[0, "ARCFILE"]["value"] == f"{item.dp_id}.fits"
    header = fits.getheader(registry.ingestor().open(f"{item.dp_id}.fits"))
    for (hdu, name), row in found.items():
        written = header[name] if hdu == 0 else row["value"]
        assert written == (pytest.approx(row["value"], rel=1e-14) if isinstance(written, float) else row["value"])


def test_a_product_without_a_mandatory_value_is_rejected_by_the_keywords_name(processed):
    made = settings.PHOENIX["WORK_DIR"] / Path("products")
    for path in made.rglob("RED_SCI_POINT_ONE.fits"):
        fits.delval(path, "TELESCOP")
    steps.ingest()
    item = Ingestion.objects.get()
    assert item.state == IngestState.REJECTED
    assert "TELESCOP has no value: asked raw header TELESCOP" in item.log
    assert state(processed) == (JobState.INGEST_REJECTED, Reason.IDP_RULES)
