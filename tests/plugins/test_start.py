"""A command stands ready before its start, and begins with it."""

import time
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext

import pytest

from tests.plugins.test_executors import command

LONG_ENOUGH = 0.2  # seconds in which a command that began too early would have been done


class Refused(Exception):
    """What keeps a command from its start."""


class Refusal(nullcontext[None]):
    def __enter__(self) -> None:
        time.sleep(LONG_ENOUGH)
        raise Refused


def test_a_command_that_must_not_start_has_done_nothing(executor, tmp_path):
    with pytest.raises(Refused):
        executor.run(command(tmp_path, "touch", str(tmp_path / "done")), Refusal())

    assert not (tmp_path / "done").exists()


def test_a_command_runs_within_its_start(executor, tmp_path):
    seen: list[bool] = []

    @contextmanager
    def start() -> Iterator[None]:
        time.sleep(LONG_ENOUGH)
        seen.append((tmp_path / "done").exists())
        yield
        seen.append((tmp_path / "done").exists())

    executor.run(command(tmp_path, "touch", str(tmp_path / "done")), start())

    assert seen == [False, True]
