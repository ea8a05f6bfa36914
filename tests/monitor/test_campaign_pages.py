"""Making campaigns and steering them, by pages and through the API."""

import os
from datetime import timedelta

import pytest
from django.contrib.auth.models import Permission
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from monitor import bottlenecks, campaigns, outlook
from monitor.overview import overview
from processing.core.states import CampaignState, JobState
from processing.models import Campaign, Certificate, Event, Job, Worker, census
from tests.monitor import rows

pytestmark = pytest.mark.django_db

API = "/api/v1/campaigns/"
WANTED = {"name": "ten years", "kind": "AGAIN", "instruments": ["UVES"], "first": "2012-05-01", "last": "2012-05-31"}
FORM = {**WANTED, "kind": "again", "order": "newest"}


@pytest.fixture
def boss(viewer, django_user_model):
    """Somebody who may run campaigns."""
    user = django_user_model.objects.get(pk=viewer.session["_auth_user_id"])
    user.user_permissions.add(Permission.objects.get(codename="run_campaign"))
    return viewer


@pytest.fixture
def night():
    """Two ABs of a date that are done, and their certificate."""
    jobs = rows.night(3)[:2]
    Certificate.objects.update(state="CERTIFIED")
    return jobs


def post(client, address=API, **content):
    return client.post(address, content, content_type="application/json")


def running(boss):
    answer = post(boss, **WANTED)
    Campaign.objects.filter(name="ten years").update(state=CampaignState.RUNNING, begun=timezone.now())
    return answer.json()["id"]


def told(answer):
    return " ".join(answer.content.decode().split())


def test_the_api_says_what_a_campaign_would_do_and_does_nothing(boss, night):
    found = post(boss, f"{API}?dry_run=true", **WANTED).json()

    assert found["run"] + found["not_run"] == Job.objects.count()
    assert found["missing"][0] == ["UVES", "2012-05-01", "2012-05-08"]
    assert not Campaign.objects.filter(name="ten years").exists()


def test_a_campaign_is_made_by_the_api_and_has_its_own_address(boss, night):
    answer = post(boss, **WANTED)

    assert answer.status_code == 201
    assert answer.json()["state"] == "DRAFT"
    assert boss.get(answer.headers["Location"]).json()["name"] == "ten years"
    assert Event.objects.filter(subject="campaign", new="DRAFT").exists()


@pytest.mark.parametrize(
    ("field", "value"), [("last", "2011-01-01"), ("window", "25:00-26:00"), ("instruments", ["NONE"]), ("strange", 1)]
)
def test_a_body_that_cannot_be_meant_is_a_problem_that_names_the_field(boss, night, field, value):
    answer = post(boss, **{**WANTED, field: value})

    assert answer.status_code == 400
    assert answer.json()["errors"][0]["field"] == field


def test_a_campaign_is_paused_resumed_and_cancelled_by_the_api(boss, night):
    pk = running(boss)
    for step, state in (("pause", "PAUSED"), ("resume", "RUNNING"), ("cancel", "CANCELLED")):
        # What is RUNNING without jobs is DONE at the next sweep; a resume looks at once.
        rows.again(night[0])
        Job.objects.filter(campaign__name__startswith="again").update(campaign=pk, state="WAITING")
        assert post(boss, f"{API}{pk}/{step}/", reason="a test").json()["state"] == state
        Job.objects.filter(campaign=pk).delete()
    assert post(boss, f"{API}{pk}/resume/", reason="a test").status_code == 409


def test_the_form_shows_first_what_the_campaign_would_do(boss, night):
    shown = told(boss.post("/campaigns/new/", {**FORM, "preview": "1"}))

    assert "ten years would do this" in shown
    assert "Make this campaign" in shown
    assert not Campaign.objects.filter(name="ten years").exists()


def test_the_form_makes_a_campaign(boss, night):
    answer = boss.post("/campaigns/new/", {**FORM, "create": "1"})
    row = Campaign.objects.get(name="ten years")

    assert answer.headers["Location"] == f"/campaigns/{row.pk}/"
    assert (row.newest_first, row.instruments, row.state) == (True, ["UVES"], "DRAFT")
    assert "put in by a worker" in told(boss.get(answer.headers["Location"]))


def test_what_is_wrong_stands_beside_its_field(boss, night):
    answer = boss.post("/campaigns/new/", {**FORM, "window": "25:00-26:00", "name": "<b>"})

    assert answer.status_code == 400
    assert "id_window_error" in told(answer)
    assert "<b>" not in told(answer).partition('id="id_name"')[2][:100]


@pytest.mark.parametrize(("step", "state"), [("pause", "PAUSED"), ("cancel", "CANCELLED")])
def test_a_page_asks_before_it_pauses_or_cancels(boss, night, step, state):
    pk = running(boss)
    assert "jobs are unfinished" in told(boss.get(f"/campaigns/{pk}/{step}/"))
    boss.post(f"/campaigns/{pk}/{step}/", {"why": "a test"})

    assert Campaign.objects.get(pk=pk).state == state
    assert Event.objects.filter(subject="campaign", new=state, why="a test").exists()


def test_the_day_to_day_stream_has_no_button(boss, night):
    pk = night[0].campaign_id

    assert "/pause/" not in told(boss.get(f"/campaigns/{pk}/"))
    assert "cannot be done" in told(boss.get(f"/campaigns/{pk}/pause/"))


