"""The files that everybody may have: those of archived products, by their archive names."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from processing.models import Product

NAME = re.compile(
    r"(ADP\.[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}\.[0-9]{3})((?:\.[A-Za-z0-9]+)*)", re.ASCII
)
THIS = "#this"
TYPES = {".fits": "application/fits", ".svg": "image/svg+xml", ".png": "image/png"}


@dataclass(frozen=True)
class Known:
    """A file of a product; `size` in bytes."""

    name: str
    role: str
    category: str
    size: int
    sha256: str
    stored: datetime

    @property
    def content_type(self) -> str:
        """By its suffix."""
        return TYPES.get(f".{self.name.rsplit('.', 1)[-1]}", "application/octet-stream")


def product_of(name: str) -> Product | None:
    """The product that a file's or product's name belongs to."""
    found = NAME.fullmatch(name)
    return Product.objects.select_related("ingestion").filter(dp_id=found[1]).first() if found else None


def files(product: Product) -> Iterator[Known]:
    """The science file, then what is stored beside it."""
    yield Known(f"{product.dp_id}.fits", THIS, product.category, product.size, product.sha256, product.registered)
    for row in product.ingestion.files:
        if row["role"] != THIS:
            yield Known(row["name"], row["role"], row["category"], row["size"], row["sha256"], product.registered)


def find(name: str) -> Known | None:
    """The file of that name, `.fits` may be left out; None if no product has one."""
    product = product_of(name)
    if product is None:
        return None
    wanted = f"{name}.fits" if name == product.dp_id else name
    return next((file for file in files(product) if file.name == wanted), None)
