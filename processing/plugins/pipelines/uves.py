"""UVES: which recipe, what has to fit together, what comes out.

Sources: ESO UVES pipeline 6.1.8 (uves.oca, uves_obs_scired), its behaviour on faulty input as measured in
docs/failure-modes.md: exit code 0 does not mean a good product.
"""

import re
import statistics
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from processing.core.certification import Certificate, FluxPolicy
from processing.core.errors import ABFailed
from processing.core.origin import RawFacts
from processing.core.ports import Command, Inputs, Product
from processing.core.scoring import Measurement
from processing.core.selection import Selection, product_category
from processing.core.sources import ChipFiles, SpectrumSource
from processing.core.states import Reason
from processing.plugins import esorex, fits
from processing.plugins.recipes import claim, command, complete, raw_facts, whole

SATURATED = 65000  # ADU; the converter ends at 65535
BINNING = ("ESO DET WIN1 BINX", "ESO DET WIN1 BINY")
GRATING = {"BLUE": "ESO INS GRAT1", "RED": "ESO INS GRAT2"}
CHIP_ID = re.compile(r"ESO DET CHIP\d ID")
ORDER_SN = re.compile(r"ESO QC ORD\d+ OBJ SN")
ORDER_FWHM = re.compile(r"ESO QC ORD\d+ OBJ FWHM")
# Extension 1 of a red raw frame is REDU, extension 2 is REDL.
CHIPS_IN_FILE = {"BLUE": ("BLUE",), "RED": ("REDU", "REDL")}
ARM_KEYS = {"BLUE": ("ESO INS SLIT2 WID", "ESO INS GRAT1 NAME"), "RED": ("ESO INS SLIT3 WID", "ESO INS GRAT2 NAME")}


class Uves:
    """The port `processing.core.ports.Pipeline` for UVES."""

    program = esorex.PROGRAM

    def check(self, inputs: Inputs) -> None:
        """Whole raw frames, the tag and mode that the AB claims, and one setting throughout."""
        for path, tag in inputs.raws:
            raw = whole(path)
            claim(tag, classify(raw), f"{path.name}: tag")
            claim(",".join(inputs.ab.tech), str(raw.get("ESO DPR TECH")), f"{path.name}: DPR TECH")
            for calib, category in inputs.calibs:
                check_setting(raw, calib, category)

    def facts(self, inputs: Inputs) -> Sequence[RawFacts]:
        """Start, exposure time and technique of each raw frame."""
        return [raw_facts(path) for path, _ in inputs.raws]

    def command(self, inputs: Inputs, scratch: Path, token: str) -> Command:
        """`esorex uves_obs_scired` with the certificate's parameters and limits."""
        return command(inputs, [*inputs.raws, *inputs.calibs], scratch, token)

    def log(self, scratch: Path) -> str:
        """The log of esorex."""
        return esorex.log(scratch)

    def explain(self, exit_code: int, log: str) -> str:
        """The exit code by its class, and the last error of the log."""
        return esorex.explain(exit_code, log)

    def products(self, inputs: Inputs, scratch: Path) -> Sequence[Product]:
        """Only what the recipe lists counts: it may leave the files of one chip when the other failed."""
        return complete(esorex.products(scratch), expected(inputs))

    def measure(self, inputs: Inputs, products: Sequence[Product]) -> Sequence[Measurement]:
        """Per chip: S/N, FWHM, number of orders, mean flux, resolving power, saturated fraction."""
        made = {product.category: product.path for product in products}
        calibs = {category: path for path, category in inputs.calibs}
        tag = target_tag(inputs)
        measured = [*saturation(inputs)]
        for chip in inputs.certificate.chips_of(inputs.ab):
            measured += [*extraction(made[f"RED_{tag}_{chip}"], chip), *resolution(calibs[f"LINE_TABLE_{chip}"], chip)]
        wanted = [f"FLUXCAL_{tag}_{chip}" for chip in inputs.certificate.chips_of(inputs.ab)]
        missing = len(set(wanted) - set(made)) if inputs.certificate.wants_flux(inputs.ab) else 0
        return [*measured, Measurement("products_missing", "", missing)]

    def archived(self, certificate: Certificate, products: Mapping[str, Path]) -> Sequence[SpectrumSource]:
        """One spectrum per arm: REDL and REDU become one product."""
        return [*arms(certificate, products)]


def classify(raw: fits.Headers) -> str:
    """The tag of a science frame, by the rules of uves.oca; empty if it is none."""
    tech, kind = str(raw.get("ESO DPR TECH", "")).split(","), str(raw.get("ESO DPR TYPE", "")).split(",")
    if raw.get("ESO DPR CATG") != "SCIENCE" or "ECHELLE" not in tech:
        return ""
    arm = "RED" if raw.get("ESO DET CHIPS", 1) > 1 else "BLUE"
    slit = str(raw.get("ESO INS SLIT1 NAME", ""))
    if slit.startswith("SLIC#"):
        return f"SCI_SLICER_{arm}"
    if slit != "FREE":
        return ""
    words = {"POINT": "SCI_POINT", "EXTENDED": "SCI_EXTND", "OBJECT": "SCIENCE"}
    return next((f"{tag}_{arm}" for word, tag in words.items() if word in kind), "")


