"""TESTCAM, an instrument for tests: the pipeline port with a recipe that takes milliseconds.

Its recipe is a real process.  What it does is written in the AB as recipe parameters, so that a test can make it
fail, hang or measure anything:  `exit=6`  `sleep=30`  `s2n=0.2`  `omit=ERRORBAR_SCI_POINT_ONE`.
"""

import io
import json
import os
import shutil
import sys
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from astropy.io import fits

from processing.core.certification import Certificate
from processing.core.origin import RawFacts
from processing.core.ports import Command, Inputs, Product
from processing.core.scoring import Measurement
from processing.core.sources import ChipFiles, SpectrumSource
from processing.plugins import logs

RECIPE = """
import array, json, math, os, shutil, sys, time
how = json.loads(sys.argv[1])
with open(how["starts"], "a") as starts:
    starts.write(how["ab"] + "\\n")
print("recipe of " + how["ab"], flush=True)
time.sleep(float(how.get("sleep", 0)))
if int(how.get("exit", 0)):
    sys.exit(int(how["exit"]))
os.makedirs("out", exist_ok=True)
phase = sum(how["ab"].encode())
for name in os.listdir(how["products"]):
    # The template's header, and its spectrum with ripples that no other AB has.
    with open(os.path.join(how["products"], name), "rb") as template:
        whole = template.read()
    start = -(-(whole.index(b"END" + b" " * 77) + 80) // 2880) * 2880
    flux = array.array("f", whole[start : start + 4 * 2000])
    flux.byteswap()
    flux = array.array("f", (f * (1 + 0.01 * math.sin(i / 50 + phase)) for i, f in enumerate(flux)))
    flux.byteswap()
    with open(os.path.join("out", name), "wb") as product:
        product.write(whole[:start] + flux.tobytes() + whole[start + 4 * 2000 :])
"""
CATEGORIES = ("RED_SCI_POINT_ONE", "ERRORBAR_SCI_POINT_ONE")

CERTIFICATE = {
    "instrument": "TESTCAM",
    "name": "ANY",
    "version": 1,
    "state": "CERTIFIED",
    "mode": {"tech": "ECHELLE"},
    "recipe": "test_recipe",
    "chips": {"ONE": ["ONE"]},
    "required": ["MASTER_BIAS"],
    "response": "MASTER_RESPONSE",
    "extinction": "EXTCOEFF_TABLE",
    "flux_policy": "WHENEVER_AVAILABLE",
    "ab_parameters": ["*"],
    "seconds": 20.0,
    "gate_parameter": "qc_s2n",
    "association": [{"name": "dt_bias", "category": "MASTER_BIAS", "max_days": 5.0}],
    "scores": [{"name": "s2n", "parameter": "qc_s2n", "low": 3.0}],
    "idp": {"ORIGIN": "ESO", "SPECSYS": "TOPOCENT", "REFERENC": "", "EXT_OBJ": False, "CONTNORM": False,
            "TOT_FLUX": False, "SPEC_RES": 40000.0},
}  # fmt: skip


def folder() -> Path:
    """Where the test instrument keeps what its recipe copies and counts."""
    return Path(os.environ["PHOENIX_WORK_DIR"]).parent / "testcam"


def starts() -> list[str]:
    """The AB of every recipe process that was ever started, in order."""
    file = folder() / "starts"
    return file.read_text().splitlines() if file.exists() else []


class Testcam:
    """The port `processing.core.ports.Pipeline`."""

    @property
    def program(self) -> str:
        return sys.executable

    def check(self, inputs: Inputs) -> None:
        """Anything goes."""

    def facts(self, inputs: Inputs) -> Sequence[RawFacts]:
        return [RawFacts(path.stem, 56057.05, 900.0, "ECHELLE") for path, _ in inputs.raws]

    def command(self, inputs: Inputs, scratch: Path, token: str) -> Command:
        how = {"ab": inputs.ab.name, "starts": str(folder() / "starts"), "products": str(folder() / "products")}
        seconds = float(inputs.ab.parameters.get("limit", inputs.certificate.seconds))
        argv = (sys.executable, "-S", "-E", "-c", RECIPE, json.dumps({**inputs.ab.parameters, **how}))
        return Command(argv=argv, cwd=scratch, log=scratch / "log", seconds=seconds, memory=0, token=token)

    def log(self, scratch: Path) -> str:
        return logs.read(scratch / "log")

    def explain(self, exit_code: int, log: str) -> str:
        return f"exit code {exit_code}"

    def products(self, inputs: Inputs, scratch: Path) -> Sequence[Product]:
        return [Product(scratch / "out" / f"{category}.fits", category) for category in CATEGORIES]

    def measure(self, inputs: Inputs, products: Sequence[Product]) -> Sequence[Measurement]:
        """`qc_s2n` is what the AB says; the others show what cannot be stored as a number."""
        value = float(inputs.ab.parameters.get("s2n", 50.0))
        return [Measurement("qc_s2n", "ONE", value), Measurement("qc_nan", "ONE", float("nan"))]

    def archived(self, certificate: Certificate, products: Mapping[str, Path]) -> Sequence[SpectrumSource]:
        flux, error = (products[category] for category in CATEGORIES)
        return [
            SpectrumSource(label="ONE", chips=(ChipFiles(flux=flux, error=error),), slit_key="SLIT", grating_key="G")
        ]


def build(archive: Path) -> None:
    """Fill the archive with calibrations, and the recipe's template products with a spectrum."""
    for kind, name in (("mcalib", "TC_MBIA.fits"), ("gencalib", "TC_GEXT.fits"), ("mcalib", "TC_MRSP.fits")):
        (archive / kind).mkdir(parents=True, exist_ok=True)
        (archive / kind / name).write_bytes(written())
    (archive / "raw").mkdir(parents=True, exist_ok=True)
    shutil.rmtree(folder(), ignore_errors=True)
    (folder() / "products").mkdir(parents=True)
    for category, content in templates().items():
        (folder() / "products" / f"{category}.fits").write_bytes(content)


@cache
def templates() -> Mapping[str, bytes]:
    """The products, by category: a spectrum and its errors."""
    header = fits.Header(
        {"TELESCOP": "ESO-VLT-U2", "INSTRUME": "TESTCAM", "OBJECT": "STAR", "RA": 10.0, "DEC": -20.0, "CRVAL1": 4000.0,
         "EQUINOX": 2000.0, "RADESYS": "FK5", "CRPIX1": 1.0, "CDELT1": 0.05, "SLIT": 1.0, "LAMRMS": 0.001}
    )  # fmt: skip
    for key, value in (("OBS ID", 4711), ("OBS PROG ID", "089.D-0001(A)"), ("PRO REC1 PIPE ID", "test/1.0")):
        header[f"HIERARCH ESO {key}"] = value
    flux = np.linspace(90.0, 110.0, 2000, dtype=np.float32)
    flux[:10] = 0
    spectra = (flux, np.full(2000, 2.0, dtype=np.float32))
    return {category: written(data, header) for category, data in zip(CATEGORIES, spectra, strict=True)}


def written(data: Any = None, header: fits.Header | None = None) -> bytes:
    """As a FITS file."""
    file = io.BytesIO()
    fits.PrimaryHDU(data, header).writeto(file)
    return file.getvalue()
