"""Association blocks and certificates to try the rules on."""

import tomllib
from collections.abc import Mapping
from pathlib import Path

from processing.core.ab import AB, parse
from processing.core.certification import Certificate, read_certificate

ROOT = Path(__file__).parents[2]
SAMPLES = ROOT / "tests" / "samples"
SHIPPED = ROOT / "processing" / "certificates" / "uves.toml"

POINT, CELL, VIRTUAL = "uves_point_source", "uves_absorption_cell", "uves_virtual_calib"

LEAST = {
    "INSTRUMENT": "UVES",
    "DATE": "2012-05-09",
    "DPR_CATG": "SCIENCE",
    "RECIPE": "uves_obs_scired",
    "AB_NAME": "UVES.2012-05-10T03:17:42.861.ab",
    "RAWFILE": "$DFO_RAW_DIR/2012-05-09/UVES.2012-05-10T03:17:42.861.fits\tSCI_POINT_RED",
}


def least(*more: str, **values: str | None) -> str:
    """The text of the shortest valid AB, with `more` lines behind; a value of None leaves its line out."""
    lines = [f"{qualifier}\t{value}" for qualifier, value in (LEAST | values).items() if value is not None]
    return "\n".join([*lines, *more, ""])


def text(name: str) -> str:
    return (SAMPLES / f"{name}.ab").read_text()


def sample(name: str, changes: Mapping[str, str] | None = None) -> AB:
    """A sample AB, with each text of `changes` replaced by the other."""
    content = text(name)
    for old, new in (changes or {}).items():
        assert old in content
        content = content.replace(old, new)
    return parse(content, f"{name}.ab")


def shipped(file: Path = SHIPPED) -> list[Certificate]:
    """The certificates of UVES, or of another instrument's file, in their order."""
    data = tomllib.loads(file.read_text())
    return [read_certificate({**data["common"], **entry}) for entry in data["certificate"]]


def certificate(name: str) -> Certificate:
    return next(c for c in shipped() if c.name == name)
