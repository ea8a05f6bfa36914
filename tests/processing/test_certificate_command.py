"""`phoenix certificate`: what it prints, its exit codes, and whose eyes it takes for four."""

import getpass
import json

import pytest
from django.contrib.auth.models import Group
from django.core.management import CommandError, call_command

from processing.core.toml import read_entries, write
from processing.models import Certificate, Event
from tests import testcam

VERSION_2 = ("TESTCAM", "ANY", 2)


@pytest.fixture
def phoenix(capsys):
    """Run a step; returns what it printed."""

    def run(*arguments: object) -> str:
        call_command("phoenix", "certificate", *map(str, arguments))
        return str(capsys.readouterr().out)

    return run


@pytest.fixture
def people(certified, django_user_model):
    """Eva of EDP, Carl of QCG, Dora of both, and Olga, an operator."""
    groups_of = {"eva": ["edp"], "carl": ["certifier"], "dora": ["edp", "certifier"], "olga": ["operator"]}
    for name, groups in groups_of.items():
        django_user_model.objects.create_user(name).groups.set(Group.objects.filter(name__in=groups))


@pytest.fixture
def file(tmp_path):
    """A draft with a shorter time limit."""
    path = tmp_path / "any.toml"
    path.write_text(write({**testcam.CERTIFICATE, "seconds": 15.0}))
    return path


@pytest.fixture
def draft(phoenix, people, file):
    """Version 2, drafted by Eva."""
    return json.loads(phoenix("draft", file, "--user", "eva", "--json"))


def test_a_draft_from_a_file_is_new_then_unchanged_then_changed(phoenix, people, file):
    def results(*more):
        return [(row["result"], row["version"], row["revision"]) for row in json.loads(phoenix(*more, "--json"))]

    assert results("draft", file, "--user", "eva") == [("NEW", 2, 1)]
    assert results("draft", file, "--user", "eva") == [("UNCHANGED", 2, 1)]
    file.write_text(file.read_text().replace("15.0", "16.0"))
    assert results("draft", file, "--user", "eva") == [("CHANGED", 2, 2)]


def test_a_file_of_several_certificates_is_drafted_whole_or_not_at_all(phoenix, people, tmp_path):
    text = "common.instrument = 'TESTCAM'\n[[certificate]]\nname = 'A'\nmode = {}\n[[certificate]]\nname = 'B'\n"
    (tmp_path / "two.toml").write_text(text)
    with pytest.raises(CommandError, match="TESTCAM B: mode: is missing"):
        phoenix("draft", tmp_path / "two.toml", "--user", "eva")
    assert not Certificate.objects.filter(name="A").exists()

    (tmp_path / "two.toml").write_text(text + "mode = {}\n")
    assert phoenix("draft", tmp_path / "two.toml", "--user", "eva").count("NEW  TESTCAM") == 2


def test_a_draft_that_is_wrong_is_refused_by_key_with_exit_code_1(phoenix, people, file):
    file.write_text(file.read_text().replace("15.0", '"a while"'))
    with pytest.raises(CommandError, match="seconds: must be a number") as error:
        phoenix("draft", file, "--user", "eva")

    assert error.value.returncode == 1


def test_a_file_that_is_not_there_is_wrong_use(phoenix, people):
    with pytest.raises(CommandError, match="No such file") as error:
        phoenix("draft", "/no/such.toml", "--user", "eva")

    assert error.value.returncode == 2


def test_carl_certifies_what_eva_drafted(phoenix, draft):
    found = json.loads(phoenix("certify", *VERSION_2, "--note", "read", "--user", "carl", "--json"))

    assert (found["state"], found["author"], found["certified_by"], found["rebound"]) == ("CERTIFIED", "eva", "carl", 0)


def test_nobody_has_four_eyes_at_the_command_line_either(phoenix, people, file):
    phoenix("draft", file, "--user", "dora")
    with pytest.raises(CommandError, match="four eyes"):
        phoenix("certify", *VERSION_2, "--note", "read", "--user", "dora")


