"""Makes dictionaries for processing/models/packing.py from a night that was processed.

    .venv/bin/python tools/dictionaries.py var/demo/phoenix.sqlite3 FOLDER

Writes `log`, `ab` and `product` into the folder: of each kind of text the longest of a middling size, one per
instrument, with folders as a site names them.  A dictionary in use is never changed: a better one gets the next number.
"""

import json
import os
import re
import sys
from functools import partial
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
os.environ["DATABASE_URL"] = f"sqlite:///{Path(sys.argv[1]).resolve()}"
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "phoenix_site.settings")

import django

django.setup()

from processing.models import AssociationBlock, Ingestion, JobLog  # noqa: E402
from processing.models.packing import SAME  # noqa: E402

FOLDER = re.compile(rf"{re.escape(str(Path(sys.argv[1]).resolve().parent))}|/tmp/[^/]+(?=/work)")
INSTRUMENTS = ("NACO", "UVES")
"""The more ABs one has, the later it comes."""


def middling(texts: list[str]) -> str:
    """One of the middle, by length."""
    return sorted(texts, key=len)[len(texts) // 2]


def lines(text: str) -> str:
    """Each kind of line once: those that differ in numbers only are of one kind."""
    timeless = re.sub(r"^\d\d:\d\d:\d\d(?= )", SAME, text, flags=re.MULTILINE)
    kinds: dict[str, str] = {}
    for line in timeless.splitlines():
        kinds.setdefault(re.sub(r"\d+", "0", line), line)
    return "\n".join(kinds.values()) + "\n"


def write(name: str, parts: list[str]) -> None:
    """A dictionary is 32 kB at most; its end is what is found most cheaply."""
    content = "".join(FOLDER.sub("/srv/phoenix", part) for part in parts)
    (Path(sys.argv[2]) / name).write_bytes(content.encode()[-32_000:])


logs = [(row.job.block.name, f"{row.command}\n{row.text}") for row in JobLog.objects.select_related("job__block")]
blocks = list(AssociationBlock.objects.values_list("name", "text"))
items = [(str(row), row) for row in Ingestion.objects.filter(state="REGISTERED").select_related("job__block")]
dumped = partial(json.dumps, separators=(",", ":"))
found: dict[str, list[str]] = {"log": [], "ab": [], "product": []}
for name in INSTRUMENTS:
    found["log"].append(middling([text for ab, text in logs if ab.startswith(name) and "tid=" in text]))
    texts = [text for ab, text in blocks if ab.startswith(name)]
    found["ab"] += [max(texts, key=len), middling(texts)]
    of_products = [(len(dumped(row.files)), row) for ab, row in items if ab.startswith(name)]
    row = max(of_products, key=lambda one: one[0])[1]
    found["product"] += [dumped(row.files), dumped(row.sources)]
found["log"] = [lines("\n".join(found["log"]))]
for name, parts in found.items():
    write(name, parts)
