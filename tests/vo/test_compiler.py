"""What a query means: names, groups, orders and kinds of values, answered by the database."""

import pytest

from monitor.vo import sphere
from tests.vo.answers import asked, message, rows

pytestmark = pytest.mark.django_db(transaction=True)


def ask(client, query):
    return rows(asked(client, query))


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("1 + 2 * 3", 7),
        ("7 / 2", 3),
        ("7 / 2.0", 3.5),
        ("-(3 - 5)", 2),
        ("ABS(-3)", 3),
        ("FLOOR(-1.5)", -2.0),
        ("CEILING(1.2)", 2.0),
        ("ROUND(2.567, 1)", 2.6),
        ("ROUND(2.567)", 3.0),
        ("TRUNCATE(-2.9)", -2.0),
        ("SQRT(2)", 2**0.5),
        ("POWER(2, 10)", 1024.0),
        ("LOG(10)", 2.302585092994046),
        ("LOG10(1000)", 3.0),
        ("MOD(17, 5)", 2.0),
        ("DEGREES(PI())", 180.0),
        ("ATAN2(1, 1)", 0.7853981633974483),
        ("UPPER('a') || 'b'", "Ab"),
        ("LOWER('ABC')", "abc"),
        ("COALESCE(em_xel, -1)", -1),
        ("DISTANCE(POINT('ICRS', 0, 0), POINT('ICRS', 0, 1))", 1.0),
        ("DISTANCE(359.5, 0, 0.5, 0)", 1.0),
        ("COORD1(POINT('ICRS', 12, 34))", 12.0),
        ("CONTAINS(POINT(0, 0), CIRCLE(1, 0, 0.9))", 0),
    ],
)
def test_an_expression_has_its_value(client, archive, expression, expected):
    [(value,)] = ask(client, f"SELECT {expression} AS x FROM ivoa.ObsCore WHERE em_xel IS NULL")

    assert value == (pytest.approx(expected) if isinstance(expected, float) else expected)


@pytest.mark.parametrize(
    ("condition", "number"),
    [
        ("snr > 50", 1),
        ("snr BETWEEN 20 AND 22 OR snr = 99.5", 2),
        ("NOT snr > 50", 1),
        ("target_name LIKE 'HD%'", 1),
        ("target_name LIKE 'hd%'", 0),
        ("target_name ILIKE 'hd%'", 1),
        ("target_name NOT LIKE '_ & B%'", 1),
        ("em_xel IS NULL", 1),
        ("em_xel IN (5000, 6000)", 1),
        ("1 = CONTAINS(POINT('ICRS', s_ra, s_dec), CIRCLE('ICRS', 10, -20, 0.1))", 1),
        ("CONTAINS(POINT('ICRS', s_ra, s_dec), CIRCLE('ICRS', 10, -20, 0.1)) = 0", 1),
        ("1 = CONTAINS(POINT(s_ra, s_dec), CIRCLE(POINT(10, -20), 180))", 2),
        ("intersects(s_region, circle('ICRS', 174.4005, -46.7, 0.0002)) = 1", 1),
        ("INTERSECTS(s_region, CIRCLE('ICRS', 10, -20, 0.1)) = 1", 1),
        ("1 = CONTAINS(s_region, CIRCLE('ICRS', 174.4, -46.7, 0.0002))", 0),
        ("1 = CONTAINS(POINT(s_ra, s_dec), POLYGON(9, -21, 11, -21, 11, -19, 9, -19))", 1),
        ("1 = CONTAINS(POINT(s_ra, s_dec), BOX('ICRS', 174, -46.5, 2, 2))", 1),
        ("1 = INTERSECTS(BOX('ICRS', 174, -46.5, 2, 2), s_region)", 1),
    ],
)
def test_a_condition_holds_for_so_many_products(client, archive, condition, number):
    assert len(ask(client, f"SELECT dp_id FROM ivoa.ObsCore WHERE {condition}")) == number


def test_tables_are_joined_by_using_or_on_and_outer_joins_leave_none_out(client, archive):
    star = archive[0].dp_id
    query = "SELECT o.dp_id, p.version FROM ivoa.ObsCore AS o JOIN phoenix.products AS p {} ORDER BY 1"
    expected = [(product.dp_id, 1) for product in archive]
    outer = f"LEFT JOIN phoenix.products AS p ON p.dp_id = o.dp_id AND p.dp_id = '{star}'"

    assert ask(client, query.format("USING (dp_id)")) == ask(client, query.format("ON o.dp_id = p.dp_id")) == expected
    assert ask(client, f"SELECT p.version FROM ivoa.ObsCore AS o {outer} ORDER BY o.dp_id") == [(1,), (None,)]


