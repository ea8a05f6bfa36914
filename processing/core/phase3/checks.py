"""All rules on one file."""

import numpy as np

from processing.core.phase3 import batch, columns, cubes, general, images, spectra
from processing.core.phase3.product import Batch, Case, FitsFile
from processing.core.phase3.rules import REGISTERED, UNREADABLE, Finding, Level, Rule, listed
from processing.core.phase3.values import text

GROUPS = (general, batch, spectra, columns, images, cubes)
"""Importing them registers their rules."""
RULES: tuple[Rule, ...] = tuple(listed(REGISTERED))


def check(file: FitsFile, batch: Batch) -> list[Finding]:
    """What is wrong with the file as such, then every rule that it breaks, in the order of the list.

    The file's name and title are noted in the batch: no later file may have them, too.
    """
    found = [Finding(UNREADABLE, Level.E, problem) for problem in file.problems]
    if file.hdus:
        case = Case(file, batch)
        # Arrays may hold anything, and what follows from it is no reason to warn.
        with np.errstate(all="ignore"):
            found += [finding for rule in RULES for finding in rule.ask(case)]
        batch.titles.setdefault(text(case.table.header, "TITLE") or "", file.name)
    batch.names.setdefault(file.name, file.name)
    return found
