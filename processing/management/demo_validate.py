"""What the rules of Phase 3, and fitsverify where it is installed, say of everything that the demo archived."""

import re
import shutil
import subprocess
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rich.console import Console

from processing import registry
from processing.core.phase3.checks import RULES
from processing.core.phase3.rules import Finding, Level
from processing.models import Ingestion
from processing.plugins import phase3

VERIFIED = re.compile(r"Verification found (\d+) warning\(s\) and (\d+) error\(s\)")


@dataclass(frozen=True, kw_only=True)
class Verdict:
    """Of all FITS files: science products and their ancillaries."""

    files: int
    findings: Sequence[tuple[str, Finding]]
    """File name and what is wrong with it."""
    fitsverify: Mapping[str, int] | None
    """Number of warnings and errors; None if there is no fitsverify."""

    @property
    def valid(self) -> bool:
        """True if nothing would be rejected."""
        errors = (self.fitsverify or {}).get("errors", 0)
        return not errors and not any(finding.level is Level.E for _, finding in self.findings)

    def summary(self) -> dict[str, Any]:
        """For JSON: findings by level."""
        levels = Counter(finding.level for _, finding in self.findings)
        findings = {str(level): levels[level] for level in Level}
        return {"validated": self.files, "findings": findings, "fitsverify": self.fitsverify}


def validate() -> Verdict:
    """Look at every FITS file of the product archive."""
    names = [row["name"] for ingestion in Ingestion.objects.order_by("id") for row in ingestion.files]
    files = [registry.ingestor().open(name) for name in names if name.endswith(".fits")]
    found = [(path.name, finding) for path, findings in phase3.together(files) for finding in findings]
    return Verdict(files=len(files), findings=found, fitsverify=fitsverify(files))


def fitsverify(files: Sequence[Path]) -> Mapping[str, int] | None:
    """Warnings and errors that the program counts; a file on which it ends without a count is an error."""
    program = shutil.which("fitsverify")
    if program is None:
        return None
    counts = [verify(program, file) for file in files]
    return {"warnings": sum(warnings for warnings, _ in counts), "errors": sum(errors for _, errors in counts)}


def verify(program: str, file: Path) -> tuple[int, int]:
    """Warnings and errors of one file."""
    done = subprocess.run([program, str(file)], capture_output=True, text=True, check=False, timeout=60)  # noqa: S603
    found = VERIFIED.search(done.stdout)
    return (int(found[1]), int(found[2])) if found else (0, 1)


def show(verdict: Verdict, console: Console) -> None:
    """A line for all, and one for each finding."""
    levels = verdict.summary()["findings"]
    rules = ", ".join(f"{number} of level {level}" for level, number in levels.items())
    console.print(
        f"{verdict.files} FITS files archived; {len(RULES)} rules of Phase 3: {rules} broken; {said(verdict)}"
    )
    for name, finding in verdict.findings:
        console.print(f"  {name}: {finding.rule} {finding.level} {finding.message}", markup=False)


def said(verdict: Verdict) -> str:
    """What fitsverify has to say."""
    counts = verdict.fitsverify
    return f"fitsverify: {counts['errors']} errors, {counts['warnings']} warnings" if counts else "no fitsverify"
