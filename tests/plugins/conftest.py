"""What the plug-ins' surroundings may do to them."""

import resource
from collections.abc import Iterator
from pathlib import Path

import pytest

from processing.core.ports import Executor
from processing.plugins.executors.local import LocalExecutor
from processing.plugins.executors.slurm import SlurmExecutor

ROOM = 2**20


@pytest.fixture
def too_large(tmp_path: Path) -> Iterator[Path]:
    """A file larger than any that this process may write now: a copy is interrupted, as on a full disk."""
    file = tmp_path / "too-large.fits"
    with file.open("wb") as stream:
        stream.truncate(4 * ROOM)
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (ROOM, limits[1]))
    yield file
    resource.setrlimit(resource.RLIMIT_FSIZE, limits)


@pytest.fixture(params=["local", "slurm"])
def executor(request: pytest.FixtureRequest) -> Executor:
    """Each plug-in of the port."""
    if request.param == "local":
        return LocalExecutor()
    request.getfixturevalue("slurm")
    return SlurmExecutor(look_every=0.1)
