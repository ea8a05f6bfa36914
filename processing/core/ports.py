"""What a plug-in must offer: the four ports, and the values that cross them."""

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Protocol

from processing.core.ab import AB
from processing.core.certification import Certificate
from processing.core.origin import RawFacts
from processing.core.scoring import Measurement
from processing.core.sources import ImageSource, SpectrumSource


class FileKind(StrEnum):
    """The three classes of input that an archive keeps apart."""

    RAW = "raw"
    MCALIB = "mcalib"
    GENCALIB = "gencalib"


class Ended(StrEnum):
    """How a child process came to its end."""

    EXITED = "EXITED"
    TIMED_OUT = "TIMED_OUT"
    KILLED = "KILLED"
    OUT_OF_MEMORY = "OUT_OF_MEMORY"


@dataclass(frozen=True, kw_only=True)
class Command:
    """One process to run: no shell, its own directory, its own limits."""

    argv: tuple[str, ...]
    cwd: Path
    log: Path
    """Standard output and standard error, in the order in which they came."""
    seconds: float
    """Wall-clock limit."""
    memory: int
    """Address-space limit in bytes; 0 sets none."""
    token: str
    """The attempt that this process belongs to; stands in its environment as PHOENIX_TOKEN."""


@dataclass(frozen=True, kw_only=True)
class Finished:
    """What became of a command, as the operating system accounts for it."""

    exit_code: int
    """Of the process; -N if signal N ended it."""
    ended: Ended
    seconds: float
    """Wall-clock time."""
    cpu_seconds: float
    """User and system time of the process and the children that it waited for."""
    memory: int
    """Peak resident memory in bytes of the command's process."""
    address_space: int
    """Its peak address space in bytes, which is what the limit is about."""


@dataclass(frozen=True, kw_only=True)
class Inputs:
    """The files of one AB, all on this machine: the raw frames and what they are reduced with."""

    ab: AB
    raws: Sequence[tuple[Path, str]]
    """(file, pipeline tag), in the order of the AB."""
    calibs: Sequence[tuple[Path, str]]
    """(file, PRO.CATG) of master and general calibrations."""
    certificate: Certificate


@dataclass(frozen=True)
class Product:
    """One file that a recipe says it made."""

    path: Path
    category: str
    """PRO.CATG."""


class Archive(Protocol):
    """Where raw frames and calibrations come from."""

    def fetch(self, kind: FileKind, name: str, to: Path) -> Path:
        """Put the file `name` into the directory `to`, whole or not at all, and return its path.

        Raises `NotInArchive` if there is no such file, `Damaged` if it does not arrive whole, `Halt` if the
        archive cannot be reached, and `HostHalt` if it cannot be written here.
        """
        ...

    def version(self, kind: FileKind, name: str) -> str:
        """What changes when the content of a file does; "" if the archive does not tell, or has no such file.

        Transfers no file.  Raises `Halt` if the archive cannot be reached.
        """
        ...

    def probe(self) -> None:
        """Raise `Halt` if the archive cannot be reached; cheap, and transfers no file."""
        ...


AT_ONCE = nullcontext()
"""The start of a command that waits for nothing."""


class Executor(Protocol):
    """Where commands run."""

    def ready(self, program: str) -> None:
        """Raise `HostHalt` if the program cannot be started here; called before a job's one attempt begins."""
        ...

    def cancel(self, token: str) -> None:
        """End the command of that token, if this process runs or is about to run one; its `run` returns with KILLED."""
        ...

    def strays(self, root: Path, over: Callable[[set[str]], set[str]]) -> Sequence[str]:
        """End every process of a command below `root` whose attempt is over; returns their tokens.

        `over` is asked, after the processes were listed, which of their tokens are those of attempts that are over.
        """
        ...

    def run(self, command: Command, start: AbstractContextManager[object] = AT_ONCE) -> Finished:
        """Run to the end or to the limit; no descendant of the command survives the call.

        The command begins within `start`, which is left as soon as it has ended.  If that cannot be entered, nothing
        has begun, and `run` raises what it raises.
        """
        ...


class Pipeline(Protocol):
    """What is specific to one instrument: what to run, and what came out."""

    @property
    def program(self) -> str:
        """What its commands start: a name on PATH, or a path."""
        ...

    def check(self, inputs: Inputs) -> None:
        """Raise `ABFailed` if frames, tags or calibrations do not fit together."""
        ...

    def facts(self, inputs: Inputs) -> Sequence[RawFacts]:
        """What is kept of the raw headers when the frames are gone."""
        ...

    def command(self, inputs: Inputs, scratch: Path, token: str) -> Command:
        """The recipe as a command that leaves everything in the directory `scratch`."""
        ...

    def log(self, scratch: Path) -> str:
        """The recipe's log up to its last line, however it ended."""
        ...

    def explain(self, exit_code: int, log: str) -> str:
        """A sentence on why the recipe ended with this code."""
        ...

    def products(self, inputs: Inputs, scratch: Path) -> Sequence[Product]:
        """What the recipe made; raises `ABFailed` if an expected product is missing."""
        ...

    def measure(self, inputs: Inputs, products: Sequence[Product]) -> Sequence[Measurement]:
        """QC1 parameters of the raw frames, the calibrations used and the products."""
        ...

    def archived(
        self, certificate: Certificate, products: Mapping[str, Path]
    ) -> Sequence[SpectrumSource | ImageSource]:
        """What is archived: one source per IDP, read from `products` (PRO.CATG to file)."""
        ...


class Ingestor(Protocol):
    """Where archive products go."""

    def store(self, file: Path, name: str, sha256: str) -> str:
        """Store `file` under `name` and return where it is.

        Doing it again with the same content changes nothing; another content under a known name
        raises `ABFailed`.  Raises `OSError` for what may pass by itself.
        """
        ...

    def withdraw(self, name: str, sha256: str) -> bool:
        """Remove the file of that name and content, which was stored and never became a product; False if not there.

        Another content under the name stays.  Raises `NotWithdrawn` if the archive lets no file be removed.
        """
        ...

    def open(self, name: str) -> Path:
        """The stored file, for readers; raises `NotInArchive`."""
        ...
