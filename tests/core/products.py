"""A small spectrum and the archive product that is made of it."""

from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np

from processing.core.origin import Origin, RawFacts
from processing.core.sources import ChipFiles, SpectrumSource
from processing.core.spectrum import Spectrum

FLUX = ("FLUX", "ERR")
REDUCED = ("FLUX_REDUCED", "ERR_REDUCED", "BGFLUX_REDUCED")

HEADER: Mapping[str, Any] = {
    "ORIGIN": "ESO-PARANAL",
    "TELESCOP": "ESO-VLT-U2",
    "INSTRUME": "UVES",
    "OBJECT": "OBJECT",
    "RA": 150.5,
    "DEC": -30.25,
    "EQUINOX": 2000.0,
    "RADECSYS": "FK5",
    "ESO OBS TARG NAME": "HD 1",
    "ESO OBS PROG ID": "089.D-9901(A)",
    "ESO OBS ID": 900417,
    "ESO PRO REC1 PIPE ID": "uves/6.1.8",
    "ESO INS SLIT3 WID": 1.0,
    "ESO INS GRAT2 NAME": "CD#3",
}
CONSTANTS = {
    "ORIGIN": "ESO",
    "SPECSYS": "TOPOCENT",
    "REFERENC": "",
    "EXT_OBJ": False,
    "CONTNORM": False,
    "TOT_FLUX": False,
}
SOURCE = SpectrumSource(
    label="RED580",
    chips=[ChipFiles(flux=Path("flux.fits"), error=Path("error.fits"))],
    slit_key="ESO INS SLIT3 WID",
    grating_key="ESO INS GRAT2 NAME",
)


def spectrum(names: tuple[str, ...] = (*FLUX, *REDUCED), start: float = 5000.0, size: int = 20) -> Spectrum:
    """A flat spectrum of signal-to-noise ratio 50 and steps of 0.02 Angstrom; every pixel is good."""
    columns = {name: np.full(size, 2.0 if "ERR" in name else 100.0, np.float32) for name in names}
    return Spectrum(wave=start + 0.02 * np.arange(size), columns={**columns, "QUAL": np.zeros(size, dtype=np.int32)})


def origin(headers: tuple[Mapping[str, Any], ...] = (HEADER,), **other: Any) -> Origin:
    """Two exposures of 600 s, the second half an hour after the first."""
    values: dict[str, Any] = {
        "raws": [RawFacts(f"UVES.{mjd}", mjd, 600.0, "ECHELLE") for mjd in (56057.125, 56057.145)],
        "source": SOURCE,
        "constants": CONSTANTS,
        "resolution": 42000.0,
        "ob_id": "7",
        "prog_id": "from the AB",
        "created": datetime(2012, 5, 11, 6, 7, 8, tzinfo=UTC),
    }
    return Origin(headers=headers, **(values | other))
