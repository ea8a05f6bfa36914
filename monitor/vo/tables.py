"""What a table that everybody may query is: its columns, and where in the database they come from."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cached_property


class Kind(StrEnum):
    """Of a value: what may be compared with what, and how it is written."""

    INT = "int"
    LONG = "long"
    DOUBLE = "double"
    TEXT = "char"
    TIME = "timestamp"
    REGION = "region"

    @property
    def is_number(self) -> bool:
        """Integers and floats."""
        return self in (Kind.INT, Kind.LONG, Kind.DOUBLE)

    @property
    def is_text(self) -> bool:
        """Texts, and times, which are ISO 8601 in UTC."""
        return self in (Kind.TEXT, Kind.TIME)

    @property
    def datatype(self) -> str:
        """In the words of VOTable."""
        return str(self) if self.is_number else "char"

    @property
    def arraysize(self) -> str:
        """In the words of VOTable; empty for a single number."""
        return "" if self.is_number else "*"

    @property
    def xtype(self) -> str:
        """In the words of TAP_SCHEMA."""
        return {Kind.TIME: "timestamp", Kind.REGION: "adql:REGION"}.get(self, "")


@dataclass(frozen=True)
class Column:
    """A column; `sql` is over the tables that its table reads, ours and never a user's.

    In it `:base` stands for this server's address and `UTC(x)` for a moment as ISO 8601.
    """

    name: str
    kind: Kind
    sql: str
    description: str
    unit: str = ""
    ucd: str = ""
    utype: str = ""
    is_key: bool = field(default=False, kw_only=True)
    """Whether the database has an index on it."""
    is_principal: bool = field(default=True, kw_only=True)
    is_standard: bool = field(default=False, kw_only=True)

    @property
    def written(self) -> str:
        """As it must stand in a query: in quotes if it is a word of ADQL."""
        return f'"{self.name}"' if self.name in ("size",) else self.name


@dataclass(frozen=True)
class Table:
    """A table; `source` is what follows FROM in its definition, before `joins` and `where`."""

    schema: str
    name: str
    description: str
    source: str
    columns: Sequence[Column]
    params: tuple[str | int | None, ...] = ()
    utype: str = ""
    joins: Mapping[str, str] = field(default_factory=dict)
    """By their aliases further tables, one row for each row of the source; read only if a column needs them."""
    where: str = ""

    @property
    def full_name(self) -> str:
        """With its schema."""
        return f"{self.schema}.{self.name}"

    @cached_property
    def by_name(self) -> Mapping[str, Column]:
        """Its columns by their names in small letters."""
        return {column.name.lower(): column for column in self.columns}


@dataclass(frozen=True)
class Key:
    """A foreign key: columns of one table that name a row of another."""

    id: str
    source: str
    target: str
    columns: Sequence[tuple[str, str]]
    description: str
