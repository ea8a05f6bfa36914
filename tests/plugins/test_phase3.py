"""Any file before the rules of Phase 3: valid, broken, huge by its own account, packed, and together with others."""

import gzip
import hashlib
import json
import os
import shutil
import subprocess
import sys
import tracemalloc

import numpy as np
import pytest
from astropy.io import fits
from hypothesis import given
from hypothesis import strategies as st

from processing.plugins.fitscards import parse, read
from processing.plugins.fitswalk import walk
from processing.plugins.phase3 import alone, below, together
from tests.plugins import mutants, written
from tests.plugins.written import NAME


def rules(*paths):
    """The rules that break, file by file."""
    return [[finding.rule for finding in findings] for _, findings in together(paths)]


@pytest.fixture
def product(tmp_path):
    return written.spectrum(tmp_path / NAME)


def test_a_valid_product_of_each_kind_breaks_no_rule(tmp_path, product):
    cube, white = written.cube(tmp_path / "cube.fits"), written.white(tmp_path / "white.fits")
    assert rules(product, written.image(tmp_path / "image.fits"), cube, white) == [[], [], [], []]


def test_a_product_packed_by_gzip_is_read_as_it_is(product, tmp_path):
    packed = tmp_path / f"{NAME}.gz"
    packed.write_bytes(gzip.compress(product.read_bytes()))
    assert rules(packed) == [[]]
    packed.write_bytes(packed.read_bytes()[:-2000])
    assert "FITS" in rules(packed)[0]


def test_a_compressed_image_must_say_so_in_its_name(tmp_path):
    plain = written.image(tmp_path / "image.fits")
    with fits.open(plain) as hdus:
        fits.CompImageHDU(hdus[0].data, name="IMAGE").writeto(tmp_path / "tiles.fits", checksum=True)
    shutil.copy(plain, tmp_path / "plain.fits.fz")
    assert ["G01" in found for found in rules(*(tmp_path / name for name in ("tiles.fits", "plain.fits.fz")))] == [1, 1]


@pytest.mark.parametrize("place", [200, -3000], ids=["header", "data"])
def test_a_changed_byte_breaks_the_checksum(product, place):
    content = bytearray(product.read_bytes())
    content[place] ^= 1
    product.write_bytes(content)
    assert "G02" in rules(product)[0]


def test_what_a_file_claims_is_not_allocated(product):
    content = product.read_bytes().replace(b"NAXIS1  =                  480", b"NAXIS1  =           2147483647")
    product.write_bytes(content.replace(b"'20D     '", b"'268435455D'"))
    tracemalloc.start()
    (found,) = rules(product)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert "FITS" in found
    assert peak < 20 << 20


@pytest.mark.parametrize(
    "content",
    [b"", b"no FITS at all", b"SIMPLE  =                    T".ljust(80), b"\x1f\x8b", os.urandom(10000), b" " * 2880],
    ids=["empty", "text", "one card", "gzip", "noise", "blanks"],
)
def test_what_is_no_fits_file_is_one_finding(tmp_path, content):
    path = tmp_path / NAME
    path.write_bytes(content)
    assert rules(path) == [["FITS"]]


def test_a_file_that_cannot_be_opened_is_a_finding(tmp_path):
    assert rules(tmp_path / NAME) == [["FITS"]]


def test_a_truncated_file_is_one_finding(product):
    product.write_bytes(product.read_bytes()[:-2880])
    assert rules(product) == [["FITS"]]


def test_a_header_without_an_end_is_given_up(tmp_path):
    path = tmp_path / NAME
    with path.open("wb") as file:
        file.write(b"SIMPLE  =                    T".ljust(2880))
        file.truncate(200 << 20)
    assert "more than 8 MB" in walk(path).problems[0]


