"""ESO's recipe runner: builds its command line, reads what it leaves behind."""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from processing.core.ports import Command, Product
from processing.plugins import logs

PROGRAM = "esorex"
LOG = "esorex.log"
# CPL keeps the log under this name in the working directory until the recipe ends.
UNFINISHED_LOG = ".logfile"
OUTPUT = "esorex.out"
PRODUCTS = "products.json"

# CPL error codes are esorex's exit codes (cpl_error.h); what they say about where to look.
INPUT, CALIBRATION, PIPELINE, PLATFORM = "input", "calibration", "pipeline", "platform"
CLASS_OF_EXIT = {
    5: INPUT,
    6: INPUT,
    9: INPUT,
    10: CALIBRATION,
    13: PLATFORM,
    126: PLATFORM,  # the program cannot be run,
    127: PLATFORM,  # or is not there
    14: INPUT,
    16: INPUT,
    19: INPUT,
    255: PLATFORM,
}

_RECIPE = re.compile(r"[a-z][a-z0-9_]*")
_PARAMETER = re.compile(r"[A-Za-z0-9_.\-]+")
_TERMINAL_LINE = re.compile(r"\[ *[A-Z]+ *\] | *\*{5} ESO Recipe Execution Tool")
_LOG_LINE = re.compile(r"^\d\d:\d\d:\d\d \[ *(?P<level>[A-Z]+) *\] (?P<text>.*)$")


@dataclass(frozen=True)
class Limits:
    """What one recipe may take: wall-clock seconds and bytes of address space (0: no limit)."""

    seconds: float = 3600.0
    memory: int = 8 * 2**30


def command(
    recipe: str,
    frames: Sequence[tuple[Path, str]],
    scratch: Path,
    *,
    parameters: Mapping[str, str] | None = None,
    limits: Limits = Limits(),
) -> Command:
    """Write the set of frames (SOF) into `scratch` and return the call that reduces it there.

    `frames` are (file, tag).  `scratch` must belong to this call alone: recipes make their products in
    the working directory under fixed names, and two of them in one directory overwrite each other
    with exit code 0.
    """
    if not _RECIPE.fullmatch(recipe):
        raise ValueError(f"not a recipe name: {recipe!r}")
    out = scratch / "out"
    out.mkdir(parents=True, exist_ok=True)
    sof = scratch / "in.sof"
    sof.write_text("".join(f"{file} {tag}\n" for file, tag in frames))
    options = (
        f"--output-dir={out}",
        f"--log-dir={scratch}",
        f"--log-file={LOG}",
        f"--products-sof={scratch / PRODUCTS}",
    )
    return Command(
        argv=(PROGRAM, *options, recipe, *arguments(parameters or {}), str(sof)),
        cwd=scratch,
        log=scratch / OUTPUT,
        seconds=limits.seconds,
        memory=limits.memory,
        token="",
    )


def arguments(parameters: Mapping[str, str]) -> list[str]:
    """Recipe parameters as command-line options; a name that is none raises ValueError."""
    for name in parameters:
        if not _PARAMETER.fullmatch(name):
            raise ValueError(f"not a recipe parameter: {name!r}")
    return [f"--{name}={value}" for name, value in parameters.items()]


def products(scratch: Path) -> list[Product]:
    """What the recipe says it made: esorex writes this list only when the recipe succeeded."""
    listing = scratch / PRODUCTS
    if not listing.exists():
        return []
    return [Product(Path(row["name"]), row["category"]) for row in json.loads(listing.read_text())]


def log(scratch: Path) -> str:
    """The log up to its last line, however the recipe ended; of a very long one both ends.

    esorex writes the log line by line, so nothing of it is lost with the process.  What a library says when it aborts
    goes to the standard error output alone: it is put behind an unfinished log.
    """
    if (scratch / LOG).exists():
        return logs.read(scratch / LOG)
    output = logs.read(scratch / OUTPUT)
    if not (scratch / UNFINISHED_LOG).exists():
        return output
    last_words = [line for line in output.splitlines() if line.strip() and not _TERMINAL_LINE.match(line)]
    return "\n".join([logs.read(scratch / UNFINISHED_LOG).removesuffix("\n"), *last_words])


def explain(exit_code: int, text: str) -> str:
    """One sentence: the exit code, which is CPL's error code, the class of cause, the log's last error."""
    cause = CLASS_OF_EXIT.get(exit_code, PIPELINE)
    return f"esorex ended with exit code {exit_code} ({cause}): {last_error(text) or 'no error in the log'}"


def last_error(text: str) -> str:
    """The last line that the log marks as ERROR, without its time and function; empty if there is none.

    Only the level counts: successful runs print the word "error" too.
    """
    errors = [m["text"] for line in text.splitlines() if (m := _LOG_LINE.match(line)) and m["level"] == "ERROR"]
    return errors[-1].split("] ", 1)[-1].strip() if errors else ""
