"""The rows of the table of jobs."""

import pytest
from django.urls import reverse

from monitor import dates
from monitor.pages.jobs import rows as drawn
from processing.core.states import JobState
from tests.monitor import rows

pytestmark = pytest.mark.django_db


def row_of(job):
    return drawn(dates.listed(job.date, "", "", "state", 0))


def test_a_row_leads_to_the_page_of_its_ab():
    job = rows.job(stamp="UVES.2012-05-10T03:17:42.861_a+b-c")

    assert f'href="{reverse("ab", args=(job.block.name,))}"' in row_of(job)


def test_a_row_counts_the_archived_products():
    assert 'data-label="Products">1</td>' in row_of(rows.attempted(rows.job()))


def test_what_is_not_known_is_a_dash():
    shown = row_of(rows.job())

    for label in ("S/N median", "Recipe", "Products", "Processing flags"):
        assert f'data-label="{label}">\N{EN DASH}</td>' in shown


def test_a_job_without_certificate_has_a_row():
    assert "rejected" in row_of(rows.job(RAW_TYPE="x", RECIPE="none", sample=rows.VIRTUAL))


@pytest.mark.parametrize("state", JobState)
def test_every_state_has_its_shape_and_word(state):
    job = rows.put(rows.job(), state)

    assert f"{state.lower().replace('_', ' ')}</span>" in row_of(job)


def test_a_list_of_jobs_takes_one_query(django_assert_num_queries):
    job = rows.night(3)[0]
    assert job.date
    with django_assert_num_queries(1):
        assert row_of(job).count("<tr>") == 3
