"""Scores and QC1 parameters over time."""

import datetime
import math

import pytest

from monitor import summaries, trends
from monitor.trends import Chosen, Parameter, Value
from processing.models import AssociationBlock, Certificate, Job, Qc1Parameter, Score
from tests.monitor import rows

pytestmark = pytest.mark.django_db

DAY = datetime.date(2012, 5, 9)
ALL = Chosen("UVES", DAY, DAY)
S2N = Parameter("qc_s2n", is_score=False, chip="REDL")


def measured(number, value, low=3.0, chip="REDL", **changes):
    """An AB's job with one value of qc_s2n and its score, observed so many hours after the first."""
    row = rows.job(stamp=f"UVES.2012-05-10T03:00:{number:02}.000")
    AssociationBlock.objects.filter(pk=row.block.pk).update(mjd_obs=56057.0 + number / 24)
    flag = int(value is None or value < low)
    Qc1Parameter.objects.create(job=row, name="qc_s2n", chip=chip, value=value, not_finite=value is None)
    Score.objects.create(
        job=row, kind="PROCESSING", position=9, name="s2n", chip=chip, value=value, low=low, flag=flag, **changes
    )
    return row


def another_version(row, low):
    """The job under a newer version of its certificate, with another threshold."""
    old = row.certificate
    scores = [rule | {"low": low} if rule["name"] == "s2n" else rule for rule in old.content["scores"]]
    content = {**old.content, "scores": scores}
    names = {"instrument": old.instrument, "name": old.name, "recipe": old.recipe, "position": old.position}
    newer = Certificate.objects.create(**names, version=90, state="CERTIFIED", content=content)
    Job.objects.filter(pk=row.pk).update(certificate=newer)
    return newer


def series(parameter=S2N, chosen=ALL):
    return trends.series(chosen, parameter, list(Certificate.objects.all()))


def of(found, name):
    """One column of the values."""
    return [getattr(value, name) for value in found.values]


def test_values_stand_in_the_order_of_observation():
    for number, value in ((3, 30.0), (1, 10.0), (2, 20.0)):
        measured(number, value)

    assert of(series(), "value") == [10.0, 20.0, 30.0]
    assert series().values[0].mjd == pytest.approx(56057.0 + 1 / 24)


@pytest.mark.parametrize("parameter", [S2N, Parameter("s2n", is_score=True, chip="REDL")])
def test_a_value_below_its_threshold_is_flagged(parameter):
    measured(1, 30.0)
    bad = measured(2, 2.0)
    found = series(parameter)

    assert of(found, "flagged") == [False, True]
    assert found.values[1].job == bad.pk
    assert (found.values[1].low, found.values[1].high) == (3.0, math.inf)


@pytest.mark.parametrize("parameter", [S2N, Parameter("s2n", is_score=True, chip="REDL")])
def test_a_value_that_is_no_number_is_flagged_and_cannot_be_drawn(parameter):
    measured(1, None)
    found = series(parameter)

    assert (found.number, found.flags, found.not_finite) == (1, 1, 1)
    assert not found.finite


def test_thresholds_are_those_of_the_version_that_was_used_and_last_until_the_next():
    measured(1, 10.0)
    newer = another_version(measured(5, 4.0), low=6.0)
    old, new = series().limits

    assert (old.low, new.low, new.certificate) == (3.0, 6.0, newer.pk)
    assert old.last == new.first == pytest.approx(56057.0 + 5 / 24)
    assert of(series(), "flagged") == [False, True]


def test_thresholds_of_a_score_are_those_that_stand_with_it():
    measured(1, 10.0, low=3.0)
    measured(2, 10.0, low=20.0)
    found = series(Parameter("s2n", is_score=True))

    assert [limit.low for limit in found.limits] == [3.0, 20.0]
    assert of(found, "flagged") == [False, True]


def test_a_parameter_that_no_certificate_scores_is_never_flagged():
    row = measured(1, 10.0)
    Qc1Parameter.objects.create(job=row, name="qc_fwhm", chip="REDL", value=1.0)
    found = series(Parameter("qc_fwhm", is_score=False))

    assert (found.number, found.flags, found.limits) == (1, 0, [])


