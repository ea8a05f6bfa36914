"""`phoenix failures`: what it prints, its exit codes, and who may."""

import json

import pytest
from django.contrib.auth.models import Permission
from django.core.management import CommandError, call_command

from processing.models import Cluster
from tests.processing.conftest import run_night


@pytest.fixture
def phoenix(capsys):
    """Run a step; returns what it printed."""

    def run(*arguments: object) -> str:
        call_command("phoenix", "failures", *map(str, arguments))
        return str(capsys.readouterr().out)

    return run


@pytest.fixture
def cluster(add, django_user_model):
    """Two ABs that failed alike; Anna may see to them, Vera not."""
    django_user_model.objects.create_user("vera")
    anna = django_user_model.objects.create_user("anna")
    anna.user_permissions.add(Permission.objects.get(codename="acknowledge_cluster"))
    for number in (1, 2):
        add(number, exit=4 + number)
    run_night()
    return Cluster.objects.get()


def word(expected=2, user="anna"):
    return ("--expected", expected, "--note", "known", "--user", user)


def test_kinds_are_listed_with_their_numbers_by_state_instrument_and_date(phoenix, cluster):
    [row] = json.loads(phoenix("list", "--json"))
    assert (row["fingerprint"], row["failures"], row["new"]) == (cluster.fingerprint, 2, 2)
    assert (row["instruments"], row["first"], row["last"]) == ({"TESTCAM": 2}, "2012-05-09", "2012-05-09")
    assert phoenix("list").startswith(f"{cluster.fingerprint}  OPEN  2 TESTCAM  2012-05-09 to 2012-05-09  RECIPE")

    for others in (["--state", "HANDED_OVER"], ["UVES"], ["--from", "2012-05-10"], ["--to", "2012-05-08"]):
        assert phoenix("list", *others).strip() == "no failures"
    assert phoenix("list", "TESTCAM", "--from", "2012-05-09", "--to", "2012-05-09", "--state", "ALL") == phoenix("list")


def test_one_kind_is_shown_with_its_abs(phoenix, cluster):
    assert len(json.loads(phoenix("show", cluster.fingerprint, "--json"))["abs"]) == 2
    assert "message: exit code <n>\n" in phoenix("show", cluster.fingerprint)


def test_anna_acknowledges_and_hands_over_for_programs_and_people(phoenix, cluster):
    done = json.loads(phoenix("acknowledge", cluster.fingerprint, *word(), "--json"))
    assert (done["state"], done["seen"], done["new"], done["who"]) == ("ACKNOWLEDGED", 2, 0, "anna")
    assert done["why"].startswith("known (typed by ")

    said = phoenix("handover", cluster.fingerprint, "--ticket", "PIPE-1", *word())
    assert said.startswith(f"{cluster.fingerprint}  HANDED_OVER PIPE-1  2 TESTCAM  ")


@pytest.mark.parametrize(
    ("arguments", "why"),
    [
        (word(expected=3), "2 failures now"),
        (word(expected=-1), "no number"),
        (word(user="vera"), "does not have the permission processing.acknowledge_cluster"),
        (word(user="nobody"), "no user of phoenix"),
    ],
)
def test_a_step_that_is_refused_says_why_with_exit_code_1(phoenix, cluster, arguments, why):
    with pytest.raises(CommandError, match=why) as refused:
        phoenix("acknowledge", cluster.fingerprint, *arguments)
    assert refused.value.returncode == 1
    assert cluster.fresh().state == "OPEN"


def test_what_is_not_known_is_refused_with_exit_code_1(phoenix, db):
    with pytest.raises(CommandError, match="no kind of failure 'x'") as refused:
        phoenix("show", "x")
    assert refused.value.returncode == 1


@pytest.mark.parametrize("arguments", [(), ("handover", "x", *word()), ("acknowledge", "x"), ("list", "--from", "x")])
def test_wrong_use_has_exit_code_2(arguments, capsys):
    with pytest.raises((CommandError, SystemExit)) as refused:
        call_command("phoenix", "failures", *map(str, arguments))
    assert (
        getattr(refused.value, "code", None) == 2 or "required" in str(refused.value) or "no date" in str(refused.value)
    )
