"""The two kinds of archive product: how each is read, filled with keywords, written, drawn and registered."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from processing.core import idp
from processing.core import image as pictures
from processing.core.columns import COLUMNS
from processing.core.image import ImageSource
from processing.core.keywords import Filled
from processing.core.origin import Header, Origin
from processing.core.spectrum import SpectrumSource, preview
from processing.plugins import fits, image, spectrum
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


def ready(source: Source, title: str) -> Readied:
    """Read the pipeline's files of a product."""
    return _image(source) if isinstance(source, ImageSource) else _spectrum(source, title)


def _spectrum(source: SpectrumSource, title: str) -> Readied:
    data, headers = spectrum.read(source)

    def write(path: Path, filled: Sequence[Filled]) -> None:
        primary, table = ([one.card for one in filled if one.hdu == hdu] for hdu in (0, 1))
        spectrum.write(path, data, (primary, table), headers[0])

    unit = COLUMNS["FLUX" if data.is_calibrated else "FLUX_REDUCED"].unit
    return Readied(
        category=idp.CATEGORY,
        headers=headers,
        constants={},
        fill=lambda origin: idp.filled(data, origin),
        write=write,
        preview=(".svg", draw.spectrum(preview(data), title, unit).encode()),
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
    )


def registered(file: Path, category: str, source: Callable[[], Source]) -> dict[str, Any]:
    """What the database keeps of a stored product: values of its headers, and the picture for pages.

    `source` is asked for what an image does not say itself: the range of its filter.
    """
    if category == idp.CATEGORY:
        candidate = spectrum.read_back(file)
        return {
            **_common(candidate.primary),
            "wave_min": candidate.primary["WAVELMIN"],
            "wave_max": candidate.primary["WAVELMAX"],
            "snr": candidate.primary["SNR"],
            "preview": preview(spectrum.of(candidate)),
        }
    described = source()
    constants = described.constants if isinstance(described, ImageSource) else {}
    return {
        **_common(fits.header(file)),
        "wave_min": constants["WAVELMIN"],
        "wave_max": constants["WAVELMAX"],
        "snr": None,
        "preview": {},
    }


def _common(header: Header) -> dict[str, Any]:
    return {
        "category": header["PRODCATG"],
        "original_name": header["ORIGFILE"],
        "target": header["OBJECT"],
        "ra": header["RA"],
        "dec": header["DEC"],
        "mjd_obs": header["MJD-OBS"],
        "exptime": header["EXPTIME"],
        "fluxcal": header["FLUXCAL"],
    }
