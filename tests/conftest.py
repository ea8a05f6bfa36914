"""What every test may ask for."""

import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.db import connection
from whitenoise.middleware import WhiteNoiseMiddleware

from tests import slurm_cluster


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Run once what needs to run once.

    On SQLite what holds on PostgreSQL only is left out; on PostgreSQL, what asks no database.
    """
    on_postgresql = config.getoption("db") == "postgresql"
    left_out = [item for item in items if (asks_no_database if on_postgresql else holds_on_postgresql)(item)]
    if left_out:
        config.hook.pytest_deselected(items=left_out)
        items[:] = [item for item in items if item not in left_out]


def holds_on_postgresql(item: pytest.Item) -> bool:
    """Whether the test has the marker `postgres`."""
    return item.get_closest_marker("postgres") is not None


def asks_no_database(item: pytest.Item) -> bool:
    """Whether the test gives the same answer on either: it has no database at all, or looks through a browser."""
    if item.path.parent.name == "browser":
        return True
    fixtures = set(getattr(item, "fixturenames", ()))
    asks = item.get_closest_marker("django_db") or fixtures & {"db", "transactional_db", "live_server"}
    return not asks and not holds_on_postgresql(item)


@pytest.fixture(scope="session", autouse=True)
def static_files_are_sought_once() -> Iterator[None]:
    """Each test client makes the middleware anew, and there are thousands; the files are the same."""
    seek = WhiteNoiseMiddleware.add_files_from_finders
    found: dict[str, object] = {}

    def once(self: WhiteNoiseMiddleware) -> None:
        if not found:
            seek(self)
            found.update(self.files)
        self.files.update(found)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(WhiteNoiseMiddleware, "add_files_from_finders", once)
        yield


@pytest.fixture(scope="session")
def django_db_modify_db_settings(
    django_db_modify_db_settings_parallel_suffix: None, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """On SQLite the test database is a file of this run, so that child processes can open it, too."""
    if connection.vendor == "sqlite":
        connection.settings_dict["TEST"]["NAME"] = str(tmp_path_factory.mktemp("database") / "test.sqlite3")


@pytest.fixture(scope="session")
def django_db_keepdb() -> bool:
    """A server of this run's own goes as a whole: whoever still closes a connection does not keep it from its end."""
    return connection.vendor == "postgresql"


@pytest.fixture
def child_environment(transactional_db: None, request: pytest.FixtureRequest) -> dict[str, str]:
    """The environment for a child process (a qcluster, a worker) that works on this test's database."""
    name = connection.settings_dict["NAME"]
    url = os.environ["DATABASE_URL"].rpartition("/")[0]
    database = f"{url}/{name}" if connection.vendor == "postgresql" else f"sqlite:///{name}"
    root = Path(request.config.rootpath)
    return {**os.environ, "DATABASE_URL": database, "PYTHONPATH": str(root)}


@pytest.fixture(scope="session")
def slurm() -> Iterator[None]:
    """A Slurm of one node for this run; without it, its tests are left out with a word."""
    if why := slurm_cluster.missing():
        pytest.skip(why)
    with (
        tempfile.TemporaryDirectory(prefix="phoenix-slurm-") as folder,
        pytest.MonkeyPatch.context() as patch,
        slurm_cluster.running(Path(folder)) as file,
    ):
        patch.setenv("SLURM_CONF", str(file))
        yield
