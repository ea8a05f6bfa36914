"""The life of a certificate: who drafts does not certify, what is certified is frozen, a change is a new version."""

import pytest

from processing import control
from processing.core.certification import BadCertificate
from processing.core.errors import ReviewRefused
from processing.core.states import CertificateState
from processing.models import Certificate, Event
from processing.version import VERSION
from tests import testcam

pytestmark = pytest.mark.django_db
TERMS = {key: value for key, value in testcam.CERTIFICATE.items() if key not in {"state", "version"}}


def drafted(who="eva", **changes):
    return control.draft({**TERMS, **changes}, who).row


@pytest.fixture
def draft(certified):
    """Version 2, drafted by eva."""
    return drafted(seconds=30.0)


@pytest.fixture
def second(draft):
    """Version 2, certified by carl."""
    control.certify(draft, "carl", "read, and tried on three nights")
    return draft


def events():
    rows = Event.objects.filter(subject="certificate").order_by("id")
    return [(event.who, event.old, event.new, event.why) for event in rows]


def test_a_draft_is_the_next_version_with_its_author_and_an_event(draft):
    assert (draft.version, draft.state, draft.author, draft.revision) == (2, "DRAFT", "eva", 1)
    assert (draft.content, draft.recipe) == ({**TERMS, "seconds": 30.0}, "test_recipe")
    assert events() == [("eva", "", "DRAFT", "differs in seconds")]


def test_a_draft_of_a_new_mode_is_version_1_and_asked_last(certified):
    Certificate.objects.load([testcam.CERTIFICATE, testcam.CERTIFICATE | {"name": "OTHER"}])
    row = drafted(name="IMAGING")

    assert (row.version, row.position) == (1, 2)
    assert [each.name for each in Certificate.objects.of("TESTCAM")] == ["ANY", "OTHER", "IMAGING"]


def test_the_first_mode_of_an_instrument_can_be_drafted(db):
    assert drafted().position == 0


def test_state_and_version_of_what_is_sent_do_not_count(certified):
    row = drafted(state="CERTIFIED", version=77, seconds=30.0)

    assert (row.version, row.state) == (2, "DRAFT")
    assert not {"state", "version"} & set(row.content)


def test_another_content_changes_the_open_draft_and_remembers_who_did(draft):
    again = drafted("emil", seconds=40.0)

    assert (again.pk, again.version, again.revision) == (draft.pk, 2, 2)
    assert (again.author, again.editors, again.by) == ("eva", ["eva", "emil"], "emil")
    assert again.value.seconds == 40.0
    assert events()[1:] == [("emil", "DRAFT", "DRAFT", "changed in seconds")]


def test_the_same_content_again_changes_nothing(draft):
    outcome = control.draft(draft.content, "emil")

    assert (outcome.row, outcome.result, outcome.row.editors) == (draft, "UNCHANGED", ["eva"])
    assert len(events()) == 1


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"seconds": "long"}, "seconds: must be a number"),
        ({"instrument": "Test cam"}, "instrument: must be of the form"),
        ({"name": "../../x"}, "name: must be of the form"),
        ({"recipe": "a b"}, "recipe: must be of the form"),
    ],
)
def test_content_that_cannot_be_read_is_refused_by_its_key_and_not_kept(certified, change, told):
    with pytest.raises(BadCertificate, match=told):
        drafted(**change)

    assert Certificate.objects.filter(instrument="TESTCAM").count() == 1


def test_a_change_of_what_somebody_else_has_changed_is_refused(draft):
    drafted("emil", seconds=40.0)
    with pytest.raises(ReviewRefused, match="changed by emil"):
        control.draft({**TERMS, "seconds": 50.0}, "eva", base=draft.edition)

    assert draft.fresh().value.seconds == 40.0


def test_a_review_puts_a_version_in_force_with_who_when_and_what(second):
    row = second.fresh()

    assert (row.state, row.certified_by, row.by) == ("CERTIFIED", "carl", "carl")
    assert row.review == "read, and tried on three nights"
    assert row.since == row.certified
    assert events()[1:] == [("carl", "DRAFT", "CERTIFIED", row.review)]
    assert Certificate.objects.of("TESTCAM") == [row]


@pytest.mark.parametrize("who", ["eva", "emil"])
def test_nobody_certifies_what_he_has_drafted_or_changed(draft, who):
    row = drafted("emil", seconds=40.0)
    with pytest.raises(ReviewRefused, match=f"four eyes: {who}"):
        control.certify(row, who, "looks good to me")

    assert row.fresh().state == CertificateState.DRAFT


