"""Headers of FITS files as text: every card, no pixel, whatever the file is."""

import numpy as np
import pytest
from astropy.io import fits

from processing.plugins import headertext


@pytest.fixture
def file(tmp_path):
    """Two HDUs with data."""
    primary = fits.PrimaryHDU(np.full((50, 50), 7, np.int16))
    primary.header["HIERARCH ESO DET CHIPS"] = (2, "chips")
    path = tmp_path / "frame.fits"
    fits.HDUList([primary, fits.ImageHDU(np.zeros(10, np.float32), name="SECOND")]).writeto(path)
    return path


def test_every_card_of_every_hdu_is_a_line(file):
    lines = headertext.text(file).splitlines()

    assert lines[:2] == ["# frame.fits", "# HDU 0"]
    assert "HIERARCH ESO DET CHIPS = 2 / chips" in lines
    assert "EXTNAME = 'SECOND  '           / extension name" in lines
    assert lines.count("END") == 2
    with fits.open(file) as hdus:
        assert len(lines) == 3 + sum(len(hdu.header.cards) + 1 for hdu in hdus)


@pytest.mark.parametrize(
    ("content", "said"),
    [(b"", "the file is empty"), (b"x" * 3000, "no FITS file"), (b"SIMPLE  = ", "ends in the header")],
)
def test_a_file_that_is_none_says_so(tmp_path, content, said):
    path = tmp_path / "a.fits"
    path.write_bytes(content)

    assert said in headertext.text(path)


def test_a_truncated_file_shows_what_is_there(file):
    file.write_bytes(file.read_bytes()[:2880])

    assert "HIERARCH ESO DET CHIPS" in headertext.text(file)


def test_a_file_that_is_gone_says_so(tmp_path):
    assert "No such file" in headertext.text(tmp_path / "gone.fits")


def test_what_is_no_text_is_shown_as_such(file):
    file.write_bytes(file.read_bytes().replace(b"chips", b"ch\x00\x1bs"))

    assert "2 / ch??s" in headertext.text(file)


def test_a_header_without_end_is_cut(file, monkeypatch):
    monkeypatch.setattr(headertext, "MOST", 200)
    text = headertext.text(file)

    assert text.endswith("# [… more …]\n")
    assert len(text) < 300
