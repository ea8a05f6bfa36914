"""Headers of FITS files, one after the other."""

import gzip
import io

import numpy as np
import pytest
from astropy.io import fits

from processing.plugins.fitscards import parse
from processing.plugins.fitsheads import BLOCK, HEADERS, Broken, data_size, header, unpacked


def image(shape):
    """A file of one image."""
    written = io.BytesIO()
    fits.PrimaryHDU(np.zeros(shape, np.int16)).writeto(written)
    return written.getvalue()


def test_after_its_header_a_stream_stands_at_the_data_whose_size_the_header_tells():
    content = image((50, 30))
    stream = io.BytesIO(content)
    found = header(stream, 0, HEADERS)

    assert stream.tell() == len(found) == BLOCK
    assert data_size(parse(found).values) == 2 * 50 * 30


def test_gzip_is_known_by_its_first_bytes(tmp_path):
    path = tmp_path / "frame.fits"
    path.write_bytes(gzip.compress(image((2, 2))))

    with unpacked(path) as stream:
        assert header(stream, 0, HEADERS).startswith(b"SIMPLE")


def test_headers_that_never_end_are_given_up():
    endless = io.BytesIO(b"SIMPLE  =".ljust(80) + b"COMMENT".ljust(80) * 10_000)

    with pytest.raises(Broken, match="have more than"):
        header(endless, 0, 10 * BLOCK)
