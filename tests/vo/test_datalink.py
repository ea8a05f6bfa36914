"""Links of a product: files, versions, raw frames."""

import pytest

from processing.models import Job
from tests.monitor import rows as made
from tests.vo.answers import body, message, rows, statuses, table

pytestmark = pytest.mark.django_db(transaction=True)


def links(client, *ids, **more):
    return client.get("/datalink/links", {"ID": list(ids), **more})


def test_a_product_has_links_to_its_files_and_the_names_of_its_raw_frames(client, archive):
    name = archive[0].dp_id
    found = table(links(client, name))
    files = {str(row["semantics"]): str(row["access_url"]) for row in found if row["access_url"]}

    assert files == {
        "#this": f"http://testserver/file/{name}.fits",
        "#auxiliary": f"http://testserver/file/{name}.2dspectrum1.fits",
        "#preview": f"http://testserver/file/{name}.preview.svg",
    }
    assert "UVES.2012-05-10T03:00:00.000" in str(found[-1]["description"])
    assert (found[-1]["semantics"], found[0]["content_length"]) == ("#progenitor", 10240)


@pytest.mark.parametrize("form", ["ivo://eso.org/ID?{}", "{}.fits"])
def test_an_id_may_be_that_of_obscore_or_a_file_name(client, archive, form):
    asked = form.format(archive[0].dp_id)

    assert {row[0] for row in rows(links(client, asked))} == {asked}


def test_every_link_can_be_followed(client, archive):
    for row in table(links(client, archive[0].dp_id)):
        if row["access_url"]:
            answer = client.get(str(row["access_url"]).removeprefix("http://testserver"))
            assert len(body(answer)) in (10240, 5120)


def test_an_id_that_is_not_known_has_an_error_in_its_row(client, archive):
    [row] = rows(links(client, "<unknown & strange>"))

    assert row[0] == "<unknown & strange>"
    assert row[3].startswith("NotFoundFault: ")


def test_an_obsolete_product_says_so_and_links_to_its_successor(client, archive):
    made.reprocessed(Job.objects.get(pk=archive[0].job_id))
    found = table(links(client, archive[0].dp_id))
    newer = [row for row in found if row["semantics"] == "#derivation"]

    assert "OBSOLETE" in str(found[0]["description"])
    assert [str(row["description"]) for row in newer] == ["Version 2, CURRENT"]


def test_no_id_gives_no_links(client, archive):
    assert rows(links(client)) == []
    assert statuses(links(client)) == [("OK", "")]


def test_another_format_is_refused(client, archive):
    answer = links(client, archive[0].dp_id, RESPONSEFORMAT="csv")

    assert (answer.status_code, "there is votable" in message(answer)) == (400, True)


def test_too_many_ids_are_cut_and_said_so(client, archive):
    assert statuses(links(client, *["x"] * 101)) == [("OK", ""), ("OVERFLOW", "")]