def test_only_what_was_chosen_is_read():
    row = measured(1, 10.0)
    measured(2, 20.0, chip="REDU")
    other = Chosen("UVES", DAY, DAY, "BLUE437_1x1")
    earlier = Chosen("UVES", datetime.date(2011, 1, 1), datetime.date(2012, 5, 8))

    assert of(series(), "value") == [10.0]
    assert series(Parameter("qc_s2n", is_score=False)).number == 2
    assert series(chosen=Chosen("UVES", DAY, DAY, row.block.setup)).number == 1
    assert series(chosen=other).number == series(chosen=earlier).number == 0
    assert series(chosen=Chosen("NACO", DAY, DAY)).number == 0


def test_an_ab_without_a_time_of_observation_stands_at_its_dfo_date():
    row = measured(1, 10.0)
    AssociationBlock.objects.filter(pk=row.block.pk).update(mjd_obs=None)

    assert of(series(), "mjd") == [56056.0]


def test_over_many_nights_values_stand_at_their_dfo_date(monkeypatch):
    measured(1, 10.0)
    monkeypatch.setattr(trends, "MOST_EXACT", 0)

    assert of(series(), "mjd") == [56056.0]


def test_of_a_longer_range_only_the_newest_nights_are_read(monkeypatch):
    measured(1, 10.0)
    newer = rows.job(rows.CELL)
    Qc1Parameter.objects.create(job=newer, name="qc_s2n", chip="REDL", value=7.0)
    both = Chosen("UVES", DAY, DAY + datetime.timedelta(days=1))
    assert series(chosen=both).number == 2

    monkeypatch.setattr(trends, "MOST_NIGHTS", 1)
    assert of(series(chosen=both), "value") == [7.0]


@pytest.mark.parametrize("number", [1, 5])
def test_a_series_takes_two_queries_however_many_values_it_has(django_assert_num_queries, number):
    for n in range(number):
        measured(n, 10.0)
    certificates = list(Certificate.objects.all())
    with django_assert_num_queries(2):
        assert trends.series(ALL, S2N, certificates).number == number


def test_bins_have_the_median_and_leave_out_stretches_with_too_few_values():
    measured = {0.0: 1.0, 0.1: 2.0, 0.2: 9.0, 5.0: 50.0, 9.8: 4.0, 9.9: 5.0, 10.0: 6.0}
    values = [Value(mjd, value, 0, False, 0, *trends.OPEN) for mjd, value in measured.items()]
    found = trends.bins(values, 10, 3)

    assert [(one.mjd, one.low, one.median, one.high) for one in found] == [(0.5, 1.0, 2.0, 9.0), (9.5, 4.0, 5.0, 6.0)]
    assert [one.sigma for one in found] == pytest.approx([1.4826, 1.4826])


def test_a_summary_has_number_median_spread_and_share_of_flags():
    for number, value in enumerate((2.0, 10.0, 11.0, 19.0)):
        measured(number, value)
    found = {(row.name, row.chip): row for row in summaries.summaries(ALL, list(Certificate.objects.all()))}
    s2n = found["qc_s2n", "REDL"]

    assert (s2n.number, s2n.median, s2n.mad) == (4, 10.5, 4.5)
    assert (s2n.scored, s2n.flagged, s2n.percent) == (4, 1, 25.0)
    assert found["s2n", "REDL"].is_score
    assert found["dt_bias", ""].percent == 0


def test_a_summary_of_a_parameter_without_a_number_has_no_median():
    row = measured(1, None)
    Qc1Parameter.objects.create(job=row, name="qc_fwhm", chip="REDL", value=None, not_finite=True, unit="pixel")
    found = {row.name: row for row in summaries.summaries(ALL, list(Certificate.objects.all()))}

    assert (found["qc_fwhm"].median, found["qc_fwhm"].mad, found["qc_fwhm"].percent) == (None, None, None)
    assert found["qc_fwhm"].unit == "pixel"
    assert found["qc_s2n"].percent == 100


def test_only_instruments_with_dates_and_setups_of_the_range_are_offered():
    row = rows.job()

    assert trends.instruments() == {"UVES": DAY}
    assert trends.setups(ALL) == [row.block.setup]
    assert trends.setups(Chosen("UVES", DAY, DAY, "another")) == [row.block.setup]
