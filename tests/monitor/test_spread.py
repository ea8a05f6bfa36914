"""How numbers spread."""

import numpy as np
import pytest

from monitor.spread import deviation, percentile


@pytest.mark.parametrize("percent", [0, 0.5, 50, 95, 99.5, 100])
@pytest.mark.parametrize("values", [[3.0], [2.0, 1.0], [5.0, -1.0, 4.0, 4.0, 100.0, 0.25]])
def test_a_percentile_lies_between_two_values_in_proportion(values, percent):
    assert percentile(values, percent) == pytest.approx(np.percentile(values, percent))


def test_one_wild_value_does_not_change_the_deviation():
    assert deviation([1.0, 2.0, 3.0, 4.0, 1e9], 3.0) == 1.0
