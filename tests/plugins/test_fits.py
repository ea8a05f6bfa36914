"""What plug-ins ask of FITS files."""

import pytest

from processing.plugins import fits
from tests.plugins import frames


def test_a_keyword_comes_from_the_first_header_that_has_it(tmp_path):
    found = fits.headers(frames.raw(tmp_path / "raw.fits"))
    assert (found.get("ESO DET CHIPS"), found.get("ESO DET CHIP1 ID")) == (2, frames.CHIP_IDS["REDU"])
    assert (found.get("NONE"), found.get("NONE", 5), len(found.extensions)) == (None, 5, 2)


@pytest.mark.parametrize("missing", [1, 2880, 3000, 5760])
def test_a_file_shorter_than_its_headers_say_is_damaged(tmp_path, missing):
    path = frames.raw(tmp_path / "raw.fits")
    path.write_bytes(path.read_bytes()[:-missing])
    with pytest.raises(fits.Damaged, match=r"raw\.fits: "):
        fits.headers(path)


@pytest.mark.parametrize("look", [fits.headers, fits.header])
@pytest.mark.parametrize("content", [b"", b"SIMPLE", b"x" * 2880, b"\x1f\x8b" + bytes(100)])
def test_what_is_no_fits_file_is_damaged(tmp_path, look, content):
    path = tmp_path / "raw.fits"
    path.write_bytes(content)
    with pytest.raises(fits.Damaged, match=r"raw\.fits: "):
        look(path)


def test_a_file_that_is_not_there_is_damaged_too(tmp_path):
    with pytest.raises(fits.Damaged):
        fits.headers(tmp_path / "raw.fits")


def test_images_and_vectors_are_read_as_numbers(tmp_path):
    shapes = [image.shape for image in fits.images(frames.raw(tmp_path / "raw.fits"))]
    data, header = fits.vector(frames.vector(tmp_path / "vector.fits", [1, 2, 3]))
    assert shapes == [(40, 40), (40, 40)]
    assert (list(data), data.dtype.kind, header["CDELT1"]) == ([1.0, 2.0, 3.0], "f", 0.02)
