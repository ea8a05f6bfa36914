"""The products on the page of an AB: versions, files, pictures, findings, where values came from."""

import re

import pytest

from monitor import archived
from processing import registry
from processing.models import Ingestion, Product
from tests.monitor import rows

pytestmark = pytest.mark.django_db

ADDRESS = "/abs/UVES.2012-05-10T03:17:42.861.ab/"


@pytest.fixture
def folder(settings, tmp_path):
    """The product archive."""
    entry = {"BACKEND": "processing.plugins.ingestors.folder.FolderIngestor", "OPTIONS": {"root": tmp_path}}
    settings.PHOENIX = {**settings.PHOENIX, "INGESTOR": entry}
    registry.ingestor.cache_clear()
    yield tmp_path
    registry.ingestor.cache_clear()


def part(client, name, query=""):
    """One part of the page, its blanks made single."""
    body = " ".join(client.get(f"{ADDRESS}{query}").content.decode().split())
    (found,) = re.findall(rf'<section class="panel"[^>]* data-part="{name}">.*?</section>', body)
    return found


def words(markup):
    """What stands there for readers."""
    return " ".join(re.sub(r"<[^>]+>", " ", markup).split())


def test_a_product_stands_with_its_version_and_state(viewer):
    product = rows.attempted(rows.job()).products.get()

    assert f"{product.dp_id} version 1 current" in words(part(viewer, "products"))


def test_an_obsolete_product_says_why_and_leads_to_the_newer_version(viewer):
    row = rows.attempted(rows.job())
    newer = rows.reprocessed(row).products.get()
    shown = part(viewer, "products", "?campaign=day-to-day")

    assert f"No longer current: {newer.dp_id} is newer" in words(shown)
    assert f'href="{ADDRESS}?campaign=again%201#{newer.dp_id}"' in shown
    assert f"Other versions: {newer.dp_id} version 2 current again 1" in words(shown)


def test_a_newer_version_leads_to_the_obsolete_one(viewer):
    row = rows.attempted(rows.job())
    rows.reprocessed(row)
    shown = words(part(viewer, "products"))

    assert "version 2 current Other versions:" in shown
    assert f"{row.products.get().dp_id} version 1 obsolete day-to-day" in shown


def test_a_deprecated_product_says_why(viewer):
    rows.attempted(rows.job())
    Product.objects.update(state="DEPRECATED", state_reason="wrong target")

    assert "deprecated No longer current: wrong target" in words(part(viewer, "products"))


def test_a_duplicate_leads_to_the_product_that_is_the_same(viewer):
    row = rows.attempted(rows.job())
    rows.repeated_in_vain(row)
    shown = part(viewer, "products")

    same = f"the same is in the archive already. {row.products.get().dp_id} version 1 current day-to-day"
    assert f"RED580 duplicate Nothing was stored: {same}" in words(shown)
    assert "None" not in shown
    assert f"the same as {row.products.get().dp_id}" in part(viewer, "ingestion")


def test_every_file_of_a_product_is_listed(viewer):
    product = rows.documented(rows.attempted(rows.job()).products.get())
    shown = words(part(viewer, "products"))

    for file in product.ingestion.files:
        assert f"{file['name']} {file['role']} {file['category']}" in shown
        assert f"{file['sha256'][:12]}… {file['md5']}" in shown
    assert ("2.4 kB" in shown, "8.6 MB" in shown) == (True, True)


def test_where_values_came_from_is_told_by_source_with_links_to_each(viewer):
    rows.documented(rows.attempted(rows.job()).products.get())
    shown = part(viewer, "products")

    assert "raw header (2) derived (2) configuration (1)" in words(shown)
    assert set(re.findall(r'href="#(sources-[\d-]+)"', shown)) == set(re.findall(r'id="(sources-[\d-]+)"', shown))
    assert "raw header OBJECT 0 HD 101065 ESO OBS TARG NAME OBJECT 1" in words(shown)


def test_values_stand_as_fits_has_them(viewer):
    rows.documented(rows.attempted(rows.job()).products.get())
    shown = words(part(viewer, "products"))

    assert "SINGLEXP 0 T is_single" in shown
    assert "REFERENC 0 &#x27;&#x27; REFERENC" in shown


