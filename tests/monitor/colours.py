"""Colours as numbers: contrast as WCAG 2 defines it, differences as CIEDE2000, and how colour-blind people see them."""

import numpy as np
from numpy.typing import NDArray

Vector = NDArray[np.float64]

# Machado, Oliveira & Fernandes (2009), severity 1, for linear sRGB.
SIGHT = {
    "normal": np.eye(3),
    "protan": np.array(
        [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]]
    ),
    "deutan": np.array(
        [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.011820, 0.042940, 0.968881]]
    ),
    "tritan": np.array(
        [[1.255528, -0.076749, -0.178779], [-0.078411, 0.930809, 0.147602], [0.004733, 0.691367, 0.303900]]
    ),
}
# Linear sRGB to XYZ under D65 (IEC 61966-2-1), and its white.
XYZ = np.array(
    [[0.4124564, 0.3575761, 0.1804375], [0.2126729, 0.7151522, 0.0721750], [0.0193339, 0.1191920, 0.9503041]]
)
WHITE = XYZ @ np.ones(3)


def linear(colour: str) -> Vector:
    """Linear sRGB of `#rrggbb`, 0 to 1."""
    coded = np.array([int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)])
    return np.where(coded <= 0.04045, coded / 12.92, ((coded + 0.055) / 1.055) ** 2.4)


def contrast(one: str, other: str) -> float:
    """WCAG's contrast ratio, 1 to 21."""
    low, high = sorted(float(linear(colour) @ XYZ[1]) for colour in (one, other))
    return (high + 0.05) / (low + 0.05)


def lab(colour: str, sight: str = "normal") -> Vector:
    """CIELAB of a colour as it is seen."""
    seen = np.clip(SIGHT[sight] @ linear(colour), 0, 1)
    t = XYZ @ seen / WHITE
    f = np.where(t > (6 / 29) ** 3, np.cbrt(t), t / (3 * (6 / 29) ** 2) + 4 / 29)
    return np.array([116 * f[1] - 16, 500 * (f[0] - f[1]), 200 * (f[1] - f[2])])


def distance(one: str, other: str, sight: str = "normal") -> float:
    """How different two colours look."""
    return ciede2000(lab(one, sight), lab(other, sight))


def ciede2000(one: Vector, other: Vector) -> float:
    """The CIEDE2000 difference of two CIELAB colours; formulas as numbered by Sharma, Wu & Dalal (2005)."""
    (l1, a1, b1), (l2, a2, b2) = one, other
    c_mean = (np.hypot(a1, b1) + np.hypot(a2, b2)) / 2
    g = 0.5 * (1 - _saturation(c_mean))
    c1, h1 = _chroma_and_hue(a1 * (1 + g), b1)
    c2, h2 = _chroma_and_hue(a2 * (1 + g), b2)
    turn = (h2 - h1 + 180) % 360 - 180 if c1 * c2 else 0.0
    difference = np.array([l2 - l1, c2 - c1, 2 * np.sqrt(c1 * c2) * np.sin(np.radians(turn) / 2)])
    hue = (h1 + turn / 2) % 360 if c1 * c2 else h1 + h2
    lightness, chroma = (l1 + l2) / 2, (c1 + c2) / 2
    weights, rotation = _weights(lightness, chroma, hue)
    parts = difference / weights
    return float(np.sqrt(parts @ parts + rotation * parts[1] * parts[2]))


def _saturation(chroma: float) -> float:
    return float(np.sqrt(chroma**7 / (chroma**7 + 25.0**7)))


def _chroma_and_hue(a: float, b: float) -> tuple[float, float]:
    return float(np.hypot(a, b)), float(np.degrees(np.arctan2(b, a)) % 360)


def _weights(lightness: float, chroma: float, hue: float) -> tuple[Vector, float]:
    """(S_L, S_C, S_H) and R_T."""
    harmonics = ((-0.17, 1, -30), (0.24, 2, 0), (0.32, 3, 6), (-0.20, 4, -63))
    t = 1 + sum(factor * np.cos(np.radians(n * hue + shift)) for factor, n, shift in harmonics)
    off = (lightness - 50) ** 2
    s_l = 1 + 0.015 * off / np.sqrt(20 + off)
    angle = 30 * np.exp(-(((hue - 275) / 25) ** 2))
    rotation = -2 * _saturation(chroma) * np.sin(np.radians(2 * angle))
    return np.array([s_l, 1 + 0.045 * chroma, 1 + 0.015 * chroma * t]), float(rotation)
