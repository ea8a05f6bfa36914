"""Who may act through the API."""

from rest_framework.permissions import SAFE_METHODS, BasePermission
from rest_framework.request import Request
from rest_framework.views import APIView


class MayAct(BasePermission):
    """Reading is free; anything else needs the view's `acting`, the name of a permission."""

    def has_permission(self, request: Request, view: APIView) -> bool:
        """True for readers and for those who have the permission."""
        needed = str(view.acting)  # type: ignore[attr-defined] # of the views that have this permission class
        self.message = f"This needs the permission {needed}."
        return request.method in SAFE_METHODS or request.user.has_perm(needed)
