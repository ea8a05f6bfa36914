"""What every test may ask for."""

import os
from pathlib import Path

import pytest
from django.db import connection


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out, on SQLite, what holds on PostgreSQL only; the run on PostgreSQL has everything."""
    if config.getoption("db") == "postgresql":
        return
    left_out = [item for item in items if item.get_closest_marker("postgres")]
    if left_out:
        config.hook.pytest_deselected(items=left_out)
        items[:] = [item for item in items if item not in left_out]


@pytest.fixture(scope="session")
def django_db_modify_db_settings(
    django_db_modify_db_settings_parallel_suffix: None, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """On SQLite the test database is a file of this run, so that child processes can open it, too."""
    if connection.vendor == "sqlite":
        connection.settings_dict["TEST"]["NAME"] = str(tmp_path_factory.mktemp("database") / "test.sqlite3")


@pytest.fixture
def child_environment(transactional_db: None, request: pytest.FixtureRequest) -> dict[str, str]:
    """The environment for a child process (a qcluster, a worker) that works on this test's database."""
    name = connection.settings_dict["NAME"]
    url = os.environ["DATABASE_URL"].rpartition("/")[0]
    database = f"{url}/{name}" if connection.vendor == "postgresql" else f"sqlite:///{name}"
    root = Path(request.config.rootpath)
    return {**os.environ, "DATABASE_URL": database, "PYTHONPATH": str(root)}
