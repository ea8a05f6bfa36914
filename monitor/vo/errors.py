"""What may be wrong with a query: said with its place, never with SQL or paths."""


class BadQuery(Exception):
    """A query, or a parameter beside it, that cannot be answered; the sentence is for its author."""

    def __init__(self, sentence: str, at: int | None = None) -> None:
        """`at` is the place in the query, counted in characters from 0."""
        super().__init__(sentence if at is None else f"{sentence} (at character {at + 1})")


class Unanswered(Exception):
    """A query that was understood, and could not be computed: it took too long, or divides by zero."""
