"""What a simulated night holds, in which order, and when it happens."""

from datetime import timedelta

import pytest

from processing.core.states import JobState, Reason
from processing.demo.instants import FIRST_CALIB, exposures, midnight, stamp
from processing.demo.plan import KINDS, plan


def test_the_first_seventeen_blocks_hold_every_kind_once():
    assert plan(17) == list(KINDS)
    assert len({kind.key for kind in KINDS}) == 17


def test_a_night_of_twelve_has_every_kind_of_product_and_eight_troubles():
    good = [kind for kind in plan(12) if kind.state == "INGESTED"]
    assert {(kind.arm, kind.technique, kind.flux) for kind in good} == {
        ("blue", "point", True),
        ("red", "point", False),
        ("red", "cell", False),
        (None, "jitter", False),
    }
    assert len(good) == 4


def test_a_night_without_naco_is_as_long_and_has_everything_else():
    night = plan(17, ["UVES"])
    assert [kind for kind in KINDS if kind.instrument == "UVES"] == night[:16]
    assert night[16].instrument == "UVES"


def test_a_short_night_is_the_beginning_of_a_long_one():
    assert plan(40)[:5] == plan(5)


def test_after_every_kind_come_good_blocks_in_turn():
    assert [kind.key for kind in plan(22)[17:]] == ["blue", "red", "cell", "blue", "red"]


def test_every_expected_end_is_a_word_of_the_closed_vocabulary():
    ends = {(kind.state, kind.reason) for kind in KINDS if kind.state != "REFUSED"}
    assert all(JobState(state) and Reason(reason) is not None for state, reason in ends)


def test_good_blocks_have_no_trouble_and_troubled_ones_a_reason():
    for kind in KINDS:
        good = kind.state == "INGESTED"
        assert good == (kind.reason == "")
        assert not (good and kind.trouble)


def test_three_hundred_exposures_have_three_hundred_archive_names():
    starts = [stamp(start) for start, _ in exposures("2012-05-09", 300, seed=1)]
    assert len(set(starts)) == 300
    assert starts == sorted(starts)


def test_no_exposure_begins_before_the_one_before_it_has_ended():
    times = exposures("2012-05-09", 300, seed=1)
    ends = [start + timedelta(seconds=seconds) for start, seconds in times]
    assert all(end <= start for end, (start, _) in zip(ends, times[1:], strict=False))
    assert all(seconds > 1 for _, seconds in times)


@pytest.mark.parametrize("number", [1, 16, 300, 1000])
def test_the_last_exposure_ends_before_the_calibrations_begin(number):
    start, seconds = exposures("2012-05-09", number, seed=1)[-1]
    assert start + timedelta(seconds=seconds) < midnight("2012-05-09") + FIRST_CALIB


def test_science_frames_carry_the_day_after_the_evening_they_belong_to():
    (start, _), *_ = exposures("2012-05-31", 1, seed=1)
    assert stamp(start).startswith("2012-06-01T00:")


def test_a_night_before_the_new_red_detector_is_refused():
    with pytest.raises(ValueError, match="2009-07-05: simulated nights start with 2009-07-06"):
        exposures("2009-07-05", 3, seed=1)
