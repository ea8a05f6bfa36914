"""Who may what: the roles, which are Django's groups, and the permissions that each of them has."""

from collections.abc import Mapping
from typing import Any

from django.contrib.auth.models import Group, Permission
from django.db.models import QuerySet

SEE = "processing.view_job"
"""To see any page, and to read through the API."""
ADMINISTRATOR = "administrator"

# An administrator has every permission of phoenix, and those over users and groups.
ROLES: Mapping[str, tuple[str, ...]] = {
    "viewer": (SEE,),
    "operator": (
        SEE,
        "processing.add_stop",
        "processing.change_stop",
        "processing.change_instrument",
        "processing.acknowledge_cluster",
    ),
    "edp": (SEE, "processing.draft_certificate"),
    "certifier": (SEE, "processing.draft_certificate", "processing.certify_certificate"),
}


def make_groups(**_signal: Any) -> None:
    """Make the groups that are not there; what an administrator made of one that is there stays.

    The migration has made them; a database that was emptied, as between two tests, gets them here.
    """
    for name in (*ROLES, ADMINISTRATOR):
        group, created = Group.objects.get_or_create(name=name)
        if created:
            group.permissions.set(permissions_of(name))


def permissions_of(role: str) -> QuerySet[Permission]:
    """The permissions of a role, of those that this version of phoenix has."""
    rows = Permission.objects.filter(content_type__app_label="processing")
    if role == ADMINISTRATOR:
        return rows | Permission.objects.filter(content_type__app_label="auth")
    return rows.filter(codename__in=[name.partition(".")[2] for name in ROLES[role]])


def with_permission(permission: str) -> list[str]:
    """The roles that have a permission, the least mighty first."""
    return [*(role for role, permissions in ROLES.items() if permission in permissions), ADMINISTRATOR]


def what_to_ask_for(permission: str) -> str:
    """The sentence for those who lack a permission."""
    if permission == SEE:
        return f'Your account has no role yet. Ask an administrator of phoenix for the role "{next(iter(ROLES))}".'
    named = " or ".join(f'"{role}"' for role in with_permission(permission))
    return f"This needs the role {named}. Ask an administrator of phoenix for it."
