"""Keywords and columns of an archived spectrum (internal data product, IDP).

Source: ESO Science Data Products Standard, issue 8 (ESO-044286), Table 8 and section 8.  Order of preference
for a value: header, then configuration, then database; what can be derived from the data is derived.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import numpy as np

from processing.core.spectrum import Spectrum, SpectrumSource

Header = Mapping[str, Any]
Card = tuple[str, Any, str]

CATEGORY = "SCIENCE.SPECTRUM"
SECONDS = 86400.0
ADU = "adu"
ABSOLUTE_UNIT = "10**(-16)erg.cm**(-2).s**(-1).angstrom**(-1)"


@dataclass(frozen=True)
class RawFacts:
    """What is kept of a raw frame after its deletion: MJD of the start, exposure time in s, DPR TECH."""

    dp_id: str
    mjd_obs: float
    exptime: float
    tech: str


@dataclass(frozen=True, kw_only=True)
class Origin:
    """Where the values come from."""

    headers: Sequence[Header]
    """Pipeline product headers, one per chip."""
    raws: Sequence[RawFacts]
    source: SpectrumSource
    constants: Mapping[str, Any]
    """Configuration: the certificate's values for the collection."""
    resolution: float | None
    """Database: median resolving power of the wavelength calibration, a QC1 parameter of the job."""
    ob_id: str
    prog_id: str
    created: datetime

    @property
    def header(self) -> Header:
        """The header of the first chip, for what the chips share."""
        return self.headers[0]

    @property
    def mjd_start(self) -> float:
        """MJD of the start of the first exposure."""
        return min(raw.mjd_obs for raw in self.raws)

    @property
    def mjd_end(self) -> float:
        """MJD of the end of the last exposure."""
        return max(raw.mjd_obs + raw.exptime / SECONDS for raw in self.raws)

    @property
    def target(self) -> str:
        """The target name that the PI gave."""
        return str(self.header.get("ESO OBS TARG NAME") or self.header.get("OBJECT") or "")

    @property
    def aperture(self) -> float:
        """Slit width in degrees."""
        return float(self.header[self.source.slit_key]) / 3600.0


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


def primary_cards(spectrum: Spectrum, origin: Origin) -> list[Card]:
    """Cards of HDU 0, which holds no data."""
    return [*_observation_cards(origin), *_time_cards(origin), *_quality_cards(spectrum, origin)]


def _observation_cards(origin: Origin) -> list[Card]:
    header, constants = origin.header, origin.constants
    return [
        ("DATE", origin.created.strftime("%Y-%m-%dT%H:%M:%S"), "Date this file was written (UTC)"),
        ("PRODCATG", CATEGORY, "Data product category"),
        ("ORIGIN", str(header.get("ORIGIN") or constants["ORIGIN"]), "European Southern Observatory"),
        ("TELESCOP", str(header["TELESCOP"]), "ESO telescope"),
        ("INSTRUME", str(header["INSTRUME"]), "Instrument used"),
        ("OBJECT", origin.target, "Target designation"),
        ("RA", float(header["RA"]), "[deg] Target position"),
        ("DEC", float(header["DEC"]), "[deg] Target position"),
        ("EQUINOX", float(header.get("EQUINOX", 2000.0)), "[yr] Standard equinox"),
        ("RADESYS", str(header.get("RADESYS") or header.get("RADECSYS") or "FK5"), "Coordinate reference frame"),
        ("RA_ERR", origin.aperture / 2, "[deg] Half the slit width"),
        ("DEC_ERR", origin.aperture / 2, "[deg] Half the slit width"),
        ("PROG_ID", str(header.get("ESO OBS PROG ID") or origin.prog_id), "ESO programme identification"),
        ("OBID1", int(header.get("ESO OBS ID") or origin.ob_id), "Observation block ID"),
        ("OBSTECH", origin.raws[0].tech, "Technique of observation"),
        ("PROCSOFT", str(header["ESO PRO REC1 PIPE ID"]), "Reduction software and version"),
        ("REFERENC", str(constants["REFERENC"]), "Bibliographic reference"),
        ("DISPELEM", str(header.get(origin.source.grating_key, "")), "Dispersive element name"),
        ("PRODLVL", 2, "Phase 3 product level: science-grade"),
        *((f"PROV{i}", raw.dp_id, "Originating science file") for i, raw in enumerate(origin.raws, 1)),
    ]


def _time_cards(origin: Origin) -> list[Card]:
    exptime = math.fsum(raw.exptime for raw in origin.raws)
    return [
        ("EXPTIME", exptime, "[s] Total integration time per spectral bin"),
        ("TEXPTIME", exptime, "[s] Total integration time of all exposures"),
        ("MJD-OBS", origin.mjd_start, "[d] Start of observations (UTC)"),
        ("MJD-END", origin.mjd_end, "[d] End of observations (UTC)"),
        ("NCOMBINE", len(origin.raws), "Number of combined raw science frames"),
        ("SINGLEXP", len(origin.raws) == 1, "True if resulting from a single exposure"),
        ("M_EPOCH", False, "True if resulting from several epochs"),
    ]


