"""What a campaign is asked to be: its sources, modes, limits, and what cannot be meant.

The modules are processing.workflow.plan, processing.workflow.choose, processing.workflow.fill, processing.workflow.tree
and processing.core.campaign.
"""

from datetime import UTC, date, datetime, timedelta

import pytest
from astropy.io import fits
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from processing import control, registry
from processing.core.campaign import MOST_OPEN, Past, goes_on, left_out, missing, spans
from processing.core.states import CampaignKind, JobState
from processing.models import Campaign, Certificate, Instrument, Job, Product
from processing.workflow.prepare import prepare
from processing.workflow.rebind import rebind
from tests.processing.campaigning import begun, night, of, plan, run_campaign
from tests.processing.conftest import ab_text, state


def test_a_rate_lets_no_more_jobs_start_in_an_hour(add):
    for number in range(3):
        night(add, number)
    row = begun(per_hour=2)
    while prepare():
        pass
    claims = [Job.objects.claim("host:boot:1:1", list(Instrument.objects.all())) for _ in range(3)]

    assert [bool(job) for job in claims] == [True, True, False]
    Job.objects.filter(campaign=row, state=JobState.RUNNING).update(claimed=timezone.now() - timedelta(hours=2))
    assert Job.objects.claim("host:boot:1:1", list(Instrument.objects.all()))


def test_a_campaign_starts_nothing_outside_a_window_of_its_own(add):
    night(add, 1)
    now = timezone.now()
    begun(window=f"{now + timedelta(hours=2):%H:%M}-{now + timedelta(hours=3):%H:%M}")
    prepare()

    assert Job.objects.claim("host:boot:1:1", list(Instrument.objects.all())) is None
    Campaign.objects.update(window=f"{now - timedelta(hours=2):%H:%M}-{now + timedelta(hours=3):%H:%M}")
    assert Job.objects.claim("host:boot:1:1", list(Instrument.objects.all()))


def test_an_instrument_runs_no_more_jobs_at_once_than_its_limit(add):
    add(1), add(2)
    Instrument.objects.update(most_jobs=1)
    prepare()
    first, second = (Job.objects.claim("host:boot:1:1", list(Instrument.objects.all())) for _ in range(2))

    assert first
    assert second is None


def test_the_certificate_that_a_campaign_has_chosen_is_not_replaced(add, certified):
    night(add, 1)
    row = begun(certificate=f"{certified.name}:{certified.version}")
    newer = Certificate(instrument="TESTCAM", name=certified.name, version=99, position=1, state="CERTIFIED")
    newer.content, newer.recipe = certified.content, certified.recipe
    newer.save()
    rebind()

    assert of(row).get().certificate == certified


def test_a_campaign_takes_the_modes_that_it_names_and_no_others(add, certified):
    night(add, 1)

    with pytest.raises(control.BadPlan, match="modes: not known: NONE"):
        plan(modes=["NONE"])
    assert control.preview_campaign(plan(modes=[certified.name])).run == 1
    Certificate(instrument="TESTCAM", name="NAMED", version=1, position=9, content=certified.content).save()
    found = control.preview_campaign(plan(modes=["NAMED"]))
    assert (found.run, found.outside) == (0, 1)


def test_a_tree_of_files_registers_its_abs_for_the_campaign_alone(certified, archive, tmp_path):
    folder = tmp_path / "abs" / "2012-05-09"
    folder.mkdir(parents=True)
    (folder / "1.ab").write_text(ab_text(1))
    (folder / "2.ab").write_text("nonsense")
    (archive / "raw" / "TC.2012-05-10T00:00:01.000.fits").write_bytes(b"raw")
    asked = {"source": "TREE", "names": [folder.parent], "kind": CampaignKind.BACK}
    found = control.preview_campaign(plan(**asked))

    assert (found.run, len(found.unreadable)) == (1, 1)
    assert not Instrument.objects.exists()
    row = begun(**asked)
    run_campaign()
    assert state(Job.objects.get()) == (JobState.INGESTED, "")
    assert row.fresh().missing[0] == ["TESTCAM", "2012-05-10", "2012-06-08"]


