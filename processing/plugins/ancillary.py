"""A pipeline product as an ancillary file of the archive: the same data under a category and a name of the archive."""

from pathlib import Path

from astropy.io import fits


def relabel(product: Path, target: Path, category: str, name: str) -> None:
    """Copy a pipeline product with PRODCATG and ARCFILE, and with CHECKSUM and DATASUM in every HDU."""
    with fits.open(product, memmap=False, lazy_load_hdus=False) as hdus:
        header = hdus[0].header
        header["PRODCATG"] = (category, "Data product category")
        header["ARCFILE"] = (name, "Archive file name")
        for number, hdu in enumerate(hdus[1:], 1):
            hdu.header.setdefault("EXTNAME", f"EXT{number}")
        hdus.writeto(target, overwrite=True, checksum=True)


def weight_map(product: Path, target: Path, category: str, name: str) -> None:
    """The contribution map of a pipeline image, its first extension, as an image file of its own."""
    weight = fits.PrimaryHDU(fits.getdata(product, 1))
    weight.header["PRODCATG"] = (category, "Data product category")
    weight.header["ARCFILE"] = (name, "Archive file name")
    weight.writeto(target, overwrite=True, checksum=True)
