"""Spectra and images: what the workflow asks of either."""

import pytest

from processing.core.keywords import Asked, Filled
from processing.core.sources import ChipFiles, ImageSource, SpectrumSource
from processing.workflow import formats
from tests.plugins import frames, naco_frames


def spectral(folder) -> SpectrumSource:
    flux, error = (frames.vector(folder / f"{name}.fits", [2.0, 3.0]) for name in ("flux", "error"))
    return SpectrumSource(label="BLUE437", chips=[ChipFiles(flux=flux, error=error)], slit_key="S", grating_key="G")


def pictorial(folder) -> ImageSource:
    return ImageSource(label="Ks", image=naco_frames.coadded(folder / "image.fits"), constants={"ZEROPOINT": 1.0})


def written(**more: float) -> list[Filled]:
    """Cards of a product; HDU 1 names the target, too."""
    words = ("PRODCATG", "ORIGFILE", "OBJECT", "RA", "DEC", "MJD-OBS", "MJD-END", "EXPTIME", "FLUXCAL", "TELESCOP")
    values = [(0, word, "in HDU 0") for word in words] + [(0, *one) for one in more.items()] + [(1, "OBJECT", "x")]
    asked = Asked(kind="constant", key="")
    return [Filled(hdu=hdu, name=name, value=value, comment="", asked=asked) for hdu, name, value in values]


@pytest.mark.parametrize(
    ("make", "category", "suffix", "starts"),
    [(spectral, "SCIENCE.SPECTRUM", ".svg", b"<svg"), (pictorial, "SCIENCE.IMAGE", ".png", b"\x89PNG")],
)
def test_a_source_is_read_as_the_product_that_it_becomes(tmp_path, make, category, suffix, starts):
    ready = formats.ready(make(tmp_path), "a title")
    assert (ready.category, ready.preview[0]) == (category, suffix)
    assert ready.preview[1].startswith(starts)
    assert len(ready.headers) == 1


def test_the_configuration_of_a_filter_goes_with_its_image(tmp_path):
    assert formats.ready(pictorial(tmp_path), "").constants == {"ZEROPOINT": 1.0}


def test_an_image_is_registered_with_the_range_of_its_filter(tmp_path):
    range_of_filter = {"WAVELMIN": 2005.0, "WAVELMAX": 2355.0}
    source = ImageSource(label="Ks", image=naco_frames.coadded(tmp_path / "image.fits"), constants=range_of_filter)
    found = formats.ready(source, "").entry(written())
    assert (found["wave_min"], found["wave_max"], found["snr"], found["preview"]) == (2005.0, 2355.0, None, {})


def test_a_spectrum_is_registered_with_the_values_of_hdu_0_and_the_points_of_its_plot(tmp_path):
    facts = {"WAVELMIN": 1.0, "WAVELMAX": 2.0, "SNR": 50.0, "APERTURE": 0.0003, "SPEC_RES": 4e4, "NELEM": 9.0}
    found = formats.ready(spectral(tmp_path), "").entry(written(**facts))
    assert (found["target"], found["wave_min"], found["wave_max"], found["snr"]) == ("in HDU 0", 1.0, 2.0, 50.0)
    assert (found["aperture"], found["resolving_power"], found["elements"]) == (0.0003, 4e4, 9.0)
    assert found["preview"]["low"]
