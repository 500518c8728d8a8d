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
from django.db import connections
from psycopg import sql

from tests.services import free_port

ROOT = Path(__file__).resolve().parents[2]
PATIENCE_SECONDS = 60.0


class Portal:
    """One portal while it runs: its web, worker and beat, and commands given beside it. `name` is PORTAL_NAME."""

    _process: "subprocess.Popen[bytes]"
    _console: "subprocess.Popen[str]"

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
        assert self._console.stdin and self._console.stdout
        print(json.dumps(arguments), file=self._console.stdin, flush=True)
        done = json.loads(self._console.stdout.readline())
        assert done["code"] == 0, f"{self.name}: {' '.join(arguments)}: {done['errors']}{self.said()}"
        return str(done["out"])

    def told(self, *arguments: str) -> Any:
        """The same for a command with --json."""
        return json.loads(self.manage(*arguments, "--json"))

    @contextmanager
    def running(self, *server: str) -> Iterator["Portal"]:
        """With worker and beat in one process; or as `server`, a command that is told where to bind."""
        with self.starting(*server):
            self.is_up()
            yield self

    @contextmanager
    def starting(self, *server: str) -> Iterator[None]:
        """The same, and nobody waits until it `is_up`."""
        port = self.url.rpartition(":")[2]
        served = [*server, "--bind", f"127.0.0.1:{port}"] if server else ["manage.py", "run", "--port", port]
        console, pipe = [sys.executable, "-m", "tests.journeys.console"], subprocess.PIPE
        environment = self._environment
        with self._log.open("wb") as log:
            self._process = subprocess.Popen(
                [sys.executable, *served], cwd=ROOT, env=environment, stdout=log, stderr=log
            )
            try:
                with subprocess.Popen(
                    console, cwd=ROOT, env=environment, stdin=pipe, stdout=pipe, text=True
                ) as self._console:
                    yield
            finally:
                self.stops()
                self._process.wait(30)

    def is_up(self) -> None:
        eventually(lambda: _answers(self.url) or self._process.poll() is not None, f"{self.name} is up")
        assert self._process.poll() is None, self.said()

    def stops(self) -> None:
        """As with Ctrl-C; what is left to do then takes its time."""
        self._process.send_signal(signal.SIGINT)

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
    """As the tests' own database is, which is empty between two of them: migrating one more takes longer than many a
    story. Gone with the test server, or overwritten by the next run."""
    name = f"portal_template_{os.environ.get('PYTEST_XDIST_WORKER', 'alone')}"  # workers may share a server
    _execute(beside, "DROP DATABASE IF EXISTS {} WITH (FORCE)", name)
    connections.close_all()  # nobody may be in a database that is copied
    _execute(beside, "CREATE DATABASE {} TEMPLATE {}", name, beside.rpartition("/")[2])
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
