"""Environments of their own for the packages of other houses, and processes in them that a test talks with."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NoReturn

import pytest

ROOT = Path(__file__).resolve().parents[3]
_UNREACHABLE = ("failed to fetch", "error sending request", "dns error", "connect error", "timed out")


class Peer:
    """A module of this folder that runs in another environment and does what it is asked, one deed at a time."""

    def __init__(self, process: "subprocess.Popen[str]", log: Path) -> None:
        self._process = process
        self._log = log

    def do(self, deed: str, **named: Any) -> Any:
        """What came of it. Fails the test with the end of the process's log when the deed raised."""
        told = self.attempt(deed, **named)
        assert "done" in told, f"{deed}: {told['failed']}\n{self._log.read_text()[-3000:]}"
        return told["done"]

    def attempt(self, deed: str, **named: Any) -> dict[str, Any]:
        """{"done": …} or {"failed": sentence}."""
        assert self._process.stdin and self._process.stdout
        self._process.stdin.write(json.dumps({"do": deed, **named}, default=str) + "\n")
        self._process.stdin.flush()
        line = self._process.stdout.readline()
        assert line, f"It is gone.\n{self._log.read_text()[-3000:]}"
        told: dict[str, Any] = json.loads(line)
        return told


@contextmanager
def running(python: Path, module: str, *arguments: str, log: Path, **environment: str) -> Iterator[Peer]:
    command = [str(python), "-m", f"tests.journeys.third_party.{module}", *arguments]
    with (
        log.open("w") as said,
        subprocess.Popen(
            command,
            cwd=ROOT,
            env={**os.environ, **environment},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=said,
            text=True,
        ) as process,
    ):
        yield Peer(process, log)
        assert process.stdin
        process.stdin.close()
        process.wait(10)


def environment(folder: Path, *packages: str) -> Path:
    """The Python of a new environment that holds `packages`. Skips the test where the package index is out of reach,
    and fails it there with REQUIRE_THIRD_PARTY, as in CI."""
    uv = shutil.which("uv") or str(Path(sys.executable).with_name("uv"))
    python = folder / "bin" / "python"
    _run(uv, "venv", "--quiet", "--python", sys.executable, str(folder))
    _run(uv, "pip", "install", "--quiet", "--python", str(python), *packages)
    return python


def _run(*command: str) -> None:
    try:
        done = subprocess.run(command, capture_output=True, text=True)
    except FileNotFoundError:
        cannot("uv is not there to make an environment for a package of another house")
    if done.returncode:
        if any(sign in done.stderr.lower() for sign in _UNREACHABLE):
            cannot(f"the package index cannot be reached: {done.stderr.strip().splitlines()[-1]}")
        raise AssertionError(done.stderr)


def cannot(why: str) -> NoReturn:
    """The test has no package to meet: a skip with its reason, or a failure where these tests are required."""
    if os.environ.get("REQUIRE_THIRD_PARTY") or os.environ.get("CI"):
        pytest.fail(f"{why}, and these tests are required (REQUIRE_THIRD_PARTY or CI is set)", pytrace=False)
    pytest.skip(why)
