"""Local copies of files that stand elsewhere: a folder that stays below a size."""

import os
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from processing.plugins.whole import remove_leftovers, temporary

# Seconds for which a copy stays after it was asked for: whoever was given its path will have opened it by then.
FRESH = 60.0


class Copies:
    """The copies in `folder`; those that were longest not asked for go when all together exceed `max_bytes`."""

    def __init__(self, folder: str | Path, max_bytes: float) -> None:
        self.folder = Path(folder)
        self.max_bytes = max_bytes

    def find(self, name: str) -> Path | None:
        """The copy of that name, noted as asked for; None if there is none."""
        file = self.folder / name
        try:
            os.utime(file)
        except FileNotFoundError:
            return None
        return file

    def add(self, name: str, write: Callable[[Path], object]) -> Path:
        """A copy that `write` makes, in the place of one that may be there; whatever it raises leaves nothing."""
        with temporary(self.folder, name) as partial:
            remove_leftovers(self.folder)
            write(partial)
            file = partial.rename(self.folder / name)
        self.make_room()
        return file

    def remove(self, name: str) -> None:
        """Forget a copy."""
        (self.folder / name).unlink(missing_ok=True)

    def make_room(self) -> None:
        """Delete the copies that were longest not asked for, as far as the size requires it."""
        listed = sorted(self.listed(), reverse=True)
        total = 0
        for asked, size, file in listed:
            total += size
            if total > self.max_bytes and asked < time.time() - FRESH:
                file.unlink(missing_ok=True)

    def listed(self) -> list[tuple[float, int, Path]]:
        """(when asked for last, size, file) of each copy."""
        found = []
        for file in self.folder.iterdir():
            # Somebody else may be making room, too.
            with suppress(FileNotFoundError):
                status = file.stat()
                found.append((status.st_mtime, status.st_size, file))
        return found
