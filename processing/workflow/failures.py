"""What a person does about a kind of failure: acknowledges what is there, or hands it over to SDP."""

import re
from typing import Any

from django.db import transaction
from django.db.models.functions import Now

from processing.core.states import ClusterState, check_move
from processing.models import Cluster, Job

LONGEST_NOTE, LONGEST_TICKET = 1000, 200
MANY = 2**31 - 1
# A number, a name or an address, in one line and without blanks at its ends.
_TICKET = re.compile(r"[\w#][\w .,:/#?=&%@()+\-]*", re.ASCII)


class Outdated(Exception):
    """The failures of a kind are not what the person has seen; `found` is how many there are now."""

    def __init__(self, sentence: str, found: int) -> None:
        super().__init__(sentence)
        self.found = found


def acknowledge(cluster: Cluster, who: str, why: str, expected: int) -> int:
    """Say that all failures of a kind are known; returns how many of them nobody had acknowledged before.

    `expected` is how many the person has seen.  Raises `Outdated` if there are more, or if somebody else was first,
    and ValueError without a word on it.
    """
    return step(cluster, ClusterState.ACKNOWLEDGED, (who, why), expected)


def hand_over(cluster: Cluster, who: str, why: str, ticket: str, expected: int) -> int:
    """Give a kind of failure to SDP, under the reference of its ticket; else as `acknowledge`."""
    reference = ticket.strip()
    if not _TICKET.fullmatch(reference) or len(reference) > LONGEST_TICKET:
        raise ValueError(
            f"a ticket is a number, name or address of 1 to {LONGEST_TICKET} characters, such as PIPE-1234"
        )
    return step(cluster, ClusterState.HANDED_OVER, (who, why), expected, ticket=reference)


def step(cluster: Cluster, new: ClusterState, said: tuple[str, str], expected: int, **changes: Any) -> int:
    """The step with its event, all or nothing.

    The cluster's row is taken first, so two persons come one after the other.  Then every failure that nobody had
    acknowledged is marked, and the rows marked are counted: one that ends at this moment is among them, or stays new.
    """
    who, why = said[0], worded(said[1])
    if not 0 <= expected <= MANY:
        raise ValueError(f"{expected} is no number of failures")
    check_move(cluster.moves, ClusterState(cluster.state), new)
    cluster.actor = who
    failures = Job.objects.failed().filter(fingerprint=cluster.fingerprint)
    with transaction.atomic(durable=True):
        rows = Cluster.objects.filter(pk=cluster.pk, state=cluster.state, seen=cluster.seen)
        if not rows.update(state=new, seen=expected, who=who, at=Now(), why=why, **changes):
            raise Outdated(f"somebody else was first: {cluster.fresh().who} has just seen to it", failures.count())
        marked = failures.filter(acknowledged=False).update(acknowledged=True)
        if cluster.seen + marked != expected:
            found = cluster.seen + marked
            raise Outdated(
                f"there are {found} failures now, {expected} were expected: look at the new ones first", found
            )
        reference = f"{changes['ticket']}: " if changes else ""
        cluster.note(cluster.state, new, f"{reference}{why} ({expected} failures, {marked} of them new)")
    cluster.refresh_from_db()
    return marked


def worded(why: str) -> str:
    """The note; ValueError for none, or one that cannot be kept."""
    text = why.strip()
    if not text or "\0" in text or len(text) > LONGEST_NOTE:
        raise ValueError(f"a note of 1 to {LONGEST_NOTE} characters is needed: whoever comes next will read it")
    return text
