"""The two kinds of archive product: how each is read, filled with keywords, written, drawn and catalogued."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from processing.core import idp
from processing.core import image as pictures
from processing.core.columns import COLUMNS
from processing.core.keywords import Filled
from processing.core.origin import Header, Origin
from processing.core.sources import ImageSource, SpectrumSource
from processing.core.spectrum import preview
from processing.plugins import image, spectrum
from processing.plugins import preview as draw

Source = SpectrumSource | ImageSource


@dataclass(frozen=True, kw_only=True)
class Readied:
    """A product that is read, and what can be done with it."""

    category: str
    headers: Sequence[Header]
    constants: Mapping[str, Any]
    """Configuration of this very product, such as that of its filter."""
    fill: Callable[[Origin], list[Filled]]
    """Raises `ABFailed` if a mandatory keyword has no value."""
    write: Callable[[Path, Sequence[Filled]], None]
    preview: tuple[str, bytes]
    """Suffix and content of a picture."""
    points: Mapping[str, Any]
    """The spectrum for a small plot."""

    def entry(self, filled: Sequence[Filled]) -> dict[str, Any]:
        """What the catalogue says of the product, from the cards that were written."""
        values = {one.name: one.value for one in reversed(filled)}
        return {
            "category": self.category,
            "original_name": values["ORIGFILE"],
            "target": values["OBJECT"],
            "ra": values["RA"],
            "dec": values["DEC"],
            "mjd_obs": values["MJD-OBS"],
            "exptime": values["EXPTIME"],
            "fluxcal": values["FLUXCAL"],
            # An image does not say the range of its filter itself.
            "wave_min": values.get("WAVELMIN", self.constants.get("WAVELMIN")),
            "wave_max": values.get("WAVELMAX", self.constants.get("WAVELMAX")),
            "snr": values.get("SNR"),
            "telescope": values["TELESCOP"],
            "title": values.get("TITLE", ""),
            "mjd_end": values["MJD-END"],
            "aperture": values.get("APERTURE"),
            "resolving_power": values.get("SPEC_RES"),
            "elements": values.get("NELEM"),
            "preview": self.points,
        }


def ready(source: Source, title: str) -> Readied:
    """Read the pipeline's files of a product."""
    return _image(source) if isinstance(source, ImageSource) else _spectrum(source, title)


def _spectrum(source: SpectrumSource, title: str) -> Readied:
    data, heads = spectrum.read(source)

    def write(path: Path, filled: Sequence[Filled]) -> None:
        primary, table = ([one.card for one in filled if one.hdu == hdu] for hdu in (0, 1))
        spectrum.write(path, data, (primary, table), heads[0].raw)

    points = preview(data)
    unit = COLUMNS["FLUX" if data.is_calibrated else "FLUX_REDUCED"].unit
    return Readied(
        category=idp.CATEGORY,
        headers=[head.values for head in heads],
        constants={},
        fill=lambda origin: idp.filled(data, origin),
        write=write,
        preview=(".svg", draw.spectrum(points, title, unit).encode()),
        points=points,
    )


def _image(source: ImageSource) -> Readied:
    data, header = image.read(source)
    return Readied(
        category=pictures.CATEGORY,
        headers=[header],
        constants=source.constants,
        fill=lambda origin: pictures.filled(data, origin),
        write=lambda path, filled: image.write(path, data, [one.card for one in filled], header),
        preview=(".png", image.png(data)),
        points={},
    )
