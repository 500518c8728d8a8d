"""The files of an embedded PostgreSQL, and how it is told to run."""

import shutil
import subprocess
from pathlib import Path

from roaming.kernel.embedded.account import Account

ENVIRONMENT = {"LC_ALL": "C", "TZ": "UTC", "PATH": "/usr/bin:/bin"}
NOT_DURABLE = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}


def make(bin_folder: Path, data: Path, superuser: str, account: Account, durable: bool) -> None:
    """`initdb` beside its final place, so that one that was interrupted is never taken for a whole one.

    Raises OSError with PostgreSQL's reason.
    """
    draft = data.with_name("data.making")
    shutil.rmtree(draft, ignore_errors=True)
    draft.mkdir(mode=0o700)
    account.give(draft)
    # The built-in C.UTF-8 is the same on every system; the C locale of libc is there on every system.
    command = [str(bin_folder / "initdb"), "-D", str(draft), "-U", superuser, "-A", "trust", "-E", "UTF8", "--locale=C"]
    command += ["--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--no-instructions"]
    done = subprocess.run(
        command if durable else [*command, "--no-sync"],
        cwd="/",
        env=ENVIRONMENT,
        capture_output=True,
        text=True,
        check=False,
        **account.popen_arguments(),
    )
    if done.returncode:
        raise OSError(f"PostgreSQL could not make its files in {data}: {last_words(done.stderr)}")
    draft.rename(data)


def command(bin_folder: Path, data: Path, socket_dir: str, port: int, durable: bool) -> list[str]:
    """The command line of the server: a socket in `socket_dir` and no network."""
    settings = {
        "listen_addresses": "",
        "unix_socket_directories": socket_dir,
        "unix_socket_permissions": "0700",
        "port": str(port),
        "max_connections": "200",
        "max_parallel_workers_per_gather": "0",  # containers often have next to no shared memory
        "log_min_messages": "warning",
        "timezone": "UTC",
        **({} if durable else NOT_DURABLE),
    }
    options = [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
    return [str(bin_folder / "postgres"), "-D", str(data), *options]


def last_words(said: str) -> str:
    """The line of a program's complaint that tells why."""
    lines = [line.strip() for line in said.splitlines() if line.strip()]
    fatal = [line for line in lines if "FATAL" in line or "error:" in line]
    return (fatal or lines or ["it said nothing"])[-1]
