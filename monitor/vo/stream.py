"""A query's tokens, read one after the other."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TypeVar

from monitor.vo.errors import BadQuery
from monitor.vo.tokens import Kind, Token, tokens

DEEPEST = 40
"""Brackets inside each other."""
MOST = 2000
"""Members of any list."""
T = TypeVar("T")

RESERVED = frozenset(
    (
        *("ALL", "AND", "AS", "ASC", "BETWEEN", "BY", "CROSS", "DESC", "DISTINCT", "EXISTS", "FROM", "FULL", "GROUP"),
        *("HAVING", "ILIKE", "IN", "INNER", "INTERSECT", "IS", "JOIN", "LEFT", "LIKE", "LIMIT", "NATURAL", "NOT"),
        *("NULL", "OFFSET", "ON", "OR", "ORDER", "OUTER", "RIGHT", "SELECT", "TOP", "UNION", "USING", "WHERE", "WITH"),
    )
)
"""Keywords that cannot be the name of anything unless they are quoted."""


class Stream:
    """The next token, and the questions that a parser has of it."""

    def __init__(self, query: str) -> None:
        self._tokens = tokens(query)
        self._at = 0
        self._depth = 0

    @property
    def next(self) -> Token:
        """The token that comes next; it stays."""
        return self._tokens[self._at]

    def comes(self, *words: str) -> bool:
        """Whether the next tokens are these keywords or signs."""
        ahead = self._tokens[self._at : self._at + len(words)]
        return [token.word for token in ahead] == list(words)

    def skip(self, *words: str) -> bool:
        """Take these keywords or signs if they come next."""
        found = self.comes(*words)
        if found:
            self._at += len(words)
        return found

    def take(self) -> Token:
        """The next token, taken."""
        token = self.next
        self._at += token.kind is not Kind.END
        return token

    def expect(self, word: str) -> None:
        """Take this keyword or sign, or raise `BadQuery`."""
        if not self.skip(word):
            raise self.error(word)

    def error(self, expected: str) -> BadQuery:
        """That something else was expected."""
        return BadQuery(f"Expected {expected}, found {self.next}", self.next.at)

    def is_name(self) -> bool:
        """Whether the next token is a name, and no keyword."""
        return self.next.kind is Kind.QUOTED or (self.next.kind is Kind.NAME and self.next.word not in RESERVED)

    def name(self, expected: str) -> str:
        """Take a name."""
        if not self.is_name():
            raise self.error(expected)
        return self.take().text

    def parts(self, expected: str) -> tuple[str, ...]:
        """Take a name of up to three parts with dots between."""
        found = [self.name(expected)]
        while self.comes(".") and not self.comes(".", "*"):
            self.skip(".")
            found.append(self.name("a name after the dot"))
        if len(found) > 3:  # noqa: PLR2004 - schema, table, column
            raise BadQuery("A name has at most three parts: schema, table, column", self.next.at)
        return tuple(found)

    def whole(self, expected: str) -> int:
        """Take a whole number that is not negative."""
        if self.next.kind is not Kind.NUMBER or not self.next.text.isdigit() or len(self.next.text) > 18:  # noqa: PLR2004
            raise self.error(expected)
        return int(self.take().text)

    def listed(self, member: Callable[[], T]) -> tuple[T, ...]:
        """One member or more, with commas between."""
        found = [member()]
        while self.skip(","):
            found.append(member())
            if len(found) > MOST:
                raise BadQuery(f"A list has at most {MOST} members", self.next.at)
        return tuple(found)

    @contextmanager
    def deeper(self) -> Iterator[None]:
        """One level further in; raises `BadQuery` where it gets too deep."""
        self._depth += 1
        if self._depth > DEEPEST:
            raise BadQuery(f"The query is nested deeper than {DEEPEST} levels", self.next.at)
        yield
        self._depth -= 1