def test_nobody_certifies_again_after_a_suspension_what_he_has_drafted(second):
    control.suspend(second, "carl", "wrong limits")
    with pytest.raises(ReviewRefused, match="four eyes"):
        control.certify(second.fresh(), "eva", "it is fine")


def test_a_draft_that_changed_after_it_was_read_is_not_certified(draft):
    drafted("emil", seconds=40.0)
    with pytest.raises(ReviewRefused, match="changed by somebody else"):
        control.certify(draft, "carl", "read")
    with pytest.raises(ReviewRefused, match="revision 1 was reviewed"):
        control.certify(draft.fresh(), "carl", "read", revision=1)

    assert draft.fresh().state == CertificateState.DRAFT


def test_a_draft_is_not_certified_by_its_next_to_last_editor_in_a_race(draft):
    stale = draft.fresh()
    drafted("carl", seconds=40.0)
    with pytest.raises(ReviewRefused):
        control.certify(stale, "carl", "read")


@pytest.mark.parametrize("note", ["", "  ", "a\0b"])
@pytest.mark.parametrize("step", [control.certify, control.suspend, control.withdraw])
def test_no_step_is_taken_without_a_word(second, step, note):
    with pytest.raises(ReviewRefused, match=r"needed|needs"):
        step(second, "carl", note)


def test_a_version_that_a_newer_one_has_replaced_does_not_come_back(certified, draft):
    control.suspend(certified, "carl", "wrong limits")
    control.certify(draft, "carl", "right limits")
    with pytest.raises(ReviewRefused, match="replaced by version 2, which is CERTIFIED"):
        control.certify(certified.fresh(), "carl", "after all")


def test_a_suspended_version_says_who_and_why_and_comes_back_by_a_review(second):
    control.suspend(second, "carl", "wrong limits")
    row = second.fresh()
    assert (row.state, row.closed_by, row.closed_why, row.since) == ("SUSPENDED", "carl", "wrong limits", row.closed)

    control.certify(row, "cora", "the limits are right")
    row = second.fresh()
    assert (row.state, row.certified_by, row.closed, row.closed_by, row.closed_why) == (
        "CERTIFIED",
        "cora",
        None,
        "",
        "",
    )


@pytest.mark.parametrize("step", [control.certify, control.suspend, control.withdraw])
def test_a_withdrawn_version_stays_withdrawn(second, step):
    control.withdraw(second, "carl", "the recipe is gone")
    with pytest.raises(ReviewRefused, match="is WITHDRAWN, and cannot become"):
        step(second, "carl", "after all")


@pytest.mark.parametrize("step", [control.suspend, control.withdraw])
def test_a_draft_is_neither_suspended_nor_withdrawn(draft, step):
    with pytest.raises(ReviewRefused, match="is DRAFT, and cannot become"):
        step(draft, "carl", "no")


def test_a_change_of_a_certified_version_is_a_new_one_and_leaves_it_as_it_was(second):
    third = drafted(seconds=99.0)

    assert (third.version, third.state) == (3, "DRAFT")
    assert second.fresh().value.seconds == 30.0
    assert Certificate.objects.of("TESTCAM") == [second]


def test_the_content_of_a_certified_version_cannot_be_changed_by_any_door(second):
    second.content = {**TERMS, "seconds": 1.0}
    with pytest.raises(TypeError, match="while it is a draft"):
        second.save()
    with pytest.raises(TypeError, match="while it is a draft"):
        Certificate.objects.filter(pk=second.pk).update(content={})
    assert not Certificate.objects.all().replace(second, {}, "", "eva")
    assert second.fresh().value.seconds == 30.0
    with pytest.raises(TypeError, match="while it is a draft"):
        Certificate.objects.bulk_update([second], ["content"])


def test_no_version_can_be_deleted(second):
    with pytest.raises(TypeError):
        second.delete()
    with pytest.raises(TypeError):
        Certificate.objects.all().delete()


def test_two_who_draft_at_once_do_not_make_one_version_twice(certified, monkeypatch):
    versions = type(Certificate.objects.all()).versions
    drafted(seconds=30.0)
    monkeypatch.setattr(
        type(Certificate.objects.all()), "versions", lambda rows, *names: versions(rows.filter(version=1), *names)
    )
    with pytest.raises(ReviewRefused, match="somebody else has just drafted"):
        drafted("emil", seconds=40.0)


def test_what_ships_with_phoenix_says_so(db):
    row = Certificate.objects.get(name="ECHELLE-POINT")
    shipped = f"phoenix {VERSION}"

    assert (row.author, row.certified_by, row.review, bool(row.certified)) == (shipped, shipped, "as shipped", True)
    assert Certificate.objects.get(name="SLICER").certified_by == ""
