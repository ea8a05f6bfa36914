"""The pages of certificates: what is in force, what differs, and the steps of EDP and QCG, all without a script."""

import re

import pytest
from django.contrib.auth.models import Group
from django.test import Client

from processing import control
from processing.core.toml import write
from processing.models import Certificate
from tests.monitor import rows

pytestmark = pytest.mark.django_db

LIST = "/certificates/"
POINT = "/certificates/UVES/ECHELLE-POINT/"


@pytest.fixture
def login(django_user_model):
    """A client of somebody in groups."""

    def client_of(name, *groups):
        user = django_user_model.objects.create_user(name)
        user.groups.set(Group.objects.filter(name__in=groups))
        client = Client()
        client.force_login(user)
        return client

    return client_of


@pytest.fixture
def eva(login):
    return login("eva", "edp")


@pytest.fixture
def carl(login):
    return login("carl", "certifier")


@pytest.fixture
def terms():
    return Certificate.objects.get(name="ECHELLE-POINT").terms


@pytest.fixture
def draft(terms):
    """Version 2 by eva, with a shorter time limit and another threshold."""
    scores = [{**terms["scores"][0], "low": 5.0}, *terms["scores"][1:]]
    return control.draft({**terms, "seconds": 1800.0, "scores": scores}, "eva").row


def told(answer):
    """What a page says, without its marks."""
    return " ".join(re.sub(r"<[^>]+>", " ", answer.content.decode()).split())


def word(text="read, and tried on three nights", revision=1):
    return {"why": text, "revision": revision}


def test_the_list_says_of_each_mode_what_is_in_force_and_what_waits_for_review(viewer, draft):
    page = told(viewer.get(LIST))

    assert re.search(r"ECHELLE-POINT certified version 1 [\d: -]+ phoenix \S+ version 2 by eva", page)
    assert re.search(r"SLICER draft . [\d: -]+ phoenix \S+ version 1", page)


def test_the_number_of_queries_of_the_list_does_not_depend_on_its_length(viewer, terms, django_assert_max_num_queries):
    for number in range(5):
        control.draft({**terms, "name": f"MODE{number}"}, "eva")
    with django_assert_max_num_queries(12):
        viewer.get(LIST)


def test_a_version_shows_its_rules_its_configuration_and_its_review(viewer):
    page = told(viewer.get(POINT))

    assert "DPR TECH is ECHELLE DPR TYPE has POINT" in page
    assert "WHENEVER_AVAILABLE" in page
    assert "s2n qc_s2n ≥ 3" in page
    assert "dt_bias MASTER_BIAS within 5 d" in page
    assert "SPECSYS &quot;TOPOCENT&quot;" in page
    assert "from 760 nm reduce.ffmethod=pixel" in page
    assert "reviewer's note as shipped" in page


def test_a_version_names_the_jobs_and_products_that_were_made_with_it(viewer):
    rows.archived(rows.job())
    page = told(viewer.get(POINT))

    assert "jobs 1, 1 waiting products 1" in page


def test_a_product_and_a_job_name_the_version_that_they_were_made_with(viewer):
    job = rows.attempted(rows.job())
    body = viewer.get(f"/abs/{job.block.name}/").content.decode()

    link = f'<a href="{POINT}1/">UVES ECHELLE-POINT version 1</a>'
    facts, products = body.split('id="products"')
    assert link in facts
    assert link in products


def test_the_difference_of_two_versions_stands_value_by_value(viewer, draft):
    page = told(viewer.get(f"{POINT}2/"))

    assert "What differs from version 1" in page
    assert "seconds 3600.0 1800.0" in page
    assert "scores[s2n].low 3.0 5.0" in page
    assert "seconds 1800.0 3600.0" in told(viewer.get(f"{POINT}1/?against=2"))


@pytest.mark.parametrize(
    "address",
    [
        "/certificates/UVES/NOTHING/",
        f"{POINT}3/",
        f"{POINT}{10**30}/",
        f"{POINT}?against=9",
        f"{POINT}?against=x",
        f"{POINT}?against={'9' * 40}",
        "/certificates/uves/x/",
    ],
)
def test_what_is_not_there_is_not_found(viewer, address):
    assert viewer.get(address).status_code == 404