def test_every_ab_of_a_campaign_is_listed_with_the_reason_why_it_does_not_run(boss, night):
    pk = running(boss)
    job = rows.again(night[0])
    Job.objects.filter(pk=job.pk).update(
        campaign=pk, state="SKIPPED", reason="PROCESSED_BEFORE", sentence="It is there."
    )
    shown = told(boss.get(f"/campaigns/{pk}/?reason=PROCESSED_BEFORE"))

    assert job.block.name in shown
    assert "It is there." in shown
    assert job.block.name not in told(boss.get(f"/campaigns/{pk}/?state=WAITING"))
    assert boss.get(f"/campaigns/{pk}/?state=NONSENSE").status_code == 404
    assert boss.get(f"/campaigns/{pk}/?after=x").status_code == 404


def halfway(boss, night):
    """One job took 100 s of the 100 that were predicted; one of 1000 s waits."""
    pk, now = running(boss), timezone.now()
    Worker.objects.create(name="a", host="a", slots=1, version="1", since=now, seen=now)
    Campaign.objects.filter(pk=pk).update(begun=now - timedelta(seconds=100))
    done, waits = rows.again(night[0]), rows.again(night[1])
    times = {"claimed": now - timedelta(seconds=100), "processed": now, "ended": now, "seconds": 90.0}
    Job.objects.filter(pk=done.pk).update(campaign=pk, state=JobState.INGESTED, expected_seconds=100, **times)
    Job.objects.filter(pk=waits.pk).update(campaign=pk, state="WAITING", expected_seconds=1000)
    return Campaign.objects.get(pk=pk)


def test_a_campaign_says_when_it_will_be_done(boss, night):
    row = halfway(boss, night)
    found = outlook.outlook(row, census.take(row))
    assert found

    assert found.earliest <= found.at <= found.latest
    assert found.at - timezone.now() == pytest.approx(timedelta(seconds=1000), abs=timedelta(seconds=60))
    assert "in four of five cases" in told(boss.get(f"/campaigns/{Campaign.objects.get(name='ten years').pk}/"))


def test_a_campaign_names_what_took_most_of_its_time(boss, night):
    found = bottlenecks.of_campaign(halfway(boss, night))
    assert found

    assert found.dominating == "CPU"
    assert 90 < (found.efficiency or 0) <= 100


def test_a_page_of_a_campaign_costs_seventeen_queries_and_six_once_it_was_counted(boss, night):
    row = halfway(boss, night)
    numbers = []
    for _ in range(2):
        with CaptureQueriesContext(connection) as seen:
            boss.get(f"/campaigns/{row.pk}/")
        numbers.append(len(seen))

    assert numbers == [17, 5]


@pytest.fixture
def large(boss, night, monkeypatch):
    """A campaign with a job that ran and one that waits, which are many."""
    monkeypatch.setattr("processing.models.census.LARGE", 1)
    row = halfway(boss, night)
    Campaign.objects.filter(pk=row.pk).update(census=census.take(row).value)
    return row.fresh()


def test_pages_and_api_show_a_large_campaign_as_it_was_counted_and_when(boss, large):
    Job.objects.filter(campaign=large).update(state=JobState.FAILED)
    kept = census.kept(large)
    assert kept
    at = f"{kept.time:%Y-%m-%dT%H:%M}"

    assert "50 % of 2 jobs have ended" in told(boss.get("/campaigns/"))
    assert f'<dt>counted</dt> <dd> <time datetime="{at}' in told(boss.get(f"/campaigns/{large.pk}/"))
    assert "jobs</dt> <dd> 2, 1 unfinished" in told(boss.get(f"/campaigns/{large.pk}/"))
    assert boss.get(f"{API}{large.pk}/").json()["jobs"]["WAITING"] == 1


def test_no_page_counts_the_jobs_of_a_large_campaign(boss, large):
    with CaptureQueriesContext(connection) as seen:
        boss.get("/campaigns/"), boss.get(f"/campaigns/{large.pk}/"), boss.get(f"/campaigns/{large.pk}/pause/")
    counting = [one["sql"] for one in seen if "GROUP BY" in one["sql"] and 'processing_job"."campaign_id' in one["sql"]]

    assert not [sql for sql in counting if f'"campaign_id" = {large.pk}' in sql or f"IN ({large.pk})" in sql]
    assert len(counting) == 1


def test_what_takes_long_to_count_is_kept_and_says_when_it_was_counted(boss, night, monkeypatch):
    row = halfway(boss, night)
    monkeypatch.setattr("monitor.overview.PART", 1e-6)
    first = overview(row)
    Job.objects.filter(campaign=row).update(state="WAITING", ended=None)

    assert overview(row) == first
    assert f'<dt>counted</dt> <dd> <time datetime="{first.at:%Y-%m-%dT%H:%M}' in told(boss.get(f"/campaigns/{row.pk}/"))
    row.state = CampaignState.PAUSED
    assert overview(row).at > first.at


def test_a_product_is_shown_with_the_release_of_its_campaign(viewer):
    job = rows.attempted(rows.job())
    address = f"/abs/{job.block.name.removesuffix('.ab')}/"
    before = told(viewer.get(address))
    Campaign.objects.update(release="DR2 <of> 2026")

    assert "<dt>release</dt>" not in before
    assert "<dt>release</dt> <dd> DR2 &lt;of&gt; 2026 </dd>" in told(viewer.get(address))


@pytest.mark.skipif("sqlite" in os.environ.get("DATABASE_URL", ""), reason="a question to PostgreSQL's planner")
def test_the_list_of_a_campaign_is_not_looked_for_among_the_jobs_of_all_others(boss, night):
    pk = running(boss)
    with CaptureQueriesContext(connection) as captured:
        campaigns.slots(Campaign.objects.get(pk=pk))
    with connection.cursor() as cursor:
        for name in ("seqscan", "bitmapscan", "sort"):
            cursor.execute(f"SET LOCAL enable_{name} TO off")
        cursor.execute("EXPLAIN " + captured[-1]["sql"])
        plan = " ".join(line for (line,) in cursor)

    assert "job_by_campaign on processing_job" in plan
