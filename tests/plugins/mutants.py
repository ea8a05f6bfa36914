"""Spoilt FITS files: `python -m tests.plugins.mutants COUNT FOLDER` puts that many before the rules and counts."""

import gzip
import json
import random
import re
import resource
import sys
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path

from processing.plugins.phase3 import together

CARD, BLOCK, HEAD = 80, 2880, 6 * 2880
SPARE = 150 << 20
"""Bytes of address space that the rules may take beyond what is there when they begin."""
VALUES = (
    "'text'", "T", "F", "0", "-1", "1E400", "-1E-400", "9" * 60, "0.0", "1D308", "nan", "'", "(1,2)", "", "''", "1 2",
    "2147483647", "4294967296", "999", "-999", "'it''s'", "x" * 70, "'" + "y" * 68, "1.5", "'2147483647E'", "'5P(9)'",
    "'0D'", "'99999999999999999999X'", "\x00\x01", "\xe9\xff", "/ only a comment", "'SCIENCE.IMAGE'",
    "'SCIENCE.CUBE.IFS'", "'SCIENCE.MEFIMAGE'", "'MULTI'", "'ABSOLUTE'", "'../../etc/passwd'",
)  # fmt: skip
CLAIMS = ("NAXIS1", "NAXIS2", "PCOUNT", "GCOUNT", "BITPIX", "NAXIS", "TFIELDS", "TFORM1", "TFORM3", "NELEM", "TSCAL1")
Change = Callable[[random.Random, bytearray], bytearray]


def truncated(dice: random.Random, content: bytearray) -> bytearray:
    return content[: dice.randrange(len(content))]


def flipped(dice: random.Random, content: bytearray) -> bytearray:
    """Single bits, mostly of the headers."""
    for _ in range(dice.randrange(1, 20)):
        end = min(HEAD, len(content)) if dice.random() < 0.8 else len(content)
        content[dice.randrange(end)] ^= 1 << dice.randrange(8)
    return content


def card_at(dice: random.Random, content: bytearray) -> int:
    return dice.randrange(max(1, min(HEAD, len(content)) // CARD)) * CARD


def revalued(dice: random.Random, content: bytearray) -> bytearray:
    """Another value in a card that has one."""
    at = card_at(dice, content)
    content[at + 10 : at + CARD] = dice.choice(VALUES).encode("latin-1").ljust(CARD - 10)[: CARD - 10]
    return content


def claimed(dice: random.Random, content: bytearray) -> bytearray:
    """A keyword of the structure that promises something else."""
    at = content.find(dice.choice(CLAIMS).ljust(8).encode() + b"= ", dice.choice((0, BLOCK)))
    if at >= 0:
        content[at + 10 : at + CARD] = dice.choice(VALUES).encode("latin-1").ljust(CARD - 10)[: CARD - 10]
    return content


def renamed(dice: random.Random, content: bytearray) -> bytearray:
    """A card under the name of another."""
    at, other = card_at(dice, content), card_at(dice, content)
    content[at : at + 8] = content[other : other + 8]
    return content


def without_card(dice: random.Random, content: bytearray) -> bytearray:
    at = card_at(dice, content)
    content[at : at + CARD] = b" " * CARD
    return content


def swapped(dice: random.Random, content: bytearray) -> bytearray:
    at, other = card_at(dice, content), card_at(dice, content)
    content[at : at + CARD], content[other : other + CARD] = content[other : other + CARD], content[at : at + CARD]
    return content


def with_junk(dice: random.Random, content: bytearray) -> bytearray:
    """Random bytes or a block of something in between."""
    at = dice.randrange(len(content) + 1)
    junk = dice.randbytes(dice.choice((1, CARD, BLOCK))) if dice.random() < 0.5 else bytes(content[:BLOCK])
    return content[:at] + junk + content[at:]


def noise(dice: random.Random, content: bytearray) -> bytearray:
    """The beginning only, and then anything."""
    return content[: dice.choice((0, 9, CARD, BLOCK))] + dice.randbytes(dice.randrange(3 * BLOCK))


CHANGES: tuple[Change, ...] = (
    truncated, flipped, flipped, revalued, revalued, revalued, claimed, claimed, renamed, without_card, swapped,
    with_junk, noise,
)  # fmt: skip


def dice_of(seed: int) -> random.Random:
    return random.Random(seed)  # noqa: S311 - no secret


def mutant(base: bytes, seed: int) -> tuple[str, bytes]:
    """Name and content of one; the same seed gives the same file."""
    dice = dice_of(seed)
    content = bytearray(base)
    for _ in range(dice.choice((1, 1, 1, 2, 5))):
        content = dice.choice(CHANGES)(dice, content) or bytearray(b"S")
    if dice.random() < 0.1:
        packed = bytearray(gzip.compress(bytes(content), 1))
        return f"{seed}.fits.gz", bytes(flipped(dice, packed) if dice.random() < 0.5 else packed)
    return f"{seed}.fits", bytes(content)


def limit() -> None:
    """No more address space than there is now, and a bit."""
    pages = int(Path("/proc/self/statm").read_text().split()[0])
    size = pages * resource.getpagesize() + SPARE
    resource.setrlimit(resource.RLIMIT_AS, (size, size))


def main(count: int, folder: Path) -> None:
    """Judge that many mutants of the files in the folder; print what was found."""
    bases = [path.read_bytes() for path in sorted(folder.glob("*.fits"))]
    limit()
    rules: Counter[str] = Counter()
    spent, valid = 0.0, 0
    for seed in range(count):
        name, content = mutant(bases[seed % len(bases)], seed)
        path = folder / f"mutant-{name}"
        path.write_bytes(content)
        started = time.process_time()
        ((_, findings),) = together([path])
        json.dumps([finding.as_dict() for finding in findings])
        spent += time.process_time() - started
        path.unlink()
        rules.update({finding.rule for finding in findings})
        valid += not findings
    # The system's account of a process counts what its parent had, too, until it became another program.
    found = re.search(r"^VmHWM:\s*(\d+) kB", Path("/proc/self/status").read_text(), re.MULTILINE)
    peak = int(found[1]) >> 10 if found else 0
    facts = {"files": count, "valid": valid, "seconds": round(spent, 2), "peak_mb": peak, "rules": dict(rules)}
    sys.stdout.write(json.dumps(facts))


if __name__ == "__main__":
    main(int(sys.argv[1]), Path(sys.argv[2]))
