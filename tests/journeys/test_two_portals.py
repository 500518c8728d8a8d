"""Two companies, each with a portal of its own: every module both ways, in every version of OCPI.

Volta's back-end, Volta's portal, Nomad's portal, Nomad's back-end: four processes' worth of HTTP, two databases. The
back-ends are CPO and eMSP both; what one owns has to arrive at the other, through both portals.
"""

from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from random import Random

import pytest

from roaming.simulator import orders
from roaming.simulator.charges import Charge, Spot, charge, spots
from roaming.simulator.places import POLDERS, TOWNS, Place
from roaming.simulator.platform import Platform
from roaming.simulator.wire import Json
from roaming.simulator.world import Estate, PartyCard, cpo_estate, emsp_estate
from tests.journeys.house import billed, good, plugged_in, unplugged
from tests.journeys.portals import Portal, database, eventually

_DEAD = """
from roaming.exchange.models import Push
for push in Push.objects.filter(state="dead"):
    print(f"{push}: {push.last_error}")
"""
STARTED = datetime(2026, 10, 5, 9, tzinfo=UTC)


@dataclass
class Company:
    """A portal and the back-end plugged into it."""

    portal: Portal
    backend: Platform
    cpo: PartyCard
    emsp: PartyCard
    ptp: PartyCard  # provides payments, which OCPI 2.3.0 calls OTHER
    estates: dict[str, Estate] = field(default_factory=dict)

    @property
    def cards(self) -> tuple[PartyCard, PartyCard]:
        return self.cpo, self.emsp

    def moves_in(self, places: tuple[Place, ...], seed: int) -> None:
        at = STARTED - timedelta(days=30)
        self.estates = {
            "CPO": cpo_estate(self.cpo, places, seed=seed, at=at),
            "EMSP": emsp_estate(self.emsp, count=6, seed=seed, at=at),
        }
        for estate in self.estates.values():
            self.backend.move_in(estate)

    def plugs_in(self) -> None:
        """Its back-end registers with its portal as one of our own, like any platform."""
        added = self.portal.told("add_connection", "--name", "Back-end", "--partner", self.portal.name, "--own")
        self.backend.register_at(added["versions_url"], added["token"])

    def offers(self) -> None:
        """The back-end puts all that it owns."""
        for module in ("tariffs", "locations", "tokens"):
            for data in self.backend.store.own(module):
                name, params = data.get("uid") or data["id"], {"type": data["type"]} if module == "tokens" else None
                tail = f"/{data['country_code']}/{data['party_id']}/{name}"
                good(self.backend.send("PUT", module, "RECEIVER", tail, body=data, params=params))

    def holds(self, module: str, name: str) -> Json | None:
        """What its back-end was sent."""
        received = self.backend.store.received(module)
        return next((data for data in received if name in map(data.get, ("id", "uid", "terminal_id"))), None)


@dataclass
class Roaming:
    """Drivers of `emsp` charge at stations of `cpo`."""

    cpo: Company
    emsp: Company

    def charge(self, number: int) -> Charge:
        estate = self.cpo.estates["CPO"]
        spot = spots(estate)[0]
        cards = [t for t in self.emsp.estates["EMSP"].tokens.values() if t["valid"] and t["type"] == "RFID"]
        token = next(card for card in cards if card["whitelist"] != "ALWAYS")  # its eMSP wants to be asked
        tariff = estate.tariffs[f"{self.cpo.cpo.party_id}-AC"]
        starts_at = STARTED + timedelta(hours=number)
        return charge(
            number, spot=Spot(spot.location, spot.evse, tariff), token=token, starts_at=starts_at, random=Random(number)
        )


