"""The columns of an archived spectrum: unit, utype and UCD of each.

Source: ESO Science Data Products Standard, issue 8 (ESO-044286), section 8.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from processing.core.spectrum import Spectrum

ADU = "adu"
ABSOLUTE_UNIT = "10**(-16)erg.cm**(-2).s**(-1).angstrom**(-1)"


@dataclass(frozen=True)
class ColumnKind:
    """How a column is described: unit, utype without its prefix, UCD."""

    unit: str
    utype: str
    ucd: str


FLUX_UTYPE, ERROR_UTYPE = "Data.FluxAxis.Value", "Data.FluxAxis.Accuracy.StatError"
COLUMNS: Mapping[str, ColumnKind] = {
    "WAVE": ColumnKind("angstrom", "Data.SpectralAxis.Value", "em.wl;obs.atmos"),
    "FLUX": ColumnKind(ABSOLUTE_UNIT, FLUX_UTYPE, "phot.flux.density;em.wl;src.net"),
    "ERR": ColumnKind(ABSOLUTE_UNIT, ERROR_UTYPE, "stat.error;phot.flux.density;em.wl"),
    "FLUX_REDUCED": ColumnKind(ADU, FLUX_UTYPE, "phot.flux.density;em.wl;src.net;stat.uncalib"),
    "ERR_REDUCED": ColumnKind(ADU, ERROR_UTYPE, "stat.error;phot.flux.density;em.wl;stat.uncalib"),
    "BGFLUX_REDUCED": ColumnKind(ADU, "Data.BackgroundModel.Value", "phot.flux.density;em.wl;stat.uncalib"),
    "QUAL": ColumnKind("", "Data.FluxAxis.Accuracy.QualityStatus", "meta.code.qual"),
}


def utypes(spectrum: Spectrum) -> list[str]:
    """TUTYPn: beside a calibrated flux, the uncalibrated one is ESO's extra."""
    if not spectrum.is_calibrated:
        return [f"Spectrum.{COLUMNS[name].utype}" for name in ("WAVE", *spectrum.columns)]
    prefixes = {name: "eso:" if name.endswith("_REDUCED") else "spec:" for name in COLUMNS}
    return [f"{prefixes[name]}{COLUMNS[name].utype}" for name in ("WAVE", *spectrum.columns)]


def ucds(spectrum: Spectrum) -> list[str]:
    """TUCDn: readers find the default flux by utype and `meta.main`, never by its position."""
    main = ("FLUX", "ERR") if spectrum.is_calibrated else ("FLUX_REDUCED", "ERR_REDUCED")
    named = ((name, COLUMNS[name].ucd) for name in ("WAVE", *spectrum.columns))
    return [f"{ucd};meta.main" if name in main else ucd for name, ucd in named]
