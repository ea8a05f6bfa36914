"""What all executors keep to: what a command sees of its surroundings, and how want of memory is known."""

import os
import re
import signal

from processing.core.ports import Command
from processing.plugins.logs import tail

# The same few variables for every recipe: results must not depend on who started the cluster.
PASSED_ON = ("PATH", "LANG", "LC_ALL", "OMP_NUM_THREADS")

# What programs write when they are refused memory: CPL and perror, C++ and Python, the loader of shared libraries.
REFUSED = re.compile(r"failed to (allocate|map)|cannot allocate memory|out of memory|bad_alloc|MemoryError", re.I)
# A program that does not look at what malloc returned ends so, or by an assertion.
CRASHES = frozenset({signal.SIGABRT, signal.SIGSEGV, signal.SIGBUS})
NEAR = 0.75  # of the limit: what was refused does not count as used, nor what came after the last look


def environment(command: Command) -> dict[str, str]:
    """A small and known environment, with the attempt's token so that strays can be found by it."""
    passed_on = {name: os.environ[name] for name in PASSED_ON if name in os.environ}
    home = str(command.cwd)
    return {"PATH": os.defpath, "HOME": home, "TMPDIR": home, **passed_on, "PHOENIX_TOKEN": command.token}


def refused_memory(command: Command, code: int, address_space: int) -> bool:
    """Whether a command that nobody has killed came to a bad end because it was refused memory.

    Measured with uves_obs_scired, which needs 262 MB, under limits from 100 to 250 MB: it aborts, with "failed to
    allocate" as its last words, or, at 205 to 215 MB, with an assertion that says nothing of memory, at a peak seen of
    83 % of the limit.  So such words count, and so does a crash near the limit.  An exit code alone never does: below
    100 MB esorex cannot load the recipe's library, and says that it does not find the recipe.
    Not seen: a program that asks for most of its limit at once, and crashes without a word.
    """
    if REFUSED.search(tail(command.log)):
        return code > 0 or -code in CRASHES
    return -code in CRASHES and bool(command.memory) and address_space >= NEAR * command.memory
