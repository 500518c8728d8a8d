"""`manage.py simulate`: a platform to test against, for those who connect with us."""

import json
import os
import re
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Self

import pytest
from django.core.management import CommandError, call_command

from partners.connections.models import Connection, ConnectionState
from roaming.exchange import pull
from roaming.kernel import clock
from roaming.locations.models import Location
from roaming.registration import starting as registration
from roaming.simulator.world import PartyCard
from tests.journeys.house import House

ROOT = Path(__file__).resolve().parents[2]
SIM = (PartyCard("DE", "SIM", "CPO", "Sim"), PartyCard("DE", "SIM", "EMSP", "Sim"))


class Simulate:
    """The command as a process of its own, that ends with the `with` it stands in."""

    def __init__(self, *options: str) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "manage.py", "simulate", *options],
            cwd=ROOT,
            env=dict(os.environ),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.process.kill()
        self.process.communicate()

    def says(self, pattern: str) -> str:
        """What it prints next that matches; the first group."""
        assert self.process.stdout
        said = []
        for line in self.process.stdout:
            if found := re.search(pattern, line):
                return found[1]
            said.append(line)
        raise AssertionError(f"it never said {pattern} but: {''.join(said)}")

    def stopped(self) -> int:
        self.last_words()
        return self.process.wait(20)

    def last_words(self) -> str:
        self.process.send_signal(signal.SIGINT)
        assert self.process.stdout
        return self.process.stdout.read().splitlines()[-1]


@pytest.fixture
def started() -> Iterator[Callable[..., Simulate]]:
    """Starts `manage.py simulate` with these options; what a test leaves running ends with it."""
    with ExitStack() as stack:
        yield lambda *options: stack.enter_context(Simulate(*options))


def test_it_registers_itself_with_a_token_from_us(house: House, started: Callable[..., Simulate]) -> None:
    token = house.invited("Sim", *SIM).token
    simulate = started("--party", "DE*SIM", "--register-at", f"{house.url}/ocpi/versions", "--token", token)
    assert simulate.says("Registered at (.+)[.]") == f"{house.url}/ocpi/versions"
    connection = Connection.objects.get(name="Sim")
    assert (connection.state, connection.version) == (ConnectionState.REGISTERED, "2.2.1")
    assert simulate.stopped() == 0


def test_we_register_with_it_and_pull_its_stations(house: House, started: Callable[..., Simulate]) -> None:
    connection = house.invited("Sim", *SIM).connection
    simulate = started("--party", "DE*SIM", "--tokens", "5")
    versions_url = simulate.says("Versions URL: (.+)")
    token = simulate.says("Registration token .TOKEN_A.: (.+)")
    registered = registration.register(connection=connection, versions_url=versions_url, token_a=token, at=clock.now())
    pull.pull(connection=registered, at=clock.now())
    assert Location.objects.count() == 11
    assert simulate.stopped() == 0


def test_it_fails_on_demand_and_prints_its_books_at_the_end(house: House, started: Callable[..., Simulate]) -> None:
    connection = house.invited("Sim", *SIM).connection
    simulate = started("--faults", "http_500=1", "--json")
    versions_url = simulate.says("Versions URL: (.+)")
    token = simulate.says("Registration token .TOKEN_A.: (.+)")
    registration.register(connection=connection, versions_url=versions_url, token_a=token, at=clock.now())
    pull.pull(connection=Connection.objects.get(), at=clock.now())
    assert Location.objects.count() == 0
    books = json.loads(simulate.last_words())
    assert simulate.process.wait(20) == 0
    assert (books["registered"], books["cdrs"], list(books["injected"])) == (True, {}, ["http_500"])


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        (["--party", "DESIM"], "DESIM is not a party"),
        (["--party", "NL*ONE:NSP"], "NL*ONE:NSP is not a party"),
        (["--faults", "http_600=1"], "http_600 is no fault. There are: http_500, "),
        (["--faults", "late=1"], "late is no fault."),
        (["--clock", "yesterday"], "yesterday is not a time like 2026-"),
        (["--partners", "1"], "roaming takes two"),
        (["--partners", "3", "--days", "0"], "--days: from 1 to 92"),
        (["--partners", "3", "--faults", "late=2"], "late needs a share from 0 to 1"),
        (["--partners", "3", "--party", "DE*SIM", "--port", "8001"], "leave out --party, --port."),
        (["--register-at", "http://127.0.0.1:1/ocpi/versions"], "belong together"),
    ],
)
def test_what_it_cannot_do_it_says_in_a_sentence(options: list[str], sentence: str) -> None:
    with pytest.raises(CommandError, match=re.escape(sentence)):
        call_command("simulate", *options)


def test_a_portal_that_does_not_answer_is_said_without_a_traceback() -> None:
    process = subprocess.run(
        [sys.executable, "manage.py", "simulate", "--register-at", "http://127.0.0.1:1/ocpi/versions", "--token", "x"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert process.returncode == 1
    assert "got no answer" in process.stderr
    assert "Traceback" not in process.stderr
