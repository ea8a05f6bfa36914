"""QC1 parameters and scores as tables, and that they are written once per job."""

import csv
import gc
import io
import json
import tracemalloc
from argparse import ArgumentTypeError
from datetime import date

import pytest
from astropy.io.votable import parse_single_table
from astropy.io.votable.ucd import check_ucd
from django.core.management import CommandError, call_command

from processing.core.scoring import Measurement
from processing.management.typed import day
from processing.models import AssociationBlock, Job, ProcessingDate, Qc1Parameter, Score
from processing.workflow import export, record
from tests.processing.conftest import run_night

MEASURED = [
    Measurement("qc_s2n", "REDL", 135.5),
    Measurement("qc_s2n", "REDU", float("nan")),
    Measurement("qc_fwhm", "REDL", 2.5, "pixel"),
    Measurement("products_missing", "", 0),
]


@pytest.fixture
def measured(add):
    """A job with two chips and a parameter of the AB as a whole."""
    job = add()
    AssociationBlock.objects.update(mjd_obs=56057.25, setup="437")
    Qc1Parameter.objects.bulk_create(Qc1Parameter.of(job, one) for one in MEASURED)
    return job


def rows_of(table: export.Table) -> list[dict[str, object]]:
    names = [column.name for column in table.heading.columns]
    return [dict(zip(names, row, strict=True)) for rows in table.groups for row in rows]


@pytest.fixture
def exported(capsys):
    """What the verb prints."""

    def exporting(*arguments: object) -> str:
        call_command("phoenix", "export", *map(str, arguments))
        return str(capsys.readouterr().out)

    return exporting


def test_a_job_has_one_row_for_each_chip_and_a_column_for_each_parameter(measured):
    assert rows_of(export.qc1("TESTCAM")) == [
        {
            "mjd_obs": 56057.25,
            "civil_date": "2012-05-09",
            "dp_id": "TC.2012-05-10T00:00:01.000",
            "ab": measured.block.name,
            "campaign": measured.campaign.name,
            "setting": "437",
            "state": "WAITING",
            "chip": chip,
            "products_missing": 0.0,
            "qc_fwhm": fwhm,
            "qc_s2n": s2n,
            "not_finite": no_number,
        }
        for chip, fwhm, s2n, no_number in (("REDL", 2.5, 135.5, ""), ("REDU", None, None, "qc_s2n"))
    ]


def test_a_job_without_chips_has_one_row(add):
    Qc1Parameter.of(add(), MEASURED[-1]).save()
    assert [(row["chip"], row["products_missing"]) for row in rows_of(export.qc1("TESTCAM"))] == [("", 0.0)]


def test_a_parameter_has_its_unit_and_its_kind(measured):
    columns = {column.name: column for column in export.qc1("TESTCAM").heading.columns}
    assert (columns["qc_fwhm"].unit, columns["qc_s2n"].ucd) == ("pixel", "stat.snr")


def test_a_job_of_which_nothing_was_measured_has_no_row(add):
    add()
    table = export.qc1("TESTCAM")
    assert (table.jobs, rows_of(table)) == (0, [])


def test_a_score_has_a_row_with_its_range(add):
    add()
    run_night()
    rows = rows_of(export.scores("TESTCAM"))
    assert len(rows) == Score.objects.count() > 0
    kept = Score.objects.filter(kind=Score.Kind.PROCESSING).earliest("position")
    (row,) = [row for row in rows if (row["kind"], row["bit"]) == ("PROCESSING", kept.position)]
    assert [row[name] for name in ("name", "chip", "value", "low", "high", "flag", "state")] == [
        *(kept.name, kept.chip, kept.value, kept.low, kept.high, kept.flag),
        "INGESTED",
    ]


@pytest.mark.parametrize(
    ("first", "last", "found"),
    [("2012-05-09", "2012-05-09", 1), ("2012-05-10", None, 1), (None, "2012-05-08", 0), (None, None, 2)],
)
def test_dates_are_dfo_dates_and_both_limits_are_included(add, first, last, found):
    for number, night in ((1, "2012-05-09"), (2, "2012-05-10")):
        Qc1Parameter.of(add(number, date=night), MEASURED[0]).save()
    limits = [value and date.fromisoformat(value) for value in (first, last)]
    assert len(rows_of(export.qc1("TESTCAM", *limits))) == found


def test_an_instrument_has_its_own_rows_only(measured):
    assert rows_of(export.qc1("UVES")) == []


def test_every_kind_of_column_is_a_word_of_the_vocabulary(measured):
    tables = (export.qc1("TESTCAM"), export.scores("TESTCAM"))
    ucds = {column.ucd for table in tables for column in table.heading.columns} | {*export.UCDS.values()}
    assert [ucd for ucd in ucds - {""} if not check_ucd(ucd, check_controlled_vocabulary=True, has_colon=False)] == []


