"""What archive products are made of: files that a pipeline left, and nothing of what is in them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any


@dataclass(frozen=True, kw_only=True)
class ChipFiles:
    """The pipeline products of one chip that end up in the archive."""

    flux: Path
    error: Path
    sky: Path | None = None
    calibrated: Path | None = None
    calibrated_error: Path | None = None


@dataclass(frozen=True, kw_only=True)
class SpectrumSource:
    """What one archived spectrum is made of: the chips of one arm, in the order of wavelength."""

    label: str
    """The setting, such as RED580."""
    chips: Sequence[ChipFiles]
    slit_key: str
    """Header keyword of the slit width in arcsec."""
    grating_key: str
    ancillaries: Sequence[tuple[str, Path]] = ()
    """(category such as ANCILLARY.2DSPECTRUM, file) of what is archived beside it."""

    @property
    def header_keys(self) -> Mapping[str, str]:
        """What {slit} and {grating} stand for in the keyword table."""
        return {"slit": self.slit_key, "grating": self.grating_key}


@dataclass(frozen=True, kw_only=True)
class ImageSource:
    """What one archived image is made of."""

    label: str
    """The filter, such as Ks."""
    image: Path
    """Pixels in HDU 0; how many frames contributed to each in the first extension, if there is one."""
    constants: Mapping[str, Any] = field(default_factory=dict)
    """Configuration of the filter: ZEROPOINT (mag of 1 ADU/s), AB_OFFSET (AB minus PHOTSYS), SATURATION (ADU), ..."""
    ancillaries: Sequence[tuple[str, Path]] = ()

    @property
    def header_keys(self) -> Mapping[str, str]:
        """No keyword of an image depends on an arm."""
        return {}
