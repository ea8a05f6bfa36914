"""What an ADQL query is made of: the syntax tree that the parser builds and the compiler reads."""

from dataclasses import dataclass, field


@dataclass(frozen=True)
class Node:
    """A part of a query; `at` is its place in the text, which plays no part in comparison."""


@dataclass(frozen=True)
class Number(Node):
    """An integer, or a float."""

    value: int | float
    at: int = field(default=0, compare=False)


@dataclass(frozen=True)
class Text(Node):
    """A text in single quotes."""

    value: str
    at: int = field(default=0, compare=False)


@dataclass(frozen=True)
class Name(Node):
    """A column: `name`, `table.name` or `schema.table.name`."""

    parts: tuple[str, ...]
    at: int = field(default=0, compare=False)


@dataclass(frozen=True)
class Call(Node):
    """A function of a fixed list; COUNT(*) has the one argument `Star()`."""

    name: str
    arguments: tuple[Node, ...]
    distinct: bool = False
    at: int = field(default=0, compare=False)


@dataclass(frozen=True)
class Star(Node):
    """Every column, or those of one table."""

    parts: tuple[str, ...] = ()
    at: int = field(default=0, compare=False)


@dataclass(frozen=True)
class Sign(Node):
    """A number with a sign: - or +."""

    sign: str
    operand: Node
    at: int = field(default=0, compare=False)


@dataclass(frozen=True)
class Operation(Node):
    """Two values and + - * / or ||."""

    sign: str
    left: Node
    right: Node
    at: int = field(default=0, compare=False)


@dataclass(frozen=True)
class Comparison(Node):
    """Two values and = <> < > <= >=."""

    sign: str
    left: Node
    right: Node
    at: int = field(default=0, compare=False)


@dataclass(frozen=True)
class Between(Node):
    """A value, and its limits."""

    value: Node
    low: Node
    high: Node
    negated: bool
    at: int = field(default=0, compare=False)


@dataclass(frozen=True)
class In(Node):
    """A value, and those that it may be."""

    value: Node
    choices: tuple[Node, ...]
    negated: bool
    at: int = field(default=0, compare=False)


@dataclass(frozen=True)
class Like(Node):
    """A text and a pattern with % and _; `blind` to case if written as ILIKE."""

    value: Node
    pattern: Node
    negated: bool
    blind: bool = False
    at: int = field(default=0, compare=False)


@dataclass(frozen=True)
class IsNull(Node):
    """A value that is, or is not, NULL."""

    value: Node
    negated: bool
    at: int = field(default=0, compare=False)


@dataclass(frozen=True)
class Not(Node):
    """A condition, denied."""

    condition: Node
    at: int = field(default=0, compare=False)


@dataclass(frozen=True)
class Logic(Node):
    """Two conditions or more, all joined by AND or all by OR."""

    word: str
    conditions: tuple[Node, ...]
    at: int = field(default=0, compare=False)


@dataclass(frozen=True)
class Item(Node):
    """One entry of the select list."""

    value: Node
    alias: str = ""
    at: int = field(default=0, compare=False)


@dataclass(frozen=True)
class Source(Node):
    """A table in FROM, with how it is joined to those before it; the first one has no `join`."""

    parts: tuple[str, ...]
    alias: str = ""
    join: str = ""
    """INNER, LEFT, RIGHT, FULL, CROSS."""
    condition: Node | None = None
    using: tuple[str, ...] = ()
    at: int = field(default=0, compare=False)


@dataclass(frozen=True)
class Order(Node):
    """One term of ORDER BY: a value, or the number of an entry of the select list."""

    value: Node
    descending: bool
    at: int = field(default=0, compare=False)


@dataclass(frozen=True)
class Select(Node):
    """A whole query."""

    items: tuple[Node, ...]
    sources: tuple[Source, ...]
    distinct: bool = False
    top: int | None = None
    where: Node | None = None
    groups: tuple[Node, ...] = ()
    having: Node | None = None
    orders: tuple[Order, ...] = ()
    offset: int = 0
