"""How far a campaign is, on standard error: a bar on a terminal, plain lines elsewhere."""

import sys
from types import TracebackType
from typing import Self

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeElapsedColumn
from rich.progress import Progress as Bar


class Progress:
    """A context manager; `done` counts the faults."""

    def __init__(self) -> None:
        self.console = Console(stderr=True, highlight=False)
        columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
        self.bar = Bar(*columns, console=self.console, disable=not self.console.is_terminal)
        self.task = self.bar.add_task("faults", total=None)
        self.number = 0
        self.total = 0

    def __enter__(self) -> Self:
        self.bar.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.bar.stop()

    def expect(self, total: int) -> None:
        """How many faults there will be."""
        self.total = total
        self.bar.update(self.task, total=total)

    def done(self, name: str) -> None:
        """One more."""
        self.number += 1
        if self.console.is_terminal:
            self.bar.update(self.task, advance=1, description=f"{name:<32}")
        else:
            self.say(f"{self.number:4d} of {self.total}  {name}")

    def say(self, line: str) -> None:
        """A line above the bar."""
        if self.console.is_terminal:
            self.console.print(line)
        else:
            print(line, file=sys.stderr, flush=True)
