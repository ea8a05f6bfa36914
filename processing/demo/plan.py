"""The association blocks of a simulated night, and how each of them has to end."""

from dataclasses import dataclass
from typing import Literal

ArmName = Literal["blue", "red"]


@dataclass(frozen=True, kw_only=True)
class Kind:
    """One kind of association block: what is observed, what is wrong with it, and its expected end."""

    key: str
    arm: ArmName
    technique: str = "point"
    flux: bool = False
    trouble: str | None = None
    state: str = "INGESTED"
    reason: str = ""


BLUE = Kind(key="blue", arm="blue")
RED = Kind(key="red", arm="red")
CELL = Kind(key="cell", arm="red", technique="cell")

KINDS: tuple[Kind, ...] = (
    BLUE,
    RED,
    CELL,
    Kind(key="blue-flux", arm="blue", flux=True),
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
)


def plan(n: int) -> list[Kind]:
    """The first n blocks of a night: every kind once, then good ones (blue, red, absorption cell) in turn."""
    good = (BLUE, RED, CELL)
    return [*KINDS[:n], *(good[i % len(good)] for i in range(n - len(KINDS)))]