def check_setting(raw: fits.Headers, calib: Path, category: str) -> None:
    """Calibration and raw frame are of one setting; the recipe does not ask and exits 0 with a useless product."""
    try:
        master = fits.header(calib)
    except fits.Damaged as error:
        raise ABFailed(Reason.MISSING_CALIBRATION, f"{category} is damaged: {error}") from error
    for key in setting_keys(category, str(raw.get("ESO INS PATH"))):
        if key in master and raw.get(key) is not None and master[key] != raw.get(key):
            what = f"{category} {calib.name} has {key} {master[key]}, the raw frame {raw.get(key)}"
            raise ABFailed(Reason.SETTING_MISMATCH, f"{what}.")
    chips = {str(h[k]) for h in (raw.primary, *raw.extensions) for k in h if CHIP_ID.fullmatch(k)}
    strangers = {str(master[k]) for k in master if CHIP_ID.fullmatch(k)} - chips
    if strangers:
        raise ABFailed(Reason.SETTING_MISMATCH, f"{category} {calib.name} is of another chip: {', '.join(strangers)}.")


def setting_keys(category: str, arm: str) -> Sequence[str]:
    """Which keywords a calibration shares with its science frame.

    Only the grating of the frame's own arm counts: in a dichroic mode the header names that of the other arm, too.
    """
    grating = GRATING.get(arm, "")
    if category.startswith("MASTER_BIAS"):
        return (*BINNING, "ESO INS PATH")
    if category.startswith("MASTER_RESPONSE"):
        return ("ESO INS PATH", f"{grating} WLEN")
    return (*BINNING, "ESO INS PATH", "ESO INS MODE", f"{grating} ID", f"{grating} WLEN")


def target_tag(inputs: Inputs) -> str:
    """The raw tag without its arm, as it stands in product categories: SCI_POINT."""
    return inputs.ab.raws[0].tag.rsplit("_", 1)[0]


def expected(inputs: Inputs) -> Iterator[str]:
    """PRO.CATG of every product that must be there, per chip."""
    for chip in inputs.certificate.chips_of(inputs.ab):
        for pattern in inputs.certificate.products:
            yield f"{pattern.format(tag=target_tag(inputs))}_{chip}"


def saturation(inputs: Inputs) -> Iterator[Measurement]:
    """The fraction of saturated raw pixels per chip, the worst over the frames."""
    worst: dict[str, float] = {}
    for path, tag in inputs.raws:
        for chip, image in zip(CHIPS_IN_FILE[tag.rsplit("_", 1)[-1]], fits.images(path), strict=False):
            worst[chip] = max(worst.get(chip, 0.0), float((image >= SATURATED).mean()))
    yield from (Measurement("sat_fraction", chip, value) for chip, value in worst.items())


def extraction(path: Path, chip: str) -> Iterator[Measurement]:
    """From the final spectrum: medians over the orders, since an order at the chip's edge is always poor."""
    flux, header = fits.vector(path)
    sn = [float(header[k]) for k in header if ORDER_SN.fullmatch(k)]
    fwhm = [float(header[k]) for k in header if ORDER_FWHM.fullmatch(k)]
    good = np.isfinite(flux) & (flux != 0)
    yield Measurement("qc_s2n", chip, median(sn))
    yield Measurement("qc_fwhm", chip, median(fwhm), "pixel")
    yield Measurement("qc_orders", chip, len(sn))
    yield Measurement("mean_reduced", chip, float(flux[good].mean()) if good.any() else float("nan"), "adu")


def resolution(line_table: Path, chip: str) -> Iterator[Measurement]:
    """Median resolving power of the wavelength calibration used."""
    value = fits.header(line_table).get("ESO QC RESOLMED")
    if value is not None:
        yield Measurement("qc_resolmed", chip, float(value))


def median(values: Iterable[float]) -> float:
    """The median; NaN of nothing."""
    listed = list(values)
    return statistics.median(listed) if listed else float("nan")


def arms(certificate: Certificate, products: Mapping[str, Path]) -> Iterator[SpectrumSource]:
    """A source per arm of which the products hold a final spectrum."""
    selection = certificate.archive
    for arm, chips in certificate.chips.items():
        found = [(chip, tag) for chip in chips for tag in selection.tags(chip, products)]
        if found:
            (chip, tag), (slit, grating) = found[0], ARM_KEYS[arm]
            header = fits.header(products[product_category(selection.science, tag, chip)])
            wavelength = float(header.get(f"{GRATING[arm]} WLEN", 0.0))
            may_have_flux = certificate.flux_rule(wavelength).policy == FluxPolicy.WHENEVER_AVAILABLE
            kept = selection if may_have_flux else replace(selection, calibrated="", calibrated_error="")
            yield SpectrumSource(
                label=f"{arm}{wavelength:.0f}",
                chips=tuple(chip_files(kept, products, tag, chip) for chip, tag in found),
                slit_key=slit,
                grating_key=grating,
                ancillaries=[*ancillaries(kept, products, found)],
            )


def chip_files(selection: Selection, products: Mapping[str, Path], tag: str, chip: str) -> ChipFiles:
    """The spectrum with its error and sky, flux calibrated where flux and error both are."""
    patterns = (selection.calibrated, selection.calibrated_error)
    calibrated = [products.get(product_category(pattern, tag, chip)) for pattern in patterns]
    return ChipFiles(
        flux=products[product_category(selection.science, tag, chip)],
        error=products[product_category(selection.error, tag, chip)],
        sky=products.get(product_category(selection.sky, tag, chip)),
        calibrated=calibrated[0] if all(calibrated) else None,
        calibrated_error=calibrated[1] if all(calibrated) else None,
    )


def ancillaries(
    selection: Selection, products: Mapping[str, Path], found: Sequence[tuple[str, str]]
) -> Iterator[tuple[str, Path]]:
    """(category, file) of what is archived beside the spectrum, per chip."""
    for kind, pattern in selection.ancillary.items():
        names = (product_category(pattern, tag, chip) for chip, tag in found)
        yield from ((kind, products[name]) for name in names if name in products)