def test_what_is_written_twice_is_there_once_and_as_it_was_first(add, certified):
    job = add()
    for value in (7.0, 8.0):
        record.measurements(job, record.Found(certified.value, [Measurement("qc_s2n", "ONE", value)]))
    assert list(job.qc1.values_list("name", "chip", "value")) == [("qc_s2n", "ONE", 7.0)]
    assert job.scores.filter(kind=Score.Kind.PROCESSING).count() == len(certified.value.scores)


def fill(like: Job, days: range) -> None:
    """Ten measured jobs on each of some days."""
    for one_day in days:
        night = ProcessingDate.objects.create(instrument=like.date.instrument, date=date(2012, 6, one_day))
        names = [f"{one_day}-{number}.ab" for number in range(10)]
        blocks = AssociationBlock.objects.bulk_create(AssociationBlock(name=name, date=night) for name in names)
        jobs = Job.objects.bulk_create(Job(block=block, campaign=like.campaign, date=night) for block in blocks)
        Qc1Parameter.objects.bulk_create(Qc1Parameter.of(job, one) for job in jobs for one in MEASURED)


def peak_memory() -> int:
    """Of reading the whole table, in bytes."""
    gc.collect()
    # What was there before need not be looked at again.
    gc.freeze()
    tracemalloc.start()
    for _ in export.qc1("TESTCAM").groups:
        gc.collect()
    used = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    gc.unfreeze()
    return used


def test_a_table_of_many_dates_takes_no_more_memory_than_one_of_few(measured):
    fill(measured, range(1, 4))
    peak_memory()
    few = peak_memory()
    fill(measured, range(4, 25))
    assert peak_memory() < 1.5 * few


@pytest.mark.parametrize("value", ["yesterday", "2012-13-01", "09.05.2012"])
def test_a_date_that_is_none_is_named(value):
    with pytest.raises(ArgumentTypeError, match=f"'{value}' is no date such as 2012-05-09"):
        day(value)


def test_the_verb_prints_csv(measured, exported):
    rows = list(csv.DictReader(io.StringIO(exported("qc1", "TESTCAM"))))
    assert [(row["chip"], row["qc_s2n"]) for row in rows] == [("REDL", "135.5"), ("REDU", "")]


def test_the_verb_prints_a_votable(measured, exported):
    text = exported("qc1", "TESTCAM", "--format", "votable").encode()
    table = parse_single_table(io.BytesIO(text), verify="exception")
    assert list(table.to_table()["chip"]) == ["REDL", "REDU"]
    assert {field.name: str(field.unit) for field in table.fields if field.unit} == {"mjd_obs": "d", "qc_fwhm": "pix"}


def test_the_verb_prints_json(measured, exported):
    assert [row["qc_s2n"] for row in json.loads(exported("qc1", "TESTCAM", "--json"))] == [135.5, None]


def test_the_verb_writes_a_file_and_says_how_many_rows(measured, exported, tmp_path):
    file = tmp_path / "qc1.csv"
    assert json.loads(exported("qc1", "TESTCAM", "-o", file, "--json")) == {"file": str(file), "rows": 2}
    assert len(file.read_text().splitlines()) == 3
    assert list(tmp_path.iterdir()) == [file]


def test_a_bar_is_drawn_where_somebody_looks(measured, exported, tmp_path, monkeypatch, capsys):
    monkeypatch.setattr("sys.stderr.isatty", lambda: True)
    call_command("phoenix", "export", "qc1", "TESTCAM", "-o", tmp_path / "qc1.csv")
    assert "qc1" in capsys.readouterr().err


def test_a_file_that_cannot_be_written_is_a_failure_and_leaves_what_was_there(measured, exported, tmp_path):
    with pytest.raises(CommandError, match="No such file") as caught:
        exported("qc1", "TESTCAM", "-o", tmp_path / "absent" / "qc1.csv")
    assert caught.value.returncode == 1


def test_an_unknown_instrument_is_refused(db, exported):
    with pytest.raises(CommandError, match="no instrument 'NOBODY'") as caught:
        exported("qc1", "NOBODY")
    assert caught.value.returncode == 1


@pytest.mark.parametrize(
    "wrong", [("idps", "UVES"), ("qc1", "UVES", "--from", "yesterday"), ("qc1", "U", "--format", "xls")]
)
def test_wrong_use_is_told_from_refusal(exported, wrong):
    with pytest.raises(CommandError, match=r"invalid choice|no date such as"):
        exported(*wrong)
