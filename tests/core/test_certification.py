"""Which association blocks are executable, why the others are not, and with what they are reduced."""

from dataclasses import replace

import pytest

from processing.core.certification import FluxPolicy, FluxRule, certificate_for, why_not_executable
from processing.core.states import CertificateState, Reason
from tests.core.examples import CELL, POINT, VIRTUAL, certificate, sample, shipped

TECH, KIND, SLIT = "DPR_TECH=ECHELLE", "DPR_TYPE=OBJECT,POINT", "INS_SLIT1_NAME=FREE"
MCALIB = "MCALIB\tREAL\t$DFO_CAL_DIR/2012-05-09\t"
BIAS = "UV_MBIA_120509A_REDL_1x1.fits\tMASTER_BIAS_REDL"
AS_POINT, AS_CELL = "ECHELLE-POINT", "ABSORPTION-CELL"


def refusal(name, changes=None, certificates=None):
    found = why_not_executable(sample(name, changes), certificates or shipped())
    return found and found.reason


@pytest.mark.parametrize("name", [POINT, CELL])
def test_a_certified_mode_with_all_its_calibrations_is_executable(name):
    assert refusal(name) is None


def test_without_the_virtual_one_the_blue_sample_is_executable():
    assert refusal(VIRTUAL, {"VIRTUAL": "REAL"}) is None


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"DPR_CATG\tSCIENCE": "DPR_CATG\tCALIB"}, Reason.NOT_SCIENCE),
        ({"RECIPE\tuves_obs_scired": "RECIPE\tnone"}, Reason.RECIPE_NONE),
        ({"RECIPE\tuves_obs_scired": "RECIPE\tNONE"}, Reason.RECIPE_NONE),
        ({f"{MCALIB}{BIAS}": f"MCALIB\tVIRTUAL\t/vcal\t{BIAS}"}, Reason.VIRTUAL_CALIBRATION),
        ({"INSTRUMENT\tUVES": "INSTRUMENT\tXSHOOTER"}, Reason.NOT_CERTIFIED),
        ({"RECIPE\tuves_obs_scired": "RECIPE\tuves_obs_redchain"}, Reason.NOT_CERTIFIED),
        ({"SCI_POINT_RED": "SCI_POINT_GREEN"}, Reason.NOT_CERTIFIED),
        ({"reduce.extract.method=optimal": "plotter=rm"}, Reason.NOT_CERTIFIED),
        ({TECH: "DPR_TECH=IMAGE"}, Reason.NOT_CERTIFIED),
        ({KIND: "DPR_TYPE=OBJECT"}, Reason.NOT_CERTIFIED),
        ({f"{MCALIB}{BIAS}": f"MASSOC\tREAL\t/cal\t{BIAS}"}, Reason.MISSING_CALIBRATION),
    ],
)
def test_an_ab_that_is_not_executable_says_why(change, reason):
    assert refusal(POINT, change) is reason


@pytest.mark.parametrize(
    ("changes", "covers"),
    [
        ({TECH: "DPR_TECH=ECHELLE,SLICER"}, "SLICER"),
        ({TECH: "DPR_TECH=SLICER,ECHELLE"}, "SLICER"),
        ({TECH: "DPR_TECH=ECHELLE,ABSORPTION-CELL,SLICER"}, "SLICER"),
        ({SLIT: "INS_SLIT1_NAME=SLIC#1"}, "SLICER-SLIT"),
        ({SLIT: "INS_SLIT1_NAME=SLIC#3"}, "SLICER-SLIT"),
        ({TECH: "DPR_TECH=MOS", KIND: "DPR_TYPE=OBJECT,OzPoz"}, "FLAMES-UVES"),
        ({KIND: "DPR_TYPE=OBJECT,EXTENDED"}, "EXTENDED"),
        ({TECH: "DPR_TECH=ECHELLE"}, AS_POINT),
        ({TECH: "DPR_TECH=ABSORPTION-CELL,ECHELLE"}, AS_CELL),
    ],
)
def test_the_mode_decides_on_the_certificate_and_only_two_are_certified(changes, covers):
    found = certificate_for(sample(POINT, changes), shipped())
    assert found is not None
    assert found.name == covers
    assert refusal(POINT, changes) is (None if covers in (AS_POINT, AS_CELL) else Reason.NOT_CERTIFIED)


