"""Who may what: every resource, every method, every permission; an address without its line here fails."""

from datetime import date

import pytest
from django.contrib.auth.models import Permission
from django.test import Client
from django.urls import reverse

from monitor.api.urls import app_name, urlpatterns

pytestmark = pytest.mark.django_db

EVERYBODY, LOGIN = "everybody", "view_job"
READ = {"get": LOGIN}
PUBLIC = {"get": EVERYBODY}
REGISTER, STOP, RESUME, WINDOW = "add_associationblock", "add_stop", "change_stop", "change_instrument"
DRAFT, CERTIFY = "draft_certificate", "certify_certificate"
ACKNOWLEDGE, CAMPAIGN = "acknowledge_cluster", "run_campaign"
METHODS = ("get", "post", "put", "patch", "delete")
NEEDED = {
    "status": READ,
    "instruments": READ,
    "instrument": {**READ, "patch": WINDOW},
    "nights": READ,
    "dates": READ,
    "date": READ,
    "acknowledgement": READ,
    "abs": {**READ, "post": REGISTER},
    "ab": READ,
    "log": READ,
    "associations": READ,
    "ab_scores": READ,
    "grid": READ,
    "scores": READ,
    "qc1": READ,
    "failures": READ,
    "failure": READ,
    "failure_acknowledge": {"post": ACKNOWLEDGE},
    "failure_handover": {"post": ACKNOWLEDGE},
    "failure_evidence": READ,
    "events": READ,
    "ab_products": READ,
    "retry": {},
    "jobs": READ,
    "products": READ,
    "product": READ,
    "ingestions": READ,
    "campaigns": {**READ, "post": CAMPAIGN},
    "campaign": READ,
    "campaign_pause": {"post": CAMPAIGN},
    "campaign_resume": {"post": CAMPAIGN},
    "campaign_cancel": {"post": CAMPAIGN},
    "stops": {**READ, "post": STOP},
    "stop": READ,
    "resume": {"post": RESUME},
    "certificates": {**READ, "post": DRAFT},
    "certificate": READ,
    "difference": READ,
    "certify": {"post": CERTIFY},
    "suspend": {"post": CERTIFY},
    "withdraw": {"post": CERTIFY},
    "datasets": {**PUBLIC, "post": EVERYBODY},
    "vocabulary": PUBLIC,
}
PERSONS = ("anonymous", LOGIN, REGISTER, STOP, RESUME, WINDOW, DRAFT, CERTIFY, ACKNOWLEDGE, CAMPAIGN)
# Something that fits each part of an address.
SAMPLES = {
    "BlockName": "UVES.2012-05-10T03:17:42.861",
    "InstrumentName": "UVES",
    "ProductName": "ADP.2026-01-01T00:00:00.001",
    "CertificateName": "ECHELLE-POINT",
    "Day": date(2012, 5, 9),
    "Fingerprint": "0123456789ab",
    "IntConverter": 1,
}


def addresses():
    """One address for each name."""
    named = {pattern.name: pattern.pattern.converters for pattern in urlpatterns if pattern.name}
    return {
        name: reverse(f"{app_name}:{name}", kwargs={part: SAMPLES[type(by).__name__] for part, by in parts.items()})
        for name, parts in named.items()
    }


@pytest.fixture
def clients(django_user_model):
    """Nobody, and somebody with each permission; who may act may look, too."""
    found = {"anonymous": Client(raise_request_exception=False)}
    for person in PERSONS[1:]:
        user = django_user_model.objects.create_user(person)
        user.user_permissions.set(Permission.objects.filter(codename__in=(person, LOGIN)))
        found[person] = Client(raise_request_exception=False)
        found[person].force_login(user)
    return found


def test_every_address_states_who_may_read_it_and_act_on_it():
    assert set(addresses()) == set(NEEDED)


@pytest.mark.parametrize("name", NEEDED)
def test_each_person_may_what_the_table_says_and_no_more(clients, name):
    for method in METHODS:
        for person, client in clients.items():
            answer = client.generic(method.upper(), addresses()[name], content_type="application/json")
            check(answer.status_code, NEEDED[name].get(method), person)


def check(status, needed, person):
    """Whether somebody was let in who may, and refused who may not; what was asked for may be wrong or not there."""
    if needed is None:
        assert status == 405, person
    elif needed in (EVERYBODY, person) or (needed == LOGIN and person != "anonymous"):
        assert status not in (401, 403, 405), person
        assert status < 500, person
    else:
        assert status == (401 if person == "anonymous" else 403), person
