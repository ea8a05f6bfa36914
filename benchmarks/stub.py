"""Settings and plug-ins of a site whose recipe only waits: the test instrument, and what workers spend on ingestion.

The settings module of `benchmarks.site`; STUB names the class that is the instrument's plug-in.
"""

import os
import shutil
import struct
import zlib
from collections.abc import Sequence
from datetime import datetime, timedelta
from pathlib import Path

from benchmarks.others import JOB
from processing.core.origin import RawFacts
from processing.core.ports import Command, Inputs, Product
from tests import testcam
from tests.settings import *  # noqa: F403
from tests.settings import INSTALLED_APPS, PHOENIX

SCRIPT = 'sleep "$1" && mkdir -p out && cp "$2"/* out'
DATA = 8640
"""Bytes of a template that come after its headers."""
SPENT = "ingestion.seconds"
"""In the work folder: a line for each look for ingestions, with its CPU time."""

PHOENIX["WINDOW"] = os.environ["PHOENIX_WINDOW"]
PHOENIX["PIPELINES"]["TESTCAM"] = {"BACKEND": f"benchmarks.stub.{os.environ['STUB']}", "OPTIONS": {}}
INSTALLED_APPS.append("benchmarks.spent.Spent")


class Stub(testcam.Testcam):
    """Its recipe waits for as long as the AB says, and copies the test instrument's products."""

    @property
    def program(self) -> str:
        return "sh"

    def facts(self, inputs: Inputs) -> Sequence[RawFacts]:
        """Observed when its name says: with one time for all, products would have to look for a free name."""
        return [RawFacts(path.stem, mjd(path.stem), 30.0, "ECHELLE") for path, _ in inputs.raws]

    def command(self, inputs: Inputs, scratch: Path, token: str) -> Command:
        templates = str(testcam.folder() / "products")
        return command(("sh", "-c", SCRIPT, "stub", inputs.ab.parameters["sleep"], templates), scratch, token)


class Nothing(Stub):
    """Its recipe does nothing at all; the products are made here, and no two are the same."""

    def command(self, inputs: Inputs, scratch: Path, token: str) -> Command:
        return command(("true",), scratch, token)

    def products(self, inputs: Inputs, scratch: Path) -> Sequence[Product]:
        shutil.copytree(testcam.folder() / "products", scratch / "out")
        found = super().products(inputs, scratch)
        value = struct.pack(">f", 90 + zlib.crc32(inputs.ab.name.encode()) / 2**32 * 20)
        with found[0].path.open("r+b") as product:
            product.seek(found[0].path.stat().st_size - DATA + 4000)
            product.write(value)
        return found


class Timed(Nothing):
    """Its recipe is the job of all peers."""

    def command(self, inputs: Inputs, scratch: Path, token: str) -> Command:
        return command(("sh", str(JOB), inputs.ab.parameters["sleep"], os.environ["STAMPS"]), scratch, token)


def mjd(dp_id: str) -> float:
    """The time in the name of a frame."""
    time = datetime.fromisoformat(dp_id.partition(".")[2])
    return (time - datetime(1858, 11, 17)) / timedelta(days=1)  # noqa: DTZ001


def command(argv: tuple[str, ...], scratch: Path, token: str) -> Command:
    """With limits that none of them reaches."""
    return Command(argv=argv, cwd=scratch, log=scratch / "log", seconds=60.0, memory=0, token=token)
