"""What the demo expected, what it got, and how well the products agree with the simulated stars."""

import warnings
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from astropy.io import fits
from rich import box
from rich.console import Console
from rich.table import Table

from processing import registry
from processing.control import Outcome
from processing.demo import image_truth
from processing.demo.night import Planned
from processing.demo.truth import agreement
from processing.management import demo_validate
from processing.management.demo_validate import Verdict
from processing.models import Job, Product

WIDE = 130  # columns of a terminal that shows everything in full


@dataclass(frozen=True)
class Row:
    """One AB: expected and real end, each as state and reason."""

    planned: Planned
    state: str
    reason: str
    sentence: str
    seconds: float | None
    chi: float | None
    """Residual against the known spectrum in units of the pipeline's error; near 1 is right."""
    note: str = ""
    """How well an image agrees with the simulated stars."""

    @property
    def ok(self) -> bool:
        """As planned."""
        return (self.state, self.reason) == (self.planned.kind.state, self.planned.kind.reason)


@dataclass
class Report:
    """The whole night."""

    rows: Sequence[Row]
    products: int
    verdict: Verdict
    seconds: float = 0.0
    states: dict[str, int] = field(init=False)

    def __post_init__(self) -> None:
        self.states = dict(sorted(Counter(row.state for row in self.rows).items()))

    @property
    def as_planned(self) -> bool:
        """True if every AB ended as planned."""
        return all(row.ok for row in self.rows)

    @property
    def good(self) -> bool:
        """True if besides every product is valid."""
        return self.as_planned and self.verdict.valid

    def summary(self) -> dict[str, Any]:
        """The last line of the demo."""
        return {
            "planned": len(self.rows),
            "as_planned": sum(row.ok for row in self.rows),
            "states": self.states,
            "products": self.products,
            **self.verdict.summary(),
            "seconds": self.seconds,
        }


def compare(planned: Sequence[Planned], outcomes: Sequence[Outcome], seed: int) -> Report:
    """Each planned AB beside what became of it."""
    refused = {outcome.file.rsplit("/", 1)[-1]: outcome for outcome in outcomes if outcome.refused}
    jobs = {job.block.name: job for job in Job.objects.select_related("block")}
    rows = [row_of(item, jobs.get(item.ab_name), refused.get(item.ab_name), seed) for item in planned]
    return Report(rows, Product.objects.count(), demo_validate.validate())


def row_of(item: Planned, job: Job | None, refused: Outcome | None, seed: int) -> Row:
    """The row of one AB, registered or refused."""
    if job is None:
        where = refused.sentence if refused else "was not registered"
        return Row(item, "REFUSED" if refused else "", refused.reason if refused else "", where, None, None)
    product = job.products.first()
    chi, note = truth(product, seed, item) if product else (None, "")
    return Row(item, job.state, job.reason, job.sentence, job.seconds, chi, note)


def truth(product: Product, seed: int, item: Planned) -> tuple[float | None, str]:
    """How far the archived product is from what was simulated: χ of a spectrum, or a sentence about an image."""
    file = registry.ingestor().open(f"{product.dp_id}.fits")
    if item.kind.instrument == "NACO":
        return None, str(image_truth.agreement(file, seed=seed))
    return spectrum_truth(file, seed, item.technique), ""


def spectrum_truth(file: Path, seed: int, technique: str) -> float:
    """How far the archived spectrum is from the simulated star, chip by chip (the worst of them)."""
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        row = fits.getdata(file, "SPECTRUM")[0]
    wave, flux, error = (np.asarray(row[name], dtype=float) for name in ("WAVE", "FLUX_REDUCED", "ERR_REDUCED"))
    # A gap between two chips is wider than any bin: a continuum over both would not fit.
    edges = np.flatnonzero(np.diff(wave) > 1.0) + 1
    parts = zip(np.split(wave, edges), np.split(flux, edges), np.split(error, edges), strict=True)
    return max(agreement(w, f, e, seed=seed, technique=technique).chi for w, f, e in parts)


def show(report: Report, console: Console) -> None:
    """The table: AB, expected, got."""
    table = Table(title="AB: expected and got; χ is residual over error against the simulated star", box=box.SIMPLE)
    wide = console.width >= WIDE
    for name in ("AB", "kind", "expected", "got", "s", "χ"):
        table.add_column(name, no_wrap=True)
    for row in report.rows:
        expected = f"{row.planned.kind.state} {row.planned.kind.reason}".strip()
        got = f"{row.state} {row.reason}".strip()
        name = row.planned.ab_name if wide else row.planned.ab_name[-15:-7]
        mark = f"[green]✓ {got if wide else ''}" if row.ok else f"[red]✕ {got}"
        seconds = f"{row.seconds:.1f}" if row.seconds else ""
        chi = f"{row.chi:.2f}" if row.chi is not None else ""
        table.add_row(name, row.planned.kind.key, expected, mark, seconds, chi)
    console.print(table)
    for row in report.rows:
        if row.note:
            console.print(f"{row.planned.ab_name}: {row.note}")
        if not row.ok:
            console.print(f"[red]✕[/red] {row.planned.ab_name}: {row.sentence}")
    demo_validate.show(report.verdict, console)