def test_eva_drafts_the_next_version_from_the_text_of_the_present_one(eva, terms):
    page = eva.get(f"{POINT}draft/")
    assert "seconds = 3600.0" in page.content.decode()

    text = write({**terms, "seconds": 1800.0}).replace("\n", "\r\n")
    answer = eva.post(f"{POINT}draft/", {"text": text, "base": page.context["base"]}, follow=True)
    row = Certificate.objects.get(name="ECHELLE-POINT", version=2)
    assert (row.author, row.state, row.value.seconds) == ("eva", "DRAFT", 1800.0)
    assert "UVES ECHELLE-POINT version 2 is drafted; somebody else certifies it." in told(answer)


def test_an_error_in_a_draft_is_shown_with_its_key_and_what_was_typed_stays(eva, terms):
    text = write({**terms, "seconds": "long", "mode": {"technique": "</textarea><b>"}})
    answer = eva.post(f"{POINT}draft/", {"text": text})

    assert answer.status_code == 400
    assert "mode.technique: unknown" in told(answer)
    assert "seconds: must be a number" in told(answer)
    assert "&lt;/textarea&gt;&lt;b&gt;" in answer.content.decode()
    assert not Certificate.objects.filter(version=2).exists()


@pytest.mark.parametrize(
    ("text", "told_"),
    [
        ("", "Write a certificate."),
        ("seconds = ", "not TOML"),
        ("a\0b", "Null characters"),
        ('instrument = "UVES"\nname = "OTHER"\nmode = {}', "keep instrument"),
        ("[[certificate]]\n[[certificate]]", "write one certificate"),
        ("certificate = []", "write one certificate"),
    ],
)
def test_a_text_that_is_no_certificate_is_shown_again(eva, text, told_):
    answer = eva.post(f"{POINT}draft/", {"text": text})

    assert answer.status_code == 400
    assert told_ in answer.content.decode()


def test_a_draft_that_somebody_else_has_changed_meanwhile_is_not_overwritten(eva, terms, draft):
    opened = eva.get(f"{POINT}draft/").context["base"]
    control.draft({**draft.terms, "seconds": 900.0}, "emil")
    answer = eva.post(f"{POINT}draft/", {"text": write({**terms, "seconds": 60.0}), "base": opened})

    assert answer.status_code == 409
    assert "was changed by emil" in told(answer)
    assert draft.fresh().value.seconds == 900.0


def test_a_new_mode_starts_from_an_empty_certificate(eva):
    page = eva.get("/certificates/draft/").content.decode()
    assert "tech = &quot;&quot;" in page

    eva.post("/certificates/draft/", {"text": 'instrument = "SOFI"\nname = "IMAGING"\n[mode]\ntech = "IMAGE"\n'})
    assert Certificate.objects.get(instrument="SOFI").author == "eva"


def test_carl_certifies_after_he_was_shown_the_difference_and_the_waiting_jobs(carl, draft):
    rows.job()
    page = told(carl.get(f"{POINT}2/certify/"))
    assert "1 waiting job of earlier versions will be judged anew" in page
    assert "seconds 3600.0 1800.0" in page

    answer = carl.post(f"{POINT}2/certify/", word(), follow=True)
    row = draft.fresh()
    assert (row.state, row.certified_by, row.review) == ("CERTIFIED", "carl", "read, and tried on three nights")
    assert "UVES ECHELLE-POINT version 2 is CERTIFIED." in told(answer)


def test_nobody_certifies_his_own_draft_and_is_told_so_before(login, terms):
    dora = login("dora", "edp", "certifier")
    row = control.draft({**terms, "seconds": 1800.0}, "dora").row
    assert "You have drafted it, so somebody else certifies it." in told(dora.get(f"{POINT}2/"))

    answer = dora.post(f"{POINT}2/certify/", word())
    assert answer.status_code == 409
    assert "four eyes" in told(answer)
    assert row.fresh().state == "DRAFT"


