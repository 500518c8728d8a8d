"""A private PostgreSQL under `var/`, for demo and tests: `ensure()` starts it, or attaches to the one that runs.

The first process owns the server: a keeper process (embedded/keeper.py) runs it and stops it when the owner is gone,
even after a SIGKILL. Later processes find it through `server.json` and never stop it. `start.lock` is held while one
looks or starts; `alive.lock` is held by the keeper, so whoever can take it knows that nothing runs.
"""

import atexit
import fcntl
import json
import os
import subprocess
import sys
import sysconfig
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

import psycopg
from django.db.utils import OperationalError

from roaming.kernel.embedded import cluster, leftovers, programs
from roaming.kernel.embedded.account import Account, account_for
from roaming.kernel.embedded.places import home_of, make_socket_dir

DATABASE = "roaming"
SUPERUSER = "postgres"
PORT = 5432
START_SECONDS = 60.0


class EmbeddedUnavailable(OperationalError):
    """The embedded PostgreSQL cannot run here; the message says why and what to do instead."""


@dataclass(frozen=True)
class ConnectionInfo:
    """Where the server listens: a Unix socket in `socket_dir`, nothing else."""

    socket_dir: str
    port: int
    user: str
    dbname: str


_threads = threading.RLock()
_known: dict[Path, ConnectionInfo] = {}
_keepers: dict[Path, "subprocess.Popen[bytes]"] = {}
_may_start = True


def ensure(var_dir: Path, *, durable: bool = True) -> ConnectionInfo:
    """Where the embedded server of `var_dir` listens; started when nobody runs it yet, with database `roaming` in it.

    `durable=False` is for tests: nothing is flushed to disk. Raises EmbeddedUnavailable.
    """
    folder = var_dir.resolve() / "postgres"
    if folder not in _known:
        with _threads:
            if folder not in _known:
                _known[folder] = _attach_or_start(folder, durable)
    return _known[folder]


def forget(var_dir: Path) -> None:
    """A connection failed: look again at the next `ensure()` whether the server we know is still there."""
    _known.pop(var_dir.resolve() / "postgres", None)


@contextmanager
def attach_only() -> Iterator[None]:
    """Inside, `ensure()` starts nothing: EmbeddedUnavailable unless a server runs already."""
    global _may_start
    _may_start = False
    try:
        yield
    finally:
        _may_start = True


def stop(var_dir: Path) -> None:
    """Stop the server of `var_dir` if this process owns it, and wait until it is gone. Also done at exit."""
    folder = var_dir.resolve() / "postgres"
    _known.pop(folder, None)
    keeper = _keepers.pop(folder, None)
    if keeper is not None:
        _release(keeper)


def _attach_or_start(folder: Path, durable: bool) -> ConnectionInfo:
    if os.name != "posix" or "musl" in str(sysconfig.get_config_var("SOABI")):
        raise EmbeddedUnavailable(
            "The embedded PostgreSQL runs on macOS and on Linux with glibc only. "
            "Set DATABASE_URL to a PostgreSQL of yours."
        )
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with (folder / "start.lock").open("a") as start_lock, (folder / "alive.lock").open("a") as alive_lock:
            fcntl.flock(start_lock, fcntl.LOCK_EX)
            return _running(folder, alive_lock.fileno()) or _start(folder, durable)
    except PermissionError as error:
        raise EmbeddedUnavailable(
            f"The embedded PostgreSQL in {folder} belongs to another user ({error}). "
            "Start as that user, remove the folder, or set VAR_DIR to another one."
        ) from error
    except (OSError, LookupError, subprocess.SubprocessError) as error:
        raise EmbeddedUnavailable(f"The embedded PostgreSQL in {folder} cannot start: {error}") from error


