"""The tools of the astronomers against a server that runs: stilts, and pyvo."""

import re
import subprocess

import pytest
import pyvo
import requests

from tests.vo.conftest import CONTENT

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.postgres,  # as at a site: once is enough
    # pyvo leaves its connections to the garbage collector.
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
]


@pytest.fixture
def tap(server):
    return pyvo.dal.TAPService(f"{server}/tap")


def stilts(*words):
    ended = subprocess.run(("stilts", *words), capture_output=True, text=True, check=False, timeout=280)
    return ended.stdout + ended.stderr


def test_taplint_finds_no_error_and_no_warning(server):
    said = stilts("taplint", f"tapurl={server}/tap", "report=EWF")

    assert "Totals: Errors: 0; Warnings: 0" in said, said
    # Two services that are not offered: a table of planned observations, and uploads.
    assert re.findall(r"^F-(\S+)-1 ", said, re.MULTILINE) == ["LOC-NOTP", "UPL-NOUP"]


@pytest.mark.parametrize(
    "query",
    [
        "SELECT * FROM ivoa.ObsCore",
        "SELECT * FROM ivoa.ObsCore WHERE snr > 1e9",
        "SELECT TOP 1 COUNT(*), 1.5 * 2, 'a' || 'b', s_region FROM ivoa.ObsCore GROUP BY s_region",
        "SELECT nothing FROM ivoa.ObsCore",
        "SELECT s_xel1, pol_states, s_resolution, s_region FROM ivoa.ObsCore",
    ],
    ids=["list", "empty", "expressions", "error", "NULL"],
)
def test_votlint_is_silent(server, tmp_path, query):
    for maxrec in ("1", "100"):
        answer = requests.get(f"{server}/tap/sync", {"LANG": "ADQL", "QUERY": query, "MAXREC": maxrec}, timeout=60)
        (tmp_path / "answer.xml").write_bytes(answer.content)

        assert stilts("votlint", f"votable={tmp_path / 'answer.xml'}") == ""


@pytest.mark.parametrize(
    ("asked", "status"),
    [
        ({"ID": ["<known>"]}, ["OK"]),
        ({"ID": ["<known>", "unknown", "<known>.fits"]}, ["OK"]),
        ({}, ["OK"]),
        ({"ID": ["<known>", *["unknown"] * 100]}, ["OK", "OVERFLOW"]),
        ({"ID": ["unknown", "'; <&>"]}, ["OK"]),
    ],
    ids=["list", "list with errors", "empty", "overflow", "nothing but errors"],
)
def test_datalinklint_is_silent(server, archive, tmp_path, asked, status):
    known = {name: [value.replace("<known>", archive[0].dp_id) for value in values] for name, values in asked.items()}
    answer = requests.get(f"{server}/datalink/links", known, timeout=60)
    (tmp_path / "links.xml").write_bytes(answer.content)

    said = stilts("datalinklint", f"votable={tmp_path / 'links.xml'}")
    assert "Totals: Errors: 0; Warnings: 0" in said, said
    assert re.findall(r'name="QUERY_STATUS" value="(\w+)"', answer.text) == status


def test_a_refused_question_for_links_is_a_votable_without_a_fault_that_says_so(server, archive, tmp_path):
    asked = {"ID": archive[0].dp_id, "RESPONSEFORMAT": "csv"}
    answer = requests.get(f"{server}/datalink/links", asked, timeout=60)
    (tmp_path / "refusal.xml").write_bytes(answer.content)

    assert (answer.status_code, 'value="ERROR"' in answer.text) == (400, True)
    assert stilts("votlint", f"votable={tmp_path / 'refusal.xml'}") == ""


def test_pyvo_asks_and_waits(tap, archive):
    found = tap.run_sync("SELECT dp_id, s_ra FROM ivoa.ObsCore ORDER BY s_ra", maxrec=10)

    assert [str(row["dp_id"]) for row in found] == [archive[1].dp_id, archive[0].dp_id]
    assert found.fielddescs[1].unit == "deg"


def test_pyvo_is_told_of_overflow_and_of_errors(tap, settings):
    settings.PHOENIX = {**settings.PHOENIX, "TAP_ROWS": 1}
    with pytest.warns(pyvo.dal.DALOverflowWarning):
        tap.run_sync("SELECT dp_id FROM ivoa.ObsCore")
    with pytest.raises(pyvo.dal.DALQueryError, match="There is no column nothing"):
        tap.run_sync("SELECT nothing FROM ivoa.ObsCore")


def test_pyvo_runs_a_query_that_nobody_waits_for(tap, archive):
    job = tap.submit_job("SELECT COUNT(*) AS n FROM ivoa.ObsCore")
    job.run()
    job.wait(phases=["COMPLETED", "ERROR"], timeout=30)

    assert job.phase == "COMPLETED"
    assert job.fetch_result()[0]["n"] == 2
    job.delete()


def test_pyvo_aborts_a_query_and_hears_of_one_that_fails(tap):
    aborted = tap.submit_job("SELECT COUNT(*) AS n FROM ivoa.ObsCore")
    aborted.abort()
    failed = tap.submit_job("SELECT nothing FROM ivoa.ObsCore")
    failed.run()
    failed.wait(phases=["COMPLETED", "ERROR"], timeout=30)

    assert (aborted.phase, failed.phase) == ("ABORTED", "ERROR")
    with pytest.raises(pyvo.dal.DALQueryError, match="There is no column nothing"):
        failed.raise_if_error()


def test_pyvo_sees_every_table_and_its_columns(tap):
    assert {"ivoa.ObsCore", "phoenix.products", "TAP_SCHEMA.columns"} <= {*tap.tables.keys()}
    assert len(tap.tables["ivoa.ObsCore"].columns) == 36


def test_pyvo_follows_the_links_of_a_product_to_its_file(tap, archive):
    [record] = tap.run_sync(f"SELECT * FROM ivoa.ObsCore WHERE dp_id = '{archive[0].dp_id}'")
    links = record.getdatalink()
    [science] = links.bysemantics("#this", include_narrower=False)

    assert requests.get(science.access_url, timeout=30).content == CONTENT * 2


def test_what_the_service_offers_can_be_read(tap):
    assert tap.maxrec == 1_000_000
    assert [example["QUERY"].startswith("SELECT") for example in tap.examples] == [True] * 5
