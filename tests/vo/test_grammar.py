"""ADQL: what is understood, and what is refused with its place."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.vo.errors import BadQuery
from monitor.vo.grammar import parse
from monitor.vo.tokens import LONGEST, tokens
from monitor.vo.tree import Between, Call, Comparison, Item, Logic, Name, Not, Number, Operation, Sign, Star, Text


def where(condition):
    return parse(f"SELECT a FROM t WHERE {condition}").where


def value(text):
    [item] = parse(f"SELECT {text} FROM t").items
    assert isinstance(item, Item)
    return item.value


def test_and_binds_closer_than_or_and_not_closer_than_both():
    a, b, c = (Comparison("=", Name((name,)), Number(1)) for name in "abc")

    assert where("a = 1 OR NOT b = 1 AND c = 1") == Logic("OR", (a, Logic("AND", (Not(b), c))))


def test_products_bind_closer_than_sums_and_signs_closest():
    two = Number(2)

    assert value("1 - 2 * -2") == Operation("-", Number(1), Operation("*", two, Sign("-", two)))
    assert value("1 - 2 - 2") == Operation("-", Operation("-", Number(1), two), two)


def test_brackets_hold_values_and_conditions():
    assert where("(a + 1) * 2 > 3 AND (a = 1 OR (b BETWEEN 1 AND 2))") == where(
        "(((a) + 1) * 2) > 3 AND (((a = 1)) OR b BETWEEN 1 AND 2)"
    )
    assert where("b NOT BETWEEN 1 AND 2") == Between(Name(("b",)), Number(1), Number(2), negated=True)


@pytest.mark.parametrize("written", ["4e-7", "4.0E-7", ".4e-6", "0.0000004"])
def test_a_number_is_read_in_every_form(written):
    assert value(written) == Number(4e-7)


def test_quotes_are_doubled_inside_of_quotes():
    assert value("'it''s'") == Text("it's")
    assert value('"a""b"') == Name(('a"b',))


def test_keywords_and_functions_may_be_in_any_case_and_names_quoted():
    query = parse('select distinct top 5 count(*) as "from", x.* from s.t as x offset 3 -- and a comment')

    assert (query.distinct, query.top, query.offset) == (True, 5, 3)
    assert query.items == (Item(Call("COUNT", (Star(),)), "from"), Star(("x",)))


@pytest.mark.parametrize(
    ("query", "expected", "place"),
    [
        ("", "SELECT", 1),
        ("DROP TABLE t", "Expected SELECT, found 'DROP'", 1),
        ("SELECT a", "Expected FROM, found the end of the query", 9),
        ("SELECT a FROM t; DELETE FROM t", "Expected the end of the query, found 'DELETE'", 18),
        ("SELECT a FROM t WHERE a = 'x", "This text has no end", 27),
        ("SELECT a FROM t WHERE a NOT 3", "Expected BETWEEN, IN or LIKE", 29),
        ("SELECT a FROM (SELECT a FROM t) AS u", "Expected the name of a table, found '('", 15),
        ("SELECT a FROM t UNION SELECT a FROM u", "Expected the end of the query, found 'UNION'", 17),
        ("SELECT a FROM t WHERE EXISTS (SELECT 1 FROM t)", "found 'EXISTS'", 23),
        ("SELECT TOP x a FROM t", "a whole number after TOP", 12),
        ("SELECT a FROM t JOIN u", "Expected ON or USING", 23),
        ("SELECT a FROM t NATURAL JOIN u", "NATURAL JOIN is not supported", 17),
        ("SELECT a FROM t WHERE a = 1e999", "too large", 27),
        ("SELECT a\0 FROM t", "NUL", 9),
        ("SELECT a` FROM t", "'`' has no place", 9),
    ],
)
def test_a_refusal_says_where_and_what_was_expected(query, expected, place):
    with pytest.raises(BadQuery) as refused:
        parse(query)

    assert expected in str(refused.value)
    assert str(refused.value).endswith(f"(at character {place})")


@pytest.mark.parametrize(
    "query",
    [
        f"SELECT {'(' * 200}1{')' * 200} FROM t",
        f"SELECT {'- ' * 300}1 FROM t",
        f"SELECT a FROM t WHERE {'NOT ' * 500} a = 1",
        f"SELECT {'ABS(' * 200}1{')' * 200} FROM t",
        f"SELECT 1{' + 1' * 5000} FROM t",
        f"SELECT a FROM t WHERE a IN ({'1,' * 5000}1)",
        f"SELECT a FROM t{', t' * 50}",
        f"SELECT {'x' * LONGEST} FROM t",
        "SELECT a.b.c.d FROM t",
    ],
    ids=lambda query: query[:20],
)
def test_a_query_that_is_too_large_is_refused(query):
    with pytest.raises(BadQuery):
        parse(query)


@given(st.text(max_size=80))
def test_any_text_is_a_query_or_refused(query):
    try:
        parse(query)
    except BadQuery as refused:
        assert str(refused)


@given(st.text(alphabet=st.characters(exclude_characters="\0"), max_size=40))
def test_any_text_survives_its_quotes(said):
    quoted = said.replace("'", "''")

    assert tokens(f"'{quoted}'")[0].text == said
