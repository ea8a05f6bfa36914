"""Certificates as data: the shipped ones are read, wrong ones are named."""

import tomllib

import pytest

from processing.core.certification import BadCertificate, Parameters, read_certificate
from processing.core.states import CertificateState
from tests.core.examples import SHIPPED, certificate, shipped


@pytest.fixture
def data():
    content = tomllib.loads(SHIPPED.read_text())
    return {**content["common"], **content["certificate"][-1]}


def test_the_shipped_certificates_are_those_of_the_concept():
    certified = [c.name for c in shipped() if c.state is CertificateState.CERTIFIED]
    assert certified == ["ECHELLE-POINT", "ABSORPTION-CELL"]
    assert {c.name for c in shipped() if c.state is CertificateState.DRAFT and c.note} == {
        "SLICER",
        "SLICER-SLIT",
        "FLAMES-UVES",
        "EXTENDED",
    }


def test_a_shipped_certificate_is_read_to_the_last_table():
    read = certificate("ECHELLE-POINT")
    assert str(read) == "UVES ECHELLE-POINT version 1"
    assert read.parameters[1] == Parameters(high=760.0, values={"reduce.ffmethod": "extract"})
    assert [rule.name for rule in read.scores] == ["s2n", "saturation", "mean_flux", "products"]
    assert (list(read.chips["RED"]), read.gate_least) == (["REDL", "REDU"], 1.0)


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("state", "APPROVED"),
        ("flux_policy", "SOMETIMES"),
        ("mode", {"technique": "ECHELLE"}),
        ("mode", "ECHELLE"),
        ("parameters", [{"from": 1.0}]),
        ("association", [{"name": "dt_bias"}]),
        ("scores", [5]),
        ("unknown", 1),
        ("seconds", "an hour"),
        ("required", "MASTER_BIAS"),
        ("chips", ["RED"]),
        ("flux", [{"low": 300.0, "policy": "SOMETIMES"}]),
        ("flux", [{"policy": "NEVER", "responses": "UV_MRSP_*"}]),
        ("archive", {"primary": "RED_{tag}"}),
        ("archive", {"ancillary": {"2DSPECTRUM": "WCALIB_FF_{tag}"}}),
    ],
)
def test_wrong_certificate_data_are_refused_by_the_certificates_name(data, key, value):
    with pytest.raises(BadCertificate, match="certificate UVES ABSORPTION-CELL: "):
        read_certificate({**data, key: value})


@pytest.mark.parametrize("key", ["instrument", "name", "version", "state", "mode"])
def test_a_certificate_without_a_key_it_needs_is_refused(data, key):
    del data[key]
    with pytest.raises(BadCertificate, match=key):
        read_certificate(data)
