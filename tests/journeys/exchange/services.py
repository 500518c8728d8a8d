"""A PostgreSQL, a Redis and Celery processes that belong to one story alone, to be stopped, emptied and killed."""

import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import Any

import psycopg
import redis

from roaming.kernel.embedded import cluster, programs
from roaming.kernel.embedded.account import account_for
from roaming.kernel.embedded.places import home_of, make_socket_dir
from tests.journeys.portals import ROOT
from tests.services import free_port, url_of

_SUPERUSER = "roaming"


class Postgres:
    """A cluster in `folder` that listens at the same place after each start."""

    def __init__(self, folder: Path) -> None:
        home = home_of(folder)
        self._data = home / "data"
        self._account = account_for(self._data)
        self._programs = programs.bin_folder_for(self._account, home)
        cluster.make(self._programs, self._data, _SUPERUSER, self._account, durable=False)
        self._socket = str(make_socket_dir(self._account))
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return url_of({"host": self._socket, "port": 5432, "user": _SUPERUSER, "dbname": "postgres"})

    def start(self) -> None:
        command = cluster.command(self._programs, self._data, self._socket, 5432, durable=False)
        self._process = subprocess.Popen(
            command,
            cwd="/",
            env=cluster.ENVIRONMENT,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            **self._account.popen_arguments(),
        )
        eventually(lambda: self.asked("SELECT 1") == 1, "PostgreSQL is up", psycopg.OperationalError)

    def stop(self) -> None:
        """At once, whoever is connected."""
        if self._process is not None:
            self._process.send_signal(signal.SIGINT)
            self._process.wait(30)
            self._process = None

    def asked(self, question: str) -> Any:
        """The one value that a query finds."""
        with psycopg.connect(self.url, autocommit=True) as connection:
            row = connection.execute(question.encode()).fetchone()
            return row[0] if row else None


class Redis:
    """A Redis that keeps nothing: empty after each start, on the same port."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._port = free_port()
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"redis://127.0.0.1:{self._port}/0"

    def start(self) -> None:
        command = ["redis-server", "--port", str(self._port), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no"]
        self._process = subprocess.Popen([*command, "--dir", str(self._folder)], stdout=subprocess.DEVNULL)
        with redis.Redis.from_url(self.url) as client:
            eventually(client.ping, "Redis is up", redis.RedisError)

    def stop(self) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None


class Room:
    """Both services, the environment of processes that use them, and the processes."""

    def __init__(self, folder: Path, stack: ExitStack) -> None:
        self.folder = folder
        self.postgres, self.redis = Postgres(folder), Redis(folder)
        self._stack = stack
        for service in (self.postgres, self.redis):
            service.start()
            stack.callback(service.stop)
        self.environment = {
            **os.environ,
            "DATABASE_URL": self.postgres.url,
            "REDIS_URL": self.redis.url,
            "ALLOW_PRIVATE_PARTNERS": "1",
            "LOG_LEVEL": "ERROR",
        }

    def run(self, *arguments: str) -> str:
        """What `python …` prints; it must succeed."""
        command = [sys.executable, *arguments]
        done = subprocess.run(command, cwd=ROOT, env=self.environment, capture_output=True, text=True)
        assert done.returncode == 0, f"{' '.join(arguments)}: {done.stderr}"
        return done.stdout

    def spawn(self, *arguments: str, **options: Any) -> "subprocess.Popen[str]":
        """`python …` beside us until the story ends."""
        process = subprocess.Popen(
            [sys.executable, *arguments], cwd=ROOT, env=self.environment, start_new_session=True, text=True, **options
        )
        self._stack.callback(_end, process)
        return process

    def worker(self, number: int) -> "subprocess.Popen[str]":
        log = (self.folder / f"worker{number}.log").open("w")
        self._stack.callback(log.close)
        name = ["--concurrency", "1", "-n", f"w{number}@%h", "--without-gossip", "--without-mingle"]
        return self.spawn("-m", "celery", "-A", "roaming", "worker", *name, stdout=log, stderr=log)

    def beat(self, number: int) -> "subprocess.Popen[str]":
        log = (self.folder / f"beat{number}.log").open("w")
        self._stack.callback(log.close)
        schedule = str(self.folder / f"schedule{number}")
        return self.spawn("-m", "celery", "-A", "roaming", "beat", "--schedule", schedule, stdout=log, stderr=log)


@contextmanager
def room(folder: Path) -> Iterator[Room]:
    with ExitStack() as stack:
        yield Room(folder, stack)


def children(process: "subprocess.Popen[str]") -> list[int]:
    """The processes that do the work of a worker."""
    found = Path(f"/proc/{process.pid}/task/{process.pid}/children")
    return [int(pid) for pid in found.read_text().split()] if found.exists() else []


def kill(pids: list[int]) -> int:
    """SIGKILL; how many there were."""
    killed = 0
    for pid in pids:
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
            killed += 1
    return killed


def eventually(true: Callable[[], object], what: str, *expected: type[Exception], seconds: float = 60.0) -> None:
    """Wait until it is so; `expected` errors mean that it is not yet."""
    deadline = time.monotonic() + seconds
    while True:
        with suppress(*expected):
            if true():
                return
        assert time.monotonic() < deadline, f"It never came that {what}."
        time.sleep(0.05)


def pause(random_: random.Random, longest: float) -> None:
    time.sleep(random_.uniform(longest / 4, longest))


def _end(process: "subprocess.Popen[str]") -> None:
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.communicate()
