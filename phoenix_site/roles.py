"""What a host works at and what it has to itself, read from the environment."""

from django.core.exceptions import ImproperlyConfigured

from processing.core.roles import Area, Role, read_areas, read_roles


def roles_of(text: str) -> tuple[Role, ...]:
    """PHOENIX_ROLES: names with commas between; empty: all.  Raises `ImproperlyConfigured`."""
    try:
        return read_roles([text])
    except ValueError as error:
        raise ImproperlyConfigured(f"PHOENIX_ROLES: {error}") from error


def areas_of(text: str) -> tuple[Area, ...]:
    """PHOENIX_LOCAL: names with commas between; empty: none.  Raises `ImproperlyConfigured`."""
    try:
        return read_areas([text])
    except ValueError as error:
        raise ImproperlyConfigured(f"PHOENIX_LOCAL: {error}") from error
