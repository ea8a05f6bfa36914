"""The functions that a query may call, as SQL of PostgreSQL and of SQLite."""

from collections.abc import Mapping
from dataclasses import dataclass

from monitor.vo.errors import BadQuery
from monitor.vo.sql import Value, build
from monitor.vo.tables import Kind
from monitor.vo.tree import Call

AGGREGATES = frozenset({"COUNT", "MIN", "MAX", "SUM", "AVG"})


@dataclass(frozen=True)
class Function:
    """By number of arguments a template; `kind` None: that of the first argument."""

    templates: Mapping[int, str]
    kind: Kind | None = Kind.DOUBLE
    of_text: bool = False
    sqlite: Mapping[int, str] | None = None


def _one(template: str, sqlite: str = "") -> Function:
    return Function({1: template}, sqlite={1: sqlite} if sqlite else None)


_TENTH = {1: "ROUND({})", 2: "CAST(ROUND(CAST({} AS numeric), CAST({} AS integer)) AS double precision)"}
_CUT = {1: "TRUNC({})", 2: "CAST(TRUNC(CAST({} AS numeric), CAST({} AS integer)) AS double precision)"}
FUNCTIONS: Mapping[str, Function] = {
    **{name: _one(f"{name}({{}})") for name in ("ACOS", "ASIN", "ATAN", "COS", "COT", "EXP", "SIN", "SQRT", "TAN")},
    **{name: _one(f"{name}({{}})") for name in ("DEGREES", "FLOOR", "RADIANS")},
    "CEILING": _one("CEILING({})"),
    "LOG": _one("LN({})"),
    "LOG10": _one("LOG(CAST({} AS numeric))", "LOG(10, {})"),
    "ATAN2": Function({2: "ATAN2({}, {})"}),
    "POWER": Function({2: "POWER(CAST({} AS double precision), CAST({} AS double precision))"}),
    "PI": Function({0: "PI()"}),
    "ROUND": Function(_TENTH, sqlite={1: "ROUND({})", 2: "ROUND({}, {})"}),
    "TRUNCATE": Function(_CUT, sqlite={1: "CAST(CAST({} AS bigint) AS double precision)"}),
    "ABS": Function({1: "ABS({})"}, None),
    "MOD": Function({2: "MOD(CAST({} AS numeric), CAST({} AS numeric))"}, sqlite={2: "MOD({}, {})"}),
    "LOWER": Function({1: "LOWER({})"}, Kind.TEXT, of_text=True),
    "UPPER": Function({1: "UPPER({})"}, Kind.TEXT, of_text=True),
}


def called(call: Call, arguments: list[Value], vendor: str) -> Value:
    """A function of the list; raises `BadQuery` for another, or for arguments that it does not take."""
    if call.name == "COALESCE":
        return _first(call, arguments)
    function = FUNCTIONS.get(call.name)
    if function is None:
        raise BadQuery(f"There is no function {call.name[:40]}", call.at)
    templates = function.sqlite if function.sqlite and vendor == "sqlite" else function.templates
    template = templates.get(len(arguments))
    if template is None or call.distinct:
        counts = " or ".join(str(count) for count in templates)
        raise BadQuery(f"{call.name} takes {counts} arguments", call.at)
    if not all(a.kind.is_text if function.of_text else a.kind.is_number for a in arguments):
        raise BadQuery(f"{call.name} takes {'texts' if function.of_text else 'numbers'}", call.at)
    sql = build(template, *(argument.sql for argument in arguments))
    kind = function.kind or arguments[0].kind
    return Value(build("CAST({} AS double precision)", sql) if kind is Kind.DOUBLE else sql, kind)


def _first(call: Call, arguments: list[Value]) -> Value:
    """COALESCE: the first argument that is not NULL."""
    if len(arguments) < 2 or not alike(arguments):  # noqa: PLR2004
        raise BadQuery("COALESCE takes two arguments or more, all numbers or all texts", call.at)
    places = ", ".join(["{}"] * len(arguments))
    return Value(build(f"COALESCE({places})", *(a.sql for a in arguments)), widest(arguments))


def alike(values: list[Value]) -> bool:
    """All numbers, or all texts."""
    return all(v.kind.is_number for v in values) or all(v.kind.is_text for v in values)


def widest(values: list[Value]) -> Kind:
    """The kind that holds all of them."""
    kinds = {value.kind for value in values}
    ordered = (Kind.DOUBLE, Kind.LONG, Kind.INT)
    return next((kind for kind in ordered if kind in kinds), Kind.TEXT)


def aggregated(call: Call, argument: Value | None) -> Value:
    """COUNT, MIN, MAX, SUM or AVG; the argument of COUNT(*) is None."""
    unique = "DISTINCT " if call.distinct else ""
    if argument is None:
        if call.name != "COUNT" or call.distinct:
            raise BadQuery("Only COUNT takes *", call.at)
        return Value(build("COUNT(*)"), Kind.LONG)
    if call.name == "COUNT":
        return Value(build(f"COUNT({unique}{{}})", argument.sql), Kind.LONG)
    if call.name in ("MIN", "MAX") and argument.kind is not Kind.REGION:
        return Value(build(f"{call.name}({{}})", argument.sql), argument.kind)
    if not argument.kind.is_number:
        raise BadQuery(f"{call.name} takes a number", call.at)
    sql = build(f"CAST({call.name}({unique}{{}}) AS double precision)", argument.sql)
    whole = call.name == "SUM" and argument.kind is not Kind.DOUBLE
    return Value(build("CAST({} AS bigint)", sql) if whole else sql, Kind.LONG if whole else Kind.DOUBLE)
