"""The contract of the port Pipeline, passed by each of its plug-ins with the good block of its instrument."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import pytest

from processing.core.errors import ABFailed
from processing.core.ports import Inputs, Pipeline
from processing.core.states import Reason
from processing.plugins.pipelines.naco import Naco
from processing.plugins.pipelines.uves import Uves
from tests.plugins import frames, naco_frames

# The plug-in, what makes a good block with its files in a folder, and the facts of each raw frame.
ECHELLE, JITTER = (56057.13730163, 3000.0, "ECHELLE"), (56057.09027778, 20.0, "IMAGE,JITTER")
PLUGINS = {
    "naco": (Naco, naco_frames.inputs, JITTER),
    "uves red": (Uves, frames.inputs, ECHELLE),
    "uves blue": (Uves, partial(frames.inputs, arm="BLUE"), ECHELLE),
}


@dataclass(frozen=True)
class Case:
    """A pipeline with a good block, and a scratch directory for it."""

    pipeline: Pipeline
    inputs: Inputs
    scratch: Path
    facts: tuple[float, float, str]


@pytest.fixture(params=PLUGINS.values(), ids=list(PLUGINS))
def case(request: pytest.FixtureRequest, tmp_path: Path) -> Case:
    plugin: Callable[[], Pipeline]
    plugin, good, facts = request.param
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    return Case(plugin(), good(tmp_path), scratch, facts)


def test_a_good_block_passes_the_check(case):
    case.pipeline.check(case.inputs)


def test_the_facts_of_every_raw_frame_are_kept(case):
    kept = case.pipeline.facts(case.inputs)
    assert [facts.dp_id for facts in kept] == [raw.dp_id for raw in case.inputs.ab.raws]
    assert {(facts.mjd_obs, facts.exptime, facts.tech) for facts in kept} == {case.facts}


def test_the_command_stays_in_its_scratch_directory_and_keeps_the_limits(case):
    command = case.pipeline.command(case.inputs, case.scratch, "token-7")
    certificate = case.inputs.certificate
    assert (command.cwd, command.log.parent, command.token) == (case.scratch, case.scratch, "token-7")
    assert (command.seconds, command.memory) == (certificate.seconds, certificate.memory_mb * 2**20)


@pytest.mark.parametrize("left", [1, 2880, 5760, 8000])
def test_a_truncated_raw_file_is_damaged(case, left):
    path = case.inputs.raws[0][0]
    path.write_bytes(path.read_bytes()[:left])
    for look in (case.pipeline.check, case.pipeline.facts):
        with pytest.raises(ABFailed) as failed:
            look(case.inputs)
        assert failed.value.reason is Reason.RAW_DAMAGED


@pytest.mark.parametrize("content", [b"", b"<html>not found</html>", bytes(2880), b"SIMPLE  =" + b" " * 2871])
def test_a_raw_file_that_is_no_fits_file_is_damaged(case, content):
    case.inputs.raws[0][0].write_bytes(content)
    with pytest.raises(ABFailed) as failed:
        case.pipeline.check(case.inputs)
    assert failed.value.reason is Reason.RAW_DAMAGED


def test_a_recipe_that_lists_nothing_made_nothing(case):
    with pytest.raises(ABFailed) as failed:
        case.pipeline.products(case.inputs, case.scratch)
    assert failed.value.reason is Reason.PRODUCTS_MISSING


def test_a_recipe_that_left_no_log_is_explained_all_the_same(case):
    assert case.pipeline.log(case.scratch) == ""
    assert "13" in case.pipeline.explain(13, "")


def test_products_without_a_final_spectrum_give_nothing_to_archive(case):
    assert list(case.pipeline.archived(case.inputs.certificate, {"OTHER": case.scratch / "x.fits"})) == []
