"""What lasts of an archive product: the same in every conversion of the same pipeline products."""

import hashlib
from pathlib import Path
from typing import IO

from processing.plugins.fitscards import parse
from processing.plugins.fitswalk import BLOCK, HEADERS, PIECE, data_size, header

# Of one conversion, of one run of the recipe, or of files that are beside the product.
PASSING = {"DATE", "ARCFILE", "CHECKSUM", "DATASUM"}
PASSING_GROUPS = ("ASSON", "ASSOM", "ESO PRO ")


def digest(path: Path) -> str:
    """SHA-256 of the lasting keywords and of all data of a FITS file that phoenix has written, hexadecimal."""
    found = hashlib.sha256()
    with path.open("rb") as stream:
        at = 0
        while raw := header(stream, at, HEADERS):
            values = parse(raw).values
            lasting = {k: v for k, v in values.items() if k not in PASSING and not k.startswith(PASSING_GROUPS)}
            found.update(repr(sorted(lasting.items())).encode())
            add(stream, data_size(values) or 0, found)
            at += 1
    return found.hexdigest()


def add(stream: IO[bytes], size: int, found: "hashlib._Hash") -> None:
    """The data of an HDU with their padding, in pieces."""
    left = -(-size // BLOCK) * BLOCK
    while left and (piece := stream.read(min(left, PIECE))):
        found.update(piece)
        left -= len(piece)
