"""Who may what: every page and resource, every role, every method."""

from collections.abc import Iterator
from datetime import date
from importlib import import_module
from pathlib import Path

import pytest
from django.apps import apps
from django.contrib.auth.models import Group, Permission
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver, reverse

from monitor import roles
from processing import migrations
from tests.monitor import rows

pytestmark = pytest.mark.django_db

EVERYBODY, NOBODY = "everybody", "nobody"
SEE, STOP, RESUME = roles.SEE, "processing.add_stop", "processing.change_stop"
WINDOW, DRAFT, CERTIFY = (
    "processing.change_instrument",
    "processing.draft_certificate",
    "processing.certify_certificate",
)
CAMPAIGN = "processing.run_campaign"
ACKNOWLEDGE = "processing.acknowledge_cluster"
# What GET needs, and what POST needs.
PAGES = {
    "healthz": (EVERYBODY, NOBODY),
    "readyz": (EVERYBODY, NOBODY),
    "metrics": (SEE, NOBODY),
    "tonight": (SEE, NOBODY),
    "grid": (SEE, NOBODY),
    "failures": (SEE, NOBODY),
    "failure": (SEE, NOBODY),
    "failure_acknowledge": (ACKNOWLEDGE, ACKNOWLEDGE),
    "failure_handover": (ACKNOWLEDGE, ACKNOWLEDGE),
    "failure_evidence": (SEE, NOBODY),
    "ab_evidence": (SEE, NOBODY),
    "scores": (SEE, NOBODY),
    "timing": (SEE, NOBODY),
    "log": (SEE, NOBODY),
    "date": (SEE, NOBODY),
    "ab": (SEE, NOBODY),
    "preview": (SEE, NOBODY),
    "stop": (STOP, STOP),
    "resume": (RESUME, RESUME),
    "certificates": (SEE, NOBODY),
    "certificate": (SEE, NOBODY),
    "version": (SEE, NOBODY),
    "draft_new": (DRAFT, DRAFT),
    "draft": (DRAFT, DRAFT),
    "certify": (CERTIFY, CERTIFY),
    "suspend": (CERTIFY, CERTIFY),
    "withdraw": (CERTIFY, CERTIFY),
    "system": (SEE, NOBODY),
    "events": (SEE, NOBODY),
    "touches": (SEE, NOBODY),
    "window": (WINDOW, WINDOW),
    "try_again": (RESUME, RESUME),
    "campaigns": (SEE, NOBODY),
    "campaign": (SEE, NOBODY),
    "campaign_new": (CAMPAIGN, CAMPAIGN),
    "campaign_pause": (CAMPAIGN, CAMPAIGN),
    "campaign_resume": (CAMPAIGN, CAMPAIGN),
    "campaign_cancel": (CAMPAIGN, CAMPAIGN),
    "api:campaigns": (SEE, CAMPAIGN),
    "api:campaign": (SEE, NOBODY),
    "api:campaign_pause": (NOBODY, CAMPAIGN),
    "api:campaign_resume": (NOBODY, CAMPAIGN),
    "api:campaign_cancel": (NOBODY, CAMPAIGN),
    "adp": (EVERYBODY, NOBODY),
    "adp_definitions": (EVERYBODY, NOBODY),
    "robots": (EVERYBODY, NOBODY),
    "login": (EVERYBODY, EVERYBODY),
    "logout": (NOBODY, EVERYBODY),
    "api:status": (SEE, NOBODY),
    "api:instruments": (SEE, NOBODY),
    "api:instrument": (SEE, NOBODY),
    "api:dates": (SEE, NOBODY),
    "api:date": (SEE, NOBODY),
    "api:acknowledgement": (SEE, NOBODY),
    "api:abs": (SEE, "processing.add_associationblock"),
    "api:ab": (SEE, NOBODY),
    "api:log": (SEE, NOBODY),
    "api:associations": (SEE, NOBODY),
    "api:ab_scores": (SEE, NOBODY),
    "api:grid": (SEE, NOBODY),
    "api:nights": (SEE, NOBODY),
    "api:scores": (SEE, NOBODY),
    "api:qc1": (SEE, NOBODY),
    "api:failures": (SEE, NOBODY),
    "api:failure": (SEE, NOBODY),
    "api:failure_acknowledge": (NOBODY, ACKNOWLEDGE),
    "api:failure_handover": (NOBODY, ACKNOWLEDGE),
    "api:failure_evidence": (SEE, NOBODY),
    "api:ab_products": (SEE, NOBODY),
    "api:jobs": (SEE, NOBODY),
    "api:products": (SEE, NOBODY),
    "api:product": (SEE, NOBODY),
    "api:ingestions": (SEE, NOBODY),
    "api:stops": (SEE, STOP),
    "api:stop": (SEE, NOBODY),
    "api:resume": (NOBODY, RESUME),
    "api:certificates": (SEE, DRAFT),
    "api:certificate": (SEE, NOBODY),
    "api:difference": (SEE, NOBODY),
    "api:certify": (NOBODY, CERTIFY),
    "api:suspend": (NOBODY, CERTIFY),
    "api:withdraw": (NOBODY, CERTIFY),
    "api:events": (SEE, NOBODY),
    "api:datasets": (EVERYBODY, EVERYBODY),
    "api:vocabulary": (EVERYBODY, NOBODY),
    "api:retry": (NOBODY, NOBODY),
    "schema": (EVERYBODY, NOBODY),
    "docs": (EVERYBODY, NOBODY),
    "problems": (EVERYBODY, NOBODY),
    "vo:sync": (EVERYBODY, EVERYBODY),
    "vo:capabilities": (EVERYBODY, NOBODY),
    "vo:availability": (EVERYBODY, NOBODY),
    "vo:tables": (EVERYBODY, NOBODY),
    "vo:examples": (EVERYBODY, NOBODY),
    "vo:jobs": (EVERYBODY, EVERYBODY),
    "vo:job": (EVERYBODY, EVERYBODY),
    "vo:phase": (EVERYBODY, EVERYBODY),
    "vo:quote": (EVERYBODY, NOBODY),
    "vo:owner": (EVERYBODY, NOBODY),
    "vo:executionduration": (EVERYBODY, EVERYBODY),
    "vo:destruction": (EVERYBODY, EVERYBODY),
    "vo:error": (EVERYBODY, NOBODY),
    "vo:parameters": (EVERYBODY, EVERYBODY),
    "vo:results": (EVERYBODY, NOBODY),
    "vo:result": (EVERYBODY, NOBODY),
    "vo:links": (EVERYBODY, EVERYBODY),
    "vo:file": (EVERYBODY, NOBODY),
}
PERSONS = ("anonymous", "without a role", *roles.ROLES, roles.ADMINISTRATOR)
# Something that fits each part of an address.
SAMPLES = {
    "BlockName": "UVES.2012-05-10T03:17:42.861",
    "InstrumentName": "UVES",
    "ProductName": "ADP.2026-01-01T00:00:00.001",
    "CertificateName": "ECHELLE-POINT",
    "Day": date(2012, 5, 9),
    "Fingerprint": "0123456789ab",
    "UUIDConverter": "01234567-89ab-cdef-0123-456789abcdef",
    "StringConverter": "ADP.2026-01-01T00:00:00.001.fits",
    "IntConverter": 1,
}


