"""The parts of a query's way, each by itself."""

import contextlib
from collections.abc import Sequence
from typing import Any

import pytest
from astropy.io.votable.ucd import check_ucd
from django.http import StreamingHttpResponse
from django.test import RequestFactory

from monitor.vo import formats, tap
from monitor.vo.catalogue import BY_NAME, KEYS, TABLES
from monitor.vo.compiler import Field
from monitor.vo.errors import BadQuery
from monitor.vo.expressions import condition
from monitor.vo.functions import FUNCTIONS
from monitor.vo.known import find
from monitor.vo.obscore import COLUMNS
from monitor.vo.requests import parameters
from monitor.vo.schema import NAME
from monitor.vo.scope import Scope
from monitor.vo.sql import Sql, build, join
from monitor.vo.stream import DEEPEST, Stream
from monitor.vo.tables import Kind
from monitor.vo.tree import Name, Source
from monitor.vo.values import Values
from tests.vo.answers import asked, rows


def test_parameters_stand_in_the_order_of_their_places():
    pair = build("{} < {}", Sql("a + %s", (1,)), Sql("%s", (2,)))

    assert join(" AND ", [pair, Sql("b = %s", ("x",))]) == Sql("a + %s < %s AND b = %s", (1, 2, "x"))


def test_a_table_reads_only_the_columns_that_are_needed():
    scope = Scope((Source(("phoenix", "provenance")),), BY_NAME)
    scope.value(Name(("TAG",)))

    assert scope.bound[0].sql("", "sqlite").text.startswith('(SELECT r.tag AS "tag" FROM processing_product p')


def test_a_condition_has_no_constant_in_its_sql():
    scope = Scope((Source(("phoenix", "products"), "p"),), BY_NAME)
    sql = Values(scope, "sqlite").condition(condition(Stream("p.dp_id = 'it''s' AND snr < 5")))

    assert sql.params == ("it's", 5)
    assert "'" not in sql.text
    assert "5" not in sql.text


def test_brackets_are_counted():
    depth = DEEPEST // 2 - 1
    condition(Stream(f"{'(' * depth}a = 1{')' * depth}"))

    with pytest.raises(BadQuery, match="nested deeper"):
        condition(Stream(f"{'(' * DEEPEST}a = 1{')' * DEEPEST}"))


def test_names_of_parameters_are_in_capitals_and_the_last_of_a_name_counts():
    request = RequestFactory().post("/tap/sync?query=a&query=b&lang=x", {"LANG": "ADQL"})

    assert parameters(request) == {"QUERY": "b", "LANG": "ADQL"}


@pytest.mark.parametrize("column", [column for table in TABLES for column in table.columns if column.ucd], ids=str)
def test_every_ucd_is_one_of_the_vocabulary(column):
    assert check_ucd(column.ucd, check_controlled_vocabulary=True)


def test_every_column_of_obscore_has_a_description_and_its_own_name():
    assert all(column.description for column in COLUMNS)
    assert len({column.name for column in COLUMNS}) == len(COLUMNS)


def test_every_key_joins_columns_that_there_are():
    for key in KEYS:
        for of, to in key.columns:
            assert of in BY_NAME[key.source.lower()].by_name
            assert to in BY_NAME[key.target.lower()].by_name
    assert any(key.source.startswith(NAME) for key in KEYS)


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("name", sorted(FUNCTIONS))
def test_every_function_of_the_list_can_be_computed(client, archive, name):
    function = FUNCTIONS[name]
    argument = "'a'" if function.of_text else "0.5"
    for count in function.templates:
        query = f"SELECT {name}({', '.join([argument, '1'][:count])}) AS x FROM ivoa.ObsCore WHERE snr > 90"
        if count in (function.sqlite or function.templates):
            assert len(rows(asked(client, query))) == 1


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("name", ["", "ADP", "../x", "ADP.2026-01-01T00:00:00.001\n"])
def test_a_name_that_is_none_finds_no_file(archive, name):
    assert find(name) is None


def test_an_answer_that_nobody_reads_gives_its_connection_back():
    given_back: list[str] = []
    running = contextlib.ExitStack()
    running.callback(given_back.append, "the connection")
    StreamingHttpResponse(tap.Pieces(running, iter(["<VOTABLE>"]))).close()

    assert given_back == ["the connection"]


def test_texts_are_escaped_and_what_xml_cannot_hold_is_replaced():
    fields = [Field("x", Kind.TEXT, None)]
    chunks: list[list[Sequence[Any]]] = [[("a & b",), (None,)], [("two\nlines <",), ("\x1f\x00]]>",)]]
    written = "".join(formats.votable(fields, formats.Truncated(chunks, 9), {}))

    cells = [cell.partition("</TD>")[0] for cell in written.split("<TD>")[1:]]
    assert cells == ["a &amp; b", "", "two\nlines &lt;", "\ufffd\ufffd]]&gt;"]
