"""docs/pricing.md: its files are written, its commands run, and they print what stands there."""

import os
import re
import shlex
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs" / "pricing.md").read_text()
COMMANDS: list[tuple[str, str]] = re.findall(r"^```console\n\$ manage\.py (.+)\n([^`]*)```$", PAGE, re.MULTILINE)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """With the files of the page."""
    made = tmp_path_factory.mktemp("pricing")
    for name, text in re.findall(r"^```json (\S+)\n([^`]*)```$", PAGE, re.MULTILINE):
        (made / name).write_text(text)
    return made


@pytest.mark.parametrize(("command", "printed"), COMMANDS)
def test_a_command_of_the_page_prints_what_stands_there(folder: Path, command: str, printed: str) -> None:
    """In a process of its own, and without a database: there is none at this address."""
    environment = {**os.environ, "DATABASE_URL": "postgres://nobody@127.0.0.1:1/none"}
    words = [sys.executable, str(ROOT / "manage.py"), *shlex.split(command)]
    done = subprocess.run(words, cwd=folder, env=environment, capture_output=True, text=True)
    assert (done.stdout, done.stderr) == (printed, "")


def test_every_command_of_pricing_is_shown() -> None:
    shown = {command.split()[0] for command, _ in COMMANDS}
    assert shown >= {"price", "verify_cdr", "quote", "describe_tariff"}


def test_the_python_of_the_page_runs() -> None:
    from billing import pricing

    (code,) = re.findall(r"^```python\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)
    files = dict(re.findall(r"^```json (\S+)\n([^`]*)```$", PAGE, re.MULTILINE))
    found: dict[str, Any] = {"tariff_json": files["tariff.json"], "cdr_json": files["cdr.json"]}
    exec(code, found)
    assert isinstance(found["priced"], pricing.PricedSession)
