"""Unit strings as FITS, OGIP and the CDS write them: does one parse?

Source of the symbols: FITS standard 4.0, tables 3-5; of the powers and prefixes: section 4.3.
"""

import re

LONGEST = 100
# fmt: off
SYMBOLS = frozenset((
    "m", "g", "s", "rad", "sr", "K", "A", "mol", "cd", "Hz", "J", "W", "V", "N", "Pa", "C", "Ohm", "ohm", "S", "F",
    "Wb", "T", "H", "lm", "lx", "a", "yr", "pc", "eV", "R", "G", "barn", "bit", "byte", "B", "Jy", "mag", "erg", "adu",
    "u", "D", "Sun",
))
# These take no prefix.
FIXED = frozenset((
    "deg", "arcmin", "arcsec", "mas", "min", "h", "d", "Ry", "solMass", "solLum", "solRad", "AU", "au", "lyr", "count",
    "ct", "photon", "ph", "pixel", "pix", "chan", "bin", "beam", "voxel", "angstrom", "Angstrom", "ANGSTROM", "Ang",
    "micron", "electron", "e-", "ADU", "counts", "dex", "dB", "uas", "percent", "%",
))
PREFIXES = ("da", "d", "c", "m", "u", "n", "p", "f", "a", "z", "y", "h", "k", "M", "G", "T", "P", "E", "Z", "Y")
# fmt: on
TOKEN = re.compile(r"\s*(\*\*|[\^()/.*]|[+-]?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?|e-|%|[A-Za-z]+|[+-])")
POWER = re.compile(r"[+-]?\d+(\.\d+)?")
FUNCTIONS = ("log", "ln", "sqrt", "exp")


class NoUnit(Exception):
    """The text does not parse."""


def is_symbol(word: str) -> bool:
    """A unit, with or without a prefix."""
    ends = (word[len(prefix) :] for prefix in PREFIXES if word.startswith(prefix))
    return word in FIXED or word in SYMBOLS or any(end in SYMBOLS for end in ends)


def tokens(shown: str) -> list[str]:
    """Words, numbers and signs; raises `NoUnit`."""
    found, at = [], 0
    shown = shown.rstrip()
    while at < len(shown):
        match = TOKEN.match(shown, at)
        if not match:
            raise NoUnit(shown)
        found.append(match[1])
        at = match.end()
    return found


class Parser:
    """Recursive descent; a text of at most `LONGEST` characters cannot nest too deep."""

    def __init__(self, words: list[str]) -> None:
        """Begin at the first word."""
        self.words = words
        self.at = 0

    def next(self) -> str:
        """The word to come, or nothing."""
        return self.words[self.at] if self.at < len(self.words) else ""

    def take(self) -> str:
        """The word to come, which is over with that."""
        self.at += 1
        return self.words[self.at - 1] if self.at <= len(self.words) else ""

    def product(self) -> None:
        """Factors with `.`, `*`, `/` or nothing between them."""
        if self.next() == "/":
            self.take()
        self.factor()
        while self.next() not in ("", ")"):
            if self.next() in (".", "*", "/"):
                self.take()
            self.factor()

    def factor(self) -> None:
        """A unit, a number or a bracket, with a power; raises `NoUnit`."""
        word = self.take()
        if word in FUNCTIONS and self.next() == "(":
            word = self.take()
        if word == "(":
            self.product()
            if self.take() != ")":
                raise NoUnit(word)
        elif not is_symbol(word) and not re.match(r"[+]?\d", word):
            raise NoUnit(word)
        self.power()

    def power(self) -> None:
        """`**2`, `^-1`, `**(-2)`, `(-1/2)` after a sign of power, or a bare number; raises `NoUnit`."""
        if self.next() not in ("**", "^"):
            if POWER.fullmatch(self.next()):
                self.take()
            return
        self.take()
        if self.next() != "(":
            if not POWER.fullmatch(self.take()):
                raise NoUnit("power")
            return
        self.take()
        inside = []
        while self.next() not in ("", ")"):
            inside.append(self.take())
        if self.take() != ")" or not re.fullmatch(r"[+-]?\d+(\.\d+)?(/\d+)?", "".join(inside)):
            raise NoUnit("power")


def parses(shown: str) -> bool:
    """True if a text of at most 100 characters is a unit."""
    if len(shown) > LONGEST:
        return False
    try:
        parser = Parser(tokens(shown))
        parser.product()
    except NoUnit:
        return False
    return parser.at == len(parser.words)