@pytest.fixture
def companies(database_url: str, tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[tuple[Company, Company]]:
    """Volta and Nomad, with their portals running and their back-ends plugged in."""
    version = "2.3.0" if request.param == "2.3.0" else "2.2.1"
    with ExitStack() as stack:
        made = []
        for name, place, codes in (("Volta", "NL", ("VLT", "VGO", "VPT")), ("Nomad", "DE", ("NMC", "NMD", "NPT"))):
            url = stack.enter_context(database(database_url))
            portal = Portal(name, f"{place}*R{name[0]}B", url, tmp_path / f"{name}.log")
            roles = zip(codes, ("CPO", "EMSP", "OTHER"), strict=True)
            cards = [PartyCard(place, party, role, f"{name} {role}") for party, role in roles]
            backend = Platform(f"{name} back-end", cards[: 3 if version == "2.3.0" else 2], version=version).start()
            stack.callback(backend.stop)
            made.append(Company(portal, backend, cards[0], cards[1], cards[2]))
        for company in made:
            stack.enter_context(company.portal.starting())
        for company, places in zip(made, (TOWNS[:2], POLDERS[:2]), strict=True):
            company.portal.is_up()
            company.moves_in(places, seed=len(company.portal.name))
            company.plugs_in()
        yield made[0], made[1]
        for company in made:
            print(company.portal.said())
            company.portal.stops()


@pytest.mark.parametrize(
    ("companies", "version"), [(v, v) for v in ("2.1.1", "2.2.1", "2.3.0")], indirect=["companies"]
)
def test_two_portals_exchange_every_module_both_ways(companies: tuple[Company, Company], version: str) -> None:
    volta, nomad = companies
    _link(volta, nomad, version)
    ways = (Roaming(cpo=volta, emsp=nomad), Roaming(cpo=nomad, emsp=volta))
    for way in ways:
        for company in companies:
            parties = ["--cpo", way.cpo.cpo.code, "--emsp", way.emsp.emsp.code]
            company.portal.told("add_agreement", *parties, "--from", "2026-01-01")
    volta.offers()
    nomad.offers()
    for way in ways:
        _objects_arrive(way)
    for company, other in (companies, reversed(companies)):
        _hears_of(company, other, "CONNECTED")
        _rotates(company, other, version)
    for number, way in enumerate(ways, start=1):
        made = _a_driver_charges(way, number, version)
        _a_driver_commands(way, version)
        if version == "2.3.0":
            _a_bill_is_announced(way, made)
            _a_driver_books(way, number)
            _a_driver_pays_by_card(way, number)
    for company, other in (companies, reversed(companies)):
        _finds_it_conforming(company, other, version)
        assert company.portal.manage("shell", "--no-imports", "--command", _DEAD) == ""
    for name in _links(nomad, version):
        volta.portal.told("unregister_connection", name)
    for company, other in (companies, reversed(companies)):
        _hears_of(company, other, "OFFLINE")


def _links(other: Company, version: str) -> list[str]:
    """Their connections by name."""
    return [f"{other.portal.name} {card.role}" for card in other.cards] if version == "2.1.1" else [other.portal.name]


def _hears_of(company: Company, other: Company, status: str) -> None:
    """Hub client info: its back-end is told how those can be reached with whom agreements join it."""
    heard = company.backend.store.received
    for card in other.cards:
        wanted = {"party_id": card.party_id, "role": card.role, "status": status}
        eventually(
            lambda w=wanted: any(w.items() <= info.items() for info in heard("hubclientinfo")),  # type: ignore[misc]
            f"{company.portal.name}'s back-end hears that {card.code} is {status}",
        )


def _rotates(company: Company, other: Company, version: str) -> None:
    """New tokens on both sides; what follows is said with them."""
    for name in _links(other, version):
        assert company.portal.told("rotate_connection", name)["version"] == version


def _finds_it_conforming(company: Company, other: Company, version: str) -> None:
    """Each portal tries the other's doors against the specification: full marks."""
    for name in _links(other, version):
        told = company.portal.told("check_partner", name)
        bad = [one for one in told["results"] if one["outcome"] in ("failed", "warning", "skipped")]
        assert [f"{one['module']}: {one['title']}: {one['sentence']} {one['actual']}" for one in bad] == []


def _link(volta: Company, nomad: Company, version: str) -> None:
    """Once for both roles, in 2.1.1 once for each; either portal starts where the other answers."""
    if version != "2.1.1":
        starts, answers = (volta, nomad) if version == "2.2.1" else (nomad, volta)
        _register(starts, answers, version, ["--name", answers.portal.name], ["--name", starts.portal.name])
        return
    for starts, answers in ((volta, nomad), (nomad, volta)):
        ours, theirs = starts.cpo, answers.emsp
        _register(
            starts,
            answers,
            version,
            _facing(ours, theirs, answers.portal.name),
            _facing(theirs, ours, starts.portal.name),
        )


def _facing(ours: PartyCard, theirs: PartyCard, name: str) -> list[str]:
    """A connection of 2.1.1, which joins two parties only."""
    return ["--name", f"{name} {theirs.role}", "--role", theirs.role, "--party", theirs.code, "--face", ours.code]


def _register(starts: Company, answers: Company, version: str, theirs: list[str], ours: list[str]) -> None:
    here = starts.portal.told("add_connection", *theirs)
    there = answers.portal.told("add_connection", *ours)
    access = ["--versions-url", there["versions_url"], "--token-a", there["token"], "--version", version]
    registered = starts.portal.told("register_connection", here["connection"], *access)
    assert registered["version"] == version


def _objects_arrive(way: Roaming) -> None:
    """Tariffs, locations and tokens, pushed from portal to portal and on to the back-end."""
    stations, drivers = way.cpo.estates["CPO"], way.emsp.estates["EMSP"]
    for module, owned, company in (
        ("tariffs", stations.tariffs, way.emsp),
        ("locations", stations.locations, way.emsp),
        ("tokens", drivers.tokens, way.cpo),
    ):
        for name in owned:
            eventually(lambda m=module, n=name, c=company: c.holds(m, n), f"{module} {name} arrives")  # type: ignore[misc]


def _a_driver_charges(way: Roaming, number: int, version: str) -> Charge:
    """Asked across both portals, a session that grows, a CDR that is the same to the cent."""
    made = way.charge(number)
    reference = plugged_in(way.cpo.backend, made)
    assert (reference is not None) == (version != "2.1.1")
    eventually(lambda: way.emsp.holds("sessions", f"S-{made.key}"), "the session arrives")
    if version != "2.1.1":
        _a_profile_is_set(way, f"S-{made.key}")
        _a_driver_prefers(way, f"S-{made.key}")
    _ordered(way, "STOP_SESSION", {"session_id": f"S-{made.key}"})
    unplugged(way.cpo.backend, made)
    good(billed(way.cpo.backend, made, reference=reference))
    eventually(lambda: way.emsp.holds("cdrs", f"C-{made.key}"), "the CDR arrives")
    got = way.emsp.holds("cdrs", f"C-{made.key}")
    sent = made.cdr(at=made.ends_at, reference=reference)
    assert got is not None
    assert got["total_cost"]["excl_vat"] == sent["total_cost"]["excl_vat"]
    assert got["total_energy"] == sent["total_energy"]
    assert got["cdr_token"] == sent["cdr_token"]
    return made


def _a_driver_commands(way: Roaming, version: str) -> None:
    """Orders from the app: each goes out, and its result comes back."""
    spot, token = spots(way.cpo.estates["CPO"])[0], next(iter(way.emsp.estates["EMSP"].tokens.values()))
    place = {"location_id": spot.location["id"], "evse_uid": spot.evse["uid"]}
    token = orders.object_of(way.emsp.backend, "tokens", token)
    _ordered(way, "START_SESSION", {"token": token, **place})
    reservation = {"reservation_id": "R-7", "expiry_date": "2026-12-31T12:00:00Z"}
    _ordered(way, "RESERVE_NOW", {"token": token, **place, **reservation})
    if version != "2.1.1":
        _ordered(way, "CANCEL_RESERVATION", {"reservation_id": "R-7"})
    way.cpo.backend.outcomes["UNLOCK_CONNECTOR"] = "FAILED"
    _ordered(way, "UNLOCK_CONNECTOR", {**place, "connector_id": spot.connector["id"]}, result="REJECTED")


def _ordered(way: Roaming, name: str, body: Json, *, result: str = "ACCEPTED") -> None:
    answer, key = orders.command(way.emsp.backend, name, body)
    assert good(answer).data["result"] == "ACCEPTED"
    assert way.cpo.backend.store.noted("commands")[-1]["order"] == name
    expected = way.cpo.backend.outcomes.get(name, result)
    eventually(lambda: _result(way.emsp.backend, key), f"the result of {name} comes back")
    assert _result(way.emsp.backend, key)["result"] in {expected, result}


def _a_profile_is_set(way: Roaming, session_id: str) -> None:
    """Set, read, changed by the station, cleared."""
    wanted = {"charging_rate_unit": "W", "charging_profile_period": [{"start_period": 0, "limit": 7400}]}
    for method, body in (("PUT", wanted), ("GET", None), ("DELETE", None)):
        answer, key = orders.profile(way.emsp.backend, method, session_id, body)
        assert good(answer).data["result"] == "ACCEPTED"
        eventually(lambda k=key: _result(way.emsp.backend, k), f"the result of {method} comes back")  # type: ignore[misc]
        if method == "GET":
            assert _result(way.emsp.backend, key)["profile"]["charging_profile"] == wanted
            active = {"start_date_time": "2030-01-01T00:00:00Z", "charging_profile": wanted}
            good(way.cpo.backend.send("PUT", "chargingprofiles", "SENDER", f"/{session_id}", body=active))
            eventually(lambda: way.emsp.backend.store.noted("active_profiles"), "the change of the profile arrives")


def _a_driver_prefers(way: Roaming, session_id: str) -> None:
    tail = f"/{session_id}/charging_preferences"
    answer = good(way.emsp.backend.send("PUT", "sessions", "SENDER", tail, body={"profile_type": "GREEN"}))
    assert answer.data == "ACCEPTED"
    assert way.cpo.backend.store.noted("preferences")[-1]["session_id"] == session_id


def _a_bill_is_announced(way: Roaming, made: Charge) -> None:
    """Invoice reconciliation: the CPO says which CDRs its invoice is about."""
    owner = way.cpo.cpo.owner
    record = {
        **owner,
        "id": f"IR-{made.number}",
        "invoice_id": f"INV-{made.number}",
        "cdrs": [f"C-{made.key}"],
        "last_updated": "2026-11-01T00:00:00Z",
    }
    good(way.cpo.backend.send("POST", "invoicereconciliation", "RECEIVER", body=record))
    eventually(lambda: way.emsp.holds("invoicereconciliation", record["id"]), "the invoice record arrives")


def _a_driver_books(way: Roaming, number: int) -> None:
    """The eMSP asks, the CPO grants."""
    location = next(iter(way.cpo.estates["CPO"].locations.values()))
    owner = way.cpo.cpo.owner
    place = {**owner, "id": "BL-1", "location_id": location["id"], "last_updated": "2026-10-01T00:00:00Z"}
    tail = "/{country_code}/{party_id}/booking_locations/BL-1".format(**owner)
    good(way.cpo.backend.send("PUT", "bookings", "RECEIVER", tail, body=place))
    eventually(lambda: way.emsp.holds("bookings", "BL-1"), "the booking location arrives")
    token = way.charge(number).cdr_token()
    asked = {
        **way.emsp.emsp.owner,
        "request_id": f"Q-{number}",
        "location_id": location["id"],
        "booking_location_id": "BL-1",
        "tokens": [token],
        "period": {"start_date_time": "2026-12-01T10:00:00Z", "end_date_time": "2026-12-01T11:00:00Z"},
        "authorization_reference": f"BK-{number}",
    }
    booking = good(way.emsp.backend.send("POST", "bookings", "SENDER", body=asked)).data
    assert (booking["reservation_status"], booking["request_id"]) == ("RESERVED", asked["request_id"])


def _a_driver_pays_by_card(way: Roaming, number: int) -> None:
    """A terminal of the eMSP's company stands at the CPO's station: told, assigned, captured with, deactivated."""
    at = "2026-10-01T00:00:00Z"
    provider, station = way.emsp.ptp.owner, next(iter(way.cpo.estates["CPO"].locations.values()))
    terminal = {**way.cpo.cpo.owner, "terminal_id": f"PT-{number}", "location_ids": [], "last_updated": at}
    advice = {
        "id": f"FA-{number}",
        "authorization_reference": f"PAY-{number}",
        "total_costs": {"before_taxes": 4, "taxes": [{"name": "VAT", "amount": Decimal("0.84")}]},
        "currency": "EUR",
        "eft_data": ["Mastercard"],
        "capture_status_code": "SUCCESS",
        "last_updated": at,
    }
    for tail, said in (("/terminals", terminal), ("/financial-advice-confirmations", advice)):
        good(way.emsp.backend.send("POST", "payments", "RECEIVER", tail, body=said, sender=provider))
    eventually(lambda: way.cpo.holds("payments", f"PT-{number}"), "the terminal arrives")
    eventually(lambda: way.cpo.holds("payments", f"FA-{number}"), "what was captured arrives")
    tail, asked = f"/terminals/PT-{number}", {"location_ids": [station["id"]], "last_updated": "2026-10-02T00:00:00Z"}
    good(way.cpo.backend.send("PATCH", "payments", "SENDER", tail, body=asked))
    assert good(way.cpo.backend.send("GET", "payments", "SENDER", tail)).data["location_ids"] == [station["id"]]
    good(way.cpo.backend.send("POST", "payments", "SENDER", f"{tail}/deactivate"))
    orders_taken = [(order["order"], order["about"]) for order in way.emsp.backend.store.noted("terminals")]
    assert orders_taken == [("PATCH", f"PT-{number}"), ("POST", f"PT-{number}/deactivate")]


def _result(backend: Platform, key: str) -> Json:
    return next((result for result in backend.store.noted("results") if result["key"] == key), {})
