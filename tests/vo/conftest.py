"""An archive with two spectra and an image, asked by people who are not logged in."""

import gc

import pytest
from django.conf import settings as django_settings

from monitor.vo import runs
from processing import registry
from processing.models import Product
from tests.monitor import rows

CONTENT = bytes(range(256)) * 20


@pytest.fixture
def archive(transactional_db, tmp_path, settings):
    """Committed rows, as a connection of its own sees them; the files of each product are in a folder."""
    settings.PHOENIX = {
        **django_settings.PHOENIX,
        "WORK_DIR": tmp_path / "work",
        "INGESTOR": {**django_settings.PHOENIX["INGESTOR"], "OPTIONS": {"root": tmp_path / "products"}},
    }
    registry.ingestor.cache_clear()
    first, second = (rows.job(stamp=f"UVES.2012-05-10T03:00:0{n}.000") for n in range(2))
    facts = {"mjd_end": 56057.2, "aperture": 0.0005, "resolving_power": 40000.0, "elements": 5000, "telescope": "UT2"}
    star = rows.documented(rows.archived(rows.put(first, "INGESTED"), "HD 101065", **facts))
    other = rows.documented(rows.archived(rows.put(second, "INGESTED"), "A & B <star>", ra=10.0, dec=-20.0, snr=99.5))
    for product in (star, other):
        for row in product.ingestion.files:
            stored(tmp_path / "products", row["name"], CONTENT if row["role"] != "#this" else CONTENT * 2)
    Product.objects.update(size=len(CONTENT) * 2)
    yield [Product.objects.get(pk=product.pk) for product in (star, other)]
    registry.ingestor.cache_clear()


@pytest.fixture
def server(archive, live_server):
    """The address of a server with the archive; no query goes on after the test."""
    yield live_server.url
    runs.POOL.submit(lambda: None).result(30)
    # Sessions of pyvo hold themselves: until they are found, the server keeps a thread and a connection for each.
    gc.collect()


def stored(root, name, content):
    """A file in the archive's folder."""
    file = root / "2026-01" / name
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(content)
