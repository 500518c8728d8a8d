"""Services for tests, found on this machine or started. `python -m tests.services` runs the suite on them."""

import ctypes
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from getpass import getuser
from pathlib import Path
from typing import Any
from urllib.parse import quote

import psycopg
import redis

START_SECONDS = 10.0
DATABASE = "roaming_services"  # Django makes and drops test_roaming_services beside it


def url_of(params: Mapping[str, Any]) -> str:
    """A DATABASE_URL of psycopg's connection parameters; a socket folder is the host, quoted."""
    user = quote(str(params.get("user") or ""), safe="")
    if password := params.get("password"):
        user += ":" + quote(str(password), safe="")
    host = quote(str(params.get("host") or ""), safe="")
    return f"postgres://{user}@{host}:{params.get('port') or 5432}/{params['dbname']}"


@contextmanager
def own_redis() -> Iterator[str]:
    """A Redis of our own on a free port, keeping nothing on disk; gone when the block is left or the process is."""
    program = shutil.which("redis-server")
    if program is None:
        raise FileNotFoundError("redis-server is not installed")
    with tempfile.TemporaryDirectory(prefix="roaming-redis-") as folder:
        port = free_port()
        command = [
            program,
            "--port",
            str(port),
            "--bind",
            "127.0.0.1",
            "--save",
            "",
            "--appendonly",
            "no",
            "--dir",
            folder,
        ]
        server = subprocess.Popen(command, stdout=subprocess.DEVNULL, preexec_fn=_end_with_us)
        url = f"redis://127.0.0.1:{port}/0"
        try:
            _wait_for(url)
            yield url
        finally:
            server.terminate()
            server.wait()


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _end_with_us() -> None:
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(1, signal.SIGTERM)


def _wait_for(url: str) -> None:
    deadline = time.monotonic() + START_SECONDS
    while not _redis_answers(url):
        if time.monotonic() > deadline:
            raise TimeoutError("redis-server does not answer")
        time.sleep(0.05)


def _redis_answers(url: str) -> bool:
    try:
        with redis.Redis.from_url(url) as client:
            return bool(client.ping())
    except redis.RedisError:
        return False


def _postgres_answers(url: str) -> bool:
    try:
        psycopg.connect(url.replace(f"/{DATABASE}", "/postgres"), connect_timeout=3).close()
    except psycopg.OperationalError:
        return False
    return True


def find_postgres() -> str | None:
    """DATABASE_URL, else the PostgreSQL of this machine where we may in without a password."""
    if given := os.environ.get("DATABASE_URL"):
        return given
    guesses = [f"postgres://{user}@127.0.0.1:5432/{DATABASE}" for user in (getuser(), "postgres")]
    return next(filter(_postgres_answers, guesses), None)


@contextmanager
def embedded_postgres() -> Iterator[str]:
    from roaming.kernel import embedded_postgres as embedded

    with tempfile.TemporaryDirectory(prefix="roaming-services-") as folder:
        Path(folder).chmod(0o711)
        server = embedded.ensure(Path(folder), durable=False)
        try:
            yield url_of({"host": server.socket_dir, "port": server.port, "user": server.user, "dbname": DATABASE})
        finally:
            embedded.stop(Path(folder))


def main(arguments: list[str]) -> int:
    """Run pytest with real services; what this machine does not have is started, or its tests report a skip."""
    with ExitStack() as stack:
        environment = dict(os.environ)
        database = find_postgres()
        if database is None:
            print("No PostgreSQL on 127.0.0.1:5432 lets us in; an embedded one is started instead.", file=sys.stderr)
            database = stack.enter_context(embedded_postgres())
        environment["DATABASE_URL"] = database
        broker = os.environ.get("REDIS_URL") or "redis://127.0.0.1:6379/15"
        if _redis_answers(broker):
            environment["REDIS_URL"] = broker
        elif shutil.which("redis-server"):
            print(f"No Redis answers on {broker}; one is started on another port.", file=sys.stderr)
            environment["REDIS_URL"] = stack.enter_context(own_redis())
        else:
            print("There is no Redis and no redis-server: the tests that need them are skipped.", file=sys.stderr)
        return subprocess.run([sys.executable, "-m", "pytest", *arguments], env=environment, check=False).returncode


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
