"""The catalogue: names in the order of observation, versions of which one is current, nothing twice."""

import shutil
from datetime import timedelta
from pathlib import Path

import numpy as np
import pytest
from astropy.io import fits
from django.conf import settings
from django.utils import timezone

from processing import control, registry
from processing.core.states import CampaignState, IngestState, JobState, ProductState
from processing.models import Campaign, Event, Ingestion, Job, Product
from processing.plugins import content
from processing.workflow import catalogue
from processing.workflow.ingest import ingest
from processing.workflow.prepare import prepare
from processing.workflow.process import process
from processing.workflow.sweep import sweep
from tests import testcam
from tests.processing.conftest import run_night, state


def archived() -> list[str]:
    root = Path(settings.PHOENIX["INGESTOR"]["OPTIONS"]["root"])
    return sorted(path.name for path in root.rglob("*") if path.is_file())


def repeat(job: Job) -> Job:
    """The same AB in a re-processing campaign, which is still to be done."""
    campaign = Campaign.objects.create(name=f"again {Campaign.objects.count()}", state=CampaignState.RUNNING)
    repeated = Job.objects.create(block=job.block, campaign=campaign, date=job.date, certificate=job.certificate)
    sweep()
    return repeated


def again(job: Job) -> Job:
    """The same AB, processed and ingested once more."""
    repeated = repeat(job)
    run_night()
    return repeated


def brighten() -> None:
    """From now on the recipe makes another spectrum."""
    file = testcam.folder() / "products" / "RED_SCI_POINT_ONE.fits"
    with fits.open(file, mode="update") as hdus:
        hdus[0].data = hdus[0].data * np.float32(2)


@pytest.fixture
def ingested(add):
    """A job with its product."""
    job = add()
    run_night()
    assert state(job)[0] == JobState.INGESTED
    return job


def test_names_are_in_the_order_of_the_observations_whatever_was_ingested_first(add):
    for number in (3, 1, 2):
        job = add(number)
        run_night()
        job.block.raws.update(mjd_obs=56057.0 + number / 100)
    Ingestion.objects.update(dp_id=None)
    names = {item.job.block.name: catalogue.archive_name(item) for item in Ingestion.objects.order_by("-id")}

    assert [names[name] for name in sorted(names)] == sorted(names.values())


def test_a_name_is_of_the_quarter_of_an_hour_before_the_date_was_prepared(ingested):
    item = Ingestion.objects.get()
    prepared = item.job.date.prepared
    assert prepared

    assert timedelta(0) <= prepared - catalogue.stamp(item) <= timedelta(minutes=15)


def test_a_reprocessing_with_the_same_result_is_a_duplicate_and_adds_nothing(ingested):
    files, products = archived(), [*Product.objects.values_list("dp_id", "version", "state")]
    repeated = again(ingested)

    assert state(repeated)[0] == JobState.INGESTED
    assert Ingestion.objects.get(job=repeated).state == IngestState.DUPLICATE
    assert products[0][0] in Ingestion.objects.get(job=repeated).log
    assert archived() == files
    assert [*Product.objects.values_list("dp_id", "version", "state")] == products


def test_a_reprocessing_with_another_result_becomes_version_2_and_the_old_one_stays_to_be_had(ingested):
    files = archived()
    brighten()
    again(ingested)
    old, new = Product.objects.order_by("version")

    assert [(p.version, p.state) for p in (old, new)] == [(1, ProductState.OBSOLETE), (2, ProductState.CURRENT)]
    assert old.original_name == new.original_name
    assert set(files) < set(archived())
    assert old.state_reason == f"{new.dp_id} is newer"
    assert Event.objects.get(subject="product", subject_id=old.pk).new == ProductState.OBSOLETE


def test_of_two_equal_products_that_are_ingested_together_one_is_a_duplicate(add):
    job = add()
    prepare()
    repeat(job)
    assert [process(), process(), ingest(), ingest()] == [True, True, 2, 0]

    assert sorted(Ingestion.objects.values_list("state", flat=True)) == [IngestState.DUPLICATE, IngestState.REGISTERED]
    assert Product.objects.get().version == 1


def test_two_versions_that_are_ingested_together_are_one_after_the_other(add):
    job = add()
    prepare()
    repeat(job)
    process()
    brighten()
    assert [process(), ingest(), ingest()] == [True, 2, 0]

    versions = [*Product.objects.order_by("version").values_list("version", "state")]
    assert versions == [(1, ProductState.OBSOLETE), (2, ProductState.CURRENT)]


@pytest.fixture
def nameless(add) -> list[Ingestion]:
    """Five products, all observed at one time, that have no name any more."""
    for number in range(5):
        add(number)
    run_night()
    Ingestion.objects.update(dp_id=None)
    return [*Ingestion.objects.order_by("id")]


def names(items: list[Ingestion]) -> list[str]:
    """As the items and the database have them, which is the same."""
    known = [str(item.dp_id) for item in items]
    for item in items:
        item.refresh_from_db()
    assert known == [item.dp_id for item in items]
    return known


