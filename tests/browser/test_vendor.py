"""What the browser tests run of others is what they have published."""

import hashlib
import tomllib
from pathlib import Path

import pytest

VENDOR = Path(__file__).parent / "vendor"
MANIFEST = tomllib.loads((VENDOR / "manifest.toml").read_text())
FILES = [(f"{name}-{entry['version']}", file) for name, entry in MANIFEST.items() for file in entry["sha256"]]


@pytest.mark.parametrize(("folder", "file"), FILES)
def test_a_vendored_file_is_as_it_was_published(folder, file):
    digest = hashlib.sha256((VENDOR / folder / file).read_bytes()).hexdigest()

    assert digest == MANIFEST[folder.rpartition("-")[0]]["sha256"][file]


def test_every_vendored_file_is_in_the_manifest():
    there = {(path.parent.name, path.name) for path in VENDOR.rglob("*") if path.is_file()}

    assert there - {("vendor", "manifest.toml")} == set(FILES)
