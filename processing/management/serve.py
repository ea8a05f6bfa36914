"""The verb `worker`: what this host works at, and the supervisor or the bare cluster that does it."""

import logging
import os
from collections.abc import Mapping, Sequence
from itertools import chain
from typing import Any

from django.conf import settings
from django.core.management.base import CommandError

from processing.core.roles import Role, misfit, outcast
from processing.management.cluster import run_cluster
from processing.management.supervisor import Supervisor

logger = logging.getLogger(__name__)


def serve(options: Mapping[str, Any]) -> None:
    """Stay until this host's work is stopped; CommandError if it cannot do it in these roles."""
    take(options["role"] or ())
    if options["unsupervised"]:
        run_cluster()
    else:
        values = {name: options[name] for name in ("name", "every", "grace", "patience", "terminate")}
        Supervisor(**values).run()


def take(named: Sequence[Sequence[Role]]) -> None:
    """Take the roles that were named instead of PHOENIX_ROLES, here and in the cluster that is started from here."""
    if wanted := {*chain.from_iterable(named)}:
        settings.PHOENIX["ROLES"] = tuple(role for role in Role if role in wanted)
    roles, local = settings.PHOENIX["ROLES"], settings.PHOENIX["LOCAL"]
    os.environ["PHOENIX_ROLES"] = ",".join(roles)
    if why := misfit(roles, local):
        hint = "Give it both roles, process and ingest, or share PHOENIX_WORK_DIR and leave work out of PHOENIX_LOCAL."
        raise CommandError(f"PHOENIX_LOCAL=work: {why}. {hint}", returncode=2)
    if why := outcast(roles, local):
        logger.warning("PHOENIX_LOCAL=calibrations: %s", why)
