"""The master calibrations of a night: what they are called, when they are taken, how an AB refers to them."""

from dataclasses import dataclass
from datetime import UTC, datetime

from processing.demo.detectors import BINNING, Arm, Chip
from processing.demo.instants import calibration, short

RESPONSE_NIGHT = "2004-09-01"  # responses are kept for years
EXTINCTION = "UV_GEXT_atmoexan.fits"
RED_LATER = 20.0  # minutes: both arms calibrate one after the other


@dataclass(frozen=True, kw_only=True)
class Master:
    """A kind of master calibration; `minutes` is its place in the morning's plan of one arm."""

    category: str  # PRO CATG without chip
    kind: str  # in the file name
    minutes: float
    setting: bool = True  # belongs to one central wavelength
    slit: bool = False  # belongs to one slit width

    def name(self, arm: Arm, chip: Chip, night: str) -> str:
        """File name in the calibration archive, such as UV_PLI2_120509A_REDL580d1_2x2_10.fits."""
        setting = arm.setting(chip) if self.setting else chip.name
        width = "_10" if self.slit else ""
        return f"UV_{self.kind}_{short(night)}A_{setting}_{BINNING}x{BINNING}{width}.fits"

    def taken(self, arm: Arm, night: str) -> datetime:
        """Start of the first raw frame that it is made of."""
        return calibration(night, self.minutes + (RED_LATER if arm.name == "red" else 0.0))


FORMAT_CHECK = Master(category="ORDER_GUESS_TAB", kind="PGUE", minutes=0.0)
ORDERS = Master(category="ORDER_TABLE", kind="PORD", minutes=2.0)
LINES = Master(category="LINE_TABLE", kind="PLI2", minutes=4.0, slit=True)
FLAT = Master(category="MASTER_FLAT", kind="MFLT", minutes=7.0, slit=True)
BIAS = Master(category="MASTER_BIAS", kind="MBIA", minutes=12.0, setting=False)
DARK = Master(category="MASTER_DARK", kind="MDRK", minutes=15.0, setting=False)
REQUIRED = (BIAS, ORDERS, LINES, FLAT)  # by the science recipe, one of each for every chip


def response_name(arm: Arm, chip: Chip) -> str:
    """File name of the response curve of a chip: valid for the setting, whatever slit and binning."""
    return f"UV_MRSP_{short(RESPONSE_NIGHT)}A_{arm.setting(chip)}.fits"


def response_taken() -> datetime:
    """When the standard star of the responses was observed."""
    return datetime(2004, 9, 2, 8, tzinfo=UTC)
