"""Descriptions of valid products, a spectrum, an image, chips and a cube, and ways to spoil them."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from processing.core.phase3.product import Batch, FitsFile, Hdu, Member

Changes = Mapping[str, Any]
SUMS = {"CHECKSUM": "hcHjjc9ghcEghc9g", "DATASUM": "2503531142"}
NOW = 61000.0
SIZE = 20
GENERAL: Changes = {
    "SIMPLE": True,
    "BITPIX": 8,
    "NAXIS": 0,
    "EXTEND": True,
    "DATE": "2012-05-11T06:07:08",
    "ORIGIN": "ESO-PARANAL",
    "TELESCOP": "ESO-VLT-U2",
    "INSTRUME": "UVES",
    "OBJECT": "HD 1",
    "RA": 150.5,
    "DEC": -30.25,
    "EQUINOX": 2000.0,
    "RADESYS": "FK5",
    "EXPTIME": 1200.0,
    "TEXPTIME": 1200.0,
    "MJD-OBS": 56057.125,
    "MJD-END": 56057.152,
    "PROG_ID": "089.D-9901(A)",
    "OBID1": 900417,
    "NCOMBINE": 2,
    "OBSTECH": "ECHELLE",
    "FLUXCAL": "ABSOLUTE",
    "PROCSOFT": "uves/6.1.8",
    "REFERENC": "",
    "PROV1": "UVES.2012-05-10T03:00:00.000",
    "PROV2": "UVES.2012-05-10T03:28:48.000",
    **SUMS,
}
BAND: Changes = {"SPECSYS": "TOPOCENT", "WAVELMIN": 500.0, "WAVELMAX": 500.038, "SPEC_RES": 42000.0}
SPECTRAL: Changes = {
    **GENERAL,
    **BAND,
    "PRODCATG": "SCIENCE.SPECTRUM",
    "SPEC_BIN": 0.002,
    "FLUXERR": -2,
    "SNR": 50.0,
    "TOT_FLUX": False,
    "CONTNORM": False,
    "EXT_OBJ": False,
}
UNIT = "10**(-16)erg.cm**(-2).s**(-1).angstrom**(-1)"
COLUMNS = (
    ("WAVE", "D", "angstrom", "spec:Data.SpectralAxis.Value", "em.wl;obs.atmos"),
    ("FLUX", "E", UNIT, "spec:Data.FluxAxis.Value", "phot.flux.density;em.wl;src.net;meta.main"),
    ("ERR", "E", UNIT, "spec:Data.FluxAxis.Accuracy.StatError", "stat.error;phot.flux.density;em.wl;meta.main"),
    ("FLUX_REDUCED", "E", "adu", "eso:Data.FluxAxis.Value", "phot.flux.density;em.wl;src.net;stat.uncalib"),
    ("QUAL", "J", "", "spec:Data.FluxAxis.Accuracy.QualityStatus", "meta.code.qual"),
)
STEMS = ("TTYPE", "TFORM", "TUNIT", "TUTYP", "TUCD")
TABLE: Changes = {
    "XTENSION": "BINTABLE",
    "BITPIX": 8,
    "NAXIS": 2,
    "NAXIS1": SIZE * 24,
    "NAXIS2": 1,
    "PCOUNT": 0,
    "GCOUNT": 1,
    "TFIELDS": len(COLUMNS),
    "EXTNAME": "SPECTRUM",
    "VOCLASS": "SPECTRUM v2.0",
    "VOPUB": "ESO/SAF",
    "TITLE": "HD 1_900417_RED580_56057.125000",
    "OBJECT": "HD 1",
    "RA": 150.5,
    "DEC": -30.25,
    "APERTURE": 1 / 3600,
    "TELAPSE": 0.027 * 86400,
    "TMID": 56057.1385,
    "SPEC_VAL": 500.019,
    "SPEC_BW": 0.038,
    "TDMIN1": 5000.0,
    "TDMAX1": 5000.38,
    "NELEM": SIZE,
    **{
        f"{stem}{at}": f"{SIZE}{value}" if stem == "TFORM" else value
        for at, column in enumerate(COLUMNS, 1)
        for stem, value in zip(STEMS, column, strict=True)
    },
    **SUMS,
}
ARRAYS: Mapping[str, Any] = {
    "WAVE": 5000.0 + 0.02 * np.arange(SIZE),
    "FLUX": np.full(SIZE, 100, np.float32),
    "ERR": np.full(SIZE, 2, np.float32),
    "FLUX_REDUCED": np.full(SIZE, 100, np.float32),
    "QUAL": np.zeros(SIZE, np.int32),
}
PHOTOMETRY: Changes = {
    "BUNIT": "adu",
    "PHOTZP": 25.0,
    "PHOTSYS": "VEGA",
    "ABMAGLIM": 22.5,
    "ABMAGSAT": 12.5,
    "PSF_FWHM": 0.7,
}
SKY: Changes = {
    "CTYPE1": "RA---TAN",
    "CTYPE2": "DEC--TAN",
    "CUNIT1": "deg",
    "CUNIT2": "deg",
    "CRVAL1": 150.5,
    "CRVAL2": -30.25,
    "CRPIX1": 50.5,
    "CRPIX2": 50.5,
    "CD1_1": -1e-5,
    "CD1_2": 0.0,
    "CD2_1": 0.0,
    "CD2_2": 1e-5,
}
FLAT: Changes = {"NAXIS": 2, "NAXIS1": 100, "NAXIS2": 100, **SKY}
EXTENSION: Changes = {"XTENSION": "IMAGE", "PCOUNT": 0, "GCOUNT": 1, **SUMS}
SCHEME: Changes = {"HDUCLASS": "ESO", "HDUDOC": "SDP", "HDUVERS": "8", "HDUCLAS1": "IMAGE"}


def merged(*all_changes: Changes) -> dict[str, Any]:
    """Later ones win; None takes a keyword away."""
    values = {key: value for changes in all_changes for key, value in changes.items()}
    return {key: value for key, value in values.items() if value is not None}


def file(hdus: Sequence[Hdu], name: str = "ADP.2012-05-11T06:07:08.000.fits", **other: Any) -> FitsFile:
    return FitsFile(name=name, size=28800, hdus=hdus, **other)


def spectrum(primary: Changes | None = None, table: Changes | None = None, **arrays: Any) -> FitsFile:
    """A calibrated spectrum with other keywords or arrays."""
    values = list({**ARRAYS, **arrays}.values())
    head = merged(TABLE, table or {})
    return file([Hdu(header=merged(SPECTRAL, primary or {})), Hdu(header=head, column=lambda at: values[at - 1])])


def uncalibrated(primary: Changes | None = None) -> FitsFile:
    """The spectrum with FLUXCAL = UNCALIBRATED."""
    return spectrum({"FLUXCAL": "UNCALIBRATED", "FLUXERR": -1, **(primary or {})})


def image(changes: Changes | None = None) -> FitsFile:
    """An image in HDU 0."""
    head = merged(GENERAL, FLAT, PHOTOMETRY, {"PRODCATG": "SCIENCE.IMAGE", "FILTER": "Ks"}, changes or {})
    return file([Hdu(header=head)])


def chips(first: Changes | None = None, second: Changes | None = None) -> FitsFile:
    """Two images of a mosaic; the target is in the gap between them."""
    head = merged(GENERAL, {"PRODCATG": "SCIENCE.MEFIMAGE", "FILTER": "Ks"})
    common = merged(EXTENSION, FLAT, PHOTOMETRY)
    left = merged(common, {"EXTNAME": "CHIP1", "CRPIX1": 110.0}, first or {})
    right = merged(common, {"EXTNAME": "CHIP2", "CRPIX1": -10.0, "PSF_FWHM": -1.0}, second or {})
    return file([Hdu(header=head), Hdu(header=left), Hdu(header=right)])


def layers(role: str, changes: Changes) -> list[Hdu]:
    """DATA and ERROR extensions by ESO's scheme, with changes to that of the role."""
    data = {**SCHEME, "EXTNAME": "DATA", "HDUCLAS2": "DATA", "ERRDATA": "STAT", "BUNIT": "adu"}
    error = {**SCHEME, "EXTNAME": "STAT", "HDUCLAS2": "ERROR", "HDUCLAS3": "MSE", "SCIDATA": "DATA"}
    made = {"DATA": data, "ERROR": error}
    return [Hdu(header=merged(EXTENSION, v, changes if k == role else {})) for k, v in made.items()]


