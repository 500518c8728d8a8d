"""The shape of the tree: names, sizes, and that Django and Celery find what the slices hold."""

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
APPS = ("partners", "roaming", "billing")
CODE = sorted(path for app in APPS for path in (ROOT / app).rglob("*.py"))
EVERYTHING = [*CODE, *sorted((ROOT / "tests").rglob("*.py")), *sorted((ROOT / "benchmarks").rglob("*.py"))]
NAMELESS = {"utils", "util", "helpers", "helper", "common", "managers", "misc"}
LONGEST = 500
TOP = {
    *("manage.py", "pyproject.toml", "README.md", "Makefile", "roaming", "billing", "partners", "templates", "static"),
    *("tests", "docs", "deploy", "benchmarks", "uv.lock", "LICENSE", "CHANGELOG.md", "CONTRIBUTING.md", "var"),
}


def test_the_top_of_the_tree_holds_what_it_should() -> None:
    assert {path.name for path in ROOT.iterdir() if not path.name.startswith(".")} - {"__pycache__"} <= TOP


def test_a_thing_lives_with_the_noun_it_is_about() -> None:
    assert [str(path) for path in EVERYTHING if NAMELESS & {path.stem, path.parent.name}] == []


def test_no_file_is_longer_than_can_be_read_at_once() -> None:
    lengths = {path: len(path.read_text().splitlines()) for path in EVERYTHING if "migrations" not in path.parts}
    assert {str(path): length for path, length in lengths.items() if length > LONGEST} == {}


def test_every_folder_of_tests_is_a_package() -> None:
    folders = {path.parent for path in (ROOT / "tests").rglob("*.py")}
    assert [str(folder) for folder in folders if not (folder / "__init__.py").exists()] == []


def imported_modules(path: Path, kind: str) -> set[str]:
    """Modules named `kind` that a file imports from: `from a.b.admin import X` or `from a.b import admin`."""
    froms = [node for node in ast.parse(path.read_text()).body if isinstance(node, ast.ImportFrom)]
    named = {f"{node.module}.{alias.name}" for node in froms for alias in node.names} | {
        str(node.module) for node in froms
    }
    return {module for module in named if module.endswith(f".{kind}")}


@pytest.mark.parametrize("app", APPS)
@pytest.mark.parametrize("kind", ["models", "admin", "tasks"])
def test_an_app_s_file_imports_exactly_its_slices_files(app: str, kind: str) -> None:
    slices = {f"{app}.{path.parent.name}.{kind}" for path in (ROOT / app).glob(f"*/{kind}.py")}
    # A folder of admin modules is imported as one.
    slices |= {f"{app}.{path.parent.parent.name}.{kind}" for path in (ROOT / app).glob(f"*/{kind}/__init__.py")}
    slices -= {f"roaming.ocpi.{kind}"}  # what the slices inherit; it registers nothing
    registry = ROOT / app / f"{kind}.py"
    assert (imported_modules(registry, kind) if registry.exists() else set()) == slices


@pytest.mark.parametrize("app", APPS)
@pytest.mark.parametrize("kind", ["models", "admin", "tasks"])
def test_an_app_s_file_only_imports(app: str, kind: str) -> None:
    registry = ROOT / app / f"{kind}.py"
    body = ast.parse(registry.read_text()).body if registry.exists() else []
    meant = (ast.Import, ast.ImportFrom, ast.Assign, ast.Expr)  # Expr: its docstring, Assign: its __all__
    assert [ast.unparse(node) for node in body if not isinstance(node, meant)] == []


def test_readme_names_the_two_commands_and_only_targets_that_exist() -> None:
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    named = {
        target
        for page in ("README.md", "CONTRIBUTING.md")
        for target in re.findall(r"(?:`|^\s*)make ([a-z-]+)", (ROOT / page).read_text(), re.MULTILINE)
    }
    assert {"demo", "test"} <= named <= targets
