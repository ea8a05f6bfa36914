"""What lasts of an archive product: the same in every conversion of the same pipeline products."""

import hashlib
from pathlib import Path
from typing import IO

from processing.plugins.fitscards import CARD, parse
from processing.plugins.fitsheads import BLOCK, HEADERS, data_size, header
from processing.plugins.fitswalk import PIECE

# Of one conversion, of one run of the recipe, or of files that are beside the product.
PASSING = (
    b"DATE    ",
    b"ARCFILE ",
    b"CHECKSUM",
    b"DATASUM ",
    b"ASSON",
    b"ASSOM",
    b"PHXCERT ",
    b"PHXREL  ",
    b"HIERARCH ESO PRO ",
    b"END     ",
)
LONG = b"HIERARCH"


def digest(path: Path) -> str:
    """SHA-256 of the lasting cards and of all data of a FITS file that phoenix has written, hexadecimal."""
    found = hashlib.sha256()
    with path.open("rb") as stream:
        at = 0
        while raw := header(stream, at, HEADERS):
            cards = (raw[start : start + CARD] for start in range(0, len(raw), CARD))
            lasting = sorted(card for card in cards if card.strip() and not card.startswith(PASSING))
            found.update(b"".join(lasting))
            short = b"".join(card for card in lasting if not card.startswith(LONG))
            add(stream, data_size(parse(short).values) or 0, found)
            at += 1
    return found.hexdigest()


def add(stream: IO[bytes], size: int, found: "hashlib._Hash") -> None:
    """The data of an HDU with their padding, in pieces."""
    left = -(-size // BLOCK) * BLOCK
    while left and (piece := stream.read(min(left, PIECE))):
        found.update(piece)
        left -= len(piece)
