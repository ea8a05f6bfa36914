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

from processing.core.certification import Certificate
from processing.core.errors import ABFailed
from processing.core.idp import RawFacts
from processing.core.ports import Command, Inputs, Product
from processing.core.scoring import Measurement
from processing.core.spectrum import ChipFiles, SpectrumSource
from processing.core.states import Reason
from processing.plugins import esorex, fits

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
        certificate = inputs.certificate
        command = esorex.command(
            certificate.recipe,
            [*inputs.raws, *inputs.calibs],
            scratch,
            parameters=certificate.recipe_parameters(inputs.ab),
            limits=esorex.Limits(certificate.seconds, certificate.memory_mb * 2**20),
        )
        return replace(command, token=token)

    def log(self, scratch: Path) -> str:
        """The log of esorex."""
        return esorex.log(scratch)

    def explain(self, exit_code: int, log: str) -> str:
        """The exit code by its class, and the last error of the log."""
        return esorex.explain(exit_code, log)

    def products(self, inputs: Inputs, scratch: Path) -> Sequence[Product]:
        """Only what the recipe lists counts: it may leave the files of one chip when the other failed."""
        made = esorex.products(scratch)
        absent = sorted(set(expected(inputs)) - {product.category for product in made if product.path.exists()})
        if absent:
            raise ABFailed(Reason.PRODUCTS_MISSING, f"The recipe made no {', no '.join(absent)}.")
        return made

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

    def spectra(self, certificate: Certificate, products: Mapping[str, Path]) -> Sequence[SpectrumSource]:
        """One spectrum per arm: REDL and REDU become one product."""
        return [*arms(certificate, products)]


def whole(path: Path) -> fits.Headers:
    """The headers of a raw frame; a damaged one, or one that lacks a chip's image, ends the AB."""
    try:
        found = fits.headers(path)
    except fits.Damaged as error:
        raise ABFailed(Reason.RAW_DAMAGED, str(error)) from error
    images = sum("NAXIS2" in header for header in (found.primary, *found.extensions))
    # Until 2004 both red chips shared the image of one HDU.
    if not images or (found.extensions and images < found.get("ESO DET CHIPS", 1)):
        raise ABFailed(Reason.RAW_DAMAGED, f"{path.name} has {images} images for {found.get('ESO DET CHIPS')} chips")
    return found


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


def raw_facts(path: Path) -> RawFacts:
    """From the primary header; a frame without these keywords cannot become an archive product."""
    header = whole(path).primary
    try:
        mjd, exptime = float(header["MJD-OBS"]), float(header["EXPTIME"])
        return RawFacts(path.name.removesuffix(".fits"), mjd, exptime, str(header["ESO DPR TECH"]))
    except (KeyError, TypeError, ValueError) as error:
        raise ABFailed(Reason.RAW_DAMAGED, f"{path.name}: {error.args[0]}") from error


def claim(claimed: str, found: str, what: str) -> None:
    """The AB and the header must say the same."""
    if claimed != found:
        raise ABFailed(Reason.SETTING_MISMATCH, f"{what} is {found or 'unknown'} by its header, {claimed} by the AB.")


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
    for arm, chips in certificate.chips.items():
        found = [(chip, category) for chip in chips for category in products if final(category, chip)]
        if found:
            header = fits.header(products[found[0][1]])
            slit, grating = ARM_KEYS[arm]
            wavelength = header.get(f"{GRATING[arm]} WLEN", 0.0)
            files = tuple(chip_files(products, category, chip) for chip, category in found)
            yield SpectrumSource(label=f"{arm}{wavelength:.0f}", chips=files, slit_key=slit, grating_key=grating)


def final(category: str, chip: str) -> bool:
    """True for the category of the final, merged, sky-subtracted spectrum of the chip."""
    return bool(re.fullmatch(rf"RED_(SCI_[A-Z]+|SCIENCE)_{chip}", category))


def chip_files(products: Mapping[str, Path], category: str, chip: str) -> ChipFiles:
    """The spectrum with its error and sky, flux calibrated where flux and error both are."""
    tag = category.removeprefix("RED_")
    calibrated = products.get(f"FLUXCAL_{tag}"), products.get(f"FLUXCAL_ERRORBAR_{tag}")
    return ChipFiles(
        flux=products[category],
        error=products[f"ERRORBAR_{tag}"],
        sky=products.get(f"MERGED_SKY_{chip}"),
        calibrated=calibrated[0] if all(calibrated) else None,
        calibrated_error=calibrated[1] if all(calibrated) else None,
    )
