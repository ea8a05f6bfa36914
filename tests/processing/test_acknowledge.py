"""`phoenix acknowledge` and `phoenix deprecate`: what they print, and their exit codes."""

import json

import pytest
from django.core.management import CommandError, call_command

from processing import control
from processing.models import Product
from tests.monitor import rows

pytestmark = pytest.mark.django_db


@pytest.fixture
def product():
    """One of an attempt that was repeated in vain."""
    row = rows.attempted(rows.job())
    rows.repeated_in_vain(row)
    return row.products.get()


def printed(capsys, *arguments):
    call_command("phoenix", *arguments)
    return capsys.readouterr().out


def test_an_acknowledgement_is_a_table_with_a_line_for_each_product(capsys, product):
    first, heading, *lines = printed(capsys, "acknowledge", "UVES", "2012-05-09").splitlines()

    assert first == "UVES 2012-05-09: REGISTERED, 1 REGISTERED, 1 DUPLICATE"
    assert heading.split() == ["STATE", "PRODUCT", "VERSION", "AB", "PART", "TRIES", "SECONDS", "TEXT"]
    ab = product.job.block.name
    assert lines[0].split() == ["REGISTERED", product.dp_id, "1", ab, "RED580", "0", "-"]
    assert lines[1].split()[:3] == ["DUPLICATE", "-", "-"]
    assert lines[1].endswith(f"the same as {product.dp_id}")


def test_columns_of_an_acknowledgement_stand_below_their_headings(capsys, product):
    _, *lines = printed(capsys, "acknowledge", "UVES", "2012-05-09").splitlines()
    starts = [lines[0].index("PRODUCT"), lines[1].index(product.dp_id)]

    assert starts[0] == starts[1]


def test_an_acknowledgement_of_nothing_is_one_line(capsys):
    rows.job()

    assert printed(capsys, "acknowledge", "UVES", "2012-05-09") == "UVES 2012-05-09: REGISTERED, nothing to ingest\n"


def test_an_acknowledgement_obeys_no_signs_for_a_terminal(capsys, product):
    product.ingestion.log = "a\x1b[2Jb\nc"
    product.ingestion.save()

    assert "a\\x1b[2Jb\\nc" in printed(capsys, "acknowledge", "UVES", "2012-05-09")


def test_an_acknowledgement_as_json_is_that_of_the_api(capsys, product, admin_client):
    found = json.loads(printed(capsys, "acknowledge", "UVES", "2012-05-09", "--json"))

    assert found == admin_client.get("/api/v1/dates/UVES/2012-05-09/acknowledgement/").json()


@pytest.mark.parametrize("date", ["2012-05-30", "yesterday"])
def test_a_date_that_nobody_knows_is_refused(product, date):
    with pytest.raises(CommandError, match="no date UVES") as error:
        call_command("phoenix", "acknowledge", "UVES", date)

    assert error.value.returncode == 1


def test_a_product_is_deprecated_and_what_it_was_is_told(capsys, product):
    told = printed(capsys, "deprecate", f"{product.dp_id}.fits", "--reason", "wrong target", "--json")
    product.refresh_from_db()

    assert json.loads(told) == {
        "product": product.dp_id,
        "was": "CURRENT",
        "state": "DEPRECATED",
        "reason": "wrong target",
    }
    assert (product.state, product.state_reason) == ("DEPRECATED", "wrong target")


def test_what_is_deprecated_already_is_refused_and_keeps_its_reason(product):
    control.deprecate(product.dp_id, "wrong target", "anna")
    with pytest.raises(CommandError, match="deprecated already: wrong target") as error:
        call_command("phoenix", "deprecate", product.dp_id, "--reason", "again")

    assert error.value.returncode == 1
    assert Product.objects.get().state_reason == "wrong target"


@pytest.mark.parametrize(("name", "reason"), [("ADP.NONE", "x"), (None, " ")])
def test_what_is_no_product_and_what_has_no_reason_is_refused(product, name, reason):
    with pytest.raises(CommandError, match=r"no product|needs a reason") as error:
        call_command("phoenix", "deprecate", name or product.dp_id, "--reason", reason)

    assert error.value.returncode == 1
