"""The page of an AB."""

import pytest

from processing.core.states import JobState, Reason
from processing.models import AssociationBlock, Campaign, Certificate, Job, Product
from tests.monitor import rows

pytestmark = pytest.mark.django_db

ADDRESS = "/abs/UVES.2012-05-10T03:17:42.861.ab/"


def body(client, address=ADDRESS):
    return " ".join(client.get(address).content.decode().split())


def test_an_ab_is_found_with_and_without_its_suffix(viewer):
    rows.job()

    assert viewer.get(ADDRESS).status_code == 200
    assert viewer.get(ADDRESS.replace(".ab/", "/")).status_code == 200


def test_there_is_no_retry_and_the_page_says_so(viewer):
    rows.put(rows.job(), JobState.FAILED, Reason.RECIPE_FAILED, "x")
    shown = body(viewer)

    assert "One attempt, no retry: processed again only in a new campaign." in shown
    assert shown.count("<form") == 1  # to log out


def test_a_failure_is_explained_in_general_and_in_particular(viewer):
    rows.put(rows.job(), JobState.FAILED, Reason.RAW_DAMAGED, "Cut off after 4 MB.")
    shown = body(viewer)

    assert "RAW_DAMAGED" in shown
    assert "A raw frame is damaged." in shown
    assert "Cut off after 4 MB." in shown


def test_a_waiting_ab_says_what_it_waits_for(viewer):
    rows.job()

    assert "its calibrations are not here yet" in body(viewer)


def test_the_first_error_of_the_log_is_one_link_away(viewer):
    log = "12:00:00 [ INFO  ] a\n12:00:01 [ ERROR ] b: no & such <file>\n12:00:02 [ ERROR ] c"
    rows.attempted(rows.job(), JobState.FAILED, log=log)
    shown = body(viewer)

    assert '<a class="first-error" href="#L2">first error, line 2</a>' in shown
    assert (
        '<a id="L2" href="#L2">2</a><b class="error first">12:00:01 [ ERROR ] b: no &amp; such &lt;file&gt;</b>'
        in shown
    )


def test_the_associations_say_what_goes_to_the_recipe(viewer):
    rows.job()
    shown = body(viewer)

    assert "UV_MBIA_120509A_REDL_1x1.fits" in shown
    assert "\N{MINUS SIGN}2807.100" in shown
    assert shown.count('<tr class="unused">') == 1  # the MASSOC


def test_a_virtual_calibration_is_marked(viewer):
    rows.job(rows.VIRTUAL)

    assert "virtual</span>" in body(viewer, "/abs/UVES.2012-05-12T00:41:55.027.ab/")


def test_scores_stand_with_their_thresholds(viewer):
    rows.attempted(rows.job())
    shown = body(viewer)

    assert "≤ 5" in shown
    assert "≥ 3" in shown
    assert "flagged</span>" in shown


def test_a_parameter_that_is_no_number_is_called_not_finite(viewer):
    rows.attempted(rows.job())

    assert "not finite" in body(viewer)


def test_a_product_is_drawn_and_described(viewer):
    rows.attempted(rows.job())
    shown = body(viewer)

    assert "Spectrum of HD 101065" in shown
    assert '<polygon class="flux"' in shown
    assert Product.objects.get().sha256 in shown
    assert "478.0 to 681.0 nm" in shown
    assert "S20" in shown  # the finding of its check


@pytest.mark.parametrize("where", ["text", "log", "sentence", "target"])
def test_nothing_from_outside_becomes_markup(viewer, where):
    evil = "<script>alert(1)</script>"
    row = rows.attempted(rows.job(), log=evil if where == "log" else "")
    if where == "text":
        AssociationBlock.objects.update(text=f"{rows.text()}\nCOMMENT\t{evil}\n")
    if where == "sentence":
        Job.objects.filter(pk=row.pk).update(sentence=evil)
    if where == "target":
        Product.objects.update(target=evil)
    shown = body(viewer)

    assert "<script>alert" not in shown
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in shown


def test_each_campaign_has_its_own_attempt(viewer):
    row = rows.put(rows.job(), JobState.FAILED, Reason.NO_SIGNAL, "noise")
    again = Campaign.objects.create(name="again 2026", state="RUNNING")
    Job.objects.create(block=row.block, campaign=again, date=row.date)

    assert "noise" not in body(viewer)
    assert "noise" in body(viewer, f"{ADDRESS}?campaign=day-to-day")
    assert "campaign=again%202026" in body(viewer)


