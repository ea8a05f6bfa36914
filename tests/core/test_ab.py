"""What an association block says: the samples, and what a parser has to bear."""

from datetime import date

import pytest

from processing.core.ab import COLUMNS, Calib, RawFile, decode, parse
from tests.core.examples import CELL, POINT, VIRTUAL, least, sample, text


def test_a_red_point_source_says_what_it_is():
    ab = sample(POINT)
    assert (ab.name, ab.instrument, ab.date) == ("UVES.2012-05-10T03:17:42.861.ab", "UVES", date(2012, 5, 9))
    assert (ab.dpr_catg, ab.recipe, ab.raw_type) == ("SCIENCE", "uves_obs_scired", "SCI_POINT_ECH_RED")
    assert (ab.prog_id, ab.ob_id, ab.mjd_obs, ab.complete) == ("089.D-9901(A)", "900417", 56057.13730163, True)
    assert ab.raws == (RawFile("UVES.2012-05-10T03:17:42.861", "SCI_POINT_RED"),)
    assert ab.parameters == {"reduce.extract.method": "optimal"}


def test_a_red_point_source_names_its_calibrations():
    ab = sample(POINT)
    assert (len(ab.mcalibs), len(ab.massocs)) == (10, 1)
    assert ab.gencalibs == (Calib("UV_GEXT_atmoexan.fits", "EXTCOEFF_TABLE"),)
    response = Calib("UV_MRSP_040901A_REDL580d1.fits", "MASTER_RESPONSE_REDL", dt=-2807.1, matches=False)
    assert response in ab.mcalibs
    assert ab.massocs[0].dt == -1.61


def test_an_absorption_cell_shows_in_the_words_of_its_technique():
    assert sample(CELL).tech == ("ECHELLE", "ABSORPTION-CELL")


def test_a_virtual_calibration_is_not_real():
    virtual = [c for c in sample(VIRTUAL).mcalibs if not c.real]
    assert virtual == [Calib("r.UVES.2012-05-12T11:24:31.640_0000.fits", "MASTER_FLAT_BLUE", False, 0.429, True)]


@pytest.mark.parametrize(("name", "setup"), [(POINT, "RED580_1x1"), (CELL, "RED600_1x1"), (VIRTUAL, "BLUE437_2x2")])
def test_the_setup_is_arm_wavelength_and_binning(name, setup):
    assert sample(name).setup == setup


def test_an_ab_without_match_keys_has_no_setting():
    ab = parse(least(), "x.ab")
    assert (ab.wavelength, ab.setup, ab.match_keys) == (None, "RED", {})


@pytest.mark.parametrize(("tag", "wavelength"), [("SCI_POINT_BLUE", 437.0), ("SCI_POINT_RED", 860.0)])
def test_the_wavelength_is_that_of_the_arm_when_both_gratings_are_named(tag, wavelength):
    gratings = ("RAW_MATCH_KEY INS_GRAT1_WLEN=437.0", "RAW_MATCH_KEY INS_GRAT2_WLEN=860.0")
    assert parse(least(*gratings, RAWFILE=f"x.fits {tag}"), "x.ab").wavelength == wavelength


@pytest.mark.parametrize(
    ("line", "value"),
    [
        ("RAW_MATCH_KEY\tINS_MODE=DICHR#1", "DICHR#1"),
        ("RAW_MATCH_KEY\tINS_MODE=CD#3\t# a comment", "CD#3"),
        ("RAW_MATCH_KEY\tINS_MODE=SLIC#1 #comment", "SLIC#1"),
        ("RAW_MATCH_KEY\tINS_MODE=CD#", "CD#"),
    ],
)
def test_a_number_sign_begins_a_comment_after_white_space_only(line, value):
    assert parse(least(line), "x.ab").match_keys == {"INS_MODE": value}


@pytest.mark.parametrize("line", ["#RAW_MATCH_KEY\tINS_MODE=RED", "# RAW_MATCH_KEY INS_MODE=RED", "", " \t ", "  # x"])
def test_comments_commented_qualifiers_and_blank_lines_say_nothing(line):
    assert parse(least(line), "x.ab") == parse(least(), "x.ab")


def test_blanks_do_for_tabs():
    assert parse(text(POINT).replace("\t", "   "), "x.ab") == sample(POINT)


def test_line_ends_of_another_system_change_nothing():
    assert parse(text(POINT).replace("\n", "\r\n"), "x.ab") == sample(POINT)


def test_a_byte_order_mark_changes_nothing():
    assert decode(b"\xef\xbb\xbf" + text(POINT).encode(), "x.ab") == text(POINT)


def test_unknown_and_repeated_qualifiers_are_kept_in_their_order():
    ab = parse(least("RASSOC\ta.fits BIAS", "PACK_DIR\told", "RASSOC\tb.fits"), "x.ab")
    assert ab.others == (("RASSOC", "a.fits BIAS"), ("PACK_DIR", "old"), ("RASSOC", "b.fits"))


def test_a_single_qualifier_given_twice_alike_is_harmless():
    assert parse(least("DATE\t2012-05-09"), "x.ab").date == date(2012, 5, 9)


def test_an_ab_may_name_no_calibration_at_all():
    ab = parse(least(), "x.ab")
    assert (ab.mcalibs, ab.massocs, ab.gencalibs) == ((), (), ())


def test_incomplete_is_said_of_the_ab():
    assert not parse(least("COMPLETENESS\tINCOMPLETE"), "x.ab").complete


def test_the_name_and_the_date_are_those_inside_whatever_the_file_and_the_batch_are_called():
    ab = parse(least("BATCH_ID\tSCIENCE_2012-05-20"), "other-name.ab")
    assert (ab.name, ab.date) == ("UVES.2012-05-10T03:17:42.861.ab", date(2012, 5, 9))


@pytest.mark.parametrize("folder", ["$DFO_RAW_DIR/", "/data/raw/", "${DFO_RAW_DIR}/2012/", "../../", ""])
def test_of_a_raw_path_only_the_last_part_counts(folder):
    ab = parse(least(RAWFILE=f"{folder}UVES.1.fits SCI_POINT_RED"), "x.ab")
    assert ab.raws == (RawFile("UVES.1", "SCI_POINT_RED"),)


@pytest.mark.parametrize(
    ("rest", "dt", "matches"),
    [("", None, None), ("\t-0.5", -0.5, None), ("\t1e-3\tOK", 0.001, True), ("\t2\tNOK\tmore\tand more", 2.0, False)],
)
def test_distance_and_match_of_a_calibration_may_be_left_out_and_more_may_follow(rest, dt, matches):
    ab = parse(least(f"MCALIB\tREAL\t/cal\tb.fits\tMASTER_BIAS_REDL{rest}"), "x.ab")
    assert ab.mcalibs == (Calib("b.fits", "MASTER_BIAS_REDL", True, dt, matches),)


def test_a_site_may_order_the_columns_its_own_way():
    columns = {**COLUMNS, "RAWFILE": ("tag", "path"), "MCALIB": ("category", "flag", "path")}
    ab = parse(
        least("MCALIB MASTER_BIAS_REDL VIRTUAL /cal/b.fits", RAWFILE="SCI_POINT_RED /raw/a.fits"), "x.ab", columns
    )
    assert ab.raws == (RawFile("a", "SCI_POINT_RED"),)
    assert ab.mcalibs == (Calib("b.fits", "MASTER_BIAS_REDL", real=False),)


def test_a_recipe_parameter_may_hold_further_equal_signs_and_blanks():
    assert parse(least("RECIPE_PAR a.b=c=d e"), "x.ab").parameters == {"a.b": "c=d e"}
