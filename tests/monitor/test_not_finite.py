"""Measurements that are no numbers, through every page and every format of the API."""

import math

import pytest

from processing.models import Job, Product, Qc1Parameter, Score
from tests.monitor import rows

pytestmark = pytest.mark.django_db
AB = "UVES.2012-05-10T03:17:42.861"
LISTS = ("jobs", "abs", "scores", "qc1", "products", "ingestions", "dates", "failures", "events")
SINGLE = ("status", "grid", f"abs/{AB}", f"abs/{AB}/scores", f"abs/{AB}/products", f"adp/datasets/?dp_id={AB}")
PAGES = (f"/abs/{AB}/", "/dates/UVES/2012-05-09/", "/", "/grid/", "/scores/", "/timing/", "/failures/")


@pytest.fixture
def odd(db):
    """A night whose measurements are infinite."""
    row = rows.attempted(rows.job())
    Score.objects.filter(job=row).update(value=math.inf, low=-math.inf, high=math.inf)
    Qc1Parameter.objects.filter(job=row).update(value=math.inf)
    Job.objects.update(seconds=math.inf, cpu_seconds=-math.inf)
    Product.objects.update(snr=math.inf, ra=-math.inf, exptime=math.inf)


@pytest.mark.parametrize("form", ["json", "csv", "ndjson", "votable"])
@pytest.mark.parametrize("name", LISTS)
def test_no_list_breaks(viewer, odd, name, form):
    answer = viewer.get(f"/api/v1/{name}/?format={form}")
    text = b"".join(answer) if answer.streaming else answer.content

    assert answer.status_code == 200
    assert not any(word in text for word in (b"Infinity", b">inf<", b",inf", b"-inf"))


@pytest.mark.parametrize("name", SINGLE)
def test_no_single_answer_breaks(viewer, odd, name):
    answer = viewer.get(f"/api/v1/{name}" if "?" in name else f"/api/v1/{name}/")

    assert answer.status_code == 200
    assert b"Infinity" not in answer.content


@pytest.mark.parametrize("address", PAGES)
def test_no_page_breaks(viewer, odd, address):
    answer = viewer.get(address)

    assert answer.status_code == 200
    assert b">inf<" not in answer.content