def test_a_text_that_cannot_be_read_any_more_does_not_break_the_page(viewer, settings):
    rows.job()
    columns = {"MCALIB": ("flag", "directory", "name", "category", "a", "b", "c", "d")}
    settings.PHOENIX = {**settings.PHOENIX, "AB_COLUMNS": columns}

    assert "cannot be read by the present column layout" in body(viewer)


def test_an_ingestion_that_ended_badly_says_why(viewer):
    row = rows.attempted(rows.job())
    row.ingestions.update(state="DEAD", reason=Reason.INGEST_ATTEMPTS, log="no space left")
    shown = body(viewer)

    assert "INGEST_ATTEMPTS" in shown
    assert "no space left" in shown


def test_events_of_job_and_ingestion_are_told_in_order(viewer):
    row = rows.attempted(rows.job())
    row.ingestions.get().note("STORED", "REGISTERED", "in the archive")
    shown = body(viewer)

    assert shown.index("new → <b>WAITING</b>") < shown.index("RUNNING → <b>INGESTED</b>")
    assert shown.index("RUNNING → <b>INGESTED</b>") < shown.index("STORED → <b>REGISTERED</b>")


def test_a_waiting_job_says_on_its_pages_that_it_is_stopped(viewer):
    row = rows.job()
    rows.stopped_since("2012-05-12")
    sentence = "Waiting because UVES is stopped since 2012-05-12 18:00 UTC: response curve bug."

    assert sentence in body(viewer, "/dates/UVES/2012-05-09/")
    assert sentence in body(viewer, f"/abs/{row.block.name}/")
    assert viewer.get("/api/v1/jobs/").json()["results"][0]["sentence"] == sentence


def test_a_calibration_that_was_taken_too_far_away_is_flagged(viewer):
    row = rows.job()
    content = row.certificate.content
    strict = [rule | {"max_days": 0.4} if rule["name"] == "dt_bias" else rule for rule in content["association"]]
    names = {"instrument": "UVES", "name": row.certificate.name, "recipe": row.certificate.recipe}
    newer = Certificate.objects.create(
        **names, version=90, state="CERTIFIED", content={**content, "association": strict}
    )
    Job.objects.filter(pk=row.pk).update(certificate=newer)
    lines = body(viewer).split('id="text"')[0].split("<tr ")
    [bias] = [line for line in lines if "UV_MBIA_120509A_REDL_1x1.fits" in line]
    [flat] = [line for line in lines if "UV_MFLT_120509A_REDL580d1_1x1_10.fits" in line]

    assert "±0.4" in bias
    assert "flagged" in bias
    assert "±2" in flat
    assert "flagged" not in flat


def test_what_the_recipe_does_not_get_is_not_judged(viewer):
    rows.job()
    [dark] = [line for line in body(viewer).split('id="text"')[0].split("<tr ") if "MASTER_DARK" in line]

    assert "not scored" in dark


def test_provenance_names_frames_recipe_certificate_worker_and_product(viewer):
    row = rows.attempted(rows.job(), software="uves/6.1.8", owner="node1:boot:7:1")
    shown = body(viewer)
    provenance = shown[shown.index('data-part="provenance"') :]

    for said in ("uves/6.1.8", str(row.certificate), "node1:boot:7:1", "UVES.2012-05-10T03:17:42.861"):
        assert said in provenance
    assert f'href="/api/v1/products/{row.products.get().dp_id}/"' in provenance
    assert "with 11 calibrations" in provenance


def test_scores_and_parameters_lead_to_their_trends(viewer):
    rows.attempted(rows.job())
    shown = body(viewer)

    assert (
        'href="/scores/?instrument=UVES&amp;parameter=s2n&amp;chip=REDL&amp;setup=RED580_1x1&amp;to=2012-05-09"'
        in shown
    )
    assert 'href="/scores/?instrument=UVES&amp;parameter=qc_s2n&amp;setup=RED580_1x1&amp;to=2012-05-09"' in shown


def test_the_log_of_a_running_recipe_is_followed_and_that_of_an_ended_one_is_not(viewer):
    row = rows.attempted(rows.job(), JobState.RUNNING)
    follow = f'data-follow="/abs/{row.block.name}/log/?campaign=day-to-day"'
    assert follow in body(viewer)

    rows.put(row, JobState.FAILED)
    assert "data-follow" not in body(viewer)


def test_the_filter_of_a_log_needs_no_script(viewer):
    rows.attempted(rows.job())

    assert '<input type="checkbox" id="only-warnings" />' in body(viewer)
