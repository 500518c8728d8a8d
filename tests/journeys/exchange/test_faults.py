"""Every CDR reaches the partner once, whatever dies meanwhile: workers, the broker with all it held, the database."""

import random
import re
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx2
import pytest

from tests.journeys.exchange.services import Room, children, eventually, kill, pause, room

pytestmark = [pytest.mark.redis, pytest.mark.skipif(not Path("/proc/self/task").exists(), reason="needs Linux's /proc")]

CDRS = 5000
KILLS = 50
# 30 % of the calls fail, in all the ways that there are; a repeated CDR is refused half of the time.
FAULTS = (
    "http_500=0.07,reset=0.06,truncated=0.04,no_status_code=0.03,html=0.03,lost_answer=0.06,slow=0.005,http_429=0.003,"
    "already_exists=0.5"
)
_WAITING = "SELECT count(*) FROM roaming_push WHERE module = 'cdrs' AND state <> 'delivered'"


@pytest.fixture
def works(tmp_path: Path) -> Iterator[Room]:
    with room(tmp_path) as running:
        yield running


class Partner:
    """A simulated eMSP in a process of its own, and its books."""

    def __init__(self, works: Room, faults: str) -> None:
        command = ["manage.py", "simulate", "--party", "DE*NMD", "--role", "EMSP", "--tokens", "1", "--json"]
        process = works.spawn(*command, "--faults", faults, "--slow-seconds", "1.5", stdout=-1)
        assert process.stdout is not None
        said = process.stdout.readline() + process.stdout.readline()
        self.versions_url, self.token_a = re.findall(r"URL: (\S+)\n.*TOKEN_A\): (\S+)", said)[0]
        self._url = self.versions_url.removesuffix("/ocpi/versions")

    def books(self) -> dict[str, Any]:
        answer: dict[str, Any] = httpx2.get(f"{self._url}/books", trust_env=False, timeout=30).json()
        return answer


def waiting(works: Room) -> int:
    return int(works.postgres.asked(_WAITING))


def waits_skipped(works: Room) -> int:
    """The last ones failed often and wait for minutes; the story does not. How many they are."""
    works.postgres.asked("UPDATE roaming_push SET next_attempt_at = now() WHERE state = 'retrying' RETURNING id")
    return waiting(works)


def kill_some(works: Room, workers: list[Any], times: int, dice: random.Random) -> int:
    """SIGKILL what is at work, so often; a worker's master now and then."""
    killed = 0
    while killed < times:
        pause(dice, 0.5)
        one = dice.choice(workers)
        killed += kill(children(one)[:1])
    return killed


def test_5000_cdrs_arrive_once_though_workers_are_killed_and_broker_and_database_restarted(
    works: Room, record_property: Callable[[str, object], None]
) -> None:
    """Two beats and four workers are at it, as when one deployment follows another: more than is needed of each."""
    partner, dice = Partner(works, FAULTS), random.Random(7)
    works.run("-m", "tests.journeys.exchange.stage", str(CDRS), partner.versions_url, partner.token_a)
    assert waiting(works) == CDRS
    for number in range(2):
        works.beat(number)
    workers = [works.worker(number) for number in range(4)]
    started = time.monotonic()
    eventually(lambda: waiting(works) < CDRS, "the first CDR arrives")

    killed = kill_some(works, workers, KILLS // 3, dice)
    works.redis.stop()
    killed += kill_some(works, workers, 2, dice)
    works.redis.start()  # it kept nothing
    killed += kill_some(works, workers, KILLS // 3, dice)
    works.postgres.stop()
    pause(dice, 1.0)
    works.postgres.start()
    left = waiting(works)
    killed += kill_some(works, workers, KILLS - killed, dice)
    eventually(lambda: waiting(works) < CDRS / 100, "nearly all are delivered", seconds=240)
    eventually(lambda: waits_skipped(works) == 0, "the last ones are delivered")
    seconds = time.monotonic() - started

    books = partner.books()
    lost, states = works.postgres.asked(_WAITING), works.postgres.asked(_STATES)
    looked = works.postgres.asked("SELECT count(*) FROM roaming_exchange WHERE method = 'GET' AND url LIKE '%/cdrs/%'")
    failed = {fault: told["count"] for fault, told in books["injected"].items()}
    record_property(
        "figures",
        f"{CDRS} CDRs in {seconds:.0f} s: {killed} kills, {left} waited when PostgreSQL was back, {failed}, "
        f"{looked} looked up before they were sent again, {books['repeats']} came twice.",
    )
    assert lost == 0 and states == {"delivered": CDRS}
    assert sorted(books["cdrs"]) == [f"NL/VLT/C-{one:05}" for one in range(CDRS)]
    assert set(books["cdrs"].values()) == {1}
    assert killed >= KILLS


_STATES = """SELECT json_object_agg(state, number) FROM
    (SELECT state, count(*) AS number FROM roaming_push WHERE module = 'cdrs' GROUP BY state) AS found"""
