"""Turns a query's tree into one SELECT over listed tables, with every constant as a parameter."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, fields

from monitor.vo.errors import BadQuery
from monitor.vo.functions import AGGREGATES
from monitor.vo.scope import Scope
from monitor.vo.sql import Sql, Value, build, join
from monitor.vo.tables import Column, Kind, Table
from monitor.vo.tree import Call, Item, Name, Node, Number, Order, Select, Star
from monitor.vo.values import Values


@dataclass(frozen=True)
class Field:
    """A column of the answer."""

    name: str
    kind: Kind
    column: Column | None


@dataclass(frozen=True)
class Compiled:
    """What the database is asked, and what comes back."""

    sql: Sql
    fields: Sequence[Field]


def compiled(select: Select, tables: Mapping[str, Table], vendor: str, base: str, most: int) -> Compiled:
    """The SQL of a query for at most so many rows; raises `BadQuery`."""
    return Compiler(select, tables, vendor).whole(base, most)


class Compiler:
    """One query on its way."""

    def __init__(self, select: Select, tables: Mapping[str, Table], vendor: str) -> None:
        self.select, self.vendor = select, vendor
        self.scope = Scope(select.sources, tables)
        self.values = Values(self.scope, vendor)

    def whole(self, base: str, most: int) -> Compiled:
        """The clauses in the order of SQL; FROM is written last, when all columns that are needed are known."""
        query = self.select
        self._check_groups()
        items, listed = self._items()
        joins = [self._join(number) for number in range(1, len(self.scope.bound))]
        where = [build(" WHERE {}", self.values.condition(self._plain(query.where)))] if query.where else []
        rest = [*where, *self._grouping(), *self._ordering(items)]
        source = self.scope.bound[0].sql(base, self.vendor)
        joined = [build(template, bound.sql(base, self.vendor), on)
                  for (template, on), bound in zip(joins, self.scope.bound[1:], strict=True)]  # fmt: skip
        start = build("SELECT DISTINCT {} FROM {}" if query.distinct else "SELECT {} FROM {}", listed, source)
        top = most if query.top is None else min(most, query.top)
        end = Sql(" LIMIT %s OFFSET %s", (top, query.offset))
        return Compiled(join("", [start, *joined, *rest, end]), _unique([field for _, field in items]))

    def _items(self) -> tuple[list[tuple[Node, Field]], Sql]:
        """Each entry of the select list with its field, and their SQL."""
        found: list[tuple[Node, Field]] = []
        listed: list[Sql] = []
        for node in self.select.items:
            for alias, value, of in self._entries(node):
                name = alias or (value.column.name if value.column else _label(of, len(found) + 1))
                found.append((of, Field(name, value.kind, value.column)))
                listed.append(value.sql)
        return found, join(", ", listed)

    def _entries(self, node: Node) -> Iterator[tuple[str, Value, Node]]:
        if isinstance(node, Star):
            if self.select.groups:
                raise BadQuery("* does not go with GROUP BY", node.at)
            for value in self.scope.everything(node):
                yield "", value, Name((value.column.name,) if value.column else (), node.at)
        elif isinstance(node, Item):
            value = self.values.value(node.value)
            # A float that is no column may come as a decimal number, which is slow to write and has another form.
            fresh = value.kind is Kind.DOUBLE and value.column is None
            yield (
                node.alias,
                Value(build("CAST({} AS double precision)", value.sql), value.kind) if fresh else value,
                node.value,
            )

    def _join(self, number: int) -> tuple[str, Sql]:
        """A template for the table, and the condition of its join."""
        source = self.scope.bound[number].source
        if source.join == "CROSS":
            return " CROSS JOIN {}{}", Sql("")
        if source.using:
            return f" {source.join} JOIN {{}} ON {{}}", self._same(number, source.using)
        self.values.visible = slice(0, number + 1)
        on = self.values.condition(self._plain(source.condition or Number(1, source.at)))
        self.values.visible = slice(None)
        return f" {source.join} JOIN {{}} ON {{}}", on

    def _same(self, number: int, using: Sequence[str]) -> Sql:
        at = self.scope.bound[number].source.at
        pairs = []
        for column in using:
            left = self.scope.value(Name((column,), at), slice(0, number))
            right = self.scope.value(Name((column,), at), slice(number, number + 1))
            pairs.append(build("({} = {})", left.sql, right.sql))
        return join(" AND ", pairs)

    def _grouping(self) -> list[Sql]:
        query = self.select
        groups = [self.values.value(node).sql for node in query.groups]
        having = [build(" HAVING {}", self.values.condition(query.having))] if query.having else []
        return [*([build(" GROUP BY {}", join(", ", groups))] if groups else []), *having]

    def _ordering(self, items: list[tuple[Node, Field]]) -> list[Sql]:
        terms = [self._term(order, items) for order in self.select.orders]
        return [build(" ORDER BY {}", join(", ", terms))] if terms else []

    def _term(self, order: Order, items: list[tuple[Node, Field]]) -> Sql:
        """By the number of an entry, by its name, or by any value; with DISTINCT by an entry only."""
        direction = " DESC" if order.descending else ""
        if place := _place(order.value, items):
            return Sql(f"{place}{direction}")
        if self.select.distinct:
            raise BadQuery("With DISTINCT, ORDER BY names entries of the select list", order.at)
        return build(f"({{}}){direction}", self.values.value(order.value).sql)

    def _check_groups(self) -> None:
        """Beside aggregates, and under GROUP BY, only columns that are grouped by may stand alone."""
        query = self.select
        shown = [*query.items, *([query.having] if query.having else [])]
        orders = [o.value for o in query.orders]
        if (
            not query.groups
            and query.having is None
            and not any(True for node in [*shown, *orders] for _ in _aggregates(node))
        ):
            return
        if strange := next((node for node in query.groups if not isinstance(node, Name)), None):
            raise BadQuery("GROUP BY takes columns", getattr(strange, "at", None))
        allowed = {self._meant(node) for node in query.groups if isinstance(node, Name)}
        aliases = {item.alias.lower() for item in query.items if isinstance(item, Item) and item.alias}
        for node in [*shown, *(o for o in orders if not (isinstance(o, Name) and o.parts[-1].lower() in aliases))]:
            for name in _alone(node):
                if self._meant(name) not in allowed:
                    raise BadQuery(f"{'.'.join(name.parts)[:80]} must stand in GROUP BY or in an aggregate", name.at)

    def _meant(self, name: Name) -> str:
        return self.scope.value(name).sql.text

    @staticmethod
    def _plain(node: Node) -> Node:
        """A condition of rows, before they are grouped."""
        if found := next(_aggregates(node), None):
            raise BadQuery(f"{found.name} cannot stand in WHERE or ON", found.at)
        return node


def _place(node: Node, items: list[tuple[Node, Field]]) -> int:
    """Which entry of the select list is meant, counted from 1; 0 if none."""
    if isinstance(node, Number):
        if not isinstance(node.value, int) or not 1 <= node.value <= len(items):
            raise BadQuery(f"ORDER BY: there are entries 1 to {len(items)}", node.at)
        return node.value
    names = [field.name.lower() for _, field in items]
    if isinstance(node, Name) and len(node.parts) == 1 and names.count(node.parts[0].lower()) == 1:
        return names.index(node.parts[0].lower()) + 1
    return next((number for number, (entry, _) in enumerate(items, 1) if entry == node), 0)


def _children(node: Node) -> Iterator[Node]:
    for part in fields(node):
        inside = getattr(node, part.name)
        yield from (one for one in (inside if isinstance(inside, tuple) else (inside,)) if isinstance(one, Node))


def _aggregates(node: Node) -> Iterator[Call]:
    """Every aggregate in it; raises `BadQuery` if one stands inside of another."""
    if isinstance(node, Call) and node.name in AGGREGATES:
        if inner := next((found for child in _children(node) for found in _aggregates(child)), None):
            raise BadQuery(f"{inner.name} stands inside of another aggregate", inner.at)
        yield node
    else:
        for child in _children(node):
            yield from _aggregates(child)


def _alone(node: Node) -> Iterator[Name]:
    """Every column that stands outside of aggregates."""
    if isinstance(node, Star):
        raise BadQuery("* does not go with aggregates", node.at)
    if isinstance(node, Name):
        yield node
    elif not (isinstance(node, Call) and node.name in AGGREGATES):
        for child in _children(node):
            yield from _alone(child)


def _label(node: Node, number: int) -> str:
    return node.name.lower() if isinstance(node, Call) else f"column_{number}"


def _unique(found: list[Field]) -> list[Field]:
    """Every name once: the second of a name has a number behind it."""
    seen: set[str] = set()
    named = []
    for field in found:
        name, number = field.name, 1
        while name.lower() in seen:
            number += 1
            name = f"{field.name}_{number}"
        seen.add(name.lower())
        named.append(Field(name, field.kind, field.column))
    return named
