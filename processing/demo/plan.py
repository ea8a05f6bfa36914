"""The association blocks of a simulated night, and how each of them has to end."""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Literal

from processing.demo.detectors import ArmName

Instrument = Literal["UVES", "NACO"]


@dataclass(frozen=True, kw_only=True)
class Kind:
    """One kind of association block: what is observed, what is wrong with it, and its expected end."""

    key: str
    arm: ArmName | None = None  # of the spectrograph; the camera has none
    technique: str = "point"
    flux: bool = False
    trouble: str | None = None
    state: str = "INGESTED"
    reason: str = ""

    @property
    def instrument(self) -> Instrument:
        """UVES has arms, NACO has none."""
        return "UVES" if self.arm else "NACO"


BLUE = Kind(key="blue", arm="blue")
RED = Kind(key="red", arm="red")
CELL = Kind(key="cell", arm="red", technique="cell")
NACO = Kind(key="naco", technique="jitter")

# The first twelve, which are a short night, hold every kind of product.
KINDS: tuple[Kind, ...] = (
    Kind(key="blue-flux", arm="blue", flux=True),
    RED,
    CELL,
    NACO,
    Kind(key="virtual", arm="blue", trouble="virtual", state="REJECTED", reason="VIRTUAL_CALIBRATION"),
    Kind(key="slicer", arm="red", technique="slicer", state="REJECTED", reason="NOT_CERTIFIED"),
    Kind(key="mos", arm="red", technique="mos", state="REJECTED", reason="NOT_CERTIFIED"),
    Kind(key="absent", arm="blue", trouble="absent", state="REJECTED", reason="MISSING_CALIBRATION"),
    Kind(key="truncated", arm="blue", trouble="truncated", state="FAILED", reason="RAW_DAMAGED"),
    Kind(key="noise", arm="blue", trouble="noise", state="FAILED", reason="NO_SIGNAL"),
    Kind(key="no-bias", arm="blue", trouble="no-bias", state="REJECTED", reason="MISSING_CALIBRATION"),
    Kind(key="malformed", arm="blue", trouble="malformed", state="REFUSED", reason="MALFORMED"),
    Kind(key="saturated", arm="blue", trouble="saturated", state="FAILED", reason="NO_SIGNAL"),
    Kind(key="no-chip-bias", arm="red", trouble="no-bias", state="REJECTED", reason="MISSING_CALIBRATION"),
    Kind(key="red-flux", arm="red", flux=True),
    Kind(key="other-setting", arm="red", trouble="other-setting", state="FAILED", reason="SETTING_MISMATCH"),
    BLUE,
)


def plan(n: int, instruments: Collection[Instrument] = ("UVES", "NACO")) -> list[Kind]:
    """The first n blocks of a night: every kind once, then good ones (blue, red, absorption cell) in turn."""
    kinds = [kind for kind in KINDS if kind.instrument in instruments]
    good = (BLUE, RED, CELL)
    return [*kinds[:n], *(good[i % len(good)] for i in range(n - len(kinds)))]
