"""ESO's recipe runner: what it is asked, and what it leaves behind."""

import json
import os
import re
import signal
import time
import uuid
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from processing.core.errors import ABFailed
from processing.core.ports import Command, Ended, Product
from processing.core.states import Reason
from processing.demo import night, plan
from processing.plugins import esorex, logs
from processing.plugins.executors.local import LocalExecutor
from processing.plugins.guard import attempts
from processing.workflow.process import refuse

LOG = """
Start time     : 2012-05-11T06:07:08
Program name   : esorex

06:07:08 [ INFO  ] uves_obs_scired: [tid=000] no error in the error bars
06:07:09 [WARNING] : [tid=000] ERROR of 3 pixels ignored
06:07:10 [ ERROR ] uves_extract: [tid=000] Data not found
    [ ERROR ] is not at the start of this line
06:07:11 [ ERROR ] : [tid=000] Frame [REDL] has no LINE_TABLE
06:07:11 [DEBUG  ] : [tid=000] the end
"""


def test_the_command_line_has_no_shell_and_everything_in_the_scratch_directory(tmp_path):
    command = esorex.command("uves_obs_scired", [], tmp_path, parameters={"reduce.method": "a; b"})
    assert command.argv[0] == "esorex"
    assert command.argv[-3:] == ("uves_obs_scired", "--reduce.method=a; b", str(tmp_path / "in.sof"))
    assert all(str(tmp_path) in option for option in command.argv[1:5] if not option.startswith("--log-file"))
    assert (command.cwd, (tmp_path / "out").is_dir()) == (tmp_path, True)


def test_the_set_of_frames_has_a_line_per_file(tmp_path):
    esorex.command("uves_obs_scired", [(Path("/raw/a.fits"), "SCI"), (Path("/cal/b.fits"), "BIAS")], tmp_path)
    assert (tmp_path / "in.sof").read_text() == "/raw/a.fits SCI\n/cal/b.fits BIAS\n"


@pytest.mark.parametrize(
    "recipe", ["", "--version", "../x", "uves obs", "UVES", "uves;ls", "uves_obs_scired\n", "1uves"]
)
def test_what_is_no_recipe_is_refused_before_anything_is_written(tmp_path, recipe):
    with pytest.raises(ValueError, match="not a recipe name"):
        esorex.command(recipe, [], tmp_path / "scratch")
    assert not (tmp_path / "scratch").exists()


@pytest.mark.parametrize("name", ["", "a b", "a=b", "a;b", "a/b", "a\n", "ä"])
def test_what_is_no_recipe_parameter_is_refused(tmp_path, name):
    with pytest.raises(ValueError, match="not a recipe parameter"):
        esorex.command("uves_obs_scired", [], tmp_path, parameters={name: "1"})


@pytest.mark.parametrize(
    ("exit_code", "cause"),
    [
        *((code, "input") for code in (5, 6, 9, 14, 16, 19)),
        (10, "calibration"),
        *((code, "platform") for code in (13, 126, 127, 255)),
        *((code, "pipeline") for code in (1, 134, -9)),
    ],
)
def test_the_exit_code_says_where_to_look(exit_code, cause):
    assert esorex.explain(exit_code, "") == f"esorex ended with exit code {exit_code} ({cause}): no error in the log"


def test_the_last_error_is_the_last_line_of_that_level():
    assert esorex.last_error(LOG) == "Frame [REDL] has no LINE_TABLE"
    assert esorex.explain(10, LOG).endswith("(calibration): Frame [REDL] has no LINE_TABLE")


def test_a_log_without_errors_has_no_last_error_though_it_says_the_word():
    assert esorex.last_error("\n".join(line for line in LOG.splitlines() if "[ ERROR ]" not in line)) == ""


@pytest.mark.parametrize(
    ("files", "found"),
    [
        ({"esorex.log": "whole", ".logfile": "old", "esorex.out": "out"}, "whole"),
        ({".logfile": "unfinished\n", "esorex.out": "[ INFO  ] esorex: unfinished\n"}, "unfinished"),
        ({"esorex.out": "out"}, "out"),
        ({}, ""),
    ],
)
def test_the_log_is_found_however_the_recipe_ended(tmp_path, files, found):
    for name, content in files.items():
        (tmp_path / name).write_text(content)
    assert esorex.log(tmp_path) == found


def test_what_a_library_said_when_it_aborted_stands_behind_the_unfinished_log(tmp_path):
    (tmp_path / ".logfile").write_text("12:00:01 [ INFO  ] load: [tid=000] Reducing\n12:00:02 [ INFO  ] half a li")
    (tmp_path / "esorex.out").write_text(
        "\n     ***** ESO Recipe Execution Tool, version 3.13.6  *****\n\n[ INFO  ] load: Reducing\n"
        "[WARNING] load:   x\n\nCxLib-ERROR **: failed to allocate 12288000 bytes\naborting...\n"
    )

    assert esorex.log(tmp_path).splitlines()[1:] == [
        "12:00:02 [ INFO  ] half a li",
        "CxLib-ERROR **: failed to allocate 12288000 bytes",
        "aborting...",
    ]