def test_rows_are_counted_by_group_and_groups_chosen(client, archive):
    query = "SELECT instrument, COUNT(*) AS n, MIN(snr), AVG(version) FROM phoenix.products GROUP BY instrument"

    assert ask(client, f"{query} HAVING COUNT(*) > 1 ORDER BY n DESC") == [("UVES", 2, 21.5, 1.0)]
    assert ask(client, f"{query} HAVING COUNT(*) > 2") == []


def test_an_order_may_be_by_name_number_or_value_and_an_offset_skips(client, archive):
    star, other = (product.dp_id for product in archive)

    assert ask(client, "SELECT dp_id AS x FROM ivoa.ObsCore ORDER BY x DESC") == [(other,), (star,)]
    assert ask(client, "SELECT snr, dp_id FROM ivoa.ObsCore ORDER BY 1 DESC OFFSET 1") == [(21.5, star)]
    assert ask(client, "SELECT dp_id FROM ivoa.ObsCore ORDER BY -snr") == [(other,), (star,)]


def test_an_outer_name_stands_in_for_a_table_of_any_schema(client, archive):
    assert ask(client, "SELECT COUNT(*) AS n FROM obscore") == [(2,)]


def test_columns_of_one_name_are_numbered(client, archive):
    query = "SELECT a.snr, b.snr FROM ivoa.ObsCore a, ivoa.ObsCore b WHERE a.snr < b.snr"

    assert ask(client, query) == [(21.5, 99.5)]


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ("SELECT dp_id FROM auth_user", "There is no table auth_user"),
        ("SELECT dp_id FROM processing.product", "There is no table processing.product"),
        ("SELECT password FROM ivoa.ObsCore", "There is no column password"),
        ("SELECT snr FROM ivoa.ObsCore WHERE snr = 'x'", "Numbers are compared with numbers"),
        ("SELECT snr + 'x' FROM ivoa.ObsCore", "+ takes numbers"),
        ("SELECT pg_sleep(9) FROM ivoa.ObsCore", "There is no function PG_SLEEP"),
        ("SELECT SIN(1, 2) FROM ivoa.ObsCore", "SIN takes 1 arguments"),
        ("SELECT dp_id, COUNT(*) FROM ivoa.ObsCore", "dp_id must stand in GROUP BY"),
        ("SELECT COUNT(MAX(snr)) FROM ivoa.ObsCore", "MAX stands inside of another"),
        ("SELECT snr FROM ivoa.ObsCore WHERE COUNT(*) > 1", "COUNT cannot stand in WHERE"),
        ("SELECT dp_id FROM ivoa.ObsCore a, phoenix.products b", "is in several tables"),
        ("SELECT a.dp_id FROM ivoa.ObsCore a, phoenix.products a", "have the same name"),
        ("SELECT snr = 1 FROM ivoa.ObsCore", "Expected FROM"),
        ("SELECT (snr = 1) AS x FROM ivoa.ObsCore", "Expected a value"),
        ("SELECT snr FROM ivoa.ObsCore WHERE snr", "Expected a condition"),
        ("SELECT DISTINCT snr FROM ivoa.ObsCore ORDER BY dp_id", "With DISTINCT"),
        ("SELECT snr FROM ivoa.ObsCore ORDER BY 2", "there are entries 1 to 1"),
        ("SELECT POINT(1, 2) FROM ivoa.ObsCore", "can only stand in CONTAINS"),
        ("SELECT snr FROM ivoa.ObsCore WHERE CONTAINS(POINT('GALACTIC', 1, 2), CIRCLE(1, 2, 3)) = 1", "in ICRS only"),
        ("SELECT snr FROM ivoa.ObsCore WHERE CONTAINS(POINT(1, 2), POLYGON(0,0, 9,0, 2,2, 0,9)) = 1", "not convex"),
        ("SELECT 1 / 0 FROM ivoa.ObsCore WHERE 1 / 0 = 1 OR SQRT(-1) = 1", ""),
    ],
)
def test_what_makes_no_sense_is_refused_with_the_reason(client, archive, query, said):
    answer = asked(client, query)

    if said:
        assert answer.status_code == 400
        assert said in message(answer)
    assert answer.status_code in (200, 400)


def test_a_polygon_is_the_same_in_both_directions():
    corners = [(10.0, 10.0), (20.0, 10.0), (20.0, 20.0)]

    assert {*sphere.polygon(corners).normals} == {*sphere.polygon(corners[::-1]).normals}
