"""Portals as processes of their own, each with its own database, as two companies run them."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx2
import psycopg
from psycopg import sql

from tests.services import free_port

ROOT = Path(__file__).resolve().parents[2]
PATIENCE_SECONDS = 60.0


class Portal:
    """One portal: its commands, and its web, worker and beat while it runs. `name` is PORTAL_NAME."""

    def __init__(self, name: str, party: str, database_url: str, log: Path) -> None:
        self.name = name
        self.url = f"http://127.0.0.1:{free_port()}"
        self.versions_url = f"{self.url}/ocpi/versions"
        self._log = log
        self._environment = {
            **os.environ,
            "DATABASE_URL": database_url,
            "REDIS_URL": "",
            "PORTAL_URL": self.url,
            "PORTAL_NAME": name,
            "PORTAL_PARTY": party,
            "ALLOW_PRIVATE_PARTNERS": "1",
        }

    def manage(self, *arguments: str) -> str:
        """What a command of manage.py prints."""
        done = subprocess.run(
            [sys.executable, "manage.py", *arguments], cwd=ROOT, env=self._environment, capture_output=True, text=True
        )
        assert done.returncode == 0, f"{self.name}: {' '.join(arguments)}: {done.stderr}{self.said()}"
        return done.stdout

    def told(self, *arguments: str) -> Any:
        """The same for a command with --json."""
        return json.loads(self.manage(*arguments, "--json"))

    @contextmanager
    def running(self, *server: str) -> Iterator["Portal"]:
        """With worker and beat in one process; or as `server`, a command that is told where to bind."""
        port = self.url.rpartition(":")[2]
        served = [*server, "--bind", f"127.0.0.1:{port}"] if server else ["manage.py", "run", "--port", port]
        command = [sys.executable, *served]
        with self._log.open("wb") as log:
            process = subprocess.Popen(command, cwd=ROOT, env=self._environment, stdout=log, stderr=log)
            try:
                eventually(lambda: _answers(self.url) or process.poll() is not None, f"{self.name} is up")
                assert process.poll() is None, self.said()
                yield self
            finally:
                process.send_signal(signal.SIGINT)
                process.wait(30)

    def said(self) -> str:
        """The end of its log, for a test that fails."""
        return self._log.read_text(errors="replace")[-5000:] if self._log.exists() else ""


def eventually(true: Callable[[], object], what: str) -> None:
    """Wait until it is so; the workers of the portals are at it."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not true():
        assert time.monotonic() < deadline, f"It never came that {what}."
        time.sleep(0.05)


@contextmanager
def database(beside: str) -> Iterator[str]:
    """The URL of a fresh, migrated database on the server of the database `beside`; dropped at the end."""
    name, template = f"portal_{uuid4().hex}", _template(beside)
    _execute(beside, "CREATE DATABASE {} TEMPLATE {}", name, template)
    try:
        yield _at(beside, name)
    finally:
        _execute(beside, "DROP DATABASE {} WITH (FORCE)", name)


@cache
def _template(beside: str) -> str:
    """Migrated once for all portals of this run; gone with the test server, or overwritten by the next run."""
    name = f"portal_template_{os.environ.get('PYTEST_XDIST_WORKER', 'alone')}"  # workers may share a server
    _execute(beside, "DROP DATABASE IF EXISTS {} WITH (FORCE)", name)
    _execute(beside, "CREATE DATABASE {}", name)
    environment = {**os.environ, "DATABASE_URL": _at(beside, name)}
    command = [sys.executable, "manage.py", "migrate", "--verbosity", "0"]
    subprocess.run(command, cwd=ROOT, env=environment, check=True)
    return name


def _execute(url: str, statement: str, *names: str) -> None:
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(sql.SQL(statement).format(*map(sql.Identifier, names)))


def _at(url: str, database_name: str) -> str:
    return f"{url.rpartition('/')[0]}/{database_name}"


def _answers(url: str) -> bool:
    try:
        return httpx2.get(f"{url}/login/", trust_env=False).status_code == 200
    except httpx2.HTTPError:
        return False
