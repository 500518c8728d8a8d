"""The OCPI packages of the Python index as partners: each registers with a living portal and reads every page.

Each runs in an environment of its own, pinned, in a process of its own, and meets the portal over HTTP only. What of
theirs fails on our right answers is in docs/third-party-clients.md; those sentences are asserted here, so that a newer
portal that would please fewer of them is noticed.
"""

import base64
import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from math import ceil
from pathlib import Path
from random import Random
from typing import Any

import pytest

from roaming.simulator.charges import Spot, charge, spots
from roaming.simulator.places import TOWNS
from roaming.simulator.platform import Platform
from roaming.simulator.wire import Json
from roaming.simulator.world import Estate, PartyCard, cpo_estate, emsp_estate
from tests.journeys.house import billed, good, plugged_in, unplugged
from tests.journeys.portals import Portal, database, eventually
from tests.journeys.third_party import peers, visitors
from tests.journeys.third_party.visitors import LIMIT, Visitor
from tests.services import free_port

pytestmark = pytest.mark.third_party

STARTED = datetime(2026, 10, 5, 9, tzinfo=UTC)
BEFORE = STARTED - timedelta(days=30)
VLT = PartyCard("NL", "VLT", "CPO", "Volta")
VGO = PartyCard("NL", "VGO", "EMSP", "Volta Go")
CHARGES = 3


@dataclass
class World:
    """Volta's portal with five stations, five tariffs and five cards, and room for visitors."""

    portal: Portal
    backend: Platform
    stations: Estate
    folder: Path
    invited: dict[str, Json]
    environments: dict[tuple[str, ...], Path] = field(default_factory=dict)
    charges: Iterator[int] = field(default_factory=lambda: iter(range(1, 1000)))

    @contextmanager
    def running(self, visitor: Visitor, *arguments: str) -> Iterator[peers.Peer]:
        if visitor.pins not in self.environments:
            folder = self.folder / visitor.pins[0].partition("=")[0]
            self.environments[visitor.pins] = peers.environment(folder, *visitor.pins)
        python, log = self.environments[visitor.pins], self.folder / f"{visitor}.log"
        settings = {**visitor.environment, "OCPI_HOST": f"127.0.0.1:{free_port()}"}
        with peers.running(python, visitor.module, *arguments, log=log, **settings) as peer:
            yield peer

    def card_of(self, visitor: Visitor) -> Json:
        """A card of theirs that may charge unasked, in 2.2.1."""
        country_code, party_id = visitor.owner
        party = PartyCard(country_code, party_id, "EMSP", visitor.name)
        card = next(iter(emsp_estate(party, count=1, seed=3, at=BEFORE).tokens.values()))
        name = f"{country_code}-{party_id}-C1"
        return {**card, "uid": name, "contract_id": name, "whitelist": "ALWAYS", "valid": True, "type": "RFID"}

    def drivers_charge(self, card: Json) -> None:
        """Three charges with that card: sessions and CDRs that its eMSP reads."""
        for spot in spots(self.stations)[:CHARGES]:
            number = next(self.charges)
            made = charge(
                number,
                spot=Spot(spot.location, spot.evse, self.stations.tariffs["VLT-AC"]),
                token=card,
                starts_at=STARTED + timedelta(hours=3 * number),
                random=Random(number),
            )
            reference = plugged_in(self.backend, made)
            unplugged(self.backend, made)
            good(billed(self.backend, made, reference=reference))

    def count(self, module: str) -> int:
        return CHARGES if module in ("sessions", "cdrs") else 5


