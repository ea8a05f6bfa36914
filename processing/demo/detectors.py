"""The two arms of the simulated spectrograph and their chips."""

from dataclasses import dataclass
from typing import Literal

from processing.demo.geometry import BLUE_390, REDL_580, REDU_580, Format

ArmName = Literal["blue", "red"]
BINNING = 2
ROWS = 1024  # of a chip, across the orders, binned
SCAN = 25  # binned prescan columns, and as many overscan columns
BIAS_LEVEL = 150.0  # ADU
SATURATION = 65535  # ADU


@dataclass(frozen=True, kw_only=True)
class Chip:
    """One detector. `output` is the corner it is read from, `mirrored` says that its rows are stored backwards."""

    name: str
    number: int
    ident: str
    model: str
    output: str
    mirrored: bool
    electrons_per_adu: float
    read_noise: float  # electrons
    format: Format


@dataclass(frozen=True, kw_only=True)
class Arm:
    """One arm in its setting. Lengths are in binned pixels, wavelengths in Angstrom, `central` in nm."""

    name: str
    chips: tuple[Chip, ...]  # in the order of the extensions of a raw file
    grating: int  # n of INS GRATn
    disperser: str
    central: float
    slit: int  # n of INS SLITn
    camera: int  # n of INS TEMPn
    blaze: float  # order times wavelength of its blaze
    pixel_scale: float  # arcsec per unbinned pixel
    slit_half: float
    line_fwhm: float
    detector: str
    clock: str
    speed: str

    @property
    def tag(self) -> str:
        """The word for the arm in raw tags: BLUE or RED."""
        return self.name.upper()

    def setting(self, chip: Chip) -> str:
        """The word for chip, central wavelength and dichroic in names of calibrations, such as REDL580d1."""
        return f"{chip.name}{self.central:.0f}d1"


BLUE = Arm(
    name="blue",
    chips=(
        Chip(
            name="BLUE",
            number=1,
            ident="CCD-44b",
            model="EEV CCD-44",
            output="L",
            mirrored=False,
            electrons_per_adu=1.84,
            read_noise=3.8,
            format=BLUE_390,
        ),
    ),
    grating=1,
    disperser="CD#2",
    central=390.0,
    slit=2,
    camera=1,
    blaze=466264.0,
    pixel_scale=0.246,
    slit_half=8.25,
    line_fwhm=2.0,
    detector="ccdUvB - uvesb",
    clock="225kHz/1port/low_gain",
    speed="1pt/225kHz/lg",
)
RED = Arm(
    name="red",
    chips=(
        Chip(
            name="REDU",
            number=1,
            ident="CCD-20",
            model="MIT/LL, EEV",
            output="L",
            mirrored=True,
            electrons_per_adu=1.41,
            read_noise=4.0,
            format=REDU_580,
        ),
        Chip(
            name="REDL",
            number=2,
            ident="CCD-44",
            model="MIT/LL, EEV",
            output="R",
            mirrored=True,
            electrons_per_adu=1.47,
            read_noise=4.0,
            format=REDL_580,
        ),
    ),
    grating=2,
    disperser="CD#3",
    central=580.0,
    slit=3,
    camera=2,
    blaze=610220.0,
    pixel_scale=0.182,
    slit_half=11.0,
    line_fwhm=3.0,
    detector="ccdUvR - ccdUvr",
    clock="225kHz/2ports/low_gain",
    speed="2pts/225kHz/lg",
)
ARMS: dict[ArmName, Arm] = {"blue": BLUE, "red": RED}
