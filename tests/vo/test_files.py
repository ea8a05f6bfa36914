"""Files for everybody: whole, in parts, and only those that the catalogue knows."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.vo import ranges
from tests.vo.answers import body
from tests.vo.conftest import CONTENT

pytestmark = pytest.mark.django_db(transaction=True)


def got(client, name, **headers):
    return client.get(f"/file/{name}", headers=headers)


def status(client, name, **headers):
    answer = got(client, name, **headers)
    answer.close()
    return answer.status_code


def test_a_science_file_comes_under_its_archive_name(client, archive):
    name = archive[0].dp_id
    answer = got(client, name)

    assert body(answer) == body(got(client, f"{name}.fits")) == CONTENT * 2
    assert answer.headers["Content-Disposition"] == f'attachment; filename="{name}.fits"'
    assert answer.headers["Content-Type"] == "application/fits"
    assert answer.headers["Content-Length"] == str(len(CONTENT) * 2)


@pytest.mark.parametrize(
    ("suffix", "content_type"), [(".2dspectrum1.fits", "application/fits"), (".preview.svg", "image/svg+xml")]
)
def test_ancillary_files_and_previews_come_too(client, archive, suffix, content_type):
    answer = got(client, f"{archive[0].dp_id}{suffix}")

    assert (body(answer), answer.headers["Content-Type"]) == (CONTENT, content_type)


@pytest.mark.parametrize(
    ("asked", "start", "end"),
    [("bytes=0-9", 0, 10), ("bytes=100-", 100, 10240), ("bytes=-10", 10230, 10240), ("bytes=5-99999", 5, 10240)],
)
def test_a_part_of_a_file_is_given(client, archive, asked, start, end):
    answer = got(client, archive[0].dp_id, range=asked)

    assert (answer.status_code, body(answer)) == (206, (CONTENT * 2)[start:end])
    assert answer.headers["Content-Range"] == f"bytes {start}-{end - 1}/10240"
    assert answer.headers["Content-Length"] == str(end - start)


@pytest.mark.parametrize("asked", ["bytes=10240-", "bytes=99999-999999", "bytes=-0"])
def test_a_part_behind_the_end_is_refused(client, archive, asked):
    answer = got(client, archive[0].dp_id, range=asked)

    assert (answer.status_code, answer.headers["Content-Range"]) == (416, "bytes */10240")


@pytest.mark.parametrize("asked", ["bytes=9-5", "lines=1-2", "bytes=0-1,5-6", "bytes=-", "bytes=²-"])
def test_a_range_that_is_not_understood_gives_the_whole_file(client, archive, asked):
    assert status(client, archive[0].dp_id, range=asked.encode().decode("latin-1")) == 200


def test_a_download_goes_on_only_with_the_same_file(client, archive):
    same = f'"{archive[0].sha256}"'

    assert status(client, archive[0].dp_id, **{"range": "bytes=5-", "if-range": same}) == 206
    assert status(client, archive[0].dp_id, **{"range": "bytes=5-", "if-range": '"other"'}) == 200


def test_who_has_the_file_need_not_fetch_it_again(client, archive):
    first = got(client, archive[0].dp_id)
    first.close()

    assert got(client, archive[0].dp_id, **{"if-none-match": first.headers["ETag"]}).status_code == 304
    assert got(client, archive[0].dp_id, **{"if-modified-since": first.headers["Last-Modified"]}).status_code == 304


def test_head_tells_the_size_without_the_content(client, archive):
    answer = client.head(f"/file/{archive[0].dp_id}")
    answer.close()

    assert (answer.headers["Content-Length"], answer.headers["Accept-Ranges"]) == ("10240", "bytes")


@pytest.mark.parametrize(
    "name",
    ["ADP.2026-01-01T00:00:59.999", "x", "..%2F..%2Fetc%2Fpasswd", "{}.other.fits", "{}.fits.fits", "ADP.²", "{}%0A"],
)
def test_a_name_that_the_catalogue_does_not_know_is_not_found(client, archive, name):
    assert got(client, name.format(archive[0].dp_id)).status_code == 404


def test_a_file_that_the_archive_does_not_give_is_asked_for_later(client, archive, tmp_path):
    (tmp_path / "products/2026-01" / f"{archive[0].dp_id}.fits").unlink()

    assert got(client, archive[0].dp_id).status_code == 503


@given(st.from_regex(r"bytes=[0-9]{0,4}-[0-9]{0,4}", fullmatch=True), st.integers(0, 500))
def test_a_part_never_leaves_the_file(header, size):
    try:
        found = ranges.asked(header, size)
    except ranges.Unsatisfiable:
        return
    if found:
        start, length = found
        assert 0 <= start < start + length <= size
