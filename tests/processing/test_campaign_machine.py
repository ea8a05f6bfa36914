"""Campaigns, people and new dates in any order: no AB twice, nothing stranded, the day-to-day stream first."""

from collections import Counter
from datetime import timedelta
from typing import Any

import pytest
from django.core.management import call_command
from django.utils import timezone
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule, run_state_machine_as_test

from monitor import touches
from processing import control
from processing.core.campaign import MOST_OPEN
from processing.core.states import ENDED, CampaignKind, CampaignState, DateState, JobState, Reason
from processing.models import AssociationBlock, Campaign, Certificate, Event, Job, ProcessingDate
from processing.models.campaigns import LIVING
from processing.workflow import gate
from processing.workflow.close import close
from processing.workflow.finish import finish
from processing.workflow.ingest import conclude
from processing.workflow.prepare import prepare
from processing.workflow.register import register
from processing.workflow.sweep import sweep
from tests import testcam
from tests.processing.campaigning import plan
from tests.processing.conftest import ab_text

PERSON = "anna@console"
ABS, CAMPAIGNS = 6, 3
STEPS = {"pause": control.pause_campaign, "resume": control.resume_campaign, "cancel": control.cancel_campaign}


class Campaigns(RuleBasedStateMachine):
    """What people and workers do to some dates; a worker takes, starts and ends a job in one step, or dies."""

    def __init__(self) -> None:
        super().__init__()
        call_command("flush", verbosity=0, interactive=False)
        Certificate.objects.load([testcam.CERTIFICATE])
        self.actions = self.registered = self.made = 0
        self.starts: Counter[tuple[int, int]] = Counter()
        self.history: dict[int, tuple[Any, ...]] = {}
        for number in range(4):
            self.register_an_ab(number)

    @precondition(lambda self: self.registered < ABS)
    @rule(day=st.integers(0, 5))
    def register_an_ab(self, day: int) -> None:
        """Also of a date that a campaign has opened, or is done with."""
        self.registered += 1
        register(ab_text(self.registered, date=f"2012-05-{9 + day:02d}"), "x.ab")

    @precondition(lambda self: self.made < CAMPAIGNS)
    @rule(kind=st.sampled_from([CampaignKind.BACK, CampaignKind.AGAIN]), newest=st.booleans(), skipped=st.booleans())
    def make_a_campaign(self, kind: CampaignKind, newest: bool, skipped: bool) -> None:
        self.made += 1
        asked = plan(name=f"number {self.made}", kind=kind, newest_first=newest, take_skipped=skipped)
        control.fill_campaign(control.create_campaign(asked, PERSON))
        self.actions += 1

    @precondition(lambda self: self.made)
    @rule(number=st.integers(1, CAMPAIGNS), step=st.sampled_from(sorted(STEPS)))
    def steer_by_hand(self, number: int, step: str) -> None:
        if row := Campaign.objects.filter(name=f"number {number}").first():
            self.actions += STEPS[step](row, PERSON, "a test")

    @rule()
    def prepare_a_date(self) -> None:
        prepare()

    @rule(state=st.sampled_from([JobState.PROCESSED, JobState.FAILED, None]))
    def work(self, state: JobState | None) -> None:
        """None: the worker dies with its job."""
        daily = Job.objects.all().startable(gate.ready()).filter(background=False).exists()
        job = Job.objects.claim("north:0:1:1.00", gate.ready())
        assert job or not daily
        if job is None:
            return
        assert job.background != daily
        assert job.campaign.fresh().state == CampaignState.RUNNING
        self.starts[job.block_id, job.campaign_id] += job.start()
        if state is JobState.PROCESSED:
            job.move(state, where=job.mine)
            conclude([job])
        elif state:
            job.end(state, Reason.RECIPE_FAILED, "exit code 1")
        close(job)

    @rule()
    def let_leases_pass(self) -> None:
        Job.objects.filter(state=JobState.RUNNING).update(lease=timezone.now() - timedelta(seconds=1))

    @rule()
    def sweep_once(self) -> None:
        sweep()

    @rule()
    def finish_a_date(self) -> None:
        finish()

    @invariant()
    def an_ab_is_started_once_in_a_campaign(self) -> None:
        assert all(number == 1 for number in self.starts.values())

    @invariant()
    def nothing_of_a_campaign_that_rests_can_start(self) -> None:
        resting = Job.objects.filter(state=JobState.WAITING, due=True, background=True)
        assert not resting.exclude(campaign__state=CampaignState.RUNNING).exists()

    @invariant()
    def few_dates_are_open(self) -> None:
        opened = Job.objects.filter(state=JobState.WAITING, due=True, background=True)
        assert opened.values("date").distinct().count() <= CAMPAIGNS * MOST_OPEN

    @invariant()
    def history_only_grows(self) -> None:
        columns = ("pk", "at", "who", "subject", "subject_id", "old", "new", "why")
        now = {row[0]: row for row in Event.objects.values_list(*columns)}
        assert self.history.items() <= now.items()
        self.history = now

    @invariant()
    def an_end_has_one_event_or_was_listed_so(self) -> None:
        ends = Event.objects.filter(subject="job", new__in=ENDED).values_list("subject_id", flat=True)
        told, ended = Counter(ends), set(Job.objects.filter(state__in=ENDED).values_list("pk", flat=True))
        assert set(told) <= ended
        assert all(number == 1 for number in told.values())
        assert not Job.objects.filter(pk__in=ended - set(told)).exclude(claimed=None).exists()

    @invariant()
    def what_people_did_is_counted(self) -> None:
        assert sum(month.actions for month in touches.months()) == self.actions

    def teardown(self) -> None:
        """Pause and cancel whatever lives, then process everything once more: it comes to its end."""
        for row in Campaign.objects.exclude(kind=CampaignKind.DAY_TO_DAY).filter(state__in=LIVING):
            control.pause_campaign(row, PERSON, "")
            control.cancel_campaign(row.fresh(), PERSON, "")
        last = control.create_campaign(plan(name="last"), PERSON)
        control.fill_campaign(last)
        for _ in range(2 * ABS):
            if not Job.objects.exclude(state__in=ENDED).exists():
                break
            self.let_leases_pass()
            sweep()
            while any([prepare(), finish()]):
                pass
            for _ in range(2):
                self.work(JobState.FAILED)
        sweep()
        while any([prepare(), finish()]):
            pass
        sweep()
        assert not Job.objects.exclude(state__in=ENDED).exists()
        assert not ProcessingDate.objects.exclude(state=DateState.FINISHED).exists()
        assert last.fresh().state == CampaignState.DONE
        assert Job.objects.filter(campaign=last).count() == AssociationBlock.objects.count()
        self.an_ab_is_started_once_in_a_campaign()
        self.history_only_grows()


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("archive")
def test_no_order_of_campaigns_breaks_a_rule() -> None:
    short = settings(
        max_examples=5,
        stateful_step_count=16,
        deadline=None,
        derandomize=True,
        phases=(Phase.generate,),
        suppress_health_check=list(HealthCheck),
    )
    run_state_machine_as_test(Campaigns, settings=short)
