"""Images: reading what the pipeline adds, writing archive files, pictures."""

import struct
import zlib

import numpy as np
import pytest
from astropy.io import fits

from processing.core.image import Image
from processing.core.sources import ImageSource
from processing.plugins import ancillary, image
from tests.plugins.frames import header

CARDS = [("PRODCATG", "SCIENCE.IMAGE", "category"), ("RA", 200.0, "[deg] Image centre")]


@pytest.fixture
def coadded(tmp_path):
    """A pipeline image of 30 by 40 pixels, of which the first row was covered by no frame."""
    weight = np.full((30, 40), 6, np.int16)
    weight[0] = 0
    pixels = np.arange(1200, dtype=np.float32).reshape(30, 40)
    hdus = [fits.PrimaryHDU(pixels, header({"ESO OBS ID": 7, "ESO QC BACKGD": 1.0}))]
    hdus.append(fits.ImageHDU(weight, name="Contribution Map"))
    fits.HDUList(hdus).writeto(tmp_path / "coadded.fits")
    return tmp_path / "coadded.fits"


def test_pixels_that_no_frame_covered_are_no_measurement(coadded):
    read, _ = image.read(ImageSource(label="Ks", image=coadded))
    assert np.isnan(read.pixels[0]).all()
    assert np.array_equal(read.pixels[1:].ravel(), np.arange(40, 1200))


def test_an_image_without_a_contribution_map_is_of_one_depth(coadded, tmp_path):
    fits.PrimaryHDU(fits.getdata(coadded)).writeto(tmp_path / "single.fits")
    read, _ = image.read(ImageSource(label="Ks", image=tmp_path / "single.fits"))
    assert np.isfinite(read.pixels).all()
    assert (read.weight == 1).all()


def test_an_image_is_written_with_its_cards_and_the_keywords_of_the_observation(coadded, tmp_path):
    data, origin = image.read(ImageSource(label="Ks", image=coadded))
    image.write(tmp_path / "out.fits", data, CARDS, origin)
    with fits.open(tmp_path / "out.fits", checksum=True) as hdus:  # a wrong sum warns, and warnings are errors here
        assert np.array_equal(hdus[0].data, data.pixels, equal_nan=True)
        kept = hdus[0].header
    assert (kept["PRODCATG"], kept["ESO OBS ID"]) == ("SCIENCE.IMAGE", 7)
    assert "ESO QC BACKGD" not in kept


def test_a_weight_map_is_the_contribution_of_the_frames(coadded, tmp_path):
    ancillary.weight_map(coadded, tmp_path / "weight.fits", "ANCILLARY.WEIGHTMAP", "ADP.weight.fits")
    data, found = fits.getdata(tmp_path / "weight.fits", header=True)
    assert np.array_equal(data, fits.getdata(coadded, 1))
    assert (found["PRODCATG"], found["ARCFILE"]) == ("ANCILLARY.WEIGHTMAP", "ADP.weight.fits")


def test_an_ancillary_keeps_its_data_and_names_its_extensions(coadded, tmp_path):
    with fits.open(coadded, mode="update") as hdus:
        del hdus[1].header["EXTNAME"]
    ancillary.relabel(coadded, tmp_path / "kept.fits", "ANCILLARY.IMAGE", "ADP.kept.fits")
    with fits.open(tmp_path / "kept.fits", checksum=True) as hdus:
        assert np.array_equal(hdus[0].data, fits.getdata(coadded))
        assert [hdu.header.get("EXTNAME") for hdu in hdus] == [None, "EXT1"]
        assert hdus[0].header["PRODCATG"] == "ANCILLARY.IMAGE"


def grey(png: bytes) -> np.ndarray:
    """The pixels of a PNG of one IDAT chunk, every row of which has filter 0."""
    assert png[:8] == b"\x89PNG\r\n\x1a\n"
    columns, rows, depth, colour = struct.unpack(">IIBB", png[16:26])
    assert (depth, colour) == (8, 0)
    length = struct.unpack(">I", png[33:37])[0]
    assert zlib.crc32(png[37 : 41 + length]) == struct.unpack(">I", png[41 + length : 45 + length])[0]
    lines = np.frombuffer(zlib.decompress(png[41 : 41 + length]), np.uint8).reshape(rows, columns + 1)
    assert not lines[:, 0].any()
    return lines[:, 1:]


def test_a_picture_has_north_up_and_a_star_is_bright():
    pixels = np.random.default_rng(1).normal(0, 1, (600, 300))
    pixels[30:36, 200:206] = 100.0
    pixels[300] = np.nan
    drawn = grey(image.png(Image(pixels=pixels, weight=np.ones(pixels.shape))))
    assert drawn.shape == (200, 100)
    assert drawn[188:190, 67].max() == 255
    assert np.median(drawn) < 100