def named(patterns, space="") -> Iterator[tuple[str, URLPattern]]:
    """Every address of the site but the admin's, which is Django's, and the one for what is not there."""
    for pattern in patterns:
        if isinstance(pattern, URLResolver):
            if pattern.namespace != "admin":
                inner = f"{space}{pattern.namespace}:" if pattern.namespace else space
                yield from named(pattern.url_patterns, inner)
        elif pattern.name:
            yield f"{space}{pattern.name}", pattern


def addresses() -> dict[str, str]:
    """One address for each name."""
    found = {}
    for name, pattern in named(get_resolver().url_patterns):
        parts = {part: SAMPLES[type(by).__name__] for part, by in pattern.pattern.converters.items()}
        if name not in found:
            found[name] = reverse(name, kwargs=parts)
    return found


def client_of(person, django_user_model) -> Client:
    """Somebody in that role."""
    client = Client(raise_request_exception=False)
    if person != "anonymous":
        user = django_user_model.objects.create_user(person)
        user.groups.set(Group.objects.filter(name=person))
        client.force_login(user)
    return client


def is_let_in(answer):
    """Neither refused nor sent to the login; what was asked for may be wrong or not there."""
    sent_to_login = answer.status_code == 302 and answer.headers["Location"].startswith("/login/")
    assert answer.status_code < 500
    refused = answer.status_code in (401, 403, 405)
    return not refused and not (sent_to_login and answer.request["PATH_INFO"] != "/logout/")