def test_what_changed_after_the_page_was_opened_is_not_certified(carl, draft):
    control.draft({**draft.terms, "seconds": 900.0}, "emil")
    answer = carl.post(f"{POINT}2/certify/", word(revision=1))

    assert answer.status_code == 409
    assert "was changed by emil after you opened this page" in told(answer)
    assert draft.fresh().state == "DRAFT"


@pytest.mark.parametrize(("step", "state"), [("suspend", "SUSPENDED"), ("withdraw", "WITHDRAWN")])
def test_a_certified_version_is_taken_out_of_force_with_a_reason_that_is_shown(carl, step, state):
    answer = carl.post(f"{POINT}1/{step}/", word("noise in the red"), follow=True)

    assert f"UVES ECHELLE-POINT version 1 is {state}." in told(answer)
    assert "ABs of this mode are not processed: noise in the red" in told(answer)
    assert f"ECHELLE-POINT {state.lower()} version 1" in told(carl.get(LIST))


@pytest.mark.parametrize(
    "sent", [word(" "), word("x" * 1001), {"why": "a", "revision": "x"}, {"why": "a"}, word("a\0")]
)
def test_a_step_without_a_word_is_not_taken(carl, sent):
    answer = carl.post(f"{POINT}1/suspend/", sent)

    assert answer.status_code == 400
    assert Certificate.objects.get(name="ECHELLE-POINT").state == "CERTIFIED"


@pytest.mark.parametrize(
    ("who", "address"),
    [
        ("eva", f"{POINT}2/certify/"),
        ("eva", f"{POINT}1/suspend/"),
        ("eva", f"{POINT}1/withdraw/"),
        ("viewer", f"{POINT}draft/"),
        ("viewer", "/certificates/draft/"),
    ],
)
def test_who_may_not_take_a_step_is_told_so_and_finds_no_way_to_it(request, who, address, draft):
    client = request.getfixturevalue(who)

    assert (client.get(address).status_code, client.post(address, word()).status_code) == (403, 403)
    assert f'href="{address}"' not in client.get(f"{POINT}{'1' if '/1/' in address else '2'}/").content.decode()


def test_each_finds_the_way_to_his_steps(eva, carl, draft):
    assert f'href="{POINT}draft/"' in eva.get(f"{POINT}2/").content.decode()
    assert f'href="{POINT}2/certify/"' in carl.get(f"{POINT}2/").content.decode()
    assert f'href="{POINT}1/suspend/"' in carl.get(f"{POINT}1/").content.decode()


@pytest.mark.parametrize("address", [LIST, POINT, f"{POINT}draft/", f"{POINT}1/suspend/"])
def test_a_stranger_is_sent_to_the_login(address):
    assert Client().get(address).headers["Location"] == f"/login/?next={address}"


def test_a_form_from_another_site_takes_no_step(django_user_model, carl):
    client = Client(enforce_csrf_checks=True)
    client.force_login(django_user_model.objects.get(username="carl"))

    assert client.post(f"{POINT}1/suspend/", word()).status_code == 403
    assert Certificate.objects.get(name="ECHELLE-POINT").state == "CERTIFIED"


def test_content_that_this_release_cannot_read_is_shown_as_it_was_written(viewer):
    Certificate.objects.create(
        instrument="UVES", name="OLD", state="CERTIFIED", content={"instrument": "UVES", "name": "OLD", "gone": 1}
    )
    page = told(viewer.get("/certificates/UVES/OLD/"))

    assert "cannot read the content" in page
    assert "gone = 1" in page


def test_a_page_runs_no_script_that_a_draft_brings_along(viewer, terms):
    control.draft({**terms, "note": "<script>alert(1)</script>", "seconds": 1.0}, "eva")

    assert b"<script>alert" not in viewer.get(f"{POINT}2/").content


def test_every_form_carries_its_token(eva, carl):
    assert b"csrfmiddlewaretoken" in eva.get(f"{POINT}draft/").content.split(b"<main")[1]
    assert b"csrfmiddlewaretoken" in carl.get(f"{POINT}1/suspend/").content.split(b"<main")[1]