def _quality_cards(spectrum: Spectrum, origin: Origin) -> list[Card]:
    low, high = useful_range(spectrum)
    rms = [float(h["LAMRMS"]) / 10 for h in origin.headers if "LAMRMS" in h]
    lines = sum(int(h.get("LAMNLIN", 0)) for h in origin.headers)
    errors = [float(h["CRDER1"]) / 10 for h in origin.headers if "CRDER1" in h]
    systematic = [float(h["CSYER1"]) / 10 for h in origin.headers if "CSYER1" in h]
    constants = origin.constants
    return [
        ("FLUXCAL", "ABSOLUTE" if spectrum.is_calibrated else "UNCALIBRATED", "Type of flux calibration"),
        ("FLUXERR", -2 if spectrum.is_calibrated else -1, "Uncertainty in flux scale (%): -1 none, -2 unknown"),
        ("CONTNORM", bool(constants["CONTNORM"]), "True if normalised to the continuum"),
        ("TOT_FLUX", bool(constants["TOT_FLUX"]), "True if the total source flux is captured"),
        ("EXT_OBJ", bool(constants["EXT_OBJ"]), "True if extended"),
        ("SPECSYS", str(constants["SPECSYS"]), "Reference frame for spectral coordinates"),
        ("WAVELMIN", low, "[nm] Minimum wavelength"),
        ("WAVELMAX", high, "[nm] Maximum wavelength"),
        ("SPEC_BIN", float(np.median(np.diff(spectrum.wave))) / 10, "[nm] Wavelength bin size"),
        ("SPEC_RES", origin.resolution or constants.get("SPEC_RES", 0.0), "Spectral resolving power"),
        ("SNR", snr(spectrum), "Median signal to noise ratio per pixel"),
        *([("SPEC_ERR", max(errors), "[nm] Statistical error in spectral coordinate")] if errors else []),
        *([("SPEC_SYE", max(systematic), "[nm] Systematic error in spectral coordinate")] if systematic else []),
        *([("LAMRMS", max(rms), "[nm] RMS of the residuals of the wavelength solution")] if rms else []),
        *([("LAMNLIN", lines, "Number of arc lines in the wavelength solution")] if lines else []),
    ]


def extension_cards(spectrum: Spectrum, origin: Origin) -> list[Card]:
    """Cards of HDU 1, the table of one row."""
    low, high = useful_range(spectrum)
    elapsed = (origin.mjd_end - origin.mjd_start) * SECONDS
    version = "SPECTRUM v2.0" if spectrum.is_calibrated else "SPECTRUM v1.0"
    return [
        ("EXTNAME", "SPECTRUM", "Extension name"),
        ("INHERIT", True, "Primary header keywords are inherited"),
        ("VOCLASS", version, "VO data model"),
        ("VOPUB", "ESO/SAF", "VO publishing authority"),
        ("TITLE", title(origin), "Dataset title"),
        ("OBJECT", origin.target, "Target designation"),
        ("RA", float(origin.header["RA"]), "[deg] Target position"),
        ("DEC", float(origin.header["DEC"]), "[deg] Target position"),
        ("APERTURE", origin.aperture, "[deg] Slit width"),
        ("TELAPSE", elapsed, "[s] Total elapsed time"),
        ("TMID", (origin.mjd_start + origin.mjd_end) / 2, "[d] MJD of the mid exposure"),
        ("SPEC_VAL", (low + high) / 2, "[nm] Mean wavelength"),
        ("SPEC_BW", high - low, "[nm] Bandpass width"),
        ("TDMIN1", float(spectrum.wave[0]), "[angstrom] Start in spectral coordinate"),
        ("TDMAX1", float(spectrum.wave[-1]), "[angstrom] Stop in spectral coordinate"),
        ("NELEM", spectrum.wave.size, "Length of the data arrays"),
        *_column_cards(spectrum),
    ]


def _column_cards(spectrum: Spectrum) -> list[Card]:
    """TUTYPn and TUCDn: readers find the default flux by utype and `meta.main`, never by its position."""
    main = {"FLUX", "ERR"} if spectrum.is_calibrated else {"FLUX_REDUCED", "ERR_REDUCED"}
    cards: list[Card] = []
    for number, name in enumerate(("WAVE", *spectrum.columns), 1):
        kind = COLUMNS[name]
        extra = name.endswith("_REDUCED") and spectrum.is_calibrated
        prefix = ("eso:" if extra else "spec:") if spectrum.is_calibrated else "Spectrum."
        ucd = f"{kind.ucd};meta.main" if name in main else kind.ucd
        cards += [(f"TUTYP{number}", prefix + kind.utype, ""), (f"TUCD{number}", ucd, "")]
    return cards


def title(origin: Origin) -> str:
    """A title of at most 68 characters that contains the target and is unique in the collection."""
    rest = f"_{origin.header.get('ESO OBS ID') or origin.ob_id}_{origin.source.label}_{origin.mjd_start:.6f}"
    return origin.target[: 68 - len(rest)] + rest


def useful_range(spectrum: Spectrum) -> tuple[float, float]:
    """First and last wavelength with data, in nm."""
    wave = spectrum.wave[spectrum.good]
    return float(wave[0]) / 10, float(wave[-1]) / 10


def snr(spectrum: Spectrum) -> float:
    """Median signal-to-noise ratio per pixel over the good pixels, the continuum being the signal."""
    flux, error = spectrum.columns["FLUX_REDUCED"], spectrum.columns["ERR_REDUCED"]
    good = spectrum.good & (error > 0)
    return float(np.median(flux[good] / error[good])) if good.any() else 0.0
