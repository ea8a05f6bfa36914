"""What the keyword values of an archive product are taken from: headers, raw frames, configuration, database."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol

Header = Mapping[str, Any]

SECONDS = 86400.0


@dataclass(frozen=True)
class RawFacts:
    """What is kept of a raw frame after its deletion: MJD of the start, exposure time in s, DPR TECH."""

    dp_id: str
    mjd_obs: float
    exptime: float
    tech: str


@dataclass(frozen=True)
class Ancillary:
    """A file that belongs to a science file: its name in the archive, its category, its MD5."""

    name: str
    category: str
    md5: str

    @property
    def is_fits(self) -> bool:
        """A FITS file says its category itself, and guards itself by its checksums."""
        return self.name.endswith(".fits")


class Source(Protocol):
    """What the product is made of, as far as keywords depend on it."""

    @property
    def label(self) -> str:
        """Which of the job's products it is, such as RED580."""
        ...

    @property
    def header_keys(self) -> Mapping[str, str]:
        """Keywords of the product's arm, by the word that stands for them in a keyword table."""
        ...


@dataclass(frozen=True, kw_only=True)
class Origin:
    """Where the values come from."""

    headers: Sequence[Header]
    """Pipeline product headers, one per chip."""
    raws: Sequence[RawFacts]
    source: Source
    constants: Mapping[str, Any]
    """Configuration: the certificate's values for the collection."""
    resolution: float | None = None
    """Database: median resolving power of the wavelength calibration, a QC1 parameter of the job."""
    qc1: Mapping[str, float] = field(default_factory=dict)
    """Database: QC1 parameters of the job."""
    ob_id: str
    prog_id: str
    created: datetime
    ancillaries: Sequence[Ancillary] = ()
    names: Mapping[str, str] = field(default_factory=dict)
    """Database: what the archive calls the product (`arcfile`, `origfile`, `p3orig`)."""

    @property
    def header(self) -> Header:
        """The header of the first chip, for what the chips share."""
        return self.headers[0]

    @property
    def records(self) -> Mapping[str, Any]:
        """What the database knows, by the names that keyword tables use."""
        # ASSOCi and ASSOMi are numbered like ASSONi, and left out for FITS files.
        return {
            **self.qc1,
            **self.names,
            "resolution": self.resolution,
            "ob_id": self.ob_id,
            "prog_id": self.prog_id,
            "raw_names": [raw.dp_id for raw in self.raws],
            "associated": [one.name for one in self.ancillaries],
            "associated_category": [None if one.is_fits else one.category for one in self.ancillaries],
        }

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
