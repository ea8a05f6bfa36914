"""What somebody may do, asked for once per page."""

from typing import Any

from django.contrib.auth.backends import ModelBackend
from django.contrib.auth.models import Permission
from django.db.models import Model, Q


class Accounts(ModelBackend):
    """Django's own accounts; permissions of the user and of all groups come in one query instead of two."""

    def get_all_permissions(self, user_obj: Any, obj: Model | None = None) -> set[str]:
        """As `app.codename`; none for who is not active, or of a single object."""
        if user_obj.is_anonymous or not user_obj.is_active or user_obj.is_superuser or obj is not None:
            return super().get_all_permissions(user_obj, obj)
        if not hasattr(user_obj, "_perm_cache"):
            granted = Permission.objects.filter(Q(user=user_obj) | Q(group__user=user_obj)).order_by()
            named = granted.values_list("content_type__app_label", "codename")
            user_obj._perm_cache = {f"{app}.{name}" for app, name in named}
        found: set[str] = user_obj._perm_cache
        return found
