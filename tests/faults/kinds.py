"""Every kind of fault that a campaign injects, and in which order."""

import random
from collections.abc import Callable, Sequence

from tests.faults import processes, surroundings
from tests.faults.campaign import Fault
from tests.faults.site import Site

AROUND: dict[str, Fault] = {
    "connections cut": surroundings.cut_connections,
    "database restarted": surroundings.restart_database("fast"),
    "database crashed": surroundings.restart_database("immediate"),
    "archive away": surroundings.archive_away,
    "archive answering with errors": surroundings.archive_in_mood("errors"),
    "archive sending truncated files": surroundings.archive_in_mood("truncated"),
    "archive sending damaged files": surroundings.archive_in_mood("damaged"),
    "archive hanging": surroundings.archive_in_mood("hanging"),
    "product archive away": surroundings.products_away,
}
QUEUE_IN_DATABASE: dict[str, Fault] = {
    "queue wiped": surroundings.wipe_queue,
    "messages doubled": surroundings.double_messages,
}
QUEUE_IN_REDIS: dict[str, Fault] = {
    "Redis wiped": surroundings.wipe_redis,
    "Redis killed": surroundings.restart_redis,
    "storm of messages": surroundings.storm,
}
SMALL_DISK = "disk full"
CLOCK = "clock jump"
# After these something is tried again a minute later: at the end they come first.
LONG = frozenset(
    {"archive sending truncated files", "archive sending damaged files", "product archive away", SMALL_DISK}
)


def possible(site: Site, say: Callable[[str], None]) -> dict[str, Fault]:
    """The kinds that can be injected here; those that cannot are named with what they lack."""
    found = processes.FAULTS | AROUND | (QUEUE_IN_DATABASE if site.redis is None else QUEUE_IN_REDIS)
    if site.small_disk:
        found |= {SMALL_DISK: surroundings.fill_disk}
    else:
        say(f"left out, {SMALL_DISK}: mounting a small disk is not permitted here")
    if site.clock:
        found |= {CLOCK: surroundings.jump}
    else:
        say(f"left out, {CLOCK}: Debian's package libfaketime is not installed")
    return found


def one_round(names: Sequence[str], rng: random.Random, *, last: bool) -> list[str]:
    """Every kind once, in random order; in the last round those first whose traces take long to go."""
    order = rng.sample(names, len(names))
    return sorted(order, key=lambda name: name not in LONG) if last else order
