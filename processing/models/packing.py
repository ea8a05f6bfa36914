"""Long texts as bytes: compressed by the program, and not by the database.

The first byte says how.  Most are streams of zlib (RFC 1950), many of them with a dictionary of what such texts have in
common; a stream names its dictionary by its checksum.
"""

import lzma
import re
import zlib
from collections.abc import Callable, Mapping
from enum import StrEnum
from functools import cache
from pathlib import Path
from typing import NamedTuple

FOLDER = Path(__file__).parent / "dictionaries"
LEVEL = 9
PLAIN, CURVES, XZ = b"\0", b"\1", b"\xfd7zXZ"
"""How a text begins that was there before its column was packed, what `curves` writes, and what is very long.  Streams
of zlib begin with x."""
LONG = 100_000
"""Bytes from which xz is smaller and as quick: zlib forgets what is further away than 32 kB."""
DICTIONARY = 0x20
"""The bit in the second byte of a stream that has a dictionary, whose checksum are the four bytes after it."""


class Like(StrEnum):
    """What a text is like: the name of its newest dictionary.  Those that were used once stay for ever."""

    ANY = ""
    LOG = "log-1"
    AB = "ab-1"
    PRODUCT = "product-1"


class Dictionary(NamedTuple):
    """What texts have in common, the more common the later, and what was done to them before."""

    content: bytes
    before: Callable[[str], str] = str
    after: Callable[[str], str] = str


TIME = re.compile(r"^\d\d:\d\d:\d\d(?= )", re.MULTILINE)
SAME = "\1"
"""Stands for the time of the line before."""


def timeless(text: str) -> str:
    """A log in which a time is written where it changes: then lines repeat those of other logs whole."""
    last = ""

    def short(found: re.Match[str]) -> str:
        nonlocal last
        if found[0] == last:
            return SAME
        last = found[0]
        return last

    return TIME.sub(short, text)


def timed(text: str) -> str:
    """The log of `timeless`."""
    last = ""

    def long(found: re.Match[str]) -> str:
        nonlocal last
        last = last if found[0] == SAME else found[0]
        return last

    return re.sub(rf"{TIME.pattern}|^{SAME}", long, text, flags=re.MULTILINE)


@cache
def dictionary(name: str) -> Dictionary:
    """The one of that name."""
    content = (FOLDER / name).read_bytes()
    return Dictionary(content, timeless, timed) if name.startswith("log-") else Dictionary(content)


@cache
def known() -> Mapping[bytes, Dictionary]:
    """All that there ever were, by their checksums."""
    found = (dictionary(file.name) for file in FOLDER.iterdir())
    return {zlib.adler32(one.content).to_bytes(4): one for one in found}


def packed(text: str, like: Like = Like.ANY) -> bytes:
    """A text as bytes, the shorter the more it repeats itself and others; what no encoding has is kept, too."""
    if not text:
        return b""
    if len(text) > LONG and like == Like.ANY:
        return lzma.compress(encoded(text), preset=0)
    if like == Like.ANY or SAME in text:
        return zlib.compress(encoded(text), LEVEL)
    common = dictionary(like)
    engine = zlib.compressobj(LEVEL, zdict=common.content)
    return engine.compress(encoded(common.before(text))) + engine.flush()


def unpacked(content: bytes) -> str:
    """The text of `packed`; raises `zlib.error` or `LZMAError` for anything else."""
    if content.startswith(PLAIN):
        return decoded(content[1:])
    if content.startswith(XZ):
        return decoded(lzma.decompress(content))
    if len(content) < 6 or not content[1] & DICTIONARY:  # noqa: PLR2004 - two bytes and the checksum
        return decoded(zlib.decompress(content)) if content else ""
    if (common := known().get(content[2:6])) is None:
        raise zlib.error("the dictionary of this text is not among those of this release")
    engine = zlib.decompressobj(zdict=common.content)
    found = engine.decompress(content)
    if not engine.eof:
        raise zlib.error("incomplete stream")
    return common.after(decoded(found))


def with_curves(content: bytes) -> bytes:
    """What `curves` has written, compressed."""
    return CURVES + zlib.compress(content, LEVEL)


def curves_of(content: bytes) -> bytes | None:
    """What `curves` has written; None if these bytes are something else."""
    return zlib.decompress(content[1:]) if content.startswith(CURVES) else None


def encoded(text: str) -> bytes:
    """With what no encoding has."""
    return text.encode(errors="surrogatepass")


def decoded(content: bytes) -> str:
    """The text of `encoded`."""
    return content.decode(errors="surrogatepass")
