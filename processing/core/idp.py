"""The cards of an archived spectrum (internal data product, IDP), filled from its keyword table."""

from processing.core.derive import of_spectrum
from processing.core.keywords import Card, Filled, fill, table
from processing.core.origin import Origin
from processing.core.spectrum import Spectrum

CATEGORY = "SCIENCE.SPECTRUM"


def filled(spectrum: Spectrum, origin: Origin) -> list[Filled]:
    """Every keyword of both HDUs with its value and where that was found; raises `ABFailed` if one is missing."""
    return fill(table("spectrum"), origin, of_spectrum(spectrum, origin))


def primary_cards(spectrum: Spectrum, origin: Origin) -> list[Card]:
    """Cards of HDU 0, which holds no data."""
    return [one.card for one in filled(spectrum, origin) if one.hdu == 0]


def extension_cards(spectrum: Spectrum, origin: Origin) -> list[Card]:
    """Cards of HDU 1, the table of one row."""
    return [one.card for one in filled(spectrum, origin) if one.hdu == 1]
