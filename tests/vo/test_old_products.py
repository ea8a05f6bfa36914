"""Products that were archived before their rows had all that ObsCore asks for."""

from importlib import import_module
from pathlib import Path

import pytest
from django.apps import apps

from processing import migrations
from processing.models import Product
from tests.monitor import rows

pytestmark = pytest.mark.django_db


def test_an_old_product_takes_its_facts_from_the_keywords_of_its_file():
    product = rows.archived(rows.put(rows.job(), "INGESTED"))
    written = {"MJD-END": 56057.2, "APERTURE": 0.0003, "SPEC_RES": 4e4, "NELEM": 9, "TELESCOP": "ESO-VLT-U2"}
    product.ingestion.sources = [{"keyword": keyword, "value": value} for keyword, value in written.items()]
    product.ingestion.save()
    [file] = Path(migrations.__path__[0]).glob("*_public_tables.py")
    import_module(f"processing.migrations.{file.stem}").fill(apps, None)

    found = Product.objects.get(pk=product.pk)
    assert (found.mjd_end, found.aperture, found.resolving_power) == (56057.2, 0.0003, 4e4)
    assert (found.elements, found.telescope, found.title) == (9, "ESO-VLT-U2", "")


def test_an_old_product_of_which_no_keywords_were_kept_stays_as_it_is():
    product = rows.archived(rows.put(rows.job(), "INGESTED"))
    [file] = Path(migrations.__path__[0]).glob("*_public_tables.py")
    import_module(f"processing.migrations.{file.stem}").fill(apps, None)

    assert Product.objects.get(pk=product.pk).mjd_end is None
