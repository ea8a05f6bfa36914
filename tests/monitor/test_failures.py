"""Which failures need a person, and what is asked of the database to show them."""

from datetime import date

import pytest

from monitor import failures
from monitor.pages.sparkline import sparkline
from processing import control
from processing.core.states import ClusterState, JobState, Reason
from processing.models import Job
from tests.monitor import failing, rows

pytestmark = pytest.mark.django_db


def test_what_the_matrix_asks_for_takes_seven_queries(django_assert_num_queries):
    failing.history(days=8)
    with django_assert_num_queries(7):
        found = failures.overview(ClusterState.OPEN, {})
        failures.kinds({name: found.counted[name] for name in found.fingerprints}, {})


def test_needing_a_person_ends_with_the_acknowledgement_and_begins_with_a_new_failure():
    cluster = failing.several(2)
    plain = rows.put(rows.job(rows.CELL), JobState.LOST, Reason.WORKER_LOST, "The worker is gone.")
    assert failures.unacknowledged().count() == 3

    control.acknowledge_failures(cluster, "anna", "known", 2)
    assert list(failures.unacknowledged()) == [plain]
    late = failing.failed(9)
    assert set(failures.unacknowledged()) == {plain, late}


def test_what_sdp_has_needs_nobody_and_what_has_no_kind_does():
    cluster = failing.several(2)
    control.hand_over_failures(cluster, "anna", "not ours", "PIPE-1", 2)
    failing.failed(9)
    assert not failures.unacknowledged().exists()

    Job.objects.update(fingerprint="", acknowledged=False)
    assert failures.unacknowledged().count() == 3


def test_a_sparkline_has_a_bar_with_its_number_for_each_day_that_had_any():
    days = {date(2012, 5, 9): 4, date(2012, 5, 7): 1, date(2012, 1, 1): 9}
    drawn = sparkline(days, date(2012, 5, 1), date(2012, 5, 10))

    assert drawn.count("<rect") == 2
    assert "<title>2012-05-09: 4</title>" in drawn
    assert 'x="24" y="0" width="2" height="28"' in drawn
    assert "from 2012-05-01 to 2012-05-10, at most 4 on one" in drawn