def test_a_word_is_a_whole_word():
    for changes in ({TECH: "DPR_TECH=ECHELLE,SLICERS"}, {KIND: "DPR_TYPE=OBJECT,POINTS"}):
        assert certificate_for(sample(POINT, changes), shipped()) is None


REFUSALS_IN_ORDER = [
    ({"DPR_CATG\tSCIENCE": "DPR_CATG\tCALIB"}, Reason.NOT_SCIENCE),
    ({"RECIPE\tuves_obs_scired": "RECIPE\tnone"}, Reason.RECIPE_NONE),
    ({f"{MCALIB}UV_MBIA_120509A_REDU": "MCALIB\tVIRTUAL\t/v\tUV_MBIA_120509A_REDU"}, Reason.VIRTUAL_CALIBRATION),
    ({TECH: "DPR_TECH=ECHELLE,SLICER"}, Reason.NOT_CERTIFIED),
    ({f"{MCALIB}{BIAS}": "# MCALIB"}, Reason.MISSING_CALIBRATION),
]


@pytest.mark.parametrize("first", range(len(REFUSALS_IN_ORDER)))
def test_of_several_refusals_the_first_is_told(first):
    changes = {old: new for change, _ in REFUSALS_IN_ORDER[first:] for old, new in change.items()}
    assert refusal(POINT, changes) is REFUSALS_IN_ORDER[first][1]


def test_every_virtual_calibration_is_named():
    virtual = sample(POINT, {f"{MCALIB}UV_MBIA": "MCALIB\tVIRTUAL\t/v\tUV_MBIA"})
    found = why_not_executable(virtual, shipped())
    assert found is not None
    assert found.sentence.count("MASTER_BIAS_RED") == 2


def test_a_virtual_massoc_keeps_nothing_back():
    assert refusal(POINT, {"MASSOC\tREAL": "MASSOC\tVIRTUAL"}) is None


def test_incomplete_alone_keeps_nothing_back():
    assert refusal(POINT, {"COMPLETENESS\tCOMPLETE": "COMPLETENESS\tINCOMPLETE"}) is None


def test_a_red_ab_with_the_tables_of_one_chip_lacks_four_calibrations():
    lower_only = replace(sample(POINT), mcalibs=tuple(c for c in sample(POINT).mcalibs if c.category.endswith("REDL")))
    found = why_not_executable(lower_only, shipped())
    assert found is not None
    assert (found.reason, found.sentence.count("_REDU")) == (Reason.MISSING_CALIBRATION, 4)


def test_a_calibration_given_twice_is_no_choice_that_phoenix_makes():
    twice = replace(sample(POINT), mcalibs=(*sample(POINT).mcalibs, sample(POINT).mcalibs[0]))
    found = why_not_executable(twice, shipped())
    assert found is not None
    assert found.reason is Reason.MISSING_CALIBRATION
    assert "more than one MASTER_BIAS_REDL" in found.sentence


@pytest.mark.parametrize("state", [state for state in CertificateState if state != "CERTIFIED"])
def test_a_certificate_counts_while_it_is_certified_only(state):
    certificates = [replace(c, state=state, note="see ticket 7") for c in shipped()]
    found = why_not_executable(sample(POINT), certificates)
    assert found is not None
    assert found.reason is Reason.NOT_CERTIFIED
    assert found.sentence.endswith(f"UVES ECHELLE-POINT version 1 is {state}: see ticket 7")


def test_the_first_certificate_that_matches_decides():
    suspended = replace(certificate(AS_POINT), state=CertificateState.SUSPENDED)
    assert refusal(POINT, certificates=[suspended, *shipped()]) is Reason.NOT_CERTIFIED
    assert refusal(POINT, certificates=[*shipped(), suspended]) is None


@pytest.mark.parametrize("change", [{"OBS_MODE\tSM": "OBS_MODE\tVM"}, {"BINX=1": "BINX=2", "BINY=1": "BINY=3"}])
def test_visitor_mode_and_non_standard_setups_are_processed_all_the_same(change):
    assert refusal(POINT, change) is None


