"""What every pipeline asks of raw frames and of a recipe's products."""

import pytest

from processing.core.errors import ABFailed
from processing.core.ports import Product
from processing.core.states import Reason
from processing.plugins.recipes import claim, complete, whole
from tests.plugins import frames


def test_a_red_frame_that_lost_a_chip_is_damaged(tmp_path):
    path = frames.raw(tmp_path / "raw.fits", "RED", {"ESO DET CHIPS": 3})
    with pytest.raises(ABFailed, match="has 2 images for 3 chips") as failed:
        whole(path)
    assert failed.value.reason is Reason.RAW_DAMAGED


def test_a_product_counts_only_if_it_is_listed_and_there(tmp_path):
    there = Product(frames.vector(tmp_path / "a.fits", [1.0]), "A")
    assert complete([there], ["A"]) == [there]
    for wanted, made in ((["A", "B"], [there]), (["C"], [Product(tmp_path / "c.fits", "C")])):
        with pytest.raises(ABFailed, match=f"The recipe made no {wanted[-1]}[.]"):
            complete(made, wanted)


def test_a_claim_that_the_header_does_not_confirm_names_both():
    claim("A", "A", "tag")
    with pytest.raises(ABFailed, match="tag is unknown by its header, A by the AB"):
        claim("A", "", "tag")
