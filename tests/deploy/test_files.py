"""The files of deploy/: each is read by the program that it is for, where that is installed, and they fit together."""

import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest
import yaml

from tests import postgres

ROOT = Path(__file__).parents[2]
DEPLOY = ROOT / "deploy"
UNITS = sorted(path.name for path in DEPLOY.glob("*.service"))
TIMERS = sorted(path.name for path in DEPLOY.glob("*.timer"))


def needed(program: str) -> str:
    """The path of a program; the test is left out, with a word, where there is none."""
    path = f"{os.environ['PATH']}:/usr/sbin:/sbin"
    found = shutil.which(program, path=path)
    if found is None:
        pytest.skip(f"{program} is not installed here")
    return found


def variables() -> dict[str, str]:
    lines = (DEPLOY / "environment").read_text().splitlines()
    return dict(line.split("=", 1) for line in lines if line and not line.startswith("#"))


def instructions() -> list[str]:
    """Of the container file, with continued lines joined."""
    text = (DEPLOY / "Containerfile").read_text().replace("\\\n", " ")
    return [line for line in text.splitlines() if line and not line.startswith("#")]


@pytest.mark.parametrize("unit", [*UNITS, *TIMERS])
def test_systemd_finds_nothing_wrong_with_a_unit(unit, tmp_path):
    for path in (*DEPLOY.glob("*.service"), *DEPLOY.glob("*.timer")):
        # Programs and accounts are those of a site: any that are here do for a look at the rest.
        text = path.read_text().replace("/opt/phoenix/.venv/bin/python", sys.executable)
        text = text.replace("/opt/phoenix/.venv/bin/gunicorn", sys.executable)
        (tmp_path / path.name).write_text(re.sub(r"^(User|Group)=phoenix$", r"\1=root", text, flags=re.MULTILINE))
    verify = [needed("systemd-analyze"), "verify", "--man=no", "--recursive-errors=no", str(tmp_path / unit)]
    done = subprocess.run(verify, capture_output=True, text=True, check=False)
    if "Failed to" in done.stderr and "manager" in done.stderr:
        pytest.skip("systemd-analyze cannot look at units here")

    assert [line for line in done.stderr.splitlines() if unit in line] == []
    assert done.returncode == 0


@pytest.mark.parametrize("unit", UNITS)
def test_a_unit_runs_as_phoenix_from_its_folder_with_the_site_s_settings(unit):
    lines = (DEPLOY / unit).read_text().splitlines()

    assert {"User=phoenix", "WorkingDirectory=/opt/phoenix", "EnvironmentFile=/etc/phoenix/environment"} <= {*lines}
    assert {"NoNewPrivileges=yes", "ProtectSystem=strict"} <= {*lines}


@pytest.mark.parametrize("timer", TIMERS)
def test_a_timer_starts_a_unit_that_there_is(timer):
    assert timer.replace(".timer", ".service") in UNITS


@pytest.fixture
def nginx_conf(tmp_path: Path) -> Path:
    """The configuration inside of a whole one, with a certificate and folders of its own."""
    kind = ("req", "-x509", "-nodes", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1")
    files = ("-keyout", tmp_path / "key.pem", "-out", tmp_path / "fullchain.pem")
    command = [needed("openssl"), *kind, "-subj", "/CN=phoenix.example.org", *map(str, files)]
    subprocess.run(command, check=True, capture_output=True)
    text = (DEPLOY / "nginx.conf").read_text()
    for old in ("/etc/ssl/phoenix", "/var/log/nginx"):
        text = text.replace(old, str(tmp_path))
    whole = tmp_path / "whole.conf"
    whole.write_text(f"pid {tmp_path}/pid;\nerror_log {tmp_path}/log;\nevents {{}}\nhttp {{\n{text}\n}}\n")
    return whole


def test_nginx_finds_nothing_wrong_with_its_configuration(nginx_conf):
    done = subprocess.run([needed("nginx"), "-t", "-c", nginx_conf], capture_output=True, text=True, check=False)

    assert done.returncode == 0, done.stderr
    assert "warn" not in done.stderr


def test_the_settings_of_a_site_behind_tls_pass_djangos_check_of_deployment(tmp_path):
    given = variables() | {
        "SECRET_KEY": "fifty-random-characters-of-more-than-a-few-kinds-012345",
        "DATABASE_URL": f"sqlite:///{tmp_path}/phoenix.sqlite3",
        "PHOENIX_WORK_DIR": str(tmp_path / "work"),
    }
    command = [sys.executable, "manage.py", "check", "--deploy", "--fail-level", "WARNING"]
    environment = {"PATH": os.environ["PATH"]} | given
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)

    assert done.returncode == 0, done.stderr


