"""The embedded PostgreSQL: one server for all who ask, gone with the first of them however it ends."""

import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
import pytest

from roaming.kernel import embedded_postgres
from roaming.kernel.embedded_postgres import ConnectionInfo, EmbeddedUnavailable

OWNER = """
import json, sys
from dataclasses import asdict
from pathlib import Path
from roaming.kernel import embedded_postgres as embedded
server = embedded.ensure(Path(sys.argv[1]), durable=False)
print(json.dumps({**asdict(server), "owner": bool(embedded._keepers)}), flush=True)
sys.stdin.read()
"""


@contextmanager
def folder() -> Iterator[Path]:
    """A folder with a space in its name that the server's account can reach, also when we are root."""
    with tempfile.TemporaryDirectory(prefix="roaming tests ") as made:
        Path(made).chmod(0o711)
        yield Path(made) / "var"
        embedded_postgres.stop(Path(made) / "var")


@pytest.fixture
def fresh() -> Iterator[Path]:
    with folder() as var_dir:
        yield var_dir


@pytest.fixture(scope="module")
def used() -> Iterator[Path]:
    with folder() as var_dir:
        embedded_postgres.ensure(var_dir, durable=False)
        yield var_dir


@pytest.fixture
def var_dir(used: Path) -> Path:
    """A folder with a database made before, whose server is stopped."""
    embedded_postgres.stop(used)
    return used


def started(var_dir: Path) -> "subprocess.Popen[str]":
    """A process that asks for the server of `var_dir` and stays until its input closes."""
    command = [sys.executable, "-c", OWNER, str(var_dir)]
    root = Path(__file__).parents[2]
    return subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=root)


def told(process: "subprocess.Popen[str]") -> tuple[ConnectionInfo, bool]:
    """The server that `process` was given, and whether it owns it."""
    assert process.stdout is not None
    told = json.loads(process.stdout.readline())
    owner = told.pop("owner")
    return ConnectionInfo(**told), owner


def ended(process: "subprocess.Popen[str]") -> None:
    process.communicate(timeout=30)


def answers(server: ConnectionInfo) -> bool:
    try:
        with psycopg.connect(
            host=server.socket_dir, port=server.port, user=server.user, dbname=server.dbname
        ) as connection:
            return connection.execute("SELECT 1").fetchone() == (1,)
    except psycopg.OperationalError:
        return False


def gone(server: ConnectionInfo) -> bool:
    deadline = time.monotonic() + 10
    while Path(server.socket_dir).exists() and time.monotonic() < deadline:
        time.sleep(0.05)
    return not Path(server.socket_dir).exists()


def test_processes_that_start_at_once_share_one_server(fresh: Path) -> None:
    processes = [started(fresh) for _ in range(4)]
    servers = [told(process) for process in processes]
    assert len({server for server, _ in servers}) == 1
    assert [owner for _, owner in servers].count(True) == 1
    assert answers(servers[0][0])
    for process in processes:
        ended(process)
    assert gone(servers[0][0])


def test_a_later_process_attaches_and_does_not_stop_the_server(var_dir: Path) -> None:
    server = embedded_postgres.ensure(var_dir, durable=False)
    later = started(var_dir)
    assert told(later) == (server, False)
    ended(later)
    assert answers(server)


def test_the_server_goes_with_an_owner_that_was_killed_and_the_next_start_works(var_dir: Path) -> None:
    owner = started(var_dir)
    server, _ = told(owner)
    owner.kill()
    owner.communicate()
    assert gone(server)
    assert answers(embedded_postgres.ensure(var_dir, durable=False))


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells a server that its keeper was killed")
def test_what_a_killed_keeper_left_behind_is_cleared_away(var_dir: Path) -> None:
    embedded_postgres.ensure(var_dir, durable=False)
    keeper = embedded_postgres._keepers[var_dir.resolve() / "postgres"]
    old = json.loads((var_dir / "postgres" / "server.json").read_text())["socket_dir"]
    os.kill(keeper.pid, signal.SIGKILL)
    keeper.wait()
    embedded_postgres.forget(var_dir)
    assert answers(embedded_postgres.ensure(var_dir, durable=False))
    assert not Path(old).exists()


