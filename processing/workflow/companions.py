"""The files of an archive product: what is stored beside the science file, and how each of them is described."""

import hashlib
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from processing.core.origin import Ancillary
from processing.plugins import ancillary

THIS, AUXILIARY, PREVIEW = "#this", "#auxiliary", "#preview"
"""The role of a file, in the words of DataLink."""
WRITERS = {"ANCILLARY.WEIGHTMAP": ancillary.weight_map}
"""Those that are not the whole pipeline product."""
PREVIEW_CATEGORY = "ANCILLARY.PREVIEW"

Row = dict[str, Any]
"""role, category, name, md5 (of what is no FITS file), sha256, size, url; the url is empty until it is stored."""


def place(folder: Path, row: Row) -> Path:
    """Where a file waits for its archive, named by its content.

    A worker that was taken for dead and goes on cannot change the file of its successor.
    """
    return folder / f"{row['sha256'][:32]}{Path(row['name']).suffix}"


def settle(draft: Path, role: str, category: str, name: str) -> Row:
    """Give a written file its place, and return its row."""
    content = draft.read_bytes()
    row = {
        "role": role,
        "category": category,
        "name": name,
        "md5": "" if name.endswith(".fits") else hashlib.md5(content, usedforsecurity=False).hexdigest(),
        "sha256": hashlib.sha256(content).hexdigest(),
        "size": len(content),
        "url": "",
    }
    draft.rename(place(draft.parent, row))
    return row


def beside(draft: Path, name: str, products: Sequence[tuple[str, Path]], preview: tuple[str, bytes]) -> Iterator[Row]:
    """Write what is stored beside the science file of that archive name: (category, product) each, and a preview.

    `draft` is a path that nobody else uses; `preview` is its suffix and content.
    """
    for number, (category, product) in enumerate(products, 1):
        archived = f"{name}.{category.rsplit('.', 1)[-1].lower()}{number}.fits"
        WRITERS.get(category, ancillary.relabel)(product, draft, category, archived)
        yield settle(draft, AUXILIARY, category, archived)
    suffix, content = preview
    draft.write_bytes(content)
    yield settle(draft, PREVIEW, PREVIEW_CATEGORY, f"{name}.preview{suffix}")


def associated(rows: Sequence[Row]) -> list[Ancillary]:
    """The files as the science file names them."""
    return [Ancillary(row["name"], row["category"], row["md5"]) for row in rows]
