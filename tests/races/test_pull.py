"""A worker that reads a list is killed in the middle of it, and others come at once to go on."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from partners.connections.models import Connection
from roaming.exchange import pull as pulling
from roaming.exchange import pulls
from roaming.exchange.models import Cause, Pull, PullState
from roaming.kernel import locks
from roaming.tariffs.models import Tariff
from tests import cast
from tests.races.threads import at_once
from tests.roaming.platform import Asked, Platform, platform
from tests.roaming.test_exchange_pull import AT, tariff

pytestmark = pytest.mark.django_db(transaction=True)

ROOT = Path(__file__).resolve().parents[2]
WORKER = """
import django
django.setup()
from partners.connections.models import Connection
from roaming.exchange import pull
from tests.cast import NOW
pull.take_turn(Connection.objects.get(name="Polder Laden").pk, NOW)
"""


@pytest.fixture
def theirs() -> Iterator[Platform]:
    with platform("CPO NL*PLD") as running_platform:
        running_platform.lists["tariffs"] = [tariff(number) for number in range(9)]
        yield running_platform


@pytest.fixture
def reading(theirs: Platform) -> Pull:
    """The only list that waits to be read."""
    cast.volta()
    polder = cast.polder(url=theirs.url)
    Pull.objects.all().delete()
    return pulls.ask(connection=polder, module="tariffs", cause=Cause.SCHEDULE, at=AT)


def test_a_reading_whose_worker_gets_a_sigkill_goes_on_at_its_page_with_one_of_four_others(
    reading: Pull, theirs: Platform, database_url: str
) -> None:
    worker = subprocess.Popen([sys.executable, "-c", WORKER], cwd=ROOT, env=os.environ | {"DATABASE_URL": database_url})

    def kill(asked: Asked) -> None:
        if asked.query.get("offset") == "4":
            worker.send_signal(signal.SIGKILL)
            worker.wait()

    theirs.answering = kill
    assert worker.wait(60) == -signal.SIGKILL
    theirs.answering = lambda asked: None
    reading.refresh_from_db()
    assert (reading.state, reading.pages, reading.new) == (PullState.RUNNING, 2, 4)
    while locks.is_held(pulling.lock_name(reading.connection_id)):
        pass  # PostgreSQL hears of it a moment later
    at_once(*[lambda: pulling.take_turn(reading.connection_id, AT)] * 4)
    reading.refresh_from_db()
    assert (reading.state, reading.pages, reading.new, reading.known) == (PullState.FINISHED, 5, 9, 0)
    assert [asked.query.get("offset", "0") for asked in theirs.asked] == ["0", "2", "4", "4", "6", "8"]
    assert Tariff.objects.count() == 9 and Connection.objects.get(pk=reading.connection_id).failures == 0
