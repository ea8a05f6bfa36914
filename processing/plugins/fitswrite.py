"""Puts an HDU together as bytes, with DATASUM and CHECKSUM; cards of other files are taken as they are.

Source: FITS standard 4.0, sections 3 and 4.4.2.7, appendix J.
"""

from processing.plugins.fitscards import CARD
from processing.plugins.fitsheads import BLOCK
from processing.plugins.fitswalk import FULL, fold, words

# No punctuation: between the digits and the letters, and between upper and lower case.
PUNCTUATION = (*range(0x3A, 0x41), *range(0x5B, 0x61))
BLANK = "0" * 16


def hdu(cards: bytes, data: memoryview) -> list[bytes | memoryview]:
    """Header, data and padding of an HDU, in whole blocks; `cards` is a whole number of cards, without END.

    The sum of all its words is then -0, as a reader asks.
    """
    padding = b"\0" * (-data.nbytes % BLOCK)
    odd = data.nbytes % 4
    end = bytes(data[data.nbytes - odd :]) + b"\0" * 4
    total = fold(words(data) + words(end))
    shown = f"DATASUM = '{total}'".ljust(CARD)
    head = header(cards, shown, BLANK)
    return [header(cards, shown, encoded(FULL - fold(total + words(head)))), data, padding]


def header(cards: bytes, datasum: str, checksum: str) -> bytes:
    """The cards with both sums and END, in whole blocks."""
    last = f"{datasum}{f'CHECKSUM= {checksum!r}'.ljust(CARD)}{'END'.ljust(CARD)}".encode()
    return (cards + last) + b" " * (-len(cards + last) % BLOCK)


def encoded(value: int) -> str:
    """32 bits as 16 digits and letters that add up to it, in the places where they stand in a card."""
    columns = [spread(byte) for byte in value.to_bytes(4)]
    shown = "".join(chr(columns[byte][part]) for part in range(4) for byte in range(4))
    return shown[-1] + shown[:-1]


def spread(byte: int) -> list[int]:
    """Four characters whose codes, without the offset of the digit 0, add up to the byte."""
    quarter, rest = divmod(byte, 4)
    codes = [ord("0") + quarter + rest, *[ord("0") + quarter] * 3]
    while any(code in PUNCTUATION for code in codes):
        for at in (0, 2):
            if codes[at] in PUNCTUATION or codes[at + 1] in PUNCTUATION:
                codes[at] += 1
                codes[at + 1] -= 1
    return codes
