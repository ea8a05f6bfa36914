"""The closed vocabulary and its moves."""

import pytest

from processing.core.states import (
    CERTIFICATE_MOVES,
    DATE_MOVES,
    ENDED,
    INGEST_MOVES,
    JOB_MOVES,
    REASONS,
    TROUBLE,
    UNFINISHED,
    CertificateState,
    DateState,
    IngestState,
    JobState,
    NotAllowed,
    Reason,
    check_move,
)

TABLES = pytest.mark.parametrize(
    ("states", "moves", "first"),
    [
        (JobState, JOB_MOVES, JobState.WAITING),
        (DateState, DATE_MOVES, DateState.REGISTERED),
        (IngestState, INGEST_MOVES, IngestState.QUEUED),
        (CertificateState, CERTIFICATE_MOVES, CertificateState.DRAFT),
    ],
    ids=["job", "date", "ingestion", "certificate"],
)


@TABLES
def test_every_state_can_be_reached_from_the_first(states, moves, first):
    reached, new = set(), {first}
    while new:
        reached |= new
        new = {after for state in new for after in moves.get(state, ())} - reached
    assert reached == set(states)


@TABLES
def test_no_state_moves_to_itself(states, moves, first):
    assert not [state for state in states if state in moves.get(state, ())]


@TABLES
def test_every_state_ends_or_has_a_way_to_an_end(states, moves, first):
    ends = {state for state in states if not moves.get(state)} or {DateState.FINISHED}
    for _ in states:
        ends |= {state for state in states if moves.get(state, frozenset()) & ends}
    assert ends == set(states)


def test_an_ended_job_has_no_way_out():
    assert not [state for state in ENDED if JOB_MOVES.get(state)]


def test_what_was_reviewed_is_never_a_draft_again():
    assert not [state for state, after in CERTIFICATE_MOVES.items() if CertificateState.DRAFT in after]


def test_only_a_claim_given_back_leads_to_waiting_again():
    assert [state for state, after in JOB_MOVES.items() if JobState.WAITING in after] == [JobState.RUNNING]


def test_a_job_is_unfinished_or_has_ended():
    assert set(JobState) == UNFINISHED | ENDED
    assert not UNFINISHED & ENDED
    assert TROUBLE < ENDED


@pytest.mark.parametrize("reason", [reason for reason in Reason if reason is not Reason.NONE])
def test_every_reason_has_a_sentence(reason):
    assert len(REASONS[reason].split()) > 3
    assert REASONS[reason].endswith(".")


def test_a_product_is_ingested_only_after_it_was_processed():
    check_move(JOB_MOVES, JobState.PROCESSED, JobState.INGESTED)
    with pytest.raises(NotAllowed, match="RUNNING -> INGESTED"):
        check_move(JOB_MOVES, JobState.RUNNING, JobState.INGESTED)


@pytest.mark.parametrize("old", JobState)
@pytest.mark.parametrize("new", JobState)
def test_a_move_is_allowed_exactly_if_the_table_has_it(old, new):
    allowed = new in JOB_MOVES.get(old, ())
    try:
        check_move(JOB_MOVES, old, new)
    except NotAllowed:
        assert not allowed
    else:
        assert allowed
