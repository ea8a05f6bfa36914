"""The guide through a site: every command of it is run, or is one of the few that need a whole machine."""

import os
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.deploy.test_files import variables

ROOT = Path(__file__).parents[2]
# What cannot be run without a machine of its own, and who looks after it instead.
LEFT_OUT = {
    "apt-get": "changes this machine",
    "useradd": "changes this machine",
    "systemctl": "needs systemd as first process; test_files has the units verified",
    "runuser": "needs the service's own PostgreSQL",
    "nginx": "test_files has the configuration verified",
    "curl": "needs the name of the site",
    "editor": "is a person's",
    "set": "reads the settings; the test gives them",
    "chown": "needs the account",
    ".venv/bin/pip": "the network; tools/install.sh does it for every run of the tests",
    "python3.11": "the same",
}


def commands() -> list[str]:
    """In the order of the guide."""
    guide = (ROOT / "docs/operations.md").read_text().split("## A site in an hour")[1].split("\n## ")[0]
    blocks = re.findall(r"^```\n(.*?)^```", guide, re.MULTILINE | re.DOTALL)
    return [line for block in blocks for line in block.splitlines()]


RUN = [line for line in commands() if shlex.split(line)[0] not in LEFT_OUT]


def test_what_is_left_out_is_short_and_used():
    first = {shlex.split(line)[0] for line in commands()}

    assert {*LEFT_OUT} <= first
    assert first - {*LEFT_OUT} == {"install", "python3", ".venv/bin/python"}


def test_every_file_of_deployment_for_a_host_is_installed_by_the_guide():
    named = {word.partition("/")[2] for line in commands() for word in line.split() if word.startswith("deploy/")}
    elsewhere = {"Containerfile", "compose.yaml", "gunicorn.conf.py"}  # gunicorn's is read where it is

    assert named == {path.name for path in (ROOT / "deploy").iterdir()} - elsewhere


def test_every_command_that_can_be_run_succeeds(tmp_path):
    root = tmp_path / "root"
    for folder in ("etc/systemd/system", "etc/nginx/conf.d", "etc/postgresql/15/main/conf.d", "opt", "srv"):
        (root / folder).mkdir(parents=True)
    given = variables() | {
        "DATABASE_URL": f"sqlite:///{tmp_path}/phoenix.sqlite3",
        "SECRET_KEY": "fifty-random-characters-of-more-than-a-few-kinds-012345",
        "PHOENIX_WORK_DIR": str(tmp_path / "work"),
        "DJANGO_SUPERUSER_USERNAME": "eva",
        "DJANGO_SUPERUSER_EMAIL": "eva@localhost",
        "DJANGO_SUPERUSER_PASSWORD": "long and unguessable",
        "PATH": os.environ["PATH"],
    }
    for line in RUN:
        done = subprocess.run(
            here(line, root), cwd=ROOT, env=given, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, (line, done.stderr)
    assert (root / "etc/phoenix/environment").stat().st_mode & 0o777 == 0o600


def here(line: str, root: Path) -> list[str]:
    """A command of the guide with another root for what it installs, and without the account."""
    words = shlex.split(line)
    if words[0] == "install":
        words = [word for word in words if word not in ("-o", "-g", "phoenix")]
        return [f"{root}{word}" if word.startswith("/") else word for word in words]
    if words[0] == ".venv/bin/python":
        extra = {"createsuperuser": ["--no-input"], "collectstatic": ["--dry-run"]}
        return [sys.executable, *words[1:], *extra.get(words[2], [])]
    return [shutil.which(words[0]) or pytest.skip(f"{words[0]} is not installed here"), *words[1:]]
