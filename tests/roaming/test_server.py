"""One process that serves: web, worker and beat as threads, all of them gone afterwards."""

import os
import signal
import subprocess
import sys
import threading
from pathlib import Path

import httpx2
import pytest
from celery import shared_task

from roaming import server

ROOT = Path(__file__).resolve().parents[2]
SEEN: list[str] = []
ARRIVED = threading.Event()


@shared_task(name="tests.note")
def note(word: str) -> None:
    SEEN.append(word)
    ARRIVED.set()


@pytest.mark.django_db(transaction=True)
def test_the_portal_is_served_on_a_free_port_and_gone_afterwards() -> None:
    before = threading.active_count()
    with server.running(worker=False, beat=False) as url:
        assert httpx2.get(f"{url}/no/such/page").status_code == 404
    assert threading.active_count() == before
    with pytest.raises(httpx2.ConnectError):
        httpx2.get(url)


@pytest.mark.django_db(transaction=True)
def test_a_task_sent_from_any_thread_reaches_the_worker() -> None:
    with server.running(beat=False):
        sender = threading.Thread(target=note.delay, args=["hello"])
        sender.start()
        sender.join()
        assert ARRIVED.wait(10)
    assert SEEN == ["hello"]


def test_a_port_in_use_is_a_sentence() -> None:
    with server.listen("127.0.0.1", 0) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(server.PortTaken, match=rf"port {port}: it is in use already\. Choose another port"):
            server.listen("127.0.0.1", port)


@pytest.mark.redis
def test_run_serves_until_it_is_told_to_stop(database_url: str, redis_server: str) -> None:
    environment = {**os.environ, "DATABASE_URL": database_url, "REDIS_URL": redis_server}
    command = [sys.executable, "manage.py", "run", "--port", "0"]
    process = subprocess.Popen(command, cwd=ROOT, env=environment, stderr=subprocess.PIPE, text=True)
    assert process.stderr is not None
    line = next(line for line in process.stderr if "The portal is at" in line)
    url = line.split()[4]
    assert httpx2.get(f"{url}/ocpi/versions").status_code == 401
    process.send_signal(signal.SIGTERM)
    process.communicate(timeout=30)
    assert process.returncode == 0


def test_run_tells_a_port_in_use_before_anything_else() -> None:
    with server.listen("127.0.0.1", 0) as taken:
        port = taken.getsockname()[1]
        command = [sys.executable, "manage.py", "run", "--port", str(port)]
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert done.stderr.splitlines()[-1] == (
        f"CommandError: Cannot listen on 127.0.0.1 port {port}: it is in use already. Choose another port."
    )
