"""What may stand in an address."""

from datetime import date

import pytest
from django.urls import Resolver404, resolve, reverse


@pytest.mark.parametrize("name", ["UVES.2012-05-10T03:17:42.861.ab", "GIRAF+1_tpl-2"])
def test_the_name_of_an_ab_comes_back_from_its_address(name):
    assert resolve(reverse("ab", args=(name,)).replace("%23", "#")).kwargs == {"name": name}


@pytest.mark.parametrize("path", ["/abs/.hidden/", "/abs/a\0b/", f"/abs/{'x' * 129}/", "/dates/uves/2012-05-09/"])
def test_what_cannot_be_a_name_is_not_found(path):
    with pytest.raises(Resolver404):
        resolve(path)


def test_a_date_is_a_day_of_the_calendar():
    address = reverse("date", args=("UVES", date(2012, 5, 9)))

    assert address == "/dates/UVES/2012-05-09/"
    assert resolve(address).kwargs["day"] == date(2012, 5, 9)
    with pytest.raises(Resolver404):
        resolve("/dates/UVES/2012-02-30/")
