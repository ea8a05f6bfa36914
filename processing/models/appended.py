"""Rows that are only ever added: nobody deletes one but who has put it into a file."""

from collections.abc import Collection
from typing import Any, Never, TypeVar

from django.db import models

APPEND_ONLY = "events are append-only"
M = TypeVar("M", bound=models.Model)


class Appended(models.QuerySet[M]):
    """A table to which rows are added."""

    def delete(self) -> Never:
        """Refused: the log is append-only."""
        raise TypeError(APPEND_ONLY)

    def filed(self, ids: Collection[Any]) -> int:
        """Take out rows that are whole in a file on the disk; how many.  For `workflow.retain`, and for nobody else."""
        return int(self.filter(pk__in=ids)._raw_delete(self.db))
