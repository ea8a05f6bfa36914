"""The version of phoenix, as its pyproject.toml says."""

import tomllib
from pathlib import Path

_PROJECT = Path(__file__).resolve().parent.parent / "pyproject.toml"

VERSION = str(tomllib.loads(_PROJECT.read_text())["project"]["version"])
