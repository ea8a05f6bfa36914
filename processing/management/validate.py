"""`phoenix validate`: the rules of Phase 3 on any FITS files, printed for people or as JSON."""

from argparse import ArgumentParser
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from processing.core.phase3.checks import RULES
from processing.core.phase3.rules import Finding, rejects
from processing.plugins.phase3 import below, is_file, together

Write = Callable[[str], object]
COLUMNS = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())


def arguments(parser: ArgumentParser) -> None:
    """PATH..., or --rules."""
    parser.add_argument("paths", nargs="*", type=Path, metavar="PATH", help="file, or folder with FITS files")
    parser.add_argument("--rules", action="store_true", help="list the rules")


def absent(paths: Sequence[Path]) -> list[str]:
    """The paths at which there is neither a file nor a folder."""
    return [str(path) for path in paths if not (is_file(path) or is_folder(path))]


def is_folder(path: Path) -> bool:
    """True if there is a folder that may be seen."""
    try:
        return path.is_dir()
    except OSError:
        return False


def rules() -> list[dict[str, Any]]:
    """Id, level and text of every rule."""
    return [{"rule": rule.id, "level": str(rule.level), "text": rule.text} for rule in RULES]


def tracked(found: Iterator[tuple[Path, list[Finding]]], total: int) -> Iterator[tuple[Path, list[Finding]]]:
    """With a bar on a terminal's standard error."""
    console = Console(stderr=True)
    hidden = not console.is_terminal or total == 1
    with Progress(*COLUMNS, console=console, transient=True, disable=hidden) as bar:
        yield from bar.track(found, total=total, description="validate")


def files(paths: Sequence[Path]) -> Iterator[tuple[Path, list[Finding]]]:
    """Each file with what is wrong with it; all of them are one batch."""
    sought = below(paths)
    yield from tracked(together(sought), len(sought))


def as_dict(path: Path, findings: Sequence[Finding]) -> dict[str, Any]:
    """One file as JSON."""
    return {"file": str(path), "findings": [finding.as_dict() for finding in findings]}


def show(path: Path, findings: Sequence[Finding], write: Write) -> None:
    """One file for people."""
    write(f"{printable(path)}: {verdict(findings)}")
    for finding in findings:
        write(f"  {finding.rule:4} {finding.level} {printable(finding.message)}")


def verdict(findings: Sequence[Finding]) -> str:
    """In a word or two."""
    if not findings:
        return "valid"
    return "not valid" if rejects(findings) else "valid, with warnings"


def printable(shown: object) -> str:
    """On one line, without signs that a terminal would obey, or that no encoding knows."""
    return "".join(sign if sign.isprintable() else repr(sign)[1:-1] for sign in str(shown))
