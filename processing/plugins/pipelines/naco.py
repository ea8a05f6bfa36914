"""NACO imaging: which recipe, what has to fit together, what comes out.

Sources: ESO NACO pipeline 4.4.11, recipe naco_img_jitter (its manual page, its behaviour on simulated frames): it
registers and adds the frames, and writes neither world coordinates nor photometry.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from processing.core.certification import Certificate
from processing.core.errors import ABFailed
from processing.core.image import background, signal_to_noise
from processing.core.origin import RawFacts
from processing.core.ports import Command, Inputs, Product
from processing.core.scoring import Measurement
from processing.core.selection import product_category
from processing.core.sources import ImageSource
from processing.core.states import Reason
from processing.plugins import esorex, fits
from processing.plugins import image as images
from processing.plugins.recipes import claim, command, complete, raw_facts, whole

# The recipe knows a calibration by another word than its product category.
SOF_TAGS = {"MASTER_LAMP_FLAT": "MASTER_IMG_FLAT"}
FLAT_SETTING = ("ESO INS OPTI6 NAME", "ESO INS OPTI7 NAME", "ESO DET WIN NX", "ESO DET WIN NY")
SETTING: Mapping[str, Sequence[str]] = {
    "MASTER_LAMP_FLAT": FLAT_SETTING,
    "NACO_IMG_DARK_AVG": ("ESO DET DIT", "ESO DET MODE NAME", "ESO DET WIN NX", "ESO DET WIN NY"),
}
OFFSETS = ("ESO SEQ CUMOFFSETX", "ESO SEQ CUMOFFSETY")
FILTER = "ESO QC FILTER OBS"


class Naco:
    """The port `processing.core.ports.Pipeline` for NACO."""

    program = esorex.PROGRAM

    def check(self, inputs: Inputs) -> None:
        """Whole raw frames of one setting, the tag and mode that the AB claims, calibrations that fit."""
        frames = [(path, tag, whole(path)) for path, tag in inputs.raws]
        for path, tag, raw in frames:
            claim(tag, classify(raw), f"{path.name}: tag")
            claim(",".join(inputs.ab.tech), str(raw.get("ESO DPR TECH")), f"{path.name}: DPR TECH")
            same(frames[0][2].primary, raw.primary, (*FLAT_SETTING, "ESO DET DIT"), path.name)
        for calib, kind in inputs.calibs:
            try:
                same(frames[0][2].primary, fits.header(calib), SETTING.get(kind, ()), f"{kind} {calib.name}")
            except fits.Damaged as error:
                raise ABFailed(Reason.MISSING_CALIBRATION, f"{kind} is damaged: {error}") from error

    def facts(self, inputs: Inputs) -> Sequence[RawFacts]:
        """Start, exposure time (integrations of DIT seconds, NDIT of them) and technique of each raw frame."""
        return [replace(raw_facts(path), exptime=exposure(path)) for path, _ in inputs.raws]

    def command(self, inputs: Inputs, scratch: Path, token: str) -> Command:
        """`esorex naco_img_jitter`, with the calibrations under the recipe's own tags."""
        calibs = [(path, SOF_TAGS.get(kind, kind)) for path, kind in inputs.calibs]
        return command(inputs, [*inputs.raws, *calibs], scratch, token)

    def log(self, scratch: Path) -> str:
        """The log of esorex."""
        return esorex.log(scratch)

    def explain(self, exit_code: int, log: str) -> str:
        """The exit code by its class, and the last error of the log."""
        return esorex.explain(exit_code, log)

    def products(self, inputs: Inputs, scratch: Path) -> Sequence[Product]:
        """Only what the recipe lists counts.  It lists names, which are those of its output directory."""
        out = scratch / "out"
        made = [replace(product, path=out / product.path.name) for product in esorex.products(scratch)]
        return complete(made, inputs.certificate.products)

    def measure(self, inputs: Inputs, products: Sequence[Product]) -> Sequence[Measurement]:
        """Signal and background of the image, saturated fraction of the frames, reference pixel."""
        made = {product.category: product.path for product in products}
        coadded = made[inputs.certificate.archive.science]
        image, header = images.read(ImageSource(label="", image=coadded))
        limit = float(constants(inputs.certificate, header).get("SATURATION", np.inf))
        return [
            Measurement("qc_s2n", "", signal_to_noise(image)),
            Measurement("qc_fwhm", "", float(header.get("ESO QC FWHM PIX", np.nan)), "pixel"),
            Measurement("qc_background", "", background(image)[0], "adu"),
            Measurement("sat_fraction", "", max(saturated(path, limit) for path, _ in inputs.raws)),
            *reference_pixel([fits.header(path) for path, _ in inputs.raws]),
        ]

    def archived(self, certificate: Certificate, products: Mapping[str, Path]) -> Sequence[ImageSource]:
        """The added image, with the map of how many frames contributed to each pixel beside it."""
        return [*_archived(certificate, products)]


