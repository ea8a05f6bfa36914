"""The tables that a query reads, and which of their columns it needs."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from monitor.vo.errors import BadQuery
from monitor.vo.sql import Param, Sql, Value
from monitor.vo.tables import Column, Table
from monitor.vo.tree import Name, Source, Star

_UTC = re.compile(r"UTC\(([a-z_.]+)\)")
_ISO: Mapping[str, str] = {
    "postgresql": "to_char({} AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS')",
    "sqlite": "strftime('%%Y-%%m-%%dT%%H:%%M:%%S', {})",
}


@dataclass
class Bound:
    """A table of FROM; `label` is what the SQL calls it."""

    table: Table
    source: Source
    label: str
    needed: dict[str, Column] = field(default_factory=dict)

    def answers_to(self, parts: tuple[str, ...]) -> bool:
        """Whether the query means this table by that name; () means any."""
        said = tuple(part.lower() for part in parts)
        if self.source.alias:
            return said in ((), (self.source.alias.lower(),))
        whole = (self.table.schema.lower(), self.table.name.lower())
        return said in ((), whole, whole[1:])

    def value(self, column: Column) -> Value:
        """The column's SQL; from now on it is needed."""
        self.needed[column.name] = column
        return Value(Sql(f'{self.label}."{column.name}"'), column.kind, column)

    def sql(self, base: str, vendor: str) -> Sql:
        """The table as a subquery with the columns that are needed."""
        params: list[Param] = []
        listed = []
        for column in self.needed.values():
            text = _UTC.sub(lambda found: _ISO[vendor].format(found[1]), column.sql)
            params += [base] * text.count(":base")
            listed.append(f'{text.replace(":base", "CAST(%s AS text)")} AS "{column.name}"')
        tables = " ".join(filter(None, (self.table.source, *self._joins(), self.table.where)))
        # All of it is written in this package.
        select = f"(SELECT {', '.join(listed) or '1 AS one'} FROM {tables}) AS {self.label}"  # noqa: S608
        return Sql(select, (*params, *self.table.params))

    def _joins(self) -> list[str]:
        """Those of the table that the needed columns are in, and those on the way to them."""
        wanted = " ".join(column.sql for column in self.needed.values())
        found: list[str] = []
        for alias, text in reversed([*self.table.joins.items()]):
            if re.search(rf"\b{alias}\.", wanted):
                wanted += text
                found.insert(0, text)
        return found


class Scope:
    """What names mean in one query."""

    def __init__(self, sources: tuple[Source, ...], tables: Mapping[str, Table]) -> None:
        self.bound = [Bound(_table(s, tables), s, f"t{number}") for number, s in enumerate(sources)]
        seen: set[str] = set()
        for one in self.bound:
            called = (one.source.alias or one.table.full_name).lower()
            if called in seen:
                raise BadQuery("Two tables have the same name here; give one an alias", one.source.at)
            seen.add(called)

    def value(self, name: Name, among: slice = slice(None)) -> Value:
        """The column that is meant; raises `BadQuery` if there is none, or more than one."""
        *of, column = name.parts
        found = [b for b in self.bound[among] if b.answers_to(tuple(of)) and column.lower() in b.table.by_name]
        shown = ".".join(name.parts)[:80]
        if not found:
            raise BadQuery(f"There is no column {shown} here", name.at)
        if len(found) > 1 and not self._joined(column, found):
            raise BadQuery(f"The column {shown} is in several tables; say which", name.at)
        return found[0].value(found[0].table.by_name[column.lower()])

    @staticmethod
    def _joined(column: str, found: list[Bound]) -> bool:
        """Whether USING makes them one; of an outer join either might be NULL, so then the query must say which."""
        later = [(b.source.join, {name.lower() for name in b.source.using}) for b in found[1:]]
        return all(column.lower() in names and join in ("INNER", "LEFT") for join, names in later)

    def everything(self, star: Star) -> Iterator[Value]:
        """What * stands for."""
        found = [bound for bound in self.bound if bound.answers_to(star.parts)]
        if not found:
            raise BadQuery(f"There is no table {'.'.join(star.parts)[:80]} here", star.at)
        for bound in found:
            using = {name.lower() for name in bound.source.using}
            for column in bound.table.columns:
                if star.parts or column.name.lower() not in using:
                    yield bound.value(column)


def _table(source: Source, tables: Mapping[str, Table]) -> Table:
    wanted = ".".join(source.parts).lower()
    found = tables.get(wanted)
    if found is None and len(source.parts) == 1:
        found = next((t for t in tables.values() if t.name.lower() == wanted and t.schema != "TAP_SCHEMA"), None)
    if found is None:
        shown = ".".join(source.parts)[:80]
        raise BadQuery(f"There is no table {shown}; TAP_SCHEMA.tables lists those that there are", source.at)
    return found
