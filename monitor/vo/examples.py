"""Queries to begin with, as `/tap/examples` shows them."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Example:
    """A query and what it is for."""

    id: str
    name: str
    text: str
    query: str


EXAMPLES = [
    Example(
        "spectra",
        "Good spectra of an instrument",
        "UVES spectra with a median signal-to-noise ratio above 50, the best first.",
        "SELECT TOP 100 dp_id, target_name, em_min, em_max, snr, access_url FROM ivoa.ObsCore\n"
        "WHERE obs_collection = 'UVES' AND dataproduct_type = 'spectrum' AND snr > 50 ORDER BY snr DESC",
    ),
    Example(
        "cone",
        "Products around a position",
        "Everything within six arcminutes of a position.",
        "SELECT dp_id, target_name, s_ra, s_dec, access_url FROM ivoa.ObsCore\n"
        "WHERE 1 = CONTAINS(POINT('ICRS', s_ra, s_dec), CIRCLE('ICRS', 174.4, -46.7, 0.1))",
    ),
    Example(
        "line",
        "Spectra that cover a line",
        "Those that hold the sodium D lines at 589.3 nm, the wavelength in metres and in vacuum.",
        "SELECT dp_id, target_name, em_res_power FROM ivoa.ObsCore WHERE 5.893e-7 BETWEEN em_min AND em_max",
    ),
    Example(
        "frames",
        "What a product was made of",
        "The raw frames of each version of the products of a programme.",
        "SELECT p.dp_id, p.version, p.state, r.raw_dp_id FROM phoenix.products AS p\n"
        "JOIN phoenix.provenance AS r USING (dp_id) WHERE p.prog_id = '089.D-0001(A)'",
    ),
    Example(
        "counts",
        "Products per instrument and category",
        "How many current products there are.",
        "SELECT instrument, category, COUNT(*) AS number FROM phoenix.products\n"
        "WHERE state = 'CURRENT' GROUP BY instrument, category ORDER BY number DESC",
    ),
]
