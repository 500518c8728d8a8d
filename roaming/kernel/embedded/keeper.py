"""Keeps one embedded PostgreSQL alive exactly as long as the process that asked for it.

Run as a script of its own (standard library only) with one JSON argument. Standard input is a pipe whose other end
only the owner holds: when it closes, however the owner ended, the server is stopped and its socket folder removed.
"""

import ctypes
import fcntl
import json
import select
import shutil
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

FAST_SECONDS, IMMEDIATE_SECONDS = 20.0, 5.0
PR_SET_PDEATHSIG = 1


def stop_when_the_keeper_dies() -> None:
    """Run in the server's process before it starts: Linux sends it SIGINT (fast shutdown) if the keeper is killed."""
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGINT)


def start(job: dict[str, Any]) -> "subprocess.Popen[bytes]":
    with Path(job["log"]).open("wb") as log:
        return subprocess.Popen(
            job["command"],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            cwd="/",
            env=job["environment"],
            preexec_fn=stop_when_the_keeper_dies if sys.platform == "linux" else None,
            **job["account"],
        )


def wait_for_the_end(server: "subprocess.Popen[bytes]") -> None:
    """Return when the owner is gone (its end of the pipe is closed) or the server has stopped by itself."""
    while server.poll() is None:
        if select.select([sys.stdin], [], [], 0.5)[0]:
            return


def stop(server: "subprocess.Popen[bytes]") -> None:
    for polite, seconds in ((signal.SIGINT, FAST_SECONDS), (signal.SIGQUIT, IMMEDIATE_SECONDS)):
        if server.poll() is not None:
            return
        server.send_signal(polite)
        try:
            server.wait(seconds)
        except subprocess.TimeoutExpired:
            continue
    server.kill()
    server.wait()


def main() -> None:
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    job = json.loads(sys.argv[1])
    with Path(job["alive"]).open("a") as alive:
        fcntl.flock(alive, fcntl.LOCK_EX)  # held as long as the server may run: others see by it that it does
        server = None
        try:
            server = start(job)
            wait_for_the_end(server)
        finally:
            Path(job["state"]).unlink(
                missing_ok=True
            )  # first of all, so that nobody attaches to a server that is going
            if server is not None:
                stop(server)
            shutil.rmtree(job["socket_dir"], ignore_errors=True)


if __name__ == "__main__":
    main()
