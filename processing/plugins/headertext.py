"""The headers of FITS files as text, without a pixel, however broken the files are."""

from collections.abc import Iterator
from pathlib import Path

from processing.plugins.fitscards import parse, split
from processing.plugins.fitsheads import BLOCK, ERRORS, HEADERS, Broken, data_size, header, unpacked

MOST = 64_000
"""Characters of one file: twice what a raw frame of UVES has."""


def text(path: Path) -> str:
    """A heading with the file's name, then the cards of each HDU, one in a line; at most `MOST` characters."""
    lines, length = [f"# {path.name}"], 0
    try:
        for line in cards(path):
            length += len(line) + 1
            if length > MOST:
                lines.append("# [… more …]")
                break
            lines.append(line)
    except (Broken, *ERRORS) as error:
        lines.append(f"# {error}")
    return "\n".join(lines) + "\n"


def cards(path: Path) -> Iterator[str]:
    """The cards of all headers; raises `Broken`, or what the file's reading raises."""
    with unpacked(path) as stream:
        at = 0
        while raw := header(stream, at, HEADERS):
            yield f"# HDU {at}"
            for card in split(raw):
                if card.strip():
                    yield "".join(sign if sign.isprintable() else "?" for sign in card.rstrip())
            size = data_size(parse(raw).values)
            if size is None:
                raise Broken(f"the size of HDU {at} makes no sense")
            stream.seek(-(-size // BLOCK) * BLOCK, 1)
            at += 1