def test_companions_are_found_in_the_batch_and_beside_the_product(tmp_path):
    picture = tmp_path / "preview.png"
    picture.write_bytes(b"a picture")
    digest = hashlib.md5(b"a picture", usedforsecurity=False).hexdigest()
    names = {"ASSON1": picture.name, "ASSOC1": "ANCILLARY.PREVIEW", "ASSOM1": digest}
    product = written.spectrum(tmp_path / NAME, names)
    assert rules(product) == [[]]
    assert alone(product, NAME, {picture.name: picture}, lambda name: {}) == []
    other = tmp_path / "other"
    other.mkdir()
    assert rules(picture, shutil.move(product, other / NAME))[1] == []
    picture.unlink()
    assert rules(other / NAME) == [["G15"]]


def test_no_companion_is_sought_outside_of_the_folder(tmp_path):
    (tmp_path / "secret").write_bytes(b"")
    inner = tmp_path / "inner"
    inner.mkdir()
    names = {"ASSON1": "../secret", "ASSOC1": "ANCILLARY.README", "ASSOM1": "d41d8cd98f00b204e9800998ecf8427e"}
    assert rules(written.spectrum(inner / NAME, names)) == [["G15"]]


def test_an_originating_file_that_the_archive_does_not_know_is_a_finding(product):
    assert {finding.rule for finding in alone(product, NAME, {}, lambda name: None)} == {"G16"}


def test_a_product_takes_the_name_that_it_will_have(product):
    found = alone(product, "x" * 64 + ".fits", {}, lambda name: {})
    assert [finding.rule for finding in found] == ["G01"]


def test_folders_are_searched_for_files_with_names_of_fits(tmp_path):
    for name in ("b.fits", "a.fits.gz", "c.txt", "D.FITS"):
        (tmp_path / name).touch()
    assert [path.name for path in below([tmp_path, tmp_path / "b.fits"])] == ["D.FITS", "a.fits.gz", "b.fits"]


def test_headers_are_read_as_astropy_reads_them(tmp_path, product):
    extra = {"ESO INS SLIT3 WID": 1.5, "QUOTED": "it's", "EMPTY": "", "TINY": 1e-300, "BIG": 2**40, "COMPLEX": 1 + 2j}
    found = walk(written.spectrum(tmp_path / "other.fits", extra))
    with fits.open(tmp_path / "other.fits") as hdus:
        for hdu, ours in zip(hdus, found.hdus, strict=True):
            theirs = {key: value for key, value in hdu.header.items() if key != "COMPLEX"}
            assert {key: ours.header[key] for key in theirs} == theirs
        for at, name in enumerate(hdus[1].columns.names, 1):
            assert np.array_equal(np.asarray(found.hdus[1].column(at)), hdus[1].data[0][name])


def test_columns_are_scaled(tmp_path):
    made = written.spectrum(tmp_path / NAME)
    fits.setval(made, "TZERO5", value=10.0, ext=1)
    assert list(np.asarray(walk(made).hdus[1].column(5))) == [10.0] * 20


@given(st.text(st.characters(max_codepoint=255), min_size=80, max_size=80))
def test_any_card_can_be_read(card):
    assert isinstance(read(card)[0], str)
    assert parse(card.encode("latin-1")).order


def test_spoilt_files_end_no_check_and_take_no_memory(tmp_path):
    written.spectrum(tmp_path / "spectrum.fits", size=500)
    written.image(tmp_path / "image.fits")
    written.cube(tmp_path / "cube.fits")
    command = [sys.executable, "-m", "tests.plugins.mutants", "500", str(tmp_path)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.stderr == ""
    facts = json.loads(done.stdout)
    assert facts["files"] == 500
    assert facts["peak_mb"] < 200
    assert len(facts["rules"]) > 25


def test_what_fitsverify_calls_an_error_is_never_valid(tmp_path):
    base = written.spectrum(tmp_path / "base.fits").read_bytes()
    missed = []
    for seed in range(100):
        path = tmp_path / NAME
        path.write_bytes(mutants.flipped(mutants.dice_of(seed), bytearray(base)))
        judged = subprocess.run(["fitsverify", "-q", "-H", path], capture_output=True, text=True, check=False)
        if judged.returncode and rules(path) == [[]]:
            missed.append((seed, judged.stdout))
    assert missed == []
