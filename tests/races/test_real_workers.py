"""Real Celery worker and beat processes on a real Redis: what is in the outbox arrives, whoever is killed meanwhile."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest
from django.conf import settings

from partners.connections.models import Connection
from roaming.celery import app
from roaming.exchange.models import Push, PushState
from roaming.kernel import clock
from roaming.ocpi.schema import transforms
from roaming.tariffs import services as tariffs
from tests import cast, wire
from tests.roaming.platform import Asked, Platform, Said, platform

pytestmark = [pytest.mark.services, pytest.mark.django_db(transaction=True)]

ROOT = Path(__file__).resolve().parents[2]
PATIENCE_SECONDS = 60.0


@pytest.fixture
def theirs() -> Iterator[Platform]:
    with platform("EMSP DE*NMD") as running_platform:
        yield running_platform


@pytest.fixture
def nomad(theirs: Platform) -> Connection:
    cast.volta()
    connection = cast.nomad(url=theirs.url)
    cast.agreement("NL*VLT", "DE*NMD")
    return connection


def change(number: int) -> None:
    sent = {**wire.load("tariff_ac22"), "id": f"T{number}"}
    data = transforms.upgrade("2.2.1", "tariff", sent)
    tariffs.put(party=cast.party("NL*VLT", "CPO"), tariff_id=f"T{number}", data=data, at=clock.now())


@contextmanager
def celery(database_url: str, *arguments: str) -> Iterator["subprocess.Popen[bytes]"]:
    """A `celery` process on the tests' database; killed at the end, with its children."""
    environment = {**os.environ, "DATABASE_URL": database_url, "REDIS_URL": settings.REDIS_URL}
    command = [sys.executable, "-m", "celery", "-A", "roaming", *arguments]
    process = subprocess.Popen(command, cwd=ROOT, env=environment, start_new_session=True)
    try:
        yield process
    finally:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def wait_until(true: Callable[[], bool], what: str) -> None:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not true():
        assert time.monotonic() < deadline, what
        time.sleep(0.1)


def all_delivered() -> bool:
    return not Push.objects.exclude(state=PushState.DELIVERED).exists()


def test_a_worker_killed_while_it_sends_loses_nothing(
    nomad: Connection, theirs: Platform, database_url: str, tmp_path: Path
) -> None:
    app.control.purge()  # what tests before this one hurried
    change(0)
    holding = True

    def answer(asked: Asked) -> Said | None:
        while holding:
            time.sleep(0.05)
        return None

    theirs.answering = answer
    with celery(database_url, "beat", "--schedule", str(tmp_path / "beat")):
        with celery(database_url, "worker", "--pool", "solo") as worker:
            wait_until(lambda: bool(theirs.asked), "the first worker sends nothing")
            worker.kill()
            worker.wait()
        holding = False
        app.control.purge()  # the broker may forget everything: it only hurries
        change(1)
        with celery(database_url, "worker", "--concurrency", "2"):
            wait_until(all_delivered, "the second worker does not deliver what the first one left")
    assert {*theirs.paths("PUT")} == {f"/receiver/tariffs/NL/VLT/T{number}" for number in range(2)}