def _archived(certificate: Certificate, products: Mapping[str, Path]) -> Iterator[ImageSource]:
    selection = certificate.archive
    path = products.get(product_category(selection.science, "", ""))
    if path is not None:
        header = fits.header(path)
        named = (
            (kind, products.get(product_category(pattern, "", ""))) for kind, pattern in selection.ancillary.items()
        )
        yield ImageSource(
            label=str(header.get(FILTER, "")),
            image=path,
            constants=constants(certificate, header),
            ancillaries=[(kind, file) for kind, file in named if file],
        )


def constants(certificate: Certificate, header: fits.Keywords) -> Mapping[str, float]:
    """What the certificate says of the filter; nothing of one that it does not know."""
    filters = certificate.idp.get("filters", {})
    return dict(filters.get(str(header.get(FILTER)), {}))


def classify(raw: fits.Headers) -> str:
    """The tag of a science frame; empty if it is none that this recipe reduces."""
    tech = str(raw.get("ESO DPR TECH", "")).split(",")
    kinds = {"OBJECT": "IM_JITTER_OBJ", "SKY": "IM_JITTER_SKY"}
    is_jitter = raw.get("ESO DPR CATG") == "SCIENCE" and {"IMAGE", "JITTER"} == set(tech)
    return kinds.get(str(raw.get("ESO DPR TYPE")), "") if is_jitter else ""


def same(raw: fits.Keywords, other: fits.Keywords, keys: Sequence[str], what: str) -> None:
    """The keywords are equal where both have them; the recipe does not ask."""
    for key in keys:
        if key in raw and key in other and raw[key] != other[key]:
            sentence = f"{what} has {key} {other[key]}, the first raw frame {raw[key]}."
            raise ABFailed(Reason.SETTING_MISMATCH, sentence)


def exposure(path: Path) -> float:
    """Seconds on the target."""
    header = fits.header(path)
    try:
        return float(header["ESO DET DIT"]) * int(header["ESO DET NDIT"])
    except (KeyError, TypeError, ValueError) as error:
        raise ABFailed(Reason.RAW_DAMAGED, f"{path.name}: {error.args[0]}") from error


def saturated(path: Path, limit: float) -> float:
    """The fraction of raw pixels at the limit or above."""
    return float((fits.images(path)[0] >= limit).mean())


def reference_pixel(headers: Sequence[fits.Keywords]) -> Iterator[Measurement]:
    """Where the middle of the first frame lies in the union of all, in pixels from 1.

    A frame of offset d is put d pixels to the left, so the union begins at the largest offset.
    """
    for axis, key in enumerate(OFFSETS, 1):
        offsets = [float(header.get(key, 0.0)) for header in headers]
        middle = (float(headers[0][f"NAXIS{axis}"]) + 1) / 2
        yield Measurement(f"qc_refpix_{'xy'[axis - 1]}", "", middle + max(offsets) - offsets[0], "pixel")
