"""A rule, what it finds, and the list of all rules."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from enum import Enum, StrEnum
from typing import Any

from processing.core.phase3.product import CUBE, IMAGE, MEFIMAGE, SPECTRUM, Case, plain
from processing.core.phase3.values import Broken


class Level(StrEnum):
    """E rejects the product, W only informs."""

    E = "E"
    W = "W"


class Scope(Enum):
    """The files that a rule concerns, by PRODCATG; unknown categories are held to be science."""

    ANY = ("",)
    SCIENCE = ("SCIENCE.",)
    SPECTRUM = (SPECTRUM,)
    IMAGE = (IMAGE, MEFIMAGE)
    CUBE = (CUBE,)

    def holds(self, category: str) -> bool:
        """True if files of that category are concerned."""
        if self is Scope.ANY:
            return True
        if self is Scope.SCIENCE:
            return not category.startswith("ANCILLARY.")
        return category in self.value


@dataclass(frozen=True)
class Finding:
    """One broken rule."""

    rule: str
    level: Level
    message: str
    value: Any = None

    def as_dict(self) -> dict[str, Any]:
        """As it is stored and printed."""
        return asdict(self) | {"level": str(self.level), "value": plain(self.value)}


@dataclass(frozen=True, kw_only=True)
class Rule:
    """An id of the check list, its level, its text, and the function that asks it."""

    id: str
    level: Level
    text: str
    scope: Scope
    broken: Callable[[Case], Broken]

    def ask(self, case: Case) -> list[Finding]:
        """What is wrong."""
        if not self.scope.holds(case.category):
            return []
        return [Finding(self.id, self.level, message, value) for message, value in self.broken(case)]


REGISTERED: dict[str, Rule] = {}
UNREADABLE = "FITS"
"""Stands in place of a rule id where a file is no FITS file, or not a whole one."""
DAMAGE = (UNREADABLE, "G02")
"""What a file that was written well breaks only if it was damaged since."""


def rule(
    id_: str, text: str, *, scope: Scope, level: Level = Level.E
) -> Callable[[Callable[[Case], Broken]], Callable[[Case], Broken]]:
    """Register a function as the rule of that id."""

    def register(function: Callable[[Case], Broken]) -> Callable[[Case], Broken]:
        REGISTERED[id_] = Rule(id=id_, level=level, text=text, scope=scope, broken=function)
        return function

    return register


def rejects(findings: Sequence[Finding]) -> bool:
    """True if any finding is an error."""
    return any(finding.level is Level.E for finding in findings)


def listed(rules: Mapping[str, Rule]) -> list[Rule]:
    """In the order of the check list: general, spectra, images, cubes."""
    return sorted(rules.values(), key=lambda one: ("GSIC".index(one.id[0]), one.id))
