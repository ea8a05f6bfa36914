"""The fingerprint of a failure: the same for the same error, another for another one."""

import string
import uuid

import pytest
from hypothesis import given
from hypothesis import strategies as st

from processing.core.fingerprint import KEPT, READ, Kind, Phase, kind, normalised, phase
from processing.core.states import TROUBLE, JobState, Reason

numbers = st.one_of(st.integers(), st.floats(), st.decimals(allow_nan=False, allow_infinity=False, places=2))
words = st.text(string.ascii_lowercase.translate({ord(c): None for c in "abcdefnix"}), min_size=3, max_size=9)
names = st.from_regex(
    r"[A-Z]{2,8}\.20[0-9]{2}-[01][0-9]-[0-3][0-9]T[0-2][0-9]:[0-5][0-9]:[0-5][0-9]\.[0-9]{3}", fullmatch=True
)
dates = st.datetimes().map(lambda moment: moment.isoformat(sep=" ", timespec="seconds"))
paths = st.lists(st.text("abcdz019_-.", min_size=1), min_size=1, max_size=5).map(lambda parts: "/" + "/".join(parts))


def of(message, recipe="uves_obs_scired", reason=Reason.RECIPE_FAILED, state=JobState.FAILED):
    return kind(state, reason, recipe, message).fingerprint


@pytest.mark.parametrize("values", [numbers, names, dates, paths, st.uuids().map(str), st.integers(0, 2**64).map(hex)])
@given(data=st.data())
def test_the_same_message_with_another_value_is_the_same_kind(values, data):
    template = "bias level {} out of range in order {}, chip REDL"
    first, second = (template.format(data.draw(values), data.draw(values)) for _ in range(2))

    assert of(first) == of(second)


@given(st.lists(words, min_size=2, max_size=6), st.lists(words, min_size=2, max_size=6))
def test_messages_of_other_words_are_of_other_kinds(first, second):
    assert (of(" ".join(first)) == of(" ".join(second))) == (first == second)


@given(st.text())
def test_any_text_has_a_fingerprint_of_one_bounded_line(message):
    found = kind(JobState.FAILED, Reason.RECIPE_FAILED, message[:10], message)

    assert len(found.message) <= KEPT
    assert len(found.message.splitlines()) <= 1
    assert set(found.fingerprint) <= set(string.hexdigits)
    assert len(found.fingerprint) == 12


def test_phase_and_recipe_make_another_kind_too():
    found = {of("failed"), of("failed", recipe="naco_img_jitter"), of("failed", reason=Reason.NO_SIGNAL)}

    assert len(found) == 3


@pytest.mark.parametrize(
    ("message", "expected"),
    [
        ("exit code 10 (calibration): no line table", "exit code <n> (calibration): no line table"),
        ("UVES.2012-05-10T02:14:20.626.fits: 1940544 bytes, its headers promise 3234240",
         "<file>: <n> bytes, its headers promise <n>"),
        ("The worker north:3f1c9a2b:4711:1717171717.33 is gone.", "The worker <worker> is gone."),
        ("S20 TITLE does not contain OBJECT; C3 no TTYPE2", "S20 TITLE does not contain OBJECT; C3 no TTYPE<n>"),
        ("OSError: [Errno 28] No space left: '/var/x/ADP.2012-05-09T01:02:03.004.fits'",
         "OSError: [Errno <n>] No space left: '<path>'"),
        ("binning 1x2 of frame_0001, CCD2 at 0x7ffd12 since 03:17:42",
         "binning <n>x<n> of frame_<n>, CCD<n> at <hex> since <date>"),
        ("no file https://archive.example/raw/a?b=1 at 2012-05-09T12:00:00Z", "no file <url> at <date>"),
        ("REDL nan, REDU -0.05 and/or S/N 3e-7", "REDL <n>, REDU <n> and/or S/N <n>"),
        (f"token {uuid.uuid4()} of deadbeef01 and facade", "token <token> of <hex> and facade"),
    ],
)  # fmt: skip
def test_what_differs_has_a_placeholder_and_the_rest_stays(message, expected):
    assert normalised(message) == expected


def test_a_message_without_end_is_read_to_its_limit_in_no_time():
    for piece in ("a.b/", "1", "x.", "/a", "2012-", "abcdef12", "A.2012-05-10T", ": "):
        assert len(normalised(piece * READ)) <= KEPT


def test_without_a_sentence_the_reason_speaks():
    assert kind(JobState.TIMED_OUT, Reason.TIME_LIMIT, "r", "").message == "The recipe reached its wall-clock limit."


@pytest.mark.parametrize("state", sorted(TROUBLE))
def test_every_trouble_has_a_phase(state):
    assert phase(state, Reason.UNEXPECTED) == (Phase.INGEST if "INGEST" in state else Phase.PHOENIX)


def test_a_failed_ingestion_is_of_that_phase_whatever_its_reason():
    assert phase(JobState.INGEST_REJECTED, Reason.RECIPE_FAILED) == Phase.INGEST


def test_equal_kinds_have_equal_fingerprints_in_every_release():
    assert Kind(Phase.RECIPE, "uves_obs_scired", "bias level <n> out of range").fingerprint == "3fb0be12aced"