def may(person, needed):
    """What the table of roles says; asked of names alone, not of the database."""
    if needed in (EVERYBODY, NOBODY):
        return needed == EVERYBODY
    return person == roles.ADMINISTRATOR or needed in roles.ROLES.get(person, ())


def test_every_address_states_who_may_read_it_and_act_on_it():
    assert set(addresses()) == set(PAGES)


@pytest.mark.parametrize("name", PAGES)
@pytest.mark.parametrize(("method", "column"), [("get", 0), ("post", 1)])
def test_each_role_may_what_the_table_says_and_no_more(django_user_model, name, method, column):
    address, needed = addresses()[name], PAGES[name][column]
    let_in = {person: is_let_in(getattr(client_of(person, django_user_model), method)(address)) for person in PERSONS}

    assert let_in == {person: may(person, needed) for person in PERSONS}


def test_who_has_no_role_is_told_what_to_ask_for(django_user_model):
    answer = client_of("without a role", django_user_model).get("/")

    assert answer.status_code == 403
    assert "Ask an administrator of phoenix for the role &quot;viewer&quot;." in answer.content.decode()


def test_who_has_no_role_does_not_see_the_strip_with_its_reasons(django_user_model):
    rows.stopped_since("2012-05-10", "", "a secret reason")

    assert "a secret reason" not in client_of("without a role", django_user_model).get("/").content.decode()


def test_who_may_not_stop_is_told_which_role_may(django_user_model):
    answer = client_of("viewer", django_user_model).get("/stop/")

    assert "&quot;operator&quot; or &quot;administrator&quot;" in answer.content.decode()


def test_an_administrator_who_is_staff_sees_the_admin_and_an_operator_nothing_of_it(django_user_model):
    for person, status in ((roles.ADMINISTRATOR, 200), ("operator", 403)):
        client = client_of(person, django_user_model)
        django_user_model.objects.update(is_staff=True)
        assert client.get("/admin/processing/channel/").status_code == status


def test_a_role_gives_every_permission_that_its_table_names():
    missing = {
        (role, name)
        for role, names in roles.ROLES.items()
        for name in names
        if name.partition(".")[2] not in codenames(role) and Permission.objects.filter(codename=name[11:]).exists()
    }

    assert not missing


def codenames(role):
    return set(Group.objects.get(name=role).permissions.values_list("codename", flat=True))


def test_what_an_administrator_made_of_a_group_stays():
    Group.objects.get(name="edp").permissions.clear()
    roles.make_groups()

    assert codenames("edp") == set()


def test_a_group_that_is_gone_comes_back_with_its_permissions():
    Group.objects.get(name="edp").delete()
    roles.make_groups()

    assert codenames("edp") == {"view_job", "draft_certificate"}


@pytest.fixture
def migration():
    """What the migration does, before which Django has made no permission."""
    [file] = Path(migrations.__file__).parent.glob("????_roles.py")
    module = import_module(f"processing.migrations.{file.stem}")
    Group.objects.all().delete()
    Permission.objects.filter(content_type__app_label="processing").delete()
    return lambda: module.make_roles(apps, None)


def test_the_migration_makes_roles_and_permissions_and_may_run_twice(migration):
    migration()
    migration()

    assert {"view_job", "add_stop", "change_stop", "change_instrument"} <= codenames("operator")
    assert not {"draft_certificate", "certify_certificate", "add_channel"} & codenames("operator")
    assert {"add_channel", "certify_certificate", "add_user"} <= codenames("administrator")


def test_who_could_see_the_pages_before_there_were_roles_still_can(migration, django_user_model):
    django_user_model.objects.create_user("vera")
    django_user_model.objects.create_user("gone", is_active=False)
    migration()

    assert [*Group.objects.get(name="viewer").user_set.values_list("username", flat=True)] == ["vera"]
    assert django_user_model.objects.get(username="vera").has_perm(roles.SEE)
