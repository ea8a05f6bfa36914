"""The cache of master calibrations: a folder per night and version, that is whole or not there."""

import ast
import hashlib
import re
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

from processing.core.ports import Command
from processing.plugins import esorex
from processing.plugins.executors.local import LocalExecutor

VERSION_SECONDS = 60.0
PACKAGE = "processing.demo."
LAST_ERRORS = 5


def folder(cache: Path, name: str, *, recipe: str, module: str) -> Path:
    """The place of calibrations that a module of this package makes with recipes such as this one; it need not exist.

    Its name changes with the text that they depend on, and with the versions of esorex, CPL and pipeline.
    Raises RuntimeError if esorex does not know the recipe.
    """
    text = "".join(path.read_text() for path in sorted(sources(module)))
    fingerprint = hashlib.sha256((text + _versions(cache, recipe)).encode()).hexdigest()[:12]
    return cache / f"{name}-{fingerprint}"


def sources(module: str) -> set[Path]:
    """The files of this package that one of its modules stands on, itself among them."""
    found: set[Path] = set()
    wanted = {module}
    while wanted:
        path = Path(__file__).with_name(f"{wanted.pop()}.py")
        found.add(path)
        wanted |= {name for name in _imported(path) if path.with_name(f"{name}.py") not in found}
    return found


def _imported(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.ImportFrom) and node.module == PACKAGE.rstrip("."):
            yield from (name.name for name in node.names)
        elif isinstance(node, ast.ImportFrom) and (node.module or "").startswith(PACKAGE):
            yield str(node.module).removeprefix(PACKAGE)


def keep(whole: Path, target: Path) -> None:
    """Put a finished folder into its place at once, unless somebody else was faster."""
    target.parent.mkdir(parents=True, exist_ok=True)
    try:
        whole.rename(target)
    except OSError:
        if not target.is_dir():
            raise


def knows(recipe: str) -> bool:
    """True if esorex has the recipe."""
    with TemporaryDirectory() as work:
        return not _man_page(Path(work), recipe)[0]


def errors(scratch: Path) -> str:
    """The last errors in the log of a recipe."""
    lines = [line for line in esorex.log(scratch).splitlines() if "[ ERROR" in line]
    return " | ".join(lines[-LAST_ERRORS:]) or "no ERROR line in the log"


def _versions(cache: Path, recipe: str) -> str:
    """The version numbers that esorex prints with a manual page: its own, of CPL, of the pipeline."""
    cache.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory(dir=cache) as work:
        exit_code, shown = _man_page(Path(work), recipe)
    if exit_code:
        raise RuntimeError(f"esorex knows no {recipe}, exit code {exit_code}: {shown[-500:]}")
    return " ".join(sorted(set(re.findall(r"[Vv]ersion (\d[\w.]*)", shown))))


def _man_page(work: Path, recipe: str) -> tuple[int, str]:
    log = work / "page.txt"
    argv = (esorex.PROGRAM, "--man-page", recipe)
    command = Command(argv=argv, cwd=work, log=log, seconds=VERSION_SECONDS, memory=0, token="")
    return LocalExecutor().run(command).exit_code, log.read_text()