@pytest.fixture(scope="module")
def world(django_db_setup: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    from django.db import connection

    from tests.services import url_of

    with ExitStack() as stack:
        folder = tmp_path_factory.mktemp("third_party")
        url = stack.enter_context(database(url_of(connection.get_connection_params())))
        portal = stack.enter_context(Portal("Volta", "NL*RVO", url, folder / "portal.log").running())
        backend = Platform("Volta back-end", (VLT, VGO)).start()
        stack.callback(backend.stop)
        stations, cards = cpo_estate(VLT, TOWNS[:5], seed=1, at=BEFORE), emsp_estate(VGO, count=5, seed=1, at=BEFORE)
        added = portal.told("add_connection", "--name", "Back-end", "--partner", "Volta", "--own")
        backend.register_at(added["versions_url"], added["token"])
        for module, objects in {**vars(stations), "tokens": cards.tokens}.items():
            for name, data in objects.items() if module != "party" else ():
                params = {"type": data["type"]} if module == "tokens" else None
                tail = f"/{data['country_code']}/{data['party_id']}/{name}"
                good(backend.send("PUT", module, "RECEIVER", tail, body=data, params=params))
        yield World(portal, backend, stations, folder, _invited(portal))
        print(portal.said())


@pytest.mark.parametrize(("name", "outcome"), [("CI", "Failed"), ("REQUIRE_THIRD_PARTY", "Failed"), ("", "Skipped")])
def test_where_packages_cannot_be_had_is_said_and_is_a_failure_in_ci(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, name: str, outcome: str
) -> None:
    for known in ("CI", "REQUIRE_THIRD_PARTY"):
        monkeypatch.delenv(known, raising=False)
    if name:
        monkeypatch.setenv(name, "1")
    monkeypatch.setenv("UV_DEFAULT_INDEX", "http://127.0.0.1:1/simple")
    monkeypatch.setenv("UV_HTTP_RETRIES", "0")
    with pytest.raises(BaseException, match=r"cannot be reached|uv is not there") as raised:
        peers.environment(tmp_path / "new", "no-such-package-of-any-house==1")
    assert type(raised.value).__name__ == outcome


def _invited(portal: Portal) -> dict[str, Json]:
    """A connection for each visitor, and agreements with its parties: what `add_connection` tells, by visitor.

    In one process, because a command of its own for each takes longer than all else here.
    """
    commands = [arguments for visitor in visitors.ALL for arguments in _commands(visitor)]
    told = [
        json.loads(line)
        for line in portal.manage("shell", "--no-imports", "-c", _RUN_ALL.format(commands)).splitlines()
    ]
    return {answer["connection"]: answer for answer in told if "connection" in answer}


_RUN_ALL = """
from django.core.management import call_command
for arguments in {}:
    call_command(*arguments, "--json")
"""


def _commands(visitor: Visitor) -> Iterator[list[str]]:
    roles = [word for role in visitor.roles for word in ("--role", role)]
    face = ["--face", visitor.face] if visitor.face else []
    yield ["add_connection", "--name", str(visitor), "--party", visitor.party, *roles, *face]
    pairs = {"EMSP": (VLT.code, visitor.party), "CPO": (visitor.party, VGO.code)}
    for role in visitor.roles:
        cpo, emsp = pairs[role]
        yield ["add_agreement", "--cpo", cpo, "--emsp", emsp, "--from", "2026-01-01"]


Read = Callable[[str], Mapping[str, Any]]


def every_page_is_read(world: World, visitor: Visitor, read: Read) -> None:
    """`read` tells of one list: all objects came, on as many pages as they need; what is refused is what is known."""
    refused = {}
    for module in visitor.reads:
        told, count = read(module), world.count(module)
        assert len(told["ids"]) == len(set(told["ids"])) == count, module
        assert told["pages"] == ceil(count / LIMIT), module
        assert told["total"] == count, module
        if told["refused"]:
            refused[module] = sorted(told["refused"])
    assert refused == visitor.refused


@pytest.mark.parametrize(
    "visitor",
    [visitors.EXTRAWEST, visitors.PY_OCPI, visitors.EXTRAWEST_EMSP_211, visitors.EXTRAWEST_CPO_211],
    ids=str,
)
def test_a_fastapi_library_registers_with_us_and_reads_every_page(world: World, visitor: Visitor) -> None:
    added = world.invited[str(visitor)]
    with world.running(visitor, visitor.version, visitor.credentials, *visitor.roles) as peer:
        assert peer.do("register", versions_url=added["versions_url"], token=added["token"]) == "registered"
        _they_read_and_are_sent(world, visitor, peer)


def test_we_register_with_a_fastapi_library(world: World) -> None:
    visitor = visitors.EXTRAWEST_INVITED
    with world.running(visitor, visitor.version, visitor.credentials, *visitor.roles) as peer:
        access = ["--versions-url", peer.do("invite", token="token-a"), "--token-a", "token-a"]
        assert world.portal.told("register_connection", str(visitor), *access)["version"] == "2.2.1"
        _they_read_and_are_sent(world, visitor, peer)


def _they_read_and_are_sent(world: World, visitor: Visitor, peer: peers.Peer) -> None:
    """What they read by page we push as well, into their server; `visitor.lost` does not arrive."""
    if "EMSP" in visitor.roles:
        card = world.card_of(visitor)
        assert peer.do("put", module="tokens", data=card if visitor.version != "2.1.1" else _of_211(card)) == 1000
        world.drivers_charge(card)
        eventually(lambda: len(peer.do("read", module="cdrs")["ids"]) == CHARGES, "the CDRs are judged")
    every_page_is_read(world, visitor, lambda module: peer.do("read", module=module))
    for module in set(visitor.reads) - visitor.lost:
        eventually(lambda m=module: len(peer.do("held", module=m)) == world.count(m), f"{module} arrive")  # type: ignore[misc]


def _of_211(card: Json) -> Json:
    kept = {name: card[name] for name in ("uid", "type", "issuer", "valid", "whitelist", "last_updated")}
    return {**kept, "auth_id": card["contract_id"]}


def test_a_library_pushes_to_us_unless_it_forgets_the_slash(world: World) -> None:
    """Its own push appends country and party to our address without a slash, and asks for nothing that there is."""
    visitor = visitors.EXTRAWEST_PUSHING
    added = world.invited[str(visitor)]
    with world.running(visitor, visitor.version, visitor.credentials, *visitor.roles) as peer:
        assert peer.do("register", versions_url=added["versions_url"], token=added["token"]) == "registered"
        answered = peer.do("push", module="tokens", data=world.card_of(visitor))
        assert (answered["status"], answered["answer"]["status_code"]) == (404, 2000)


def test_a_flask_library_registers_with_its_client_and_reads_every_page(world: World) -> None:
    visitor = visitors.PYTHON_OCPI
    added, ocpi = world.invited[str(visitor)], f"{world.portal.url}/ocpi"
    with ExitStack() as stack:
        peer = stack.enter_context(world.running(visitor, visitor.credentials))
        # Its own versions page holds no list, so it is told 3001, and its client looks for data in that refusal.
        refused = peer.attempt("register", ocpi=ocpi, token=added["token"], page="ocpi/versions")
        assert refused == {"failed": "KeyError: 'data'"}
        token = peer.do("register", ocpi=ocpi, token=added["token"], page="repaired/versions")
        hands = _registered(_platform_of(visitor, stack), added, token)  # the library sends no tokens by itself
        _has_a_card(world, visitor, hands)
        every_page_is_read(world, visitor, _by_address(peer, hands, token))


def test_a_client_of_a_hub_registers_with_us_and_reads_every_page(world: World) -> None:
    visitor = visitors.LATAM
    added = world.invited[str(visitor)]
    with ExitStack() as stack:
        platform = _platform_of(visitor, stack)
        platform.link.token_in = added["token"]  # its client offers us the very token that we gave it
        peer = stack.enter_context(world.running(visitor, f"{world.portal.url}/ocpi"))
        assert "2.3.0" in peer.do("versions", token=added["token"])
        roles = [card.as_role() for card in platform.parties]
        token = peer.do("register", token=added["token"], url=platform.versions_url, roles=roles)
        _has_a_card(world, visitor, _registered(platform, added, token))
        every_page_is_read(world, visitor, _by_address(peer, platform, token))
        for module in set(visitor.reads) - set(visitor.refused):
            told = peer.do("crawl", module=module, token=token)  # by its own methods, which give up at a refusal
            assert len(told["ids"]) == world.count(module)


@pytest.mark.parametrize("visitor", visitors.OCPI_TYPES, ids=str)
def test_a_library_of_types_reads_every_page(world: World, visitor: Visitor) -> None:
    added = world.invited[str(visitor)]
    with ExitStack() as stack:
        platform = _platform_of(visitor, stack)
        platform.register_at(added["versions_url"], added["token"])
        if "EMSP" in visitor.roles:
            _has_a_card(world, visitor, platform)
        peer = stack.enter_context(world.running(visitor, visitor.version))
        token = platform.link.token_out
        header = token if platform.plain else base64.b64encode(token.encode()).decode()
        every_page_is_read(world, visitor, _by_address(peer, platform, header))


def _platform_of(visitor: Visitor, stack: ExitStack) -> Platform:
    """The doors and hands that a library without them needs beside it."""
    cards = [PartyCard(*visitor.owner, role, visitor.name) for role in visitor.roles]
    platform = Platform(visitor.name, cards, version=visitor.version).start()
    stack.callback(platform.stop)
    return platform


def _registered(platform: Platform, added: Json, token: str) -> Platform:
    """The platform with what the library got for it."""
    platform.link.token_out, platform.link.endpoints = token, platform.discover(added["versions_url"], token)
    return platform


def _by_address(peer: peers.Peer, platform: Platform, token: str) -> Read:
    addresses = platform.link.endpoints
    return lambda module: peer.do("read", module=module, url=addresses[module, "SENDER"], token=token)


def _has_a_card(world: World, visitor: Visitor, platform: Platform) -> None:
    card = world.card_of(visitor)
    platform.store.keep("tokens", card)
    good(platform.send("PUT", "tokens", "RECEIVER", "/" + "/".join((*visitor.owner, card["uid"])), body=card))
    world.drivers_charge(card)
    eventually(lambda: len(platform.crawl("cdrs")) == CHARGES, "the CDRs are judged")