@pytest.mark.parametrize("name", ["esorex.log", ".logfile", "esorex.out"])
def test_a_very_long_log_is_read_from_both_of_its_ends(tmp_path, name):
    with (tmp_path / name).open("w") as stream:
        stream.write("first\n")
        stream.truncate(2**30)
        stream.seek(2**30)
        stream.write("\nlast")

    assert esorex.log(tmp_path).startswith("first\n")
    assert esorex.log(tmp_path).endswith("\nlast")
    assert len(esorex.log(tmp_path)) < logs.LIMIT + 100


def test_a_log_of_another_encoding_is_read(tmp_path):
    (tmp_path / "esorex.log").write_bytes("Théta".encode("latin-1"))
    assert esorex.log(tmp_path) == "Th\ufffdta"


def test_products_are_read_from_the_recipes_list_alone(tmp_path):
    (tmp_path / "left.fits").touch()
    assert esorex.products(tmp_path) == []
    (tmp_path / "products.json").write_text(json.dumps([{"name": "/out/a.fits", "category": "RED_SCI_POINT_BLUE"}]))
    assert esorex.products(tmp_path) == [Product(Path("/out/a.fits"), "RED_SCI_POINT_BLUE")]


def real(test: Any) -> Any:
    """A test that runs the real program; without it, it fails."""
    return pytest.mark.esorex(test)


@pytest.fixture(scope="module")
def raw(tmp_path_factory):
    """A raw blue frame: ten of it, taken for bias frames, are work enough to be ended in its middle."""
    folder = tmp_path_factory.mktemp("night")
    kinds = [kind for kind in plan.KINDS if kind.key == "blue"]
    (block,) = night.simulate(folder, kinds=kinds, seed=1, date="2012-05-09", advance=print)
    return folder / "archive" / "raw" / f"{block.dp_id}.fits"


def master_bias(raw: Path, scratch: Path, seconds: float = 60.0, memory: int = 0) -> Command:
    """The call that makes a master bias of ten frames."""
    limits = esorex.Limits(seconds, memory)
    command = esorex.command("uves_cal_mbias", [(raw, "BIAS_BLUE")] * 10, scratch, limits=limits)
    return replace(command, token=str(uuid.uuid4()))


@real
def test_a_set_of_frames_that_is_not_there_is_named_by_the_real_program(tmp_path):
    command = esorex.command("uves_obs_scired", [], tmp_path)
    (tmp_path / "in.sof").unlink()
    finished = LocalExecutor().run(command)
    assert finished.exit_code == 9
    assert "in.sof" in esorex.explain(finished.exit_code, esorex.log(tmp_path))
    assert esorex.products(tmp_path) == []


@real
def test_a_recipe_that_esorex_lacks_is_the_platforms_fault(tmp_path):
    command = esorex.command("no_such_recipe", [], tmp_path)
    finished = LocalExecutor().run(command)
    assert finished.exit_code == 13
    with pytest.raises(ABFailed) as failed:
        refuse(command, finished, esorex.explain(finished.exit_code, esorex.log(tmp_path)))
    assert failed.value.reason is Reason.RECIPE_FAILED
    assert failed.value.sentence.startswith(
        "esorex ended with exit code 13 (platform): Unable to find recipe 'no_such_recipe'. Check that the recipe is in"
    )


@real
@pytest.mark.parametrize("megabytes", [120, 160, 180])
def test_a_real_recipe_at_its_memory_limit_ran_out_of_memory_and_its_last_words_are_kept(tmp_path, raw, megabytes):
    command = master_bias(raw, tmp_path, memory=megabytes * 2**20)
    finished = LocalExecutor().run(command)
    assert (finished.ended, finished.exit_code) == (Ended.OUT_OF_MEMORY, -signal.SIGABRT)
    assert re.search(r"failed to allocate \d+ bytes\naborting...$", esorex.log(tmp_path))
    with pytest.raises(
        ABFailed, match=r"^The recipe reached its memory limit of 0\.[12] GB; its peak was 0\.[12] GB\.$"
    ):
        refuse(command, finished, "")


@real
@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM])
def test_a_real_recipe_that_a_signal_ended_is_logged_up_to_then(tmp_path, raw, number):
    with ThreadPoolExecutor(1) as pool:
        future = pool.submit(LocalExecutor().run, command := master_bias(raw, tmp_path))
        while "Raw frame is blue" not in esorex.log(tmp_path) and not future.done():
            time.sleep(0.01)
        for pid, token, _ in attempts():
            if token == command.token:
                os.kill(pid, number)
        seen = esorex.log(tmp_path)
        finished = future.result()
    assert (finished.ended, finished.exit_code) == (Ended.KILLED, -number)
    assert not (tmp_path / esorex.LOG).exists()
    assert esorex.log(tmp_path).startswith(seen[:-200])
    assert "Raw frame is blue" in esorex.log(tmp_path)


@real
def test_a_real_recipe_at_its_time_limit_is_logged_up_to_then(tmp_path, raw):
    finished = LocalExecutor().run(master_bias(raw, tmp_path, seconds=0.5))
    assert finished.ended is Ended.TIMED_OUT
    assert esorex.log(tmp_path).startswith((tmp_path / ".logfile").read_text().removesuffix("\n"))
    assert "This is EsoRex" in esorex.log(tmp_path)
