"""Who somebody is and what that account may do, asked for once per page."""

from typing import Any

from django.contrib.auth.backends import ModelBackend
from django.contrib.auth.models import Group, Permission, User
from django.db import DEFAULT_DB_ALIAS
from django.db.models import Model, Q, QuerySet, Value
from django.db.models.functions import Concat

from monitor.nested import Rows
from processing.models.composed import Composed, Given


def granted(user: Any) -> QuerySet[Any]:
    """The permissions of a user and of all groups of that user, `named` as `app.codename`."""
    # Short lists of keys: the same as one join of six tables takes the database a millisecond to plan.
    own = User.user_permissions.through.objects.filter(user=user).values("permission")
    groups = User.groups.through.objects.filter(user=user).values("group")
    shared = Group.permissions.through.objects.filter(group__in=groups).values("permission")
    rows = Permission.objects.filter(Q(pk__in=own) | Q(pk__in=shared)).order_by()
    return rows.annotate(named=Concat("content_type__app_label", Value("."), "codename"))


COLUMNS = [field.attname for field in User._meta.concrete_fields]
ACCOUNT = Composed(
    lambda: (
        User.objects.filter(pk=Given("pk")).values_list(*COLUMNS).annotate(granted=Rows(granted(Given("pk")), "named"))
    )
)


class Accounts(ModelBackend):
    """Django's own accounts; who is logged in comes with all permissions in one query instead of three."""

    def get_user(self, user_id: int) -> User | None:
        """The account of a session; None if it is gone or not active any more."""
        for row in ACCOUNT.ask(pk=user_id):
            user = User.from_db(DEFAULT_DB_ALIAS, COLUMNS, row[: len(COLUMNS)])
            user._perm_cache = {permission["named"] for permission in row.granted}  # type: ignore[attr-defined]
            return user if self.user_can_authenticate(user) else None
        return None

    def get_all_permissions(self, user_obj: Any, obj: Model | None = None) -> set[str]:
        """As `app.codename`; none for who is not active, or of a single object."""
        if user_obj.is_anonymous or not user_obj.is_active or user_obj.is_superuser or obj is not None:
            return super().get_all_permissions(user_obj, obj)
        if not hasattr(user_obj, "_perm_cache"):
            user_obj._perm_cache = set(granted(user_obj).values_list("named", flat=True))
        found: set[str] = user_obj._perm_cache
        return found
