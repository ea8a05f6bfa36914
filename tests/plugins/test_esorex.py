"""ESO's recipe runner: what it is asked, and what it leaves behind."""

import json
import shutil
from pathlib import Path

import pytest

from processing.core.ports import Product
from processing.plugins import esorex
from processing.plugins.executors.local import LocalExecutor

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
        ({".logfile": "unfinished", "esorex.out": "out"}, "unfinished"),
        ({"esorex.out": "out"}, "out"),
        ({}, ""),
    ],
)
def test_the_log_is_found_however_the_recipe_ended(tmp_path, files, found):
    for name, content in files.items():
        (tmp_path / name).write_text(content)
    assert esorex.log(tmp_path) == found


def test_a_log_of_another_encoding_is_read(tmp_path):
    (tmp_path / "esorex.log").write_bytes("Théta".encode("latin-1"))
    assert esorex.log(tmp_path) == "Th\ufffdta"


def test_products_are_read_from_the_recipes_list_alone(tmp_path):
    (tmp_path / "left.fits").touch()
    assert esorex.products(tmp_path) == []
    (tmp_path / "products.json").write_text(json.dumps([{"name": "/out/a.fits", "category": "RED_SCI_POINT_BLUE"}]))
    assert esorex.products(tmp_path) == [Product(Path("/out/a.fits"), "RED_SCI_POINT_BLUE")]


@pytest.mark.esorex
@pytest.mark.skipif(not shutil.which("esorex"), reason="esorex is not installed")
def test_a_set_of_frames_that_is_not_there_is_named_by_the_real_program(tmp_path):
    command = esorex.command("uves_obs_scired", [], tmp_path)
    (tmp_path / "in.sof").unlink()
    finished = LocalExecutor().run(command)
    assert finished.exit_code == 9
    assert "in.sof" in esorex.explain(finished.exit_code, esorex.log(tmp_path))
    assert esorex.products(tmp_path) == []
