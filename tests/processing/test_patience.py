"""What the database could not be told is told again when it is back."""

import pytest
from django.db import DatabaseError, InterfaceError, OperationalError, ProgrammingError, transaction

from processing.models import patience
from processing.models.patience import patient


class Away:
    """A database that is away for the first calls."""

    def __init__(self, times: int, error: type[Exception] = OperationalError):
        self.times, self.error, self.calls = times, error, 0

    def __call__(self) -> str:
        self.calls += 1
        if self.calls <= self.times:
            raise self.error
        return "told"


@pytest.fixture(autouse=True)
def quick(monkeypatch):
    monkeypatch.setattr(patience, "PAUSE", 0.01)


# The last is what psycopg2 makes of a server that crashes in the middle of an answer.
@pytest.mark.parametrize("error", [OperationalError, InterfaceError, DatabaseError])
@pytest.mark.django_db(transaction=True)
def test_a_call_is_repeated_until_the_database_is_back(error):
    away = Away(3, error)

    def call() -> str:
        return away()

    assert (patient(call)(), away.calls) == ("told", 4)


@pytest.mark.django_db(transaction=True)
def test_patience_ends(settings):
    settings.PHOENIX = {**settings.PHOENIX, "PATIENCE": 0.05}
    away = Away(10**9)

    def call() -> str:
        return away()

    with pytest.raises(OperationalError):
        patient(call)()
    assert away.calls > 1


@pytest.mark.django_db(transaction=True)
def test_what_the_database_refuses_is_not_repeated():
    refused = Away(1, ProgrammingError)

    def call() -> str:
        return refused()

    with pytest.raises(ProgrammingError):
        patient(call)()
    assert refused.calls == 1


@pytest.mark.django_db(transaction=True)
def test_nothing_is_repeated_inside_a_transaction_that_has_failed():
    away = Away(1)

    def call() -> str:
        return away()

    with pytest.raises(OperationalError), transaction.atomic():
        patient(call)()
    assert away.calls == 1
