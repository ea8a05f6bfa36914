"""The container image, built by buildah from the project's own file, and started as the compose file starts it.

That takes minutes and needs the network, so `make image` alone does it.  IMAGE_ARGS are more options of `buildah bud`.
"""

import contextlib
import json
import os
import shlex
import shutil
import subprocess
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest
import yaml

from tests import postgres
from tests.browser.site import free_port
from tests.deploy.test_files import DEPLOY, ROOT, given, needed

pytestmark = [
    pytest.mark.skipif("IMAGE_ARGS" not in os.environ, reason="builds the image, which takes minutes: make image"),
    pytest.mark.timeout(1800),
]
TAG = "phoenix-of-tests"
COMPOSE = yaml.safe_load((DEPLOY / "compose.yaml").read_text())["services"]
Inside = Callable[..., str]


def buildah(*arguments: str) -> str:
    done = subprocess.run([needed("buildah"), *arguments], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout[-4000:] + done.stderr[-4000:]
    return done.stdout.strip()


@pytest.fixture(scope="module")
def container() -> Iterator[str]:
    """The name of a container of the image, which goes with it."""
    arguments = shlex.split(os.environ["IMAGE_ARGS"])
    buildah("bud", *arguments, "--layers=false", "--file", "deploy/Containerfile", "--tag", TAG, ".")
    name = buildah("from", TAG)
    yield name
    buildah("rm", name)
    buildah("rmi", TAG)


@pytest.fixture(scope="module")
def site(container: str) -> Iterator[list[str]]:
    """The command that runs another in the container, with the settings of a site and its database."""
    with tempfile.TemporaryDirectory(prefix="phoenix-image-") as folder, postgres.server(Path(folder)) as url:
        home, volume = Path(folder) / "postgresql", Path(folder) / "volume"
        home.chmod(0o755)
        volume.mkdir()
        shutil.chown(volume, 800, 800)
        mine = {"DATABASE_URL": url, "SECRET_KEY": "of this test", "PHOENIX_BIND": f"127.0.0.1:{free_port()}"}
        settings = [f"--env={name}={value}" for name, value in (given("web") | mine).items()]
        yield [
            *("buildah", "run", f"--volume={home}:{home}", f"--volume={volume}:/srv/phoenix", *settings),
            *(container, "--"),
        ]


@pytest.fixture(scope="module")
def inside(site: list[str]) -> Inside:
    """Run a command in the container, to its end; returns what it says."""
    return lambda *command: buildah(*site[1:], *command)


@pytest.fixture(scope="module")
def migrated(inside: Inside) -> None:
    inside(*COMPOSE["migrate"]["command"])


@contextlib.contextmanager
def started(site: list[str], command: list[str]) -> Iterator[psutil.Process]:
    """A command behind the image's entry point, which is given; what is left of it in the end is killed."""
    entry = json.loads(buildah("inspect", "--type", "image", TAG))["OCIv1"]["config"]["Entrypoint"]
    with subprocess.Popen([*site, *entry, *command]) as outside:
        family = psutil.Process(outside.pid)
        try:
            yield wait_for(lambda: next((one for one in family.children(recursive=True) if one.name() == "tini"), None))
        finally:
            for one in family.children(recursive=True):
                with contextlib.suppress(psutil.NoSuchProcess):
                    one.kill()


def wait_for(what: Callable[[], object], seconds: float = 60.0):
    end = time.monotonic() + seconds
    while not (found := what()) and time.monotonic() < end:
        time.sleep(0.2)
    assert found
    return found


def ended(tini: psutil.Process) -> bool:
    """Whether all of it goes by itself when the container is stopped."""
    family = [tini, *tini.children(recursive=True)]
    tini.terminate()
    return not psutil.wait_procs(family, timeout=60)[1]


def asked(site: list[str], path: str) -> tuple[int, str]:
    bind = next(word for word in site if "PHOENIX_BIND" in word).rpartition("=")[2]
    try:
        with urllib.request.urlopen(f"http://{bind}{path}", timeout=20) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode()
    except OSError as away:
        return 0, str(away)


def test_it_runs_as_an_account_that_may_write_its_folders_only(inside):
    found = inside("sh", "-c", "id -un; find / -xdev -type d -user phoenix 2>/dev/null || true").split()

    assert found == ["phoenix", "/opt/phoenix/var", "/srv/phoenix"]


def test_it_has_nothing_of_the_host_that_built_it(inside):
    listed = inside("find", "/opt/phoenix", "-path", "*/.venv", "-prune", "-o", "-type", "f", "-print").split()
    ours = ["git", "ls-files", "--cached", "--others", "--exclude-standard"]
    known = subprocess.run(ours, cwd=ROOT, capture_output=True, text=True, check=True).stdout.split()

    assert {name.removeprefix("/opt/phoenix/") for name in listed} <= {*known}


def test_esos_recipes_and_the_programs_that_workers_start_are_there(inside):
    recipes = inside("esorex", "--recipes")

    assert "uves_obs_scired" in recipes
    assert "naco_img_jitter" in recipes
    for program in ("setpriv", "prlimit", "nice", "pg_dump"):
        assert inside(program, "--version")


def test_the_web_application_answers_and_ends_when_it_is_stopped(site, migrated):
    command = json.loads(buildah("inspect", "--type", "image", TAG))["OCIv1"]["config"]["Cmd"]
    with started(site, command) as tini:
        wait_for(lambda: asked(site, "/healthz") == (200, "ok\n"))
        status, text = asked(site, "/readyz")

        assert (status, json.loads(text)["database"]) == (200, "ok")
        assert asked(site, "/static/monitor/phoenix.css")[0] == 200
        assert ended(tini)


def test_a_worker_starts_its_cluster_and_ends_when_it_is_stopped(site, inside, migrated):
    with started(site, COMPOSE["worker"]["command"]) as tini:
        wait_for(lambda: any("qcluster" in " ".join(one.cmdline()) for one in tini.children(recursive=True)))
        wait_for(lambda: json.loads(inside(".venv/bin/python", "manage.py", "phoenix", "status", "--json"))["workers"])

        assert ended(tini)
