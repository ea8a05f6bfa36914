"""How well the calibrations of an AB suit it, from the AB alone."""

from dataclasses import replace

import pytest

from processing.core import association, scoring
from tests.core.examples import CELL, POINT, certificate, sample


def measured(ab):
    found = association.measure(ab, certificate("ECHELLE-POINT"))
    return {m.name: m.value for m in found}


def test_distances_are_the_largest_of_both_chips_in_days():
    ab = sample(POINT, {"MASTER_BIAS_REDU\t0.441": "MASTER_BIAS_REDU\t-3.5"})
    assert measured(ab)["dt_bias"] == 3.5
    assert measured(ab)["dt_wave"] == 0.391


def test_a_distance_that_is_not_stated_is_not_measured():
    ab = replace(sample(POINT), mcalibs=tuple(c._replace(dt=None) for c in sample(POINT).mcalibs))
    assert "dt_bias" not in measured(ab)


def test_only_calibrations_that_are_used_count():
    assert measured(sample(POINT))["mcalibs_nok"] == 2
    assert measured(sample(POINT, {"EXTCOEFF_TABLE": "LINE_REFER_TABLE"}))["mcalibs_nok"] == 0


def test_each_missing_calibration_is_counted():
    upper_only = replace(sample(CELL), mcalibs=tuple(c for c in sample(CELL).mcalibs if c.category.endswith("REDU")))
    assert (measured(sample(CELL))["mcalibs_missing"], measured(upper_only)["mcalibs_missing"]) == (0, 4)


@pytest.mark.parametrize(("days", "flags"), [("-1.0", 0), ("1.001", 1)])
def test_the_score_has_one_bit_per_class_then_match_and_completeness(days, flags):
    rules = certificate("ECHELLE-POINT")
    ab = sample(CELL, {"LINE_TABLE_REDL\t0.479": f"LINE_TABLE_REDL\t{days}"})
    scores = scoring.score(association.rules(rules), association.measure(ab, rules))
    names = [score.rule.name for score in scores]
    assert names == ["dt_bias", "dt_flat", "dt_wave", "dt_order", "time_match", "complete"]
    assert scoring.total(scores) == flags
