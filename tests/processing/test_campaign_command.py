"""`phoenix campaign`: what it says and how it ends; processing.management.campaigns and processing.management.typed."""

import json

import pytest
from django.core.management import CommandError, call_command

from processing.core.states import CampaignState
from processing.models import Campaign, Job
from tests.processing.conftest import run_night

CREATE = ("create", "ten years", "TESTCAM", "--kind", "again", "--from", "2012-05-01", "--to", "2012-05-31")


def phoenix(*words):
    return call_command("phoenix", "campaign", *words)


def asked(capsys, *words):
    phoenix(*words, "--json")
    return json.loads(capsys.readouterr().out)


def test_a_dry_run_says_the_numbers_and_makes_nothing(add, capsys):
    add()
    run_night()
    found = asked(capsys, *CREATE, "--dry-run")

    assert (found["run"], found["not_run"], found["missing"][0]) == (1, 0, ["TESTCAM", "2012-05-01", "2012-05-08"])
    assert not Campaign.objects.filter(name="ten years").exists()


def test_a_campaign_is_created_paused_resumed_and_cancelled(add, capsys):
    add()
    run_night()
    assert asked(capsys, *CREATE)["state"] == CampaignState.RUNNING
    assert asked(capsys, "pause", "ten years", "--reason", "a test")["state"] == CampaignState.PAUSED
    assert asked(capsys, "resume", "ten years")["state"] == CampaignState.RUNNING
    assert asked(capsys, "cancel", "ten years", "--reason", "a test")["ended"] == 1
    assert asked(capsys, "show", "ten years")["reasons"] == {"CAMPAIGN_CANCELLED": 1}


def test_the_list_shows_a_bar_for_each_campaign(add, capsys):
    add()
    run_night()
    phoenix("list")

    assert f"day-to-day  RUNNING  [{'#' * 40}] 1 of 1 jobs have ended" in capsys.readouterr().out


def test_a_list_of_names_is_read_from_a_file(add, capsys, tmp_path):
    job = add()
    run_night()
    (tmp_path / "names").write_text(f"{job.block.name}\n\n")
    asked(capsys, *CREATE, "--list", str(tmp_path / "names"))

    assert Job.objects.filter(campaign__name="ten years").get().block == job.block


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("show", "nobody"), "no campaign 'nobody'"),
        (("pause", "day-to-day", "--reason", "x"), "phoenix stop"),
        ((*CREATE, "--per-hour", "0"), "per_hour"),
        ((*CREATE, "--tree", "/nowhere"), "no such folder"),
        ((*CREATE, "--list", "/nowhere"), "No such file"),
    ],
)
def test_what_cannot_be_is_refused_with_a_sentence(add, words, said):
    add()
    with pytest.raises(CommandError, match=said):
        phoenix(*words)


def test_a_campaign_that_has_ended_cannot_be_resumed(add):
    add()
    run_night()
    phoenix(*CREATE)
    phoenix("cancel", "ten years", "--reason", "x")

    with pytest.raises(CommandError, match="ten years is CANCELLED"):
        phoenix("resume", "ten years")
