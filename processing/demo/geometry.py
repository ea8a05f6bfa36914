"""Where the echelle orders fall: the spectral format of the simulated UVES settings at 2x2 binning.

Two-dimensional Chebyshev series in column and order number, fitted to the positions which the physical model of
`uves_cal_predict` gives (rms at most 0.002 pixel across and 0.001 Angstrom x order along the orders).
"""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.polynomial.chebyshev import chebval2d
from numpy.typing import NDArray

Array = NDArray[np.float64]


@dataclass(frozen=True, kw_only=True)
class Format:
    """Spectral format of one chip, in the orientation of the recipes: columns along the dispersion."""

    columns: int
    orders: tuple[int, int]  # first and last order on the chip
    middle: float  # order number in the middle of the fitted domain
    reach: float  # half the width of the domain, orders
    across: tuple[tuple[float, ...], ...]  # row = f(column, order)
    along: tuple[tuple[float, ...], ...]  # order x wavelength = f(column, order)

    @cached_property
    def column(self) -> Array:
        """Column numbers from 1, shape (columns,)."""
        return np.arange(1.0, self.columns + 1)

    def row(self, order: int) -> Array:
        """Row of the centre of an order at every column, from 1, shape (columns,)."""
        return self._series(self.across, order)

    def wave(self, order: int) -> Array:
        """Wavelength of an order at every column, Angstrom in air, increasing, shape (columns,)."""
        return self._series(self.along, order) / order

    def _series(self, coefficients: tuple[tuple[float, ...], ...], order: int) -> Array:
        half = self.columns / 2
        x = (self.column - half) / half
        y = np.full_like(x, (order - self.middle) / self.reach)
        return np.asarray(chebval2d(x, y, np.array(coefficients)), float)


BLUE_390 = Format(
    columns=1500,
    orders=(103, 144),
    middle=123.0,
    reach=21.0,
    across=(
        (4.73741155e02, -5.41190173e02, 4.68727255e01, -3.92365041e00, 3.40752079e-01, -3.44794695e-02),
        (2.56504916e01, -4.07130229e00, 3.30576440e-01, -2.99058256e-02, 5.14143387e-03, 1.22251623e-03),
        (9.67613168e-01, 2.52699302e-01, -2.12935627e-02, 1.43080227e-03, -5.07615582e-04, -2.51043928e-04),
        (-1.06185968e-02, 1.06460248e-03, 2.58730202e-04, -5.69994857e-04, 2.59609574e-04, -3.85731679e-04),
        (1.08128153e-03, -2.72358842e-04, -1.21033860e-04, -9.55820811e-05, -9.81181648e-05, -6.90061205e-05),
    ),
    along=(
        (4.66618449e05, -5.53288477e00, 3.10561932e-01, -2.53755169e-02, 2.31396842e-03, -6.26770894e-04),
        (3.61258777e03, 2.65599004e01, 1.42978351e00, -3.29150236e-02, -3.33175009e-02, 9.06487184e-03),
        (-2.34837799e02, -3.59868729e00, -2.18662263e-01, 1.09908519e-02, 2.88119215e-03, -1.16785148e-03),
        (-1.59376239e00, 1.05357901e-02, -6.58076462e-04, -1.09046385e-03, 3.22869050e-04, 1.61552980e-05),
        (1.71418240e-01, 3.59872499e-03, 4.74145240e-04, 4.36783051e-04, 4.51900732e-05, 2.30811223e-04),
    ),
)

REDL_580 = Format(
    columns=2048,
    orders=(105, 129),
    middle=117.0,
    reach=12.0,
    across=(
        (4.86632655e02, -5.48921599e02, 2.91127539e01, -1.40457927e00, 7.50470540e-02, -4.62108598e-03),
        (4.51077699e01, -4.59013500e00, 1.97439997e-01, -1.34466310e-02, 1.14675075e-03, 2.10083641e-04),
        (-5.40877863e-02, 2.48710789e-01, -1.10171299e-02, 7.47389257e-04, -1.11840454e-04, 1.92879764e-06),
        (-1.91826363e-02, 1.78891646e-03, -1.84647984e-04, 4.63184096e-05, -2.61477309e-05, 2.41031904e-05),
        (1.85161145e-03, -1.20425703e-04, 7.13653466e-05, 2.85124136e-05, 3.89197953e-05, 2.07898210e-05),
    ),
    along=(
        (6.10413962e05, -2.18940656e00, -1.23367144e-02, -1.36703304e-03, 3.15020857e-04, 9.20864864e-05),
        (5.12025183e03, 3.52215460e01, 1.70765186e00, 5.05351707e-03, -6.09861204e-03, 2.79092354e-04),
        (-2.97173181e02, -4.56192928e00, -2.27828862e-01, 1.11454888e-03, 7.20575554e-04, 2.65065151e-04),
        (-2.09794127e00, 3.31226675e-02, 2.25410091e-04, -3.55697346e-04, -3.20013427e-04, 1.22727929e-05),
        (2.04681834e-01, 3.95197381e-03, 3.77399456e-04, 8.00411613e-04, 3.71192468e-05, 3.55676670e-04),
    ),
)

REDU_580 = Format(
    columns=2048,
    orders=(89, 105),
    middle=97.0,
    reach=8.0,
    across=(
        (5.05484493e02, -5.34378218e02, 2.23585529e01, -9.50200330e-01, 4.54596470e-02, -2.21512898e-03),
        (5.02577200e01, -4.40703211e00, 2.01928247e-01, -1.24784054e-02, 6.66877991e-04, 8.31491291e-05),
        (-5.40042552e-01, 2.37272678e-01, -1.07851648e-02, 6.80554379e-04, -6.14876695e-05, 9.66583247e-07),
        (-2.32232902e-02, 2.24051329e-03, -2.28561993e-04, 3.04079132e-05, -4.35801400e-05, 4.12251502e-06),
        (2.10626583e-03, -9.70670338e-05, -2.78453224e-05, 4.76585372e-05, -1.93449931e-05, 2.41047445e-05),
    ),
    along=(
        (6.10405342e05, 8.33528064e00, -3.86205915e-01, 1.55258996e-02, -7.95887203e-04, 2.42514286e-04),
        (5.07136865e03, 1.45086907e01, 6.05657680e-01, 2.90679343e-02, -1.72288878e-03, 8.27255981e-05),
        (-2.90461889e02, -2.13356873e00, -7.69334135e-02, -2.98212017e-03, -7.92435571e-05, 3.28241185e-04),
        (-2.15165604e00, 1.48748950e-02, 1.12700416e-03, 2.07215015e-04, -3.30599543e-04, 9.31640924e-05),
        (2.00159802e-01, 2.27477349e-03, -2.03005008e-04, 6.80352787e-04, -9.44946540e-05, 3.16620386e-04),
    ),
)
