"""Settings and plug-in of a site whose recipe only waits: the test instrument, and what its workers spend on ingestion.

The settings module of `benchmarks.month`.
"""

import os
from pathlib import Path

from processing.core.ports import Command, Inputs
from tests import testcam
from tests.settings import *  # noqa: F403
from tests.settings import INSTALLED_APPS, PHOENIX

SCRIPT = 'sleep "$1" && mkdir -p out && cp "$2"/* out'
SPENT = "ingestion.seconds"
"""In the work folder: a line for each look for ingestions, with its CPU time."""

PHOENIX["WINDOW"] = os.environ["PHOENIX_WINDOW"]
PHOENIX["PIPELINES"]["TESTCAM"] = {"BACKEND": "benchmarks.stub.Stub", "OPTIONS": {}}
INSTALLED_APPS.append("benchmarks.spent.Spent")


class Stub(testcam.Testcam):
    """Its recipe waits for as long as the AB says, and copies the test instrument's products."""

    @property
    def program(self) -> str:
        return "sh"

    def command(self, inputs: Inputs, scratch: Path, token: str) -> Command:
        argv = ("sh", "-c", SCRIPT, "stub", inputs.ab.parameters["sleep"], str(testcam.folder() / "products"))
        return Command(argv=argv, cwd=scratch, log=scratch / "log", seconds=60.0, memory=0, token=token)
