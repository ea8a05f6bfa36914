"""The table of `make bench`, and the peers that are measured beside phoenix."""

import json
import os
import sys
from pathlib import Path

import pytest

from benchmarks import efficiency, others
from benchmarks.__main__ import renewed
from benchmarks.aims import AIMS, PEERS, Aim, table

SWIFT = Aim("swift", least=0.9, peers=True)


def line(aim: Aim, found: dict[str, float]) -> str:
    return table(found, found.keys(), [aim]).splitlines()[1]


@pytest.mark.parametrize(
    ("aim", "value", "word"),
    [
        (Aim("much", least=40), 40, "met"),
        (Aim("much", least=40), 39.9, "MISSED"),
        (Aim("little", most=120), 120, "met"),
        (Aim("little", most=120), 120.1, "MISSED"),
    ],
)
def test_an_aim_is_met_at_its_bound_and_missed_beyond(aim, value, word):
    assert line(aim, {aim.key: value}).split()[-1] == word


def test_an_aim_that_nobody_measured_says_so():
    assert line(Aim("much", least=40), {}).split("  ")[-1] == "not measured"


def test_a_number_of_an_earlier_run_says_so():
    assert "met (earlier run)" in table({"much": 41}, set(), [Aim("much", least=40)])


def test_a_number_is_shown_with_the_floor_of_its_run():
    assert line(Aim("slow", most=2, beside="floor"), {"slow": 1.5, "floor": 0.25}).endswith("floor 0.25")


def test_far_behind_a_peer_the_aim_is_missed():
    assert " met " in line(SWIFT, {"swift": 0.95, "swift_xargs": 0.96})
    assert " MISSED " in line(SWIFT, {"swift": 0.95, "swift_xargs": 0.98})


def test_a_peer_that_is_not_there_is_left_out_with_a_word():
    found = line(SWIFT, {"swift": 0.95, "swift_xargs": 0.96})

    assert found.endswith("xargs 0.96, celery left out, django_q2 left out, prefect left out")


def test_a_peer_that_is_left_out_this_time_has_no_old_number():
    before = {"efficiency_2s": 0.9, "efficiency_2s_celery": 0.8, "web_mb": 100}

    assert renewed(before, "efficiency", {"efficiency_2s": 0.95}) == {"efficiency_2s": 0.95, "web_mb": 100}


def test_the_table_knows_the_peers_that_are_measured():
    assert tuple(others.PEERS) == PEERS


def test_no_aim_is_there_twice():
    assert len({aim.key for aim in AIMS}) == len(AIMS)


def test_without_redis_celery_is_left_out(monkeypatch, capsys, tmp_path):
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(sys, "argv", ["efficiency", "--only", "celery"])

    efficiency.main()

    told, last = capsys.readouterr().out.splitlines()
    assert told.startswith("celery is left out: there is no Redis")
    assert json.loads(last) == {}


def test_a_peer_that_cannot_be_installed_is_left_out(monkeypatch, tmp_path):
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    for name in ("PROGRAMS", "ENVIRONMENTS", "ROOT"):
        monkeypatch.setattr(others, name, tmp_path)
    (tmp_path / "nobody.txt").write_text("nobody==1\n")

    with pytest.raises(others.Absent, match=r"cannot be installed: .*nobody==1"):
        others.environment("nobody")


def test_efficiency_is_the_ideal_over_what_the_jobs_wrote_down(tmp_path):
    batch = efficiency.Batch("short", 4, 0.2)

    with others.xargs(tmp_path) as submit:
        makespan = efficiency.ran(submit, batch, tmp_path / "stamps")

    assert len(Path(tmp_path / "stamps").read_text().splitlines()) == 4
    assert 0.38 < makespan < 4
    assert batch.efficiency(0.5) == pytest.approx(0.8)


def test_a_peer_does_not_see_the_settings_of_phoenix():
    assert {"DJANGO_SETTINGS_MODULE", "DATABASE_URL"} <= os.environ.keys()
    assert not {"DJANGO_SETTINGS_MODULE", "DATABASE_URL"} & others.around({}).keys()