def _running(folder: Path, alive_lock: int) -> ConnectionInfo | None:
    """The server that is up, or None when there is none (any more): one that is stopping is waited for."""
    state = folder / "server.json"
    try:
        fcntl.flock(alive_lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        if state.exists():
            return _attachable(folder, ConnectionInfo(**json.loads(state.read_text())))
        fcntl.flock(alive_lock, fcntl.LOCK_EX)
    fcntl.flock(alive_lock, fcntl.LOCK_UN)
    return None


def _attachable(folder: Path, server: ConnectionInfo) -> ConnectionInfo:
    if not Path(server.socket_dir).exists():
        raise EmbeddedUnavailable(
            f"The embedded PostgreSQL in {folder} is in use from another container or machine. "
            "Set VAR_DIR to another folder."
        )
    if not os.access(server.socket_dir, os.X_OK):
        raise PermissionError(f"{server.socket_dir} is closed to us")
    return server


def _start(folder: Path, durable: bool) -> ConnectionInfo:
    if not _may_start:
        raise EmbeddedUnavailable("The embedded PostgreSQL is not running, and this command does not start it.")
    if folder in _keepers:
        _release(_keepers.pop(folder))  # it ended under us; a new one takes its place
    home = home_of(folder)
    account = account_for(home / "data")
    bin_folder = programs.bin_folder_for(account, home)
    leftovers.clear(folder / "server.json", home / "data")
    if not (home / "data").exists():
        cluster.make(bin_folder, home / "data", SUPERUSER, account, durable)
    server = ConnectionInfo(str(make_socket_dir(account)), PORT, SUPERUSER, DATABASE)
    keeper = _spawn_keeper(bin_folder, folder, home / "data", server, account, durable)
    try:
        _wait_until_ready(keeper, server, folder / "server.log")
        _make_database(server)
        _write_whole(folder / "server.json", json.dumps(asdict(server)))
    except BaseException:
        _release(keeper)
        raise
    _keepers[folder] = keeper
    return server


def _spawn_keeper(
    bin_folder: Path, folder: Path, data: Path, server: ConnectionInfo, account: Account, durable: bool
) -> "subprocess.Popen[bytes]":
    job = {
        "command": cluster.command(bin_folder, data, server.socket_dir, server.port, durable),
        "environment": cluster.ENVIRONMENT,
        "account": account.popen_arguments(),
        "socket_dir": server.socket_dir,
        "alive": str(folder / "alive.lock"),
        "state": str(folder / "server.json"),
        "log": str(folder / "server.log"),
    }
    script = Path(__file__).with_name("embedded") / "keeper.py"
    return subprocess.Popen(
        [sys.executable, "-I", "-S", str(script), json.dumps(job)],
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        cwd="/",
        start_new_session=True,  # Ctrl-C at the terminal is for the owner; the keeper follows when the owner is gone
    )


def _wait_until_ready(keeper: "subprocess.Popen[bytes]", server: ConnectionInfo, log: Path) -> None:
    deadline = time.monotonic() + START_SECONDS
    while True:
        try:
            psycopg.connect(_conninfo(server, "postgres")).close()
            return
        except psycopg.OperationalError:
            ended = keeper.poll() is not None
            if ended or time.monotonic() > deadline:
                said = cluster.last_words(log.read_text(errors="replace") if log.exists() else "")
                raise EmbeddedUnavailable(f"PostgreSQL did not start: {said} (see {log})") from None
            time.sleep(0.02)


def _make_database(server: ConnectionInfo) -> None:
    with psycopg.connect(_conninfo(server, "postgres"), autocommit=True) as connection:
        if not connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [server.dbname]).fetchone():
            connection.execute(f'CREATE DATABASE "{server.dbname}"'.encode())


def _conninfo(server: ConnectionInfo, dbname: str) -> str:
    return psycopg.conninfo.make_conninfo(host=server.socket_dir, port=server.port, user=server.user, dbname=dbname)


def _write_whole(path: Path, text: str) -> None:
    with tempfile.NamedTemporaryFile("w", dir=path.parent, delete=False) as draft:
        draft.write(text)
    Path(draft.name).replace(path)


def _release(keeper: "subprocess.Popen[bytes]") -> None:
    if keeper.stdin is not None:
        keeper.stdin.close()
    keeper.wait()


def _stop_all() -> None:
    for folder in list(_keepers):
        stop(folder.parent)


def _after_fork() -> None:
    """A forked child does not own the server: it must not hold the pipe open, nor wait for the keeper."""
    for keeper in _keepers.values():
        keeper.returncode = 0
        if keeper.stdin is not None:
            keeper.stdin.close()
    _keepers.clear()


atexit.register(_stop_all)
os.register_at_fork(after_in_child=_after_fork)
