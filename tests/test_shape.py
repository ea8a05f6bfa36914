"""The shape of the source: small modules, short functions, telling names, and no module that no test knows."""

import ast
import re
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
OWN = ("phoenix_site", "monitor", "processing")
LONGEST_MODULE = 300
LONGEST_FUNCTION = 40
EMPTY_NAMES = {"utils", "util", "helpers", "helper", "common", "misc", "base", "tools"}
EMPTY_WORDS = re.compile(r"(Manager|Handler|Helper|Utils|Service|Base)\b")
# Read by Django itself, and declarations only.
DECLARATIONS = {"__init__", "apps", "urls", "admin"}


def modules(*folders: str) -> list[Path]:
    found = (path for folder in folders for path in (ROOT / folder).rglob("*.py"))
    return sorted(path.relative_to(ROOT) for path in found if "migrations" not in path.parts)


def tree(path: Path) -> ast.Module:
    return ast.parse((ROOT / path).read_text())


def dotted(path: Path) -> str:
    return ".".join(path.with_suffix("").parts).removesuffix(".__init__")


def definitions(path: Path) -> set[str]:
    """The names that a module defines at its top level."""
    defined = set()
    for node in tree(path).body:
        if isinstance(node, ast.ClassDef | ast.FunctionDef):
            defined.add(node.name)
        elif isinstance(node, ast.Assign | ast.AnnAssign):
            defined |= {part.id for part in ast.walk(node) if isinstance(part, ast.Name)}
    return defined


ALL = modules(*OWN, "tests")
EXERCISED = [path for path in modules("monitor", "processing") if path.stem not in DECLARATIONS and definitions(path)]


@pytest.mark.parametrize("path", ALL, ids=str)
def test_a_module_is_short(path):
    assert len((ROOT / path).read_text().splitlines()) <= LONGEST_MODULE


@pytest.mark.parametrize("path", ALL, ids=str)
def test_a_function_is_short(path):
    functions = (node for node in ast.walk(tree(path)) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef))
    too_long = [node.name for node in functions if (node.end_lineno or 0) - node.lineno >= LONGEST_FUNCTION]

    assert not too_long


@pytest.mark.parametrize("path", ALL, ids=str)
def test_a_name_says_what_its_module_owns(path):
    classes = [node.name for node in ast.walk(tree(path)) if isinstance(node, ast.ClassDef)]

    assert path.stem not in EMPTY_NAMES
    assert not [name for name in classes if EMPTY_WORDS.search(name)]


@pytest.mark.parametrize("path", [path for path in modules(*OWN) if path.stem != "__init__"], ids=str)
def test_a_module_says_in_one_line_what_it_owns(path):
    assert (ast.get_docstring(tree(path)) or "").strip()


@pytest.mark.parametrize("path", modules("processing/core"), ids=str)
def test_the_core_imports_the_standard_library_and_numpy_only(path):
    nodes = list(ast.walk(tree(path)))
    names = [alias.name for node in nodes if isinstance(node, ast.Import) for alias in node.names]
    names += [node.module or "" for node in nodes if isinstance(node, ast.ImportFrom)]
    foreign = {name for name in names if name.partition(".")[0] not in {*sys.stdlib_module_names, "numpy"}}

    assert not {name for name in foreign if not name.startswith("processing.core")}


class KnownToTests:
    """What the tests name: in imports, as dotted text, as a command's name, or by the name of a test file."""

    def __init__(self):
        tests = [path for path in modules("tests") if path.name != Path(__file__).name]
        self.text = "\n".join((ROOT / path).read_text() for path in tests)
        self.files = {word for path in tests for word in path.stem.split("_")}
        imports = [node for path in tests for node in ast.walk(tree(path)) if isinstance(node, ast.ImportFrom)]
        self.imported = {(node.module, alias.name) for node in imports for alias in node.names}

    def knows(self, path: Path) -> bool:
        package, name = dotted(path.parent), path.stem
        through_package = {(package, defined) for defined in definitions(path)}
        return (
            re.search(rf"{re.escape(dotted(path))}\b", self.text) is not None
            or bool(self.imported & {(package, name), *through_package})
            or ("commands" in path.parts and f'"{name}"' in self.text)
            or set(name.split("_")) <= self.files
        )


@pytest.fixture(scope="module")
def known() -> KnownToTests:
    return KnownToTests()


@pytest.mark.parametrize("path", EXERCISED, ids=str)
def test_a_module_is_known_to_some_test(path, known):
    assert known.knows(path)
