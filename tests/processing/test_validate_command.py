"""`phoenix validate`: exit codes, what it prints, and that nothing makes it fail."""

import json
import os

import pytest
from django.core.management import CommandError, call_command

from tests.plugins import written
from tests.plugins.written import NAME


@pytest.fixture
def validate(capsys):
    """Run the verb; returns its exit code and what it printed."""

    def run(*arguments: object) -> tuple[int, str]:
        try:
            call_command("phoenix", "validate", *map(str, arguments))
            code = 0
        except SystemExit as leaving:
            code = int(leaving.code or 0)
        return code, capsys.readouterr().out

    return run


def test_a_valid_product_is_valid(validate, tmp_path):
    product = written.spectrum(tmp_path / NAME)
    assert validate(product) == (0, f"{product}: valid\n")


def test_an_error_is_refused_with_its_rule(validate, tmp_path):
    code, printed = validate(written.spectrum(tmp_path / NAME, {"FLUXCAL": "RELATIVE"}))
    assert code == 1
    assert "  G12  E FLUXCAL is 'RELATIVE'; allowed: ABSOLUTE, UNCALIBRATED" in printed.splitlines()


def test_a_warning_is_not_refused(validate, tmp_path):
    code, printed = validate(written.spectrum(tmp_path / NAME, None, {"TITLE": "a star"}))
    assert code == 0
    assert "valid, with warnings" in printed
    assert "  S20  W " in printed


def test_json_lists_each_file_with_its_findings(validate, tmp_path):
    bad = written.spectrum(tmp_path / "bad.fits", {"SPEC_RES": 0.0}, {"TITLE": "HD 1, again"})
    good = written.spectrum(tmp_path / NAME)
    code, printed = validate("--json", tmp_path)
    message = "SPEC_RES in HDU 0 is 0.0; it must be above 0"
    finding = {"rule": "G13", "level": "E", "message": message, "value": 0.0}
    assert code == 1
    assert json.loads(printed) == [{"file": str(good), "findings": []}, {"file": str(bad), "findings": [finding]}]


def test_a_file_that_is_no_fits_file_is_a_finding(validate, tmp_path):
    (tmp_path / "notes.txt").write_text("no FITS file")
    code, printed = validate(tmp_path / "notes.txt")
    assert code == 1
    assert "FITS E no FITS file" in printed


def test_signs_that_a_terminal_obeys_are_shown_as_text(validate, tmp_path):
    path = tmp_path / "a\x1b[2Jb\udcff.fits"
    path.write_bytes(b"")
    code, printed = validate(path)
    assert code == 1
    assert "a\\x1b[2Jb\\udcff.fits: not valid" in printed


@pytest.mark.parametrize("arguments", [["/no/such/file"], [], ["x" * 5000], ["/dev/null/x"]], ids=str)
def test_without_files_it_is_wrong_use(arguments):
    with pytest.raises(CommandError) as error:
        call_command("phoenix", "validate", *arguments)
    assert error.value.returncode == 2


def test_a_device_that_never_ends_is_no_file(tmp_path):
    os.mkfifo(tmp_path / "pipe.fits")
    with pytest.raises(CommandError, match="no such file"):
        call_command("phoenix", "validate", tmp_path / "pipe.fits")


def test_the_rules_are_listed(validate):
    code, printed = validate("--rules", "--json")
    listed = json.loads(printed)
    assert code == 0
    assert len(listed) == len({row["rule"] for row in listed}) == 44
    assert validate("--rules")[1].splitlines()[0].startswith("G01  E  file name of at most 68 characters")