@pytest.mark.parametrize(
    ("wavelength", "method", "merge"),
    [("580.0", "extract", None), ("759.9", "extract", None), ("760.0", "pixel", "14"), ("860", "pixel", "14")],
)
def test_recipe_parameters_go_by_the_central_wavelength(wavelength, method, merge):
    parameters = certificate(AS_POINT).recipe_parameters(sample(POINT, {"WLEN=580.0": f"WLEN={wavelength}"}))
    assert parameters["reduce.ffmethod"] == method
    assert parameters.get("reduce.merge_delt1") == merge
    assert parameters["reduce.extract.kappa"] == "20"


def test_a_recipe_parameter_of_the_ab_goes_before_the_certificates():
    ab = sample(POINT, {"reduce.extract.method=optimal": "reduce.extract.method=linear"})
    assert certificate(AS_POINT).recipe_parameters(ab)["reduce.extract.method"] == "linear"


@pytest.mark.parametrize(
    ("change", "policy", "wanted"),
    [
        ({}, FluxPolicy.WHENEVER_AVAILABLE, True),
        ({}, FluxPolicy.NEVER, False),
        ({"MASTER_RESPONSE_REDU": "MASTER_DARK_REDU"}, FluxPolicy.WHENEVER_AVAILABLE, False),
        ({"EXTCOEFF_TABLE": "LINE_REFER_TABLE"}, FluxPolicy.WHENEVER_AVAILABLE, False),
    ],
)
def test_flux_is_calibrated_if_policy_and_calibrations_of_every_chip_allow(change, policy, wanted):
    ab, rules = sample(POINT, change), replace(certificate(AS_POINT), flux=(), flux_policy=policy)
    assert rules.wants_flux(ab) is wanted
    assert len(list(rules.used(ab))) == (11 if wanted else 8)


RESPONSES = ("UV_MRSP_040901A_*",)


@pytest.mark.parametrize(
    ("rule", "wanted"),
    [
        (FluxRule(policy=FluxPolicy.WHENEVER_AVAILABLE, responses=RESPONSES), True),
        (FluxRule(policy=FluxPolicy.NEVER, responses=RESPONSES), False),
        (FluxRule(policy=FluxPolicy.WHENEVER_AVAILABLE, responses=("UV_MRSP_09*",)), False),
        (FluxRule(policy=FluxPolicy.WHENEVER_AVAILABLE, responses=("*_REDL580*",)), False),
        (FluxRule(policy=FluxPolicy.WHENEVER_AVAILABLE, responses=RESPONSES, high=580.0), True),
        (FluxRule(policy=FluxPolicy.NEVER, low=580.0, high=580.1), False),
    ],
)
def test_a_setting_is_calibrated_with_the_responses_that_are_certified_for_it(rule, wanted):
    rules = replace(certificate(AS_POINT), flux=(rule,), flux_policy=FluxPolicy.WHENEVER_AVAILABLE)
    assert rules.wants_flux(sample(POINT)) is wanted
    assert any("MRSP" in name for name, _, _ in rules.used(sample(POINT))) is wanted


def test_a_setting_that_no_flux_rule_covers_has_the_policy_of_its_mode():
    rules = replace(certificate(AS_POINT), flux=(FluxRule(high=500.0),), flux_policy=FluxPolicy.WHENEVER_AVAILABLE)
    assert rules.flux_rule(499.9).policy is FluxPolicy.NEVER
    assert rules.flux_rule(500.0).policy is FluxPolicy.WHENEVER_AVAILABLE


def test_what_the_recipe_gets_are_required_calibrations_and_what_the_flux_needs():
    used = list(certificate(AS_POINT).used(sample(POINT)))
    assert {category for _, category, _ in used if category.startswith("MASTER_DARK")} == set()
    assert [entry for entry in used if entry[2]] == [("UV_GEXT_atmoexan.fits", "EXTCOEFF_TABLE", True)]


def test_an_ab_of_two_frames_is_refused_since_the_recipe_reduces_the_first_alone():
    second = "RAWFILE\t$DFO_RAW_DIR/2012-05-09/UVES.2012-05-10T03:40:00.000.fits\tSCI_POINT_RED\nRAWFILE"

    assert refusal(POINT, {"RAWFILE": second}) == Reason.NOT_CERTIFIED
