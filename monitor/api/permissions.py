"""Who may read and act through the API."""

from typing import TYPE_CHECKING

from rest_framework.permissions import SAFE_METHODS, BasePermission
from rest_framework.request import Request

from monitor import roles

if TYPE_CHECKING:
    # The settings name this module, and the views read them while they are imported.
    from rest_framework.views import APIView


class MayAct(BasePermission):
    """Reading needs a role; anything else the view's `acting`, the name of a permission, if it has one."""

    def has_permission(self, request: Request, view: "APIView") -> bool:
        """True for those who have the permission."""
        needed = roles.SEE if request.method in SAFE_METHODS else str(getattr(view, "acting", roles.SEE))
        self.message = f"This needs the permission {needed}. {roles.what_to_ask_for(needed)}"
        return request.user.has_perm(needed)
