"""Sessions, as Django keeps them in the database; every request looks for one, so the query is composed once."""

from typing import Any

from django.contrib.sessions.backends import db
from django.contrib.sessions.models import Session
from django.db.models.functions import Now

from processing.models.composed import Composed, Given

LASTING = Composed(
    lambda: Session.objects.filter(session_key=Given("key"), expire_date__gt=Now()).values_list("session_data")
)


class SessionStore(db.SessionStore):
    """Looked up on each request: who logs out is out everywhere, at once."""

    def load(self) -> dict[str, Any]:
        """What the session holds; nothing, and no key, if there is none that lasts.  One query."""
        found = LASTING.ask(key=self.session_key)
        if not found:
            self._session_key = None
            return {}
        return self.decode(found[0].session_data)