@pytest.mark.parametrize(
    ("who", "told"),
    [("eva", "does not have the permission processing.certify_certificate"), ("nobody", "no user of phoenix")],
)
def test_who_may_not_review_is_refused(phoenix, draft, who, told):
    with pytest.raises(CommandError, match=told):
        phoenix("certify", *VERSION_2, "--note", "read", "--user", who)

    assert Certificate.objects.get(instrument="TESTCAM", version=2).state == "DRAFT"


def test_who_may_not_draft_is_refused(phoenix, people, file):
    with pytest.raises(CommandError, match="draft_certificate"):
        phoenix("draft", file, "--user", "olga")


def test_somebody_who_has_left_takes_no_step(phoenix, draft, django_user_model):
    django_user_model.objects.filter(username="carl").update(is_active=False)
    with pytest.raises(CommandError, match="no user of phoenix"):
        phoenix("certify", *VERSION_2, "--note", "read", "--user", "carl")


def test_without_a_name_it_is_the_account_that_types(phoenix, draft, django_user_model):
    account = django_user_model.objects.create_user(getpass.getuser())
    account.groups.set(Group.objects.filter(name="certifier"))
    phoenix("certify", *VERSION_2, "--note", "read")

    row = Certificate.objects.get(instrument="TESTCAM", version=2)
    assert (row.certified_by, row.review) == (getpass.getuser(), "read")


def test_the_note_tells_if_another_account_has_typed_it(phoenix, draft):
    phoenix("certify", *VERSION_2, "--note", "read", "--user", "carl")

    event = Event.objects.filter(subject="certificate").latest("id")
    assert event.who == "carl"
    assert event.why.startswith(f"read (typed by {getpass.getuser()}@")


def test_a_version_is_suspended_and_withdrawn_with_a_reason(phoenix, draft):
    phoenix("certify", *VERSION_2, "--note", "read", "--user", "carl")

    assert "SUSPENDED since" in phoenix("suspend", *VERSION_2, "--reason", "noise", "--user", "carl")
    assert json.loads(phoenix("withdraw", *VERSION_2, "--reason", "gone", "--user", "carl", "--json"))["rebound"] == 0
    with pytest.raises(CommandError, match="WITHDRAWN, and cannot become"):
        phoenix("suspend", *VERSION_2, "--reason", "noise", "--user", "carl")


def test_the_list_has_the_version_in_force_and_the_draft_of_each(phoenix, draft):
    found = json.loads(phoenix("list", "TESTCAM", "--json"))

    assert [(row["version"], row["state"], row["in_force"]) for row in found] == [
        (1, "CERTIFIED", True),
        (2, "DRAFT", False),
    ]
    assert not any(row["in_force"] for row in json.loads(phoenix("list", "--json")) if row["state"] == "DRAFT")
    assert "TESTCAM ANY version 2: DRAFT since" in phoenix("list")
    assert "UVES ECHELLE-POINT version 1: CERTIFIED" in phoenix("list")


def test_what_is_shown_can_be_drafted_again(phoenix, draft, file):
    shown = phoenix("show", "TESTCAM", "ANY", "--version", 2)

    assert "# author: eva" in shown
    assert read_entries(shown)[0]["seconds"] == 15.0
    assert json.loads(phoenix("show", "TESTCAM", "ANY", "--json"))["version"] == 1


def test_the_difference_between_two_versions_is_a_line_for_each_value(phoenix, draft):
    arguments = ("show", "TESTCAM", "ANY", "--version", 2, "--diff", 1)

    assert phoenix(*arguments) == "seconds: 20.0 -> 15.0\n"
    assert json.loads(phoenix(*arguments, "--json")) == [{"path": "seconds", "old": 20.0, "new": 15.0}]
    assert phoenix("show", "TESTCAM", "ANY", "--diff", 1) == "no difference\n"


@pytest.mark.parametrize(
    "arguments",
    [
        ("show", "NOBODY", "ANY"),
        ("show", "TESTCAM", "ANY", "--version", 9),
        ("show", "TESTCAM", "ANY", "--diff", 9),
        ("list", "NOBODY"),
        ("certify", "TESTCAM", "ANY", 9, "--note", "read", "--user", "carl"),
    ],
)
def test_what_is_not_there_is_refused(phoenix, people, arguments):
    with pytest.raises(CommandError, match=r"there is no|has no") as error:
        phoenix(*arguments)

    assert error.value.returncode == 1
