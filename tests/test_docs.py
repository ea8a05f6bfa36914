"""The documents: they name everything that the code has, and nothing that it has not."""

import argparse
import ast
import inspect
import re
from collections.abc import Iterator
from enum import StrEnum
from pathlib import Path

import pytest
from django.conf import settings

from processing.core import association, ports, states
from processing.core.certification import read_certificate
from processing.management.commands.phoenix import Command
from processing.workflow.install import CERTIFICATES, entries

ROOT = Path(__file__).parent.parent
OWN = ("phoenix_site", "monitor", "processing")
DOCUMENTS = [ROOT / "README.md", ROOT / "CHANGELOG.md", *sorted((ROOT / "docs").rglob("*.md"))]
FENCED = re.compile(r"^```[a-z]*\n(.*?)^```", re.MULTILINE | re.DOTALL)
SPAN = re.compile(r"`([^`\n]+)`")
LINK = re.compile(r"!?\[[^\]\[]*\]\(([^)\s]+)\)")
HEADING = re.compile(r"^#+ (.+)$", re.MULTILINE)


def relative(path: Path) -> str:
    return str(path.relative_to(ROOT))


def text(name: str) -> str:
    return (ROOT / name).read_text()


def prose(path: Path) -> str:
    return FENCED.sub("", path.read_text())


def commands(path: Path) -> Iterator[str]:
    """Every line of code of a document: in blocks, and inside of sentences."""
    for block in FENCED.findall(path.read_text()):
        yield from block.splitlines()
    yield from SPAN.findall(prose(path))


def all_commands() -> list[str]:
    return [command for path in DOCUMENTS for command in commands(path)]


def sources() -> list[Path]:
    return [path for folder in OWN for path in (ROOT / folder).rglob("*.py")]


def first_arguments(source: str, function: str = "") -> set[str]:
    """The texts that calls in a module have as their first argument; of one function, or of all."""
    calls = [node for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Call) and node.args]
    wanted = [call for call in calls if not function or getattr(call.func, "id", "") == function]
    return {str(call.args[0].value) for call in wanted if isinstance(call.args[0], ast.Constant)}


def environment() -> list[str]:
    found = first_arguments(text("phoenix_site/settings.py"))
    return sorted(name for name in found if re.fullmatch(r"[A-Z][A-Z_]+", name))


def check_ids() -> list[str]:
    return sorted({found for path in sources() for found in re.findall(r'"(phoenix\.[EW]\d+)"', path.read_text())})


def words() -> list[StrEnum]:
    """Every member of the enumerations of states; their short aliases in the module do not count twice."""
    defined = {thing for thing in vars(states).values() if getattr(thing, "__module__", "") == states.__name__}
    enumerations = [thing for thing in defined if inspect.isclass(thing) and issubclass(thing, StrEnum)]
    return [word for one in sorted(enumerations, key=lambda one: one.__name__) for word in one if word]


def port_methods() -> list[tuple[str, str]]:
    protocols = [port for _, port in inspect.getmembers(ports, inspect.isclass) if getattr(port, "_is_protocol", False)]
    named = [port for port in protocols if port.__module__ == ports.__name__]
    return [(port.__name__, name) for port in named for name in vars(port) if not name.startswith("_")]


def qc1_parameters() -> list[str]:
    pipelines = sorted((ROOT / "processing/plugins/pipelines").glob("*.py"))
    return sorted({name for path in pipelines for name in first_arguments(path.read_text(), "Measurement")})


def score_bits() -> list[str]:
    found = [read_certificate(entry) for file in CERTIFICATES.glob("*.toml") for entry in entries(file)]
    return sorted({rule.name for one in found for rule in (*one.scores, *association.rules(one))})


def section(document: str, heading: str) -> str:
    """The part of a document below the heading that holds this word as code."""
    (found,) = [
        part for part in re.split(r"^## ", document, flags=re.MULTILINE) if f"`{heading}`" in part.split("\n")[0]
    ]
    return found


def anchors(path: Path) -> set[str]:
    """What a link can point to: headings in small letters, blanks as hyphens, other signs left out."""
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in HEADING.findall(prose(path))}