def test_those_that_are_named_together_have_different_names(nameless):
    catalogue.name(nameless)

    assert len({*names(nameless)}) == 5


def test_those_that_are_named_together_get_no_name_that_another_has(nameless):
    *items, other = nameless
    other.dp_id = catalogue.at(catalogue.stamp(other))
    other.save()
    catalogue.name(items)

    assert len({*names(nameless)}) == 5


def test_one_that_a_twin_has_named_meanwhile_keeps_that_name(nameless):
    Ingestion.objects.filter(pk=nameless[2].pk).update(dp_id="ADP.TWIN")
    catalogue.name(nameless)

    assert len({*names(nameless)}) == 5
    assert nameless[2].dp_id == "ADP.TWIN"


def test_ingesting_a_date_again_changes_no_row_count_and_no_file(add):
    job = add()
    prepare(), process(), ingest()
    counts, files = (Product.objects.count(), Ingestion.objects.count()), archived()
    Ingestion.objects.update(state=IngestState.QUEUED, lease=None, ended=None)
    Job.objects.update(state=JobState.PROCESSED)
    run_night()

    assert state(job)[0] == JobState.INGESTED
    assert (Product.objects.count(), Ingestion.objects.count()) == counts
    assert archived() == files


def test_a_product_is_deprecated_with_its_reason_and_stays_to_be_had(ingested):
    product = Product.objects.get()
    control.deprecate(product.dp_id, "wrong target", "anna")
    product.refresh_from_db()

    assert (product.state, product.state_reason) == (ProductState.DEPRECATED, "wrong target")
    assert f"{product.dp_id}.fits" in archived()
    assert Event.objects.get(subject="product").who == "anna"


@pytest.mark.parametrize(("name", "reason"), [("ADP.NONE", "wrong"), ("", "wrong"), (None, " ")])
def test_what_is_no_product_and_what_has_no_reason_is_not_deprecated(ingested, name, reason):
    name = Product.objects.get().dp_id if name is None else name
    with pytest.raises(ValueError, match=r"is known|reason"):
        control.deprecate(name, reason, "anna")

    assert Product.objects.get().state == ProductState.CURRENT


def test_after_a_deprecation_a_reprocessing_is_current_even_with_the_same_result(ingested):
    control.deprecate(Product.objects.get().dp_id, "calibration was wrong", "anna")
    again(ingested)

    assert [*Product.objects.order_by("version").values_list("version", "state")] == [
        (1, ProductState.DEPRECATED),
        (2, ProductState.CURRENT),
    ]


def test_the_lasting_content_forgets_names_and_dates_and_nothing_else(ingested, tmp_path):
    path = registry.ingestor().open(f"{Product.objects.get().dp_id}.fits")
    first = content.digest(path)
    for number, (keyword, value, same) in enumerate(
        [
            ("DATE", "2030-01-01", True),
            ("ARCFILE", "ADP.x", True),
            ("PHXREL", "DR2", True),
            ("HIERARCH ESO PRO DATE", "x", True),
            ("SNR", 1.0, False),
        ]
    ):
        copy = Path(shutil.copy(path, tmp_path / f"{number}.fits"))
        fits.setval(copy, keyword, value=value)
        assert (content.digest(copy) == first) is same
    with fits.open(shutil.copy(path, tmp_path / "data.fits"), mode="update") as hdus:
        hdus[1].data["ERR_REDUCED"][0][5] += 1
    assert content.digest(tmp_path / "data.fits") != first


def test_the_acknowledgement_names_every_product_of_the_date(add):
    add(1), add(2, s2n=0.1)
    run_night()
    brighten()
    found = control.acknowledgement("TESTCAM", "2012-05-09")

    assert (found["batch"], found["state"]) == ("TESTCAM 2012-05-09", "FINISHED")
    assert found["counts"]["REGISTERED"] == 1
    (item,) = found["items"]
    product = Product.objects.get()
    assert (item["dp_id"], item["version"], item["sha256"]) == (product.dp_id, 1, product.sha256)
    assert (item["state"], item["rules"]) == ("REGISTERED", [])
    assert item["seconds"] >= 0


def test_nothing_is_acknowledged_of_a_date_that_nobody_knows(db):
    with pytest.raises(ValueError, match="no date"):
        control.acknowledgement("TESTCAM", "2012-05-09")


def test_a_retry_waits_longer_after_the_second_attempt(ingested):
    item = Ingestion.objects.get()
    Ingestion.objects.update(state=IngestState.RETRY_WAIT)

    def tried_again(attempts: int, minutes: int) -> bool:
        Ingestion.objects.update(
            state=IngestState.RETRY_WAIT, attempts=attempts, claimed=timezone.now() - timedelta(minutes=minutes)
        )
        return sweep()["retried"] == 1

    assert item.attempts == 0
    assert [tried_again(1, 0), tried_again(1, 2), tried_again(2, 2), tried_again(2, 6)] == [False, True, False, True]
