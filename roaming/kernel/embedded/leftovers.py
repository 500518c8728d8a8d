"""What a server leaves behind when even its keeper was killed. Only called while nobody else starts or runs it."""

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

from roaming.kernel.embedded.places import SOCKET_PREFIX

GOING_SECONDS = 20.0


def clear(state: Path, data: Path) -> None:
    """Stop a server that lost its keeper, remove its socket folder and the pid file that would keep a new one away.

    PostgreSQL itself takes any living process with the noted number for a server; we look whether it is one of ours.
    """
    if state.exists():
        socket_dir = Path(json.loads(state.read_text())["socket_dir"])
        state.unlink()
    else:
        socket_dir = None
    pid_file = data / "postmaster.pid"
    if pid_file.exists():
        _end(int(pid_file.read_text().split("\n", 1)[0]), data)
        pid_file.unlink(missing_ok=True)
    if socket_dir is not None and socket_dir.name.startswith(SOCKET_PREFIX):
        shutil.rmtree(socket_dir, ignore_errors=True)


def _end(pid: int, data: Path) -> None:
    deadline = time.monotonic() + GOING_SECONDS
    while _is_server_of(data, pid):
        os.kill(pid, signal.SIGINT if time.monotonic() < deadline else signal.SIGKILL)
        time.sleep(0.1)


def _is_server_of(data: Path, pid: int) -> bool:
    return str(data) in _command_line(pid)


def _command_line(pid: int) -> str:
    if sys.platform == "linux":
        try:
            return Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
        except OSError:
            return ""
    done = subprocess.run(["ps", "-o", "command=", "-p", str(pid)], capture_output=True, text=True, check=False)
    return done.stdout
