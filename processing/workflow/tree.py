"""ABs from a tree of files by date."""

from collections.abc import Iterator, Sequence
from itertools import groupby
from pathlib import Path

from django.db import transaction
from django.db.models import Q

from processing.core.ab import AB, MAX_BYTES, decode
from processing.core.errors import BadAB
from processing.models import AssociationBlock, Campaign
from processing.models.blocks import digest, read
from processing.workflow.candidates import Candidate, Standing, of_blocks, standings
from processing.workflow.register import store_all


def of_tree(campaign: Campaign, root: Path, unreadable: list[str], *, storing: bool) -> Iterator[list[Candidate]]:
    """The ABs below a folder that are of the campaign's instruments and dates, folder by folder.

    `storing` registers those that are new, without a job in the day-to-day stream; what cannot be read is appended
    to `unreadable`.
    """
    standing = standings()
    for _, files in groupby(sorted(root.rglob("*.ab")), key=lambda file: file.parent):
        found = [one for file in files if (one := opened(file, unreadable)) and concerns(campaign, one[0])]
        fresh, known = sorted_out(found, unreadable)
        if storing:
            with transaction.atomic():
                store_all(fresh)
            known |= {ab.name for ab, _ in fresh}
        abs_ = {ab.name: ab for ab, _ in found}
        unregistered = [] if storing else [unknown(ab) for ab, _ in fresh]
        yield unregistered + of_blocks(Q(name__in=known), campaign, standing, abs_)


def opened(file: Path, unreadable: list[str]) -> tuple[AB, str] | None:
    """An AB with its text; None if it cannot be read."""
    try:
        with file.open("rb") as stream:
            text = decode(stream.read(MAX_BYTES + 1), str(file))
        return read(text, str(file)), text
    except BadAB as bad:
        unreadable.append(str(bad))
    except OSError as error:
        unreadable.append(f"{file}: {error.strerror or error}")
    return None


def concerns(campaign: Campaign, ab: AB) -> bool:
    """Whether an AB is of the campaign's instruments and dates."""
    return ab.instrument in campaign.instruments and bool(
        campaign.first and campaign.last and campaign.first <= ab.date <= campaign.last
    )


def sorted_out(found: Sequence[tuple[AB, str]], unreadable: list[str]) -> tuple[list[tuple[AB, str]], set[str]]:
    """New ABs with their texts, and the names of those that are registered as they were read; one query."""
    contents = dict(
        AssociationBlock.objects.filter(name__in=[ab.name for ab, _ in found]).values_list("name", "sha256")
    )
    registered, known = set(contents), set()
    fresh: dict[str, tuple[AB, str]] = {}
    for ab, text in found:
        if contents.setdefault(ab.name, digest(text)) != digest(text):
            unreadable.append(f"{ab.name} is registered with other content, and is kept as it was")
        elif ab.name in registered:
            known.add(ab.name)
        else:
            fresh[ab.name] = ab, text
    return [*fresh.values()], known


def unknown(ab: AB) -> Candidate:
    """An AB that is not registered."""
    frames = digest(ab.recipe, *sorted(raw.dp_id for raw in ab.raws))
    return Candidate(ab.name, ab.date, frames, Standing(ab.instrument, ab.recipe, ab.setup, len(ab.raws)), ab=ab)
