"""One simulated night of all kinds, shared by the tests that only look at it."""

from dataclasses import dataclass
from pathlib import Path

import pytest

from processing.demo.night import Planned, simulate
from processing.demo.plan import KINDS, plan

NIGHT = "2012-05-09"


@dataclass(frozen=True)
class Night:
    """Where a simulated night lies, what was planned, and what it announced while it was made."""

    folder: Path
    planned: list[Planned]
    announced: list[str]

    def find(self, key: str) -> Planned:
        return next(block for block in self.planned if block.kind.key == key)

    def raw(self, key: str) -> Path:
        return self.folder / "archive" / "raw" / f"{self.find(key).dp_id}.fits"

    def ab(self, key: str) -> Path:
        return self.folder / "abs" / self.find(key).ab_name


@pytest.fixture(scope="session")
def night(tmp_path_factory) -> Night:
    folder = tmp_path_factory.mktemp("night")
    announced: list[str] = []
    planned = simulate(folder, kinds=plan(len(KINDS)), seed=1, date=NIGHT, advance=announced.append)
    return Night(folder, planned, announced)
