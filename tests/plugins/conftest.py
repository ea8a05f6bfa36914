"""What the plug-ins' surroundings may do to them."""

import resource
from collections.abc import Iterator
from pathlib import Path

import pytest

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