def test_a_stale_pid_file_naming_a_living_stranger_does_not_keep_the_server_away(var_dir: Path) -> None:
    embedded_postgres.ensure(var_dir, durable=False)
    embedded_postgres.stop(var_dir)
    (var_dir / "postgres" / "data" / "postmaster.pid").write_text(f"{os.getpid()}\n/elsewhere\n")
    assert answers(embedded_postgres.ensure(var_dir, durable=False))


def test_an_interrupted_first_start_is_begun_again(fresh: Path) -> None:
    half = fresh / "postgres" / "data.making"
    half.mkdir(parents=True)
    (half / "PG_VERSION").write_text("18\n")
    assert answers(embedded_postgres.ensure(fresh, durable=False))


def test_nothing_is_started_where_a_command_only_wants_to_look(fresh: Path) -> None:
    with embedded_postgres.attach_only(), pytest.raises(EmbeddedUnavailable, match="not running"):
        embedded_postgres.ensure(fresh, durable=False)
    assert not (fresh / "postgres" / "data").exists()


def test_a_folder_that_is_in_the_way_is_a_sentence(fresh: Path) -> None:
    fresh.mkdir()
    (fresh / "postgres").write_text("a file")
    with pytest.raises(EmbeddedUnavailable, match=r"cannot start: .*File exists"):
        embedded_postgres.ensure(fresh, durable=False)


def test_a_server_seen_from_another_container_is_a_sentence(var_dir: Path) -> None:
    embedded_postgres.ensure(var_dir, durable=False)
    state = var_dir / "postgres" / "server.json"
    there = json.loads(state.read_text())
    state.write_text(json.dumps({**there, "socket_dir": "/not/here"}))
    embedded_postgres.forget(var_dir)
    with pytest.raises(EmbeddedUnavailable, match="another container or machine"):
        embedded_postgres.ensure(var_dir, durable=False)


def test_only_the_owner_of_the_socket_folder_gets_in(var_dir: Path) -> None:
    server = embedded_postgres.ensure(var_dir, durable=False)
    assert Path(server.socket_dir).stat().st_mode & 0o077 == 0
    assert (var_dir / "postgres" / "data").stat().st_mode & 0o077 == 0


def test_another_platform_is_a_sentence_that_says_what_to_do(fresh: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sysconfig.get_config_var", lambda name: "cpython-311-x86_64-linux-musl")
    with pytest.raises(EmbeddedUnavailable, match=r"glibc only\. Set DATABASE_URL"):
        embedded_postgres.ensure(fresh, durable=False)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root has folders that the server's account cannot enter")
def test_below_a_closed_folder_of_root_the_data_lie_elsewhere_and_the_folder_stays_closed(fresh: Path) -> None:
    closed = fresh.parent
    closed.chmod(0o700)
    assert answers(embedded_postgres.ensure(fresh, durable=False))
    elsewhere = Path((fresh / "postgres" / "elsewhere.txt").read_text().splitlines()[-1])
    try:
        assert (elsewhere / "data" / "PG_VERSION").exists()
        assert closed.stat().st_mode & 0o777 == 0o700
    finally:
        embedded_postgres.stop(fresh)
        shutil.rmtree(elsewhere)


@pytest.mark.parametrize("command", [["check"], ["makemigrations", "--check", "--dry-run"], ["help"]])
def test_commands_that_need_no_database_start_none(fresh: Path, command: list[str]) -> None:
    environment = {name: value for name, value in os.environ.items() if name != "DATABASE_URL"}
    done = subprocess.run(
        [sys.executable, "manage.py", *command],
        cwd=Path(__file__).parents[2],
        env={**environment, "VAR_DIR": str(fresh)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert not (fresh / "postgres" / "data").exists()