def test_gunicorn_takes_its_configuration(tmp_path):
    environment = os.environ | {"DATABASE_URL": f"sqlite:///{tmp_path}/phoenix.sqlite3", "SECRET_KEY": "for tests only"}
    command = [sys.executable, "-m", "gunicorn", "--config", "deploy/gunicorn.conf.py", "--check-config"]
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)

    assert done.returncode == 0, done.stderr


def test_postgresql_starts_with_its_settings():
    lines = (DEPLOY / "postgresql.conf").read_text().splitlines()
    options = [re.sub(r"\s*=\s*'?([^']*)'?", r"=\1", line) for line in lines if line and not line.startswith("#")]
    small = [option for option in options if not option.startswith("shared_buffers")]
    with (
        tempfile.TemporaryDirectory(prefix="phoenix-settings-") as folder,
        postgres.restartable(Path(folder), ("listen_addresses=", *small)) as (url, _),
    ):
        assert url
    assert len(options) - len(small) == 1


def test_the_container_file_has_known_instructions_and_copies_what_there_is():
    words = {line.split()[0] for line in instructions()}
    copied = [source for line in instructions() if line.startswith("COPY") for source in line.split()[1:-1]]

    assert words <= {"FROM", "RUN", "WORKDIR", "COPY", "USER", "ENV", "ENTRYPOINT", "CMD"}
    assert [source for source in copied if not (ROOT / source).exists()] == []
    assert {"phoenix_site", "processing", "monitor", "templates", "static", "requirements.txt"} <= {*copied}
    assert instructions().index("USER phoenix") > max(n for n, line in enumerate(instructions()) if "RUN" in line)


def given(name: str) -> dict[str, str]:
    """The settings of a service of the compose file, for who has given nothing but what must be."""
    service = yaml.safe_load((DEPLOY / "compose.yaml").read_text())["services"][name]
    return {
        key: re.sub(r"\$\{\w+(:-(.*))?\}", r"\2", value)
        for key, value in service["environment"].items()
        if ":?" not in value
    }


def test_what_is_to_outlive_a_container_is_on_its_volume(tmp_path):
    say = "import json\nfrom phoenix_site.settings import PHOENIX\nprint(json.dumps(PHOENIX, default=str))"
    environment = {"DATABASE_URL": f"sqlite:///{tmp_path}/phoenix.sqlite3", "SECRET_KEY": "for tests only"}
    done = subprocess.run(
        [sys.executable, "-c", say],
        cwd=ROOT,
        env=environment | given("web"),
        capture_output=True,
        text=True,
        check=True,
    )
    found = json.loads(done.stdout)
    folders = [value for key, value in found.items() if key.endswith("_DIR")]
    folders += [found[port]["OPTIONS"]["root"] for port in ("ARCHIVE", "INGESTOR")]

    assert len(folders) >= 6
    assert [folder for folder in folders if not folder.startswith("/srv/phoenix/")] == []


def test_podman_compose_fills_in_what_it_is_given_and_refuses_to_do_without(tmp_path):
    program, engine = needed("podman-compose"), tmp_path / "podman"
    engine.write_text("#!/bin/sh\n")  # is asked whether the image is there, and nothing else
    engine.chmod(0o755)
    command = [program, "--dry-run", "--file", str(DEPLOY / "compose.yaml"), "up"]
    environment = {"PATH": f"{tmp_path}:{os.environ['PATH']}", "SECRET_KEY": "a key"}
    without = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    environment |= {"POSTGRES_PASSWORD": "a-password"}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    said = done.stdout + done.stderr

    assert "is not given" in without.stderr
    assert done.returncode == 0
    assert "DATABASE_URL=postgresql://phoenix:a-password@database" in said
    assert "$" not in said


def test_the_services_of_the_compose_file_fit_together():
    found = yaml.safe_load((DEPLOY / "compose.yaml").read_text())
    services = found["services"]
    known = {line.split("`")[1] for line in (ROOT / "docs/operations.md").read_text().splitlines() if "| `" in line[:4]}

    assert {"database", "migrate", "web", "worker"} == {*services}
    assert {needs for one in services.values() for needs in one.get("depends_on", {})} <= {*services}
    assert {*services["web"]["environment"]} <= known
    assert {volume.split(":")[0] for one in services.values() for volume in one["volumes"]} == {*found["volumes"]}
