"""What the pipelines share that run through esorex: whole frames, their facts, the call, the products expected."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path

from processing.core.errors import ABFailed
from processing.core.origin import RawFacts
from processing.core.ports import Command, Inputs, Product
from processing.core.states import Reason
from processing.plugins import esorex, fits


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


def command(inputs: Inputs, frames: Sequence[tuple[Path, str]], scratch: Path, token: str) -> Command:
    """The certificate's recipe with its parameters and limits, on (file, tag) of all frames."""
    certificate = inputs.certificate
    made = esorex.command(
        certificate.recipe,
        frames,
        scratch,
        parameters=certificate.recipe_parameters(inputs.ab),
        limits=esorex.Limits(certificate.seconds, certificate.memory_mb * 2**20),
    )
    return replace(made, token=token)


def complete(made: Sequence[Product], expected: Iterable[str]) -> Sequence[Product]:
    """The products, of which every expected category must be there; raises `ABFailed`."""
    absent = sorted(set(expected) - {product.category for product in made if product.path.exists()})
    if absent:
        raise ABFailed(Reason.PRODUCTS_MISSING, f"The recipe made no {', no '.join(absent)}.")
    return made
