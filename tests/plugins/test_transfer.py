"""Files that arrive: whole under their name, or not at all, and whose fault it is if not."""

from pathlib import Path

import pytest

from processing.core.errors import Halt, HostHalt
from processing.plugins.transfer import arrive


def written(partial: Path) -> None:
    partial.write_text("whole")


def broken(partial: Path) -> None:
    partial.write_text("half")
    raise ConnectionResetError("gone")


def full(partial: Path) -> None:
    partial.write_text("half")
    Path("/dev/full").write_text("the rest")


@pytest.mark.parametrize("name", ["a.fits", "x" * 255, "ü" * 127])
def test_a_file_arrives_under_its_name_however_long(tmp_path, name):
    assert arrive(name, tmp_path / "to", written).read_text() == "whole"
    assert [path.name for path in (tmp_path / "to").iterdir()] == [name]


@pytest.mark.parametrize(("write", "error"), [(broken, Halt), (full, HostHalt)])
def test_a_file_that_does_not_arrive_leaves_what_was_there_before(tmp_path, write, error):
    (tmp_path / "a.fits").write_text("before")
    with pytest.raises(Halt, match=r"cannot copy a\.fits") as caught:
        arrive("a.fits", tmp_path, write)
    assert type(caught.value) is error
    assert [(path.name, path.read_text()) for path in tmp_path.iterdir()] == [("a.fits", "before")]


def test_a_directory_that_cannot_be_made_halts(tmp_path):
    (tmp_path / "to").write_text("a file")
    with pytest.raises(Halt, match="cannot copy"):
        arrive("a.fits", tmp_path / "to", written)