def layered_image(role: str = "", changes: Changes | None = None) -> FitsFile:
    """An image and its error in one file."""
    head = merged(GENERAL, {"PRODCATG": "SCIENCE.IMAGE", "FILTER": "Ks"})
    hdus = layers(role, changes or {})
    return file([Hdu(header=head), *(replace(hdu, header={**FLAT, **PHOTOMETRY, **hdu.header}) for hdu in hdus)])


def cube(primary: Changes | None = None, role: str = "", changes: Changes | None = None) -> FitsFile:
    """A cube with its variance and a white-light image."""
    own = {"PRODCATG": "SCIENCE.CUBE.IFS", "PIXNOISE": 1.0, "SKY_RES": 0.8, "ASSON1": "white.fits"}
    axes = {"NAXIS": 3, "NAXIS1": 100, "NAXIS2": 100, "NAXIS3": 50, "CTYPE3": "AWAV", "CUNIT3": "Angstrom"}
    third = {"CRVAL3": 5000.0, "CRPIX3": 1.0, "CD3_3": 1.25}
    spoilt = {"DATA": 0, "ERROR": 1}.get(role)
    heads = [merged(SKY, axes, third, hdu.header) for hdu in layers("", {})]
    hdus = [Hdu(header=merged(head, (changes or {}) if at == spoilt else {})) for at, head in enumerate(heads)]
    return file([Hdu(header=merged(GENERAL, BAND, own, primary or {})), *hdus])


WHITE: Changes = {"PRODCATG": "ANCILLARY.IMAGE.WHITELIGHT", "NAXIS": 2, "NAXIS1": 100, "NAXIS2": 100}
PREVIEW = {"ASSON1": "preview.png", "ASSOC1": "ANCILLARY.PREVIEW", "ASSOM1": "0123456789abcdef0123456789abcdef"}


def member(*headers: Changes) -> Member:
    return Member(headers=lambda: headers, md5=lambda: PREVIEW["ASSOM1"])


RAW: Changes = {"TELESCOP": "ESO-VLT-U2", "INSTRUME": "UVES", "ESO OBS ID": 900417, "EXPTIME": 600.0}
ARCHIVE: Mapping[str, Changes] = {
    "UVES.2012-05-10T03:00:00.000": {**RAW, "MJD-OBS": 56057.125},
    "UVES.2012-05-10T03:28:48.000": {**RAW, "MJD-OBS": 56057.145},
}


def batch(archive: Mapping[str, Changes] = ARCHIVE, **members: Changes | None) -> Batch:
    """White-light image and preview, and others by their names without ending; and an archive."""
    files = {"white.fits": member(WHITE), "preview.png": member()}
    files |= {f"{name}.fits": member(header or {}) for name, header in members.items()}
    return Batch(now_mjd=NOW, member=files.get, precursor=archive.get)