def links() -> list[tuple[Path, str]]:
    found = [(path, link) for path in DOCUMENTS for link in LINK.findall(prose(path))]
    return [(path, link) for path, link in found if not link.startswith(("https:", "http:"))]


def verbs() -> set[str]:
    parser = Command().create_parser("manage.py", "phoenix")
    (choices,) = [action.choices for action in parser._actions if isinstance(action, argparse._SubParsersAction)]
    return set(choices)


@pytest.mark.parametrize("variable", environment())
def test_a_variable_of_the_environment_is_in_the_operations_guide(variable):
    assert f"\n| `{variable}` |" in text("docs/operations.md")


@pytest.mark.parametrize("key", sorted(settings.PHOENIX))
def test_a_setting_of_phoenix_is_in_the_operations_guide(key):
    assert f"\n| `{key}` |" in text("docs/operations.md")


@pytest.mark.parametrize("check", check_ids())
def test_a_system_check_is_in_the_operations_guide(check):
    assert f"\n| `{check}` |" in text("docs/operations.md")


@pytest.mark.parametrize("word", words(), ids=lambda word: f"{type(word).__name__}.{word}")
def test_a_state_or_reason_has_its_line_in_the_glossary(word):
    explained = section(text("docs/glossary.md"), type(word).__name__)

    assert f"\n| `{word}`" in explained


@pytest.mark.parametrize("name", [*qc1_parameters(), *score_bits()])
def test_a_parameter_or_score_bit_has_its_line_in_the_glossary(name):
    assert f"\n| `{name}` |" in text("docs/glossary.md")


@pytest.mark.parametrize(("port", "method"), port_methods())
def test_a_port_and_what_it_promises_are_in_the_plug_in_guide(port, method):
    (promise,) = re.findall(rf"^### {port}\n(.*?)^##", text("docs/plugins.md"), re.MULTILINE | re.DOTALL)

    assert re.search(rf"\n\* `{method}[(`]", promise)


@pytest.mark.parametrize(
    ("path", "link"), links(), ids=lambda value: relative(value) if isinstance(value, Path) else value
)
def test_a_link_leads_to_a_file_and_a_heading(path, link):
    file, _, anchor = link.partition("#")
    target = path.parent / file if file else path

    assert target.exists()
    assert not anchor or anchor in anchors(target)


@pytest.mark.parametrize("path", sources(), ids=relative)
def test_a_document_that_the_source_names_exists(path):
    named = re.findall(r"docs/[\w/\-]+\.md", path.read_text())

    assert [name for name in named if not (ROOT / name).exists()] == []


@pytest.mark.parametrize("path", DOCUMENTS, ids=relative)
def test_a_source_file_that_a_document_names_exists(path):
    named = [span for span in commands(path) if re.fullmatch(rf"({'|'.join(OWN)}|tests|tools|deploy)/[\w./\-]*", span)]

    assert [name for name in named if not (ROOT / name).exists()] == []


@pytest.mark.parametrize("path", DOCUMENTS, ids=relative)
def test_a_test_that_a_document_names_exists(path):
    known = {
        name for file in (ROOT / "tests").rglob("*.py") for name in re.findall(r"def (test_\w+)", file.read_text())
    }
    named = {span for span in commands(path) if re.fullmatch(r"test_\w+", span)}

    assert named <= known


def test_every_make_target_that_the_documents_name_exists():
    targets = set(re.findall(r"^([a-z]+):", text("Makefile"), re.MULTILINE))
    named = {found[1] for command in all_commands() if (found := re.match(r"make ([a-z]+)", command))}

    assert named
    assert named <= targets


def test_every_verb_that_the_documents_name_exists():
    pattern = re.compile(r"(?:.*manage\.py )?phoenix ([a-z]+)")
    named = {found[1] for command in all_commands() if (found := pattern.match(command))}

    assert named
    assert named <= verbs()


@pytest.mark.parametrize("verb", sorted(verbs()))
def test_a_verb_is_in_the_operations_guide(verb):
    assert re.search(rf"^\| `phoenix {verb}\b", text("docs/operations.md"), re.MULTILINE)


def test_the_readme_has_exactly_two_commands():
    blocks = FENCED.findall(text("README.md"))

    assert [line for block in blocks for line in block.splitlines()] == ["make demo", "make test"]
