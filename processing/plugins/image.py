"""Reads pipeline images and writes them as archive products, each with a preview."""

import struct
import warnings
import zlib
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from astropy.io import fits

from processing.core.image import Image, background
from processing.core.keywords import Card
from processing.core.sources import ImageSource
from processing.core.spectrum import Array
from processing.plugins.spectrum import INHERITED

PREVIEW_PIXELS = 256
DARKEST, BRIGHTEST = -2.0, 30.0  # of a preview, in standard deviations of the background


def read(source: ImageSource) -> tuple[Image, fits.Header]:
    """The pixels with their weight, and the header; a pixel to which no frame contributed is NaN."""
    with fits.open(source.image, memmap=False) as hdus:
        pixels = np.asarray(hdus[0].data, dtype=np.float32)
        header = hdus[0].header.copy()
        weight = np.asarray(hdus[1].data) if len(hdus) > 1 else np.ones(pixels.shape, dtype=np.int16)
    return Image(pixels=np.where(weight > 0, pixels, np.float32(np.nan)), weight=weight), header


def write(path: Path, image: Image, cards: Sequence[Card], origin: fits.Header) -> None:
    """Write the pixels with their cards, the ESO keywords of the pipeline's header, CHECKSUM and DATASUM."""
    hdu = fits.PrimaryHDU(image.pixels)
    hdu.header.update([fits.Card(*card) for card in cards])
    hdu.header.extend(c for c in origin.cards if c.keyword.startswith(INHERITED))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", fits.verify.VerifyWarning)  # long comments are cut, as the standard wants
        hdu.writeto(path, overwrite=True, checksum=True)


def png(image: Image) -> bytes:
    """A grey PNG of at most 256 by 256 pixels, north up, from a little below the background to its 30 sigma."""
    middle, noise = background(image)
    step = -(-max(image.pixels.shape) // PREVIEW_PIXELS)
    shown = np.nan_to_num(image.pixels[::-step, ::step], nan=middle)
    level = ((shown - middle) / (noise or 1.0) - DARKEST) / (BRIGHTEST - DARKEST)
    return _png(np.asarray(255 * np.clip(level, 0, 1) ** 0.5, dtype=np.uint8))


def _png(grey: Array) -> bytes:
    """An 8-bit greyscale PNG (ISO/IEC 15948) of (rows, columns), the first row on top."""
    rows, columns = grey.shape
    lines = b"".join(b"\0" + row.tobytes() for row in grey)
    header = struct.pack(">IIBBBBB", columns, rows, 8, 0, 0, 0, 0)
    chunks = ((b"IHDR", header), (b"IDAT", zlib.compress(lines, 9)), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data)) for kind, data in chunks
    )
