"""Keywords of an archived spectrum: where each value comes from."""

import math

import numpy as np
import pytest

from processing.core.derive import snr, title, useful_range
from processing.core.idp import extension_cards, primary_cards
from tests.core.products import FLUX, HEADER, REDUCED, origin, spectrum


def primary(data=None, **other):
    return {key: value for key, value, _ in primary_cards(data or spectrum(), origin(**other))}


def table(data=None, **other):
    return {key: value for key, value, _ in extension_cards(data or spectrum(), origin(**other))}


def without(*keys):
    return ({key: value for key, value in HEADER.items() if key not in keys},)


@pytest.mark.parametrize(
    ("keyword", "value"),
    [
        ("OBJECT", "HD 1"),
        ("PROG_ID", "089.D-9901(A)"),
        ("OBID1", 900417),
        ("ORIGIN", "ESO-PARANAL"),
        ("RADESYS", "FK5"),
        ("PROCSOFT", "uves/6.1.8"),
        ("DISPELEM", "CD#3"),
        ("SPEC_RES", 42000.0),
        ("DATE", "2012-05-11T06:07:08"),
        ("NCOMBINE", 2),
        ("SINGLEXP", False),
        ("EXPTIME", 1200.0),
        ("MJD-OBS", 56057.125),
        ("MJD-END", pytest.approx(56057.145 + 600 / 86400)),
        ("PROV1", "UVES.56057.125"),
        ("PROV2", "UVES.56057.145"),
        ("OBSTECH", "ECHELLE"),
        ("RA_ERR", pytest.approx(0.5 / 3600)),
        ("SPEC_BIN", pytest.approx(0.002)),
        ("WAVELMIN", pytest.approx(500.0)),
        ("WAVELMAX", pytest.approx(500.038)),
        ("SNR", pytest.approx(50.0)),
    ],
)
def test_the_value_of_a_keyword(keyword, value):
    assert primary()[keyword] == value


@pytest.mark.parametrize(
    ("missing", "keyword", "value"),
    [
        ("ESO OBS TARG NAME", "OBJECT", "OBJECT"),
        ("ESO OBS PROG ID", "PROG_ID", "from the AB"),
        ("ESO OBS ID", "OBID1", 7),
        ("ORIGIN", "ORIGIN", "ESO"),
        ("EQUINOX", "EQUINOX", 2000.0),
    ],
)
def test_what_the_header_lacks_comes_from_configuration_or_database(missing, keyword, value):
    assert primary(headers=without(missing))[keyword] == value


def test_a_flux_calibrated_spectrum_says_so():
    assert [primary()[key] for key in ("FLUXCAL", "FLUXERR")] == ["ABSOLUTE", -2]
    assert [primary(spectrum(REDUCED))[key] for key in ("FLUXCAL", "FLUXERR")] == ["UNCALIBRATED", -1]
    assert [table(data)["VOCLASS"][-4:] for data in (spectrum(), spectrum(REDUCED))] == ["v2.0", "v1.0"]


def test_the_default_flux_is_found_by_utype_and_ucd():
    cards = table()
    main = [i for i in range(1, 7) if cards[f"TUTYP{i}"].startswith("spec:") and "meta.main" in cards[f"TUCD{i}"]]
    assert main == [2, 3]
    assert cards["TUTYP4"] == "eso:Data.FluxAxis.Value"
    assert cards["TUCD1"] == "em.wl;obs.atmos"


def test_without_calibrated_flux_the_reduced_one_is_the_default():
    cards = table(spectrum(REDUCED))
    assert cards["TUTYP2"] == "Spectrum.Data.FluxAxis.Value"
    assert [i for i in range(1, 6) if "meta.main" in cards[f"TUCD{i}"]] == [2, 3]


def test_the_accuracy_of_the_wavelengths_is_that_of_the_worse_chip_in_nm():
    chips = tuple({**HEADER, "LAMRMS": rms, "LAMNLIN": lines} for rms, lines in ((0.02, 300), (0.05, 200)))
    assert primary(headers=chips)["LAMRMS"] == pytest.approx(0.005)
    assert primary(headers=chips)["LAMNLIN"] == 500
    assert "LAMRMS" not in primary()


def test_times_cover_both_exposures():
    assert table()["TELAPSE"] == pytest.approx(0.02 * 86400 + 600)
    assert table()["TMID"] == pytest.approx(56057.135 + 300 / 86400)


@pytest.mark.parametrize("target", ["HD 1", "x" * 100, ""])
def test_a_title_fits_on_a_card_and_begins_with_the_target(target):
    made = title(origin(headers=({**HEADER, "ESO OBS TARG NAME": target},)))
    assert len(made) <= 68
    assert made.endswith("_900417_RED580_56057.125000")
    assert made.startswith(target[:20])


def test_the_useful_range_leaves_out_pixels_without_data():
    data = spectrum()
    data.columns["QUAL"][[0, 1, 19]] = 1
    assert useful_range(data) == pytest.approx((500.004, 500.036))


@pytest.mark.parametrize("error", [np.nan, 0.0, -1.0])
def test_pixels_without_an_error_do_not_count_for_the_signal_to_noise_ratio(error):
    data = spectrum(REDUCED)
    data.columns["ERR_REDUCED"][:15] = error
    assert snr(data) == pytest.approx(50.0)


def test_without_any_error_the_signal_to_noise_ratio_is_zero():
    data = spectrum((*FLUX, *REDUCED))
    data.columns["ERR_REDUCED"][:] = np.nan
    assert snr(data) == 0.0


def test_no_keyword_is_other_than_a_finite_value():
    cards = {**primary(), **table()}
    assert all(math.isfinite(value) for value in cards.values() if isinstance(value, float))
