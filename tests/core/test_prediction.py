"""How long a recipe will run."""

import json
import math
import random
from statistics import median

import pytest
from hypothesis import given
from hypothesis import strategies as st

from processing.core.prediction import PRIOR, Kind, Learned, Run, kind_of, learn, learned_of, predict, rows_of

RED = Kind("uves_obs_scired", "RED580", "1x1", 1)
SECONDS = st.floats(0.1, 1e5)
KINDS = st.builds(
    Kind, st.sampled_from(["a", "b"]), st.sampled_from(["", "RED"]), st.sampled_from(["", "1x1"]), st.integers(1, 9)
)
HISTORIES = st.lists(st.builds(Run, KINDS, SECONDS), max_size=30)


@pytest.mark.parametrize(
    ("setup", "name", "binning"),
    [("RED580_2x2", "RED580", "2x2"), ("BLUE437_?x1", "BLUE437", "?x1"), ("Ks", "Ks", ""), ("", "", "")],
)
def test_the_setup_word_of_an_ab_tells_setup_and_binning(setup, name, binning):
    assert kind_of("r", setup, 3) == Kind("r", name, binning, 3)


def test_without_a_history_there_is_the_prior_and_it_says_that_it_knows_nothing():
    prediction = predict(Learned(), RED)

    assert prediction.seconds == pytest.approx(PRIOR.seconds)
    assert prediction.spread > PRIOR.spread
    assert prediction.runs == 0


def test_without_a_history_four_frames_take_four_times_as_long():
    assert predict(Learned(), Kind("r", frames=4)).seconds == pytest.approx(4 * PRIOR.seconds)


def test_many_runs_of_a_kind_outweigh_everything_else():
    history = [Run(RED, 300.0)] * 500 + [Run(Kind("uves_obs_scired", "BLUE437", "1x1"), 10.0)] * 500

    assert predict(learn(history), RED).seconds == pytest.approx(300, rel=0.05)


def test_one_slow_run_among_many_moves_the_prediction_little():
    usual = [Run(RED, 100.0 + number) for number in range(30)]
    before, after = predict(learn(usual), RED), predict(learn([*usual, Run(RED, 86400.0)]), RED)

    assert after.seconds == pytest.approx(before.seconds, rel=0.02)


def test_a_setup_that_never_ran_is_predicted_as_its_recipe():
    history = [Run(Kind("r", f"S{number}"), 500.0) for number in range(40)]

    assert predict(learn(history), Kind("r", "NEW")).seconds == pytest.approx(500, rel=0.25)
    assert predict(learn(history), Kind("r", "NEW")).runs == 0


def test_runs_of_that_number_of_frames_say_that_time_does_not_grow_with_it():
    two = Kind("uves_obs_scired", "RED580", "1x1", 2)
    history = [Run(RED, 60.0)] * 100 + [Run(two, 60.0)] * 100

    assert predict(learn(history), two).seconds == pytest.approx(60, rel=0.05)


@pytest.mark.parametrize("seconds", [0.0, -1.0, math.nan, math.inf])
def test_a_time_that_is_none_is_left_out(seconds):
    assert learn([Run(RED, seconds)]) == Learned()


@given(HISTORIES, KINDS)
def test_a_prediction_lies_between_the_extremes_of_what_is_known(history, kind):
    per_frame = [run.seconds / run.kind.frames for run in history] + [PRIOR.seconds]
    own = [run.seconds for run in history if run.kind == kind]
    known = [seconds * kind.frames for seconds in per_frame] + own
    prediction = predict(learn(history), kind)

    assert min(known) * 0.999 <= prediction.seconds <= max(known) * 1.001
    assert prediction.spread > 0
    assert prediction.seconds < prediction.late < math.inf


@given(HISTORIES, KINDS, st.randoms())
def test_the_order_of_the_history_does_not_matter(history, kind, chance):
    shuffled = list(history)
    chance.shuffle(shuffled)

    assert predict(learn(shuffled), kind) == predict(learn(history), kind)


@given(HISTORIES, KINDS, st.floats(1.5, 10))
def test_slower_runs_of_a_kind_never_make_it_faster(history, kind, times):
    slower = [Run(run.kind, run.seconds * times) for run in history]

    assert predict(learn(slower), kind).seconds >= predict(learn(history), kind).seconds * 0.999


@given(HISTORIES, KINDS)
def test_what_was_learned_survives_json(history, kind):
    learned = learn(history)

    assert predict(learned_of(json.loads(json.dumps(rows_of(learned)))), kind) == predict(learned, kind)


@given(st.integers(0, 1000))
def test_more_runs_make_a_prediction_surer(seed):
    chance = random.Random(seed)  # noqa: S311 - the same each time
    runs = [Run(RED, chance.lognormvariate(4, 0.3)) for _ in range(300)]

    assert predict(learn(runs), RED).spread < predict(learn(runs[:3]), RED).spread


def test_nine_of_ten_runs_are_done_in_the_late_time():
    chance = random.Random(5)  # noqa: S311 - the same each time
    prediction = predict(learn(Run(RED, chance.lognormvariate(4, 0.5)) for _ in range(400)), RED)
    later = [chance.lognormvariate(4, 0.5) for _ in range(4000)]

    assert prediction.seconds == pytest.approx(median(later), rel=0.1)
    assert sum(one <= prediction.late for one in later) / 4000 == pytest.approx(0.9, abs=0.03)
