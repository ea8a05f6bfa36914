"""Measured values against thresholds, and the one gate."""

import math

import pytest

from processing.core.scoring import Measurement, Rule, flag, no_signal, score, total

BOTH = Rule("range", "x", low=1.0, high=2.0)


@pytest.mark.parametrize(
    ("value", "flagged"),
    [(1.0, 0), (2.0, 0), (1.5, 0), (math.nextafter(1, 0), 1), (math.nextafter(2, 3), 1), (-1e300, 1)],
)
def test_thresholds_belong_to_the_good_range(value, flagged):
    assert flag(value, BOTH) == flagged


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf])
@pytest.mark.parametrize("rule", [BOTH, Rule("low", "x", low=0.0), Rule("high", "x", high=0.0), Rule("open", "x")])
def test_what_is_no_number_is_flagged_whatever_the_rule(value, rule):
    assert flag(value, rule) == 1


@pytest.mark.parametrize(("rule", "value"), [(Rule("low", "x", low=3.0), 1e9), (Rule("high", "x", high=3.0), -1e9)])
def test_a_side_without_threshold_is_open(rule, value):
    assert flag(value, rule) == 0


def test_a_rule_is_scored_once_per_chip_at_its_position():
    scores = score([Rule("other", "y"), BOTH], [Measurement("x", "REDL", 0.0), Measurement("x", "REDU", 1.0)])
    assert [(s.position, s.chip, s.flag) for s in scores] == [(0, "", None), (1, "REDL", 1), (1, "REDU", 0)]


def test_what_was_not_measured_is_not_scored_and_does_not_count():
    (only,) = score([BOTH], [])
    assert (only.value, only.flag, total([only])) == (None, None, 0)


def test_the_total_is_the_number_of_flags():
    assert total(score([BOTH, BOTH], [Measurement("x", "", 5.0)])) == 2
    assert total([]) == 0


@pytest.mark.parametrize(
    ("values", "refused"),
    [
        ([0.05], True),
        ([0.01, 90.0], False),
        ([90.0, math.nan], False),
        ([math.nan, math.nan], True),
        ([0.99, 0.5], True),
        ([1.0], False),
        ([], True),
    ],
)
def test_one_good_chip_saves_an_ab_and_what_is_no_number_does_not(values, refused):
    measured = [Measurement("qc_s2n", f"chip{i}", value) for i, value in enumerate(values)]
    assert no_signal([*measured, Measurement("other", "", 500.0)], "qc_s2n", 1.0) is refused


def test_infinite_signal_is_no_signal():
    assert no_signal([Measurement("qc_s2n", "BLUE", math.inf)], "qc_s2n", 1.0)
