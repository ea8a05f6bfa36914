"""What makes the cache of master calibrations hold, and what makes it be filled anew."""

import shutil
from pathlib import Path

import pytest

from processing.demo import cache

pytestmark = [
    pytest.mark.esorex,
]


@pytest.fixture
def package(tmp_path, monkeypatch):
    """A copy of the package that may be changed."""
    copy = shutil.copytree(Path(cache.__file__).parent, tmp_path / "demo")
    monkeypatch.setattr(cache, "__file__", str(copy / "cache.py"))
    return copy


def folders(place: Path) -> tuple[Path, Path]:
    return (
        cache.folder(place, "uves", recipe="uves_cal_mbias", module="masters"),
        cache.folder(place, "naco", recipe="uves_cal_mbias", module="naco_masters"),
    )


@pytest.mark.parametrize(
    ("changed", "uves", "naco"),
    [
        ("masters", True, False),
        ("scenes", True, False),  # by way of raws
        ("cache", True, True),
        ("instants", True, True),
        ("naco", False, True),
        ("plan", False, False),
        ("night", False, False),
        ("truth", False, False),
    ],
)
def test_calibrations_are_made_anew_when_what_they_stand_on_has_changed(package, tmp_path, changed, uves, naco):
    before = folders(tmp_path)
    with (package / f"{changed}.py").open("a") as module:
        module.write("# another version\n")
    assert tuple(old != new for old, new in zip(before, folders(tmp_path), strict=True)) == (uves, naco)


def test_a_recipe_that_is_not_installed_is_not_known(tmp_path):
    assert cache.knows("uves_cal_mbias")
    assert not cache.knows("phoenix_no_recipe")
    with pytest.raises(RuntimeError, match="esorex knows no phoenix_no_recipe"):
        cache.folder(tmp_path, "x", recipe="phoenix_no_recipe", module="masters")


def test_whoever_is_second_leaves_the_first_ones_calibrations(tmp_path):
    for name in ("first", "second"):
        (tmp_path / name).mkdir()
        (tmp_path / name / name).touch()
        cache.keep(tmp_path / name, tmp_path / "cache" / "blue")
    assert [path.name for path in (tmp_path / "cache" / "blue").iterdir()] == ["first"]
