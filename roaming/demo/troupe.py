"""Simulated partners as processes of their own: who they are, how they are started, and how they are directed."""

import re
import signal
import subprocess
import sys
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import httpx2
from django.conf import settings

from roaming.simulator.caller import Refused
from roaming.simulator.wire import Json, decode, encode, stamp
from roaming.simulator.world import PartyCard

CARDS = 24
_STOP_SECONDS = 20
# An hour of charges is played before the answer comes.
_PATIENCE_SECONDS = 120.0
# What partners are, one after the other, and the version each speaks; a hub has a CPO and an eMSP behind it.
_KINDS = (
    *(("CPO", "2.2.1"), ("EMSP", "2.3.0"), ("HUB", "2.2.1")),
    *(("CPO", "2.1.1"), ("EMSP", "2.1.1"), ("HUB", "2.2.1")),
    *(("CPO", "2.3.0"), ("EMSP", "2.2.1"), ("HUB", "2.2.1")),
)


@dataclass(frozen=True)
class Part:
    """One partner platform to be: its parties, and the version it speaks."""

    name: str
    cards: tuple[PartyCard, ...]
    version: str

    def of_role(self, role: str) -> list[PartyCard]:
        return [card for card in self.cards if card.role == role]


def parts(count: int) -> list[Part]:
    """The first so many partners, always the same ones."""
    return [_part(number, *_KINDS[(number - 1) % len(_KINDS)]) for number in range(1, count + 1)]


def _part(number: int, role: str, version: str) -> Part:
    name = f"Partner {number}"
    letters = {"CPO": ("NL", "C", "CPO"), "EMSP": ("DE", "E", "EMSP"), "HUB": ("BE", "H", "HUB")}
    roles = ["HUB", "CPO", "EMSP"] if role == "HUB" else [role]
    made = [(letters[one][0], f"{letters[one][1]}{number:02d}", letters[one][2]) for one in roles]
    return Part(name, tuple(PartyCard(country, party, kind, name) for country, party, kind in made), version)


class Player:
    """One platform as a process. Start it, let it register, direct it, stop it."""

    def __init__(
        self, part: Part, *, seed: int, faults: str, slow_seconds: float, at: datetime, register_at: str, token: str
    ) -> None:
        self.part = part
        options = {
            "--name": part.name,
            "--ocpi-version": part.version,
            "--seed": str(seed),
            "--tokens": str(CARDS),
            "--faults": faults,
            "--slow-seconds": str(slow_seconds),
            "--clock": stamp(at),
            "--register-at": register_at,
            "--token": token,
        }
        parties = [f"--party={card.code}:{card.role}" for card in part.cards]
        named = [f"{name}={value}" for name, value in options.items()]
        self._process = subprocess.Popen(
            [sys.executable, "manage.py", "simulate", *parties, *named],
            cwd=settings.BASE_DIR,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        self._http = httpx2.Client(timeout=_PATIENCE_SECONDS, trust_env=False)
        self._url = ""

    def ready(self) -> None:
        """Wait until it listens and has registered. Raises Refused with what it said instead."""
        self._url = self._says("Versions URL: (.+)/ocpi/versions")
        self._says("(Registered)")

    def direct(self, what: str, wanted: Json | None = None) -> Json:
        """Have it do something: see roaming/simulator/books.py. Raises Refused."""
        response = self._http.put(f"{self._url}/{what}", content=encode(wanted or {}))
        answer: Json = decode(response.content)
        if response.status_code != httpx2.codes.OK:
            raise Refused(f"{self.part.name}, {what}: {answer['error']}")
        return answer

    def books(self, tail: str = "") -> Any:
        return decode(self._http.get(f"{self._url}/books{tail}").content)

    def stop(self) -> None:
        self._http.close()
        self._process.send_signal(signal.SIGTERM)
        self._process.communicate(timeout=_STOP_SECONDS)

    def _says(self, pattern: str) -> str:
        assert self._process.stdout
        said = []
        for line in self._process.stdout:
            if found := re.search(pattern, line):
                return found[1]
            said.append(line.strip())
        raise Refused(f"{self.part.name} did not start: {' '.join(said)}")
