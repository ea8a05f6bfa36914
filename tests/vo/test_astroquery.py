"""The archive's own client, pointed at phoenix in place of the archive: surveys, products, files."""

from pathlib import Path

import pytest
from astroquery.eso import EsoClass, conf

from monitor.vo.known import files
from processing.models import AssociationBlock, Instrument, Job, ProcessingDate, Product
from tests.monitor import rows
from tests.vo.conftest import CONTENT

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.postgres,  # as at a site: once is enough
    # Its connections are left to the garbage collector.
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
]


@pytest.fixture
def eso(server, tmp_path):
    """The client; it keeps nothing outside of the test's folder."""
    with conf.set_temp("tap_obs_url", f"{server}/tap"):
        client = EsoClass()
        client.DOWNLOAD_URL = f"{server}/file/"
        client.cache_location = tmp_path / "cache"
        yield client


def test_it_lists_the_collections(eso):
    job = rows.put(rows.job(rows.CELL), "INGESTED")
    rows.archived(job, category="SCIENCE.IMAGE")
    naco = ProcessingDate.objects.create(instrument=Instrument.objects.create(name="NACO"), date=job.date.date)
    AssociationBlock.objects.filter(pk=job.block.pk).update(date=naco)
    Job.objects.filter(pk=job.pk).update(date=naco)

    assert sorted(eso.list_surveys()) == ["NACO", "UVES"]


def test_it_counts_the_products_that_the_database_has(eso):
    assert eso.query_surveys(count_only=True) == Product.objects.count() == 2
    assert eso.query_surveys("UVES", column_filters={"snr": "> 50"}, count_only=True) == 1
    assert eso.query_surveys("NACO", count_only=True) == 0


def test_it_finds_products_around_a_place_with_all_their_columns(eso, archive):
    [row] = eso.query_surveys("UVES", cone_ra=10.0, cone_dec=-20.0, cone_radius=0.1)

    assert (row["dp_id"], row["target_name"]) == (archive[1].dp_id, "A & B <star>")
    assert len(eso.query_surveys("UVES")) == 2


def test_it_brings_every_file_byte_for_byte(eso, archive, tmp_path):
    names = [str(row["dp_id"]) for row in eso.query_surveys("UVES")]
    found = eso.retrieve_data(names, destination=str(tmp_path / "here"))

    assert sorted(found) == sorted(str(tmp_path / "here" / f"{product.dp_id}.fits") for product in archive)
    for path in map(Path, found):
        assert path.read_bytes() == (tmp_path / "products" / "2026-01" / path.name).read_bytes() == CONTENT * 2


def test_it_brings_what_is_stored_beside_the_science_file_too(eso, archive, tmp_path):
    beside = [file.name for file in files(archive[0]) if file.role != "#this"]

    assert [path.rpartition("/")[2] for path in eso.retrieve_data(beside, destination=str(tmp_path / "here"))] == beside