def test_a_source_that_an_older_version_named_stands_at_the_end():
    found = archived.by_source([{"source": "moon"}, {"source": "database"}, {"source": "raw header"}])

    assert [source for source, _ in found] == ["raw header", "database", "moon"]


def test_an_ingestion_of_before_there_were_files_and_sources_shows_nothing_odd(viewer):
    rows.attempted(rows.job())
    shown = part(viewer, "products")

    assert "<table" not in shown
    assert "<details" not in shown
    assert "None" not in words(shown)


def test_a_rejected_product_shows_its_files_and_sources_where_it_was_ingested(viewer):
    row = rows.attempted(rows.job())
    rows.documented(row.products.get())
    Product.objects.all().delete()
    Ingestion.objects.update(state="REJECTED", reason="IDP_RULES")

    assert "ESO OBS TARG NAME" in part(viewer, "ingestion")
    assert words(part(viewer, "products")) == "Products None."


def test_a_finding_has_rule_level_and_value(viewer):
    rows.attempted(rows.job())

    assert "warning S20 TITLE does not contain OBJECT a star" in words(part(viewer, "ingestion"))


def test_an_image_is_shown_by_its_picture(viewer, folder):
    product = rows.pictured(rows.attempted(rows.job(), "PROCESSED"), folder)
    shown = part(viewer, "products")

    assert f'src="{ADDRESS}preview/{product.dp_id}/"' in shown
    assert 'alt="Image of 47 Tuc"' in shown
    assert "S/N" not in words(shown)


def picture(client, product, address=ADDRESS):
    return client.get(f"{address}preview/{product.dp_id}/")


def test_a_picture_is_served_as_png_and_as_nothing_else(viewer, folder):
    answer = picture(viewer, rows.pictured(rows.job(), folder, archived.SIGNATURE + b"12"))

    assert (answer.status_code, answer.headers["Content-Type"]) == (200, "image/png")
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.content == archived.SIGNATURE + b"12"


def test_a_picture_is_for_those_who_are_logged_in(anonymous, folder):
    product = rows.pictured(rows.job(), folder)

    assert picture(anonymous, product).status_code == 302


@pytest.mark.parametrize("pixels", [b"<script>alert(1)</script>", archived.SIGNATURE + b" " * archived.LARGEST])
def test_what_is_no_picture_is_not_served_as_one(viewer, folder, pixels):
    assert picture(viewer, rows.pictured(rows.job(), folder, pixels)).status_code == 404


def test_a_picture_that_the_archive_does_not_give_is_not_found(viewer, folder):
    product = rows.pictured(rows.job(), folder)
    next(folder.rglob("*.png")).unlink()

    assert picture(viewer, product).status_code == 404


def test_the_drawing_of_a_spectrum_is_no_picture(viewer, folder):
    product = rows.documented(rows.attempted(rows.job()).products.get())

    assert picture(viewer, product).status_code == 404


def test_a_picture_is_found_at_its_own_ab_only(viewer, folder):
    product = rows.pictured(rows.job(), folder)
    other = rows.job(rows.CELL)

    assert picture(viewer, product, f"/abs/{other.block.name}/").status_code == 404
    assert picture(viewer, product, ADDRESS.replace(".ab/", "/")).status_code == 200


@pytest.mark.parametrize("number", [1, 6])
def test_versions_cost_one_query_however_many_there_are(viewer, django_assert_num_queries, number):
    row = rows.attempted(rows.job())
    for version in range(2, number + 2):
        job = rows.again(row)
        rows.archived(job, original_name=row.products.get().original_name, version=version, state="OBSOLETE")
    with django_assert_num_queries(2):
        campaigns = {version.job.campaign.name for version in archived.shown(row)[0].versions}
        assert len(campaigns) == number


def test_products_of_a_duplicate_cost_one_query(django_assert_num_queries):
    row = rows.attempted(rows.job())
    product, repeated = row.products.get(), rows.repeated_in_vain(row)
    with django_assert_num_queries(2):
        ((twin,),) = [shown.twins for shown in archived.shown(repeated)]
        assert (twin.dp_id, twin.job.block.name) == (product.dp_id, row.block.name)
