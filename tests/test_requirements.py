"""The requirements: every one pinned, explained, and none that takes another's place."""

import importlib.util
import re
import tomllib
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest
from django.db import connection

ROOT = Path(__file__).parent.parent
FILES = ("requirements.txt", "requirements-dev.txt")
TYPES_ONLY = ("django-stubs", "djangorestframework-stubs")


def requirement_lines() -> list[str]:
    lines = [line.strip() for name in FILES for line in (ROOT / name).read_text().splitlines()]
    return [line for line in lines if line and not line.startswith(("#", "-r "))]


def requirement_names() -> list[str]:
    return [line.partition("==")[0] for line in requirement_lines()]


@pytest.mark.parametrize("line", requirement_lines())
def test_a_requirement_is_pinned_to_one_version(line):
    assert re.fullmatch(r"[A-Za-z0-9._-]+==[0-9][0-9a-z.]*", line)


@pytest.mark.parametrize("name", requirement_names())
def test_a_requirement_has_its_line_in_the_decisions(name):
    decisions = (ROOT / "docs/decisions/0001-dependencies.md").read_text()

    assert f"| {name} |" in decisions


def test_psycopg_3_cannot_be_imported_because_django_would_prefer_it():
    assert importlib.util.find_spec("psycopg") is None


@pytest.mark.postgres
@pytest.mark.django_db
def test_the_postgresql_driver_is_psycopg2():
    connection.ensure_connection()

    assert type(connection.connection).__module__.startswith("psycopg2")


@pytest.mark.parametrize("name", [name for name in requirement_names() if name not in TYPES_ONLY and name != "numpy"])
def test_the_import_rules_forbid_the_core_every_requirement_but_numpy(name):
    contracts = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]["contracts"]
    (core,) = (contract for contract in contracts if contract.get("source_modules") == ["processing.core"])
    modules = {module for module, owners in packages_distributions().items() if name in owners}

    assert modules & set(core["forbidden_modules"])