def test_what_a_campaign_makes_says_its_release_in_its_header(certified, archive, tmp_path):
    (tmp_path / "1.ab").write_text(ab_text(1))
    (archive / "raw" / "TC.2012-05-10T00:00:01.000.fits").write_bytes(b"raw")
    begun(source="TREE", names=[tmp_path], release="DR2 of 2026")
    run_campaign()
    path = registry.ingestor().open(f"{Product.objects.get().dp_id}.fits")

    assert fits.getheader(path)["PHXREL"] == "DR2 of 2026"


def test_a_product_of_no_release_says_nothing_of_one(add):
    night(add, 1)
    path = registry.ingestor().open(f"{Product.objects.get().dp_id}.fits")

    assert "PHXREL" not in fits.getheader(path)


def test_a_list_names_its_abs_and_an_unknown_name_is_refused(add):
    one = night(add, 1)
    night(add, 2)

    assert control.preview_campaign(plan(source="LIST", names=[one.block.name])).run == 1
    with pytest.raises(control.BadPlan, match=r"names: not known: nobody\.ab"):
        plan(source="LIST", names=["nobody"])


@pytest.mark.parametrize(
    ("field", "values"),
    [
        ("name", {"name": ""}),
        ("name", {"name": "day-to-day"}),
        ("kind", {"kind": "DAY_TO_DAY"}),
        ("instruments", {"instruments": []}),
        ("instruments", {"instruments": ["UVES\0"]}),
        ("last", {"last": date(2011, 1, 1)}),
        ("window", {"window": "25:00-26:00"}),
        ("priority", {"priority": 101}),
        ("per_hour", {"per_hour": 0}),
        ("release", {"release": "Größe"}),
        ("release", {"release": "Anna's"}),
        ("certificate", {"certificate": "x"}),
        ("certificate", {"certificate": "NONE:1"}),
    ],
)
def test_a_plan_that_cannot_be_meant_says_which_field_is_wrong(add, field, values):
    add()
    with pytest.raises(control.BadPlan) as found:
        plan(**values)

    assert field in found.value.faults


def test_a_resume_after_a_stop_skips_no_job_of_a_campaign(add):
    night(add, 1)
    row = begun()
    stop = control.stop("TESTCAM", "a test", "anna")
    type(stop).objects.update(at=datetime(2012, 1, 1, tzinfo=UTC))
    stop.refresh_from_db()
    control.resume(stop, "anna")

    assert state(of(row).get()) == (JobState.WAITING, "")


PASTS = st.lists(st.builds(Past, st.just("x"), st.sampled_from(sorted(JobState)), st.just("")), max_size=4)


@given(PASTS)
def test_a_back_processing_never_takes_what_was_attempted_or_waits_elsewhere(past):
    taken = left_out(CampaignKind.BACK, past, take_skipped=True) is None

    assert taken == all(one.state in ("REJECTED", "SKIPPED") for one in past)


@given(PASTS)
def test_a_re_processing_takes_whatever_became_of_it_before(past):
    assert left_out(CampaignKind.AGAIN, past, take_skipped=False) is None


@given(st.integers(0, 40), st.sets(st.integers(0, 40)))
def test_the_spans_of_missing_days_are_exactly_the_days_that_are_not_there(length, there):
    first = date(2012, 5, 9)
    days = [first + timedelta(days=n) for n in range(length + 1)]
    absent = missing(first, days[-1], {first + timedelta(days=n) for n in there})
    within = [day for day in days if any(start <= day <= end for start, end in spans(absent))]

    assert within == absent
    assert not set(absent) & {first + timedelta(days=n) for n in there}


@given(st.integers(0, 100), st.integers(0, 1000), st.integers(1, 200))
def test_dates_are_opened_until_all_workers_have_work_and_never_more_than_the_bound(dates, waiting, slots):
    opened = goes_on(dates, waiting, slots)

    assert not (opened and dates >= MOST_OPEN)
    assert opened or dates >= 3
