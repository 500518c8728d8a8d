"""The import contracts in pyproject.toml hold."""

import subprocess
import sys
import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def test_imports_run_one_way() -> None:
    # In a process of its own: the linter changes the import path to its liking.
    command = [
        sys.executable,
        "-c",
        "from importlinter.cli import lint_imports_command; lint_imports_command()",
        "--no-cache",
    ]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_no_module_of_roaming_is_left_out_of_what_the_simulator_may_not_use() -> None:
    contracts = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]["contracts"]
    [contract] = [contract for contract in contracts if contract["id"] == "simulator"]
    slices = {f"roaming.{path.parent.name}" for path in (ROOT / "roaming").glob("*/__init__.py")}
    machinery = {f"roaming.{name}" for name in ("simulator", "management", "migrations", "templatetags")}
    assert slices - machinery <= set(contract["forbidden_modules"])
