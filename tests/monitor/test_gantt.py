"""Who had which job when."""

import re
import xml.etree.ElementTree as ET

import pytest
from django.utils import timezone

from monitor import closures, gantt
from monitor.pages import gantt_plot
from processing.core.schedule import read_window
from processing.core.states import JobState
from processing.models import Instrument, Job, Stop
from tests.monitor import rows, times

pytestmark = pytest.mark.django_db

HERE = "/dates/UVES/2012-05-09/"


def picture():
    shown = gantt_plot.of(times.date())
    assert shown
    return ET.fromstring(shown.svg)  # noqa: S314 - our own text


def drawn_rows():
    found = gantt.gantt(times.date())
    assert found
    return found


def titles(drawn):
    return [element.text for element in drawn.iter("title")]


def bars(row):
    return [bar.name[-6:-3] for bar in row.bars]


def test_before_the_first_claim_there_is_nothing_to_draw(viewer):
    rows.job()

    assert gantt.gantt(times.date()) is None
    assert "Who had which job" not in viewer.get(HERE).content.decode()


def test_each_worker_has_a_row_with_its_jobs_in_order():
    times.worked(1, 0, 1, 100, 110, owner="node1:b:7:1")
    times.worked(2, 0, 1, 50, 60, owner="node2:b:7:1")
    times.worked(3, 100, 101, 200, 210, owner="node1:b:7:1")
    found = drawn_rows().rows

    assert [row.label for row in found] == ["node1 · 1", "node2 · 1"]
    assert [len(row.bars) for row in found] == [2, 1]
    assert [row.busy.total_seconds() for row in found] == [200, 50]


def test_a_process_that_follows_another_takes_its_row_and_the_gap_stays():
    times.worked(1, 0, 1, 100, 110, owner="node1:b:7:1")
    times.worked(2, 50, 51, 120, 130, owner="node1:b:8:1")
    times.worked(3, 130, 131, 200, 210, owner="node1:b:9:1")
    first, second = drawn_rows().rows

    assert [bar.owner for bar in first.bars] == ["node1:b:7:1", "node1:b:9:1"]
    assert first.idle.total_seconds() == 30
    assert second.idle.total_seconds() == 0


def test_a_bar_names_its_job_and_its_end_in_words_and_leads_to_the_ab():
    bad = times.worked(1, 0, 1, None, 100, state=JobState.FAILED)
    drawn = picture()
    [link] = drawn.iter("a")

    assert link.get("href") == f"/abs/{bad.block.name}/"
    assert f"{bad.block.name} failed, 00:00:00 to 00:01:40 UTC, 100 s" in titles(drawn)
    assert link.find("rect").get("class") == "job fill-failed"
    assert link.find("use").get("href") == "#shape-cross"
    assert "time / UTC" in {element.text for element in drawn.iter("text")}


def test_stops_and_closed_windows_are_shaded():
    times.worked(1, 0, 1, 100, 110)
    times.worked(2, 90000, 90001, 90100, 90110)
    Instrument.objects.update(window="20:00-06:00")
    stop = Stop.objects.create(scope="", reason="a bug", who="anna", resumed=times.at(950))
    Stop.objects.filter(pk=stop.pk).update(at=times.at(50))
    drawn = picture()

    assert [e.get("class") for e in drawn.iter("rect") if "closed" in e.get("class")] == [
        "closed stop",
        "closed window",
    ]
    assert f"{stop}: a bug, 05-10 00:00 to 05-10 00:15 UTC" in titles(drawn)
    assert "the window was closed, 05-10 06:00 to 05-10 20:00 UTC" in titles(drawn)


def test_a_running_job_reaches_to_the_line_of_the_present_minute():
    row = times.worked(1, 0, state=JobState.RUNNING)
    Job.objects.filter(pk=row.pk).update(claimed=timezone.now())
    found = drawn_rows()

    assert found.now == found.rows[0].bars[0].end
    assert found.now.second == 0
    assert "now" in titles(picture())


def test_of_too_many_jobs_the_longest_are_drawn_and_the_page_says_so(viewer, monkeypatch):
    for number in range(4):
        times.worked(number, 0, 1, 100 + number, 200, owner=f"node1:b:{number}:1")
    monkeypatch.setattr(gantt, "MOST_JOBS", 2)
    found = drawn_rows()

    assert found.cut
    assert sorted(bar.took.total_seconds() for row in found.rows for bar in row.bars) == [102, 103]
    assert "longest jobs are drawn" in viewer.get(HERE).content.decode()


def test_the_same_is_on_the_page_of_the_date_as_a_table(viewer):
    times.worked(1, 0, 1, 100, 110)
    shown = " ".join(viewer.get(HERE).content.decode().split())

    assert re.search(r'<th scope="row">node1 · 1</th> <td data-label="Jobs" class="right">1</td>', shown)
    assert 'data-label="Busy" class="right">100 s</td>' in shown


@pytest.mark.parametrize("number", [1, 6])
def test_a_picture_takes_two_queries_however_many_jobs_there_are(django_assert_num_queries, number):
    for n in range(number):
        times.worked(n, n, n + 1, n + 9, n + 10)
    date = times.date()
    with django_assert_num_queries(2):
        gantt_plot.of(date)


def test_a_host_with_a_long_name_does_not_reach_into_the_plot():
    times.worked(1, 0, 1, 100, 110, owner="a-host-with-a-very-long-name:b:7:1")

    [label] = [element.text for element in picture().iter("text") if element.get("class") == "row"]
    assert len(label) == gantt_plot.LONGEST_LABEL
    assert label.startswith("…")


def test_an_instrument_without_a_window_is_never_closed():
    assert list(closures.closed(read_window("00:00-24:00"), times.at(0), times.at(1e6))) == []
