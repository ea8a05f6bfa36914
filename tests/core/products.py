"""A small spectrum and the archive product that is made of it."""

from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np

from processing.core.idp import COLUMNS, Origin, RawFacts, extension_cards, primary_cards
from processing.core.idp_rules import Candidate
from processing.core.spectrum import ChipFiles, Spectrum, SpectrumSource

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


def candidate(data: Spectrum | None = None) -> Candidate:
    """The product of that spectrum as it is read back: nothing is wrong with it."""
    data = data or spectrum()
    arrays = {"WAVE": data.wave, **data.columns}
    columns = {f"TTYPE{i}": name for i, name in enumerate(arrays, 1)}
    units = {f"TUNIT{i}": COLUMNS[name].unit for i, name in enumerate(arrays, 1)}
    structure = {"NAXIS2": 1, "PCOUNT": 0, "TFIELDS": len(arrays)}
    return Candidate(
        name="ADP.2012-05-11T06:07:08.000.fits",
        primary={"NAXIS": 0, **{key: value for key, value, _ in primary_cards(data, origin())}},
        table={**structure, **columns, **units, **{key: value for key, value, _ in extension_cards(data, origin())}},
        arrays=arrays,
        now_mjd=61000.0,
    )
