"""The simulator's own translations against the portal's, which were written apart: they must mean the same."""

from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any

import pytest

from roaming.ocpi import modules
from roaming.ocpi.schema import transforms, validation
from roaming.ocpi.schema.known import Known
from roaming.simulator import speech
from roaming.simulator.charges import charge, spots
from roaming.simulator.modules import VERSIONS, interfaces_of
from roaming.simulator.places import POLDERS, TOWNS
from roaming.simulator.store import Store
from roaming.simulator.wire import Json, decode, encode
from roaming.simulator.world import PartyCard, cpo_estate, emsp_estate

VLT, NMD = PartyCard("NL", "VLT", "CPO", "Volta"), PartyCard("DE", "NMD", "EMSP", "Nomad")
AT = datetime(2026, 10, 1, 12, tzinfo=UTC)
KINDS = {"locations": "location", "tariffs": "tariff", "tokens": "token", "sessions": "session", "cdrs": "cdr"}
STATIONS = cpo_estate(VLT, TOWNS + POLDERS, seed=1, at=AT)
CARDS = emsp_estate(NMD, count=20, seed=1, at=AT)


def store() -> Store:
    found = Store()
    for module, objects in (("locations", STATIONS.locations), ("tokens", CARDS.tokens)):
        for data in objects.values():
            found.keep(module, data)
    return found


def objects() -> list[tuple[str, Json]]:
    """Everything that the simulator says of its own accord, whole."""
    random, bays = Random(1), spots(STATIONS)
    said = [("locations", data) for data in STATIONS.locations.values()]
    said += [("tariffs", data) for data in STATIONS.tariffs.values()]
    said += [("tariffs", data | {"min_price": {"excl_vat": 1, "incl_vat": 2}}) for data in STATIONS.tariffs.values()]
    said += [("tokens", data) for data in CARDS.tokens.values()]
    for number in range(60):
        spot, token = random.choice(bays), random.choice(list(CARDS.tokens.values()))
        one = charge(number, spot=spot, token=token, starts_at=AT + timedelta(hours=number), random=random)
        started, ended = one.session(at=AT, reference="R"), one.completion(at=AT, sent=0)
        said += [("sessions", started), ("sessions", started | ended), ("cdrs", one.cdr(at=AT, reference="R"))]
    return said


def patches() -> list[tuple[str, Json]]:
    bay = spots(STATIONS)[0]
    one = charge(1, spot=bay, token=next(iter(CARDS.tokens.values())), starts_at=AT, random=Random(1))
    return [
        ("sessions", one.progress(at=AT)),
        ("sessions", one.completion(at=AT, sent=1)),
        ("locations", {"name": "Garage", "last_updated": "2026-10-01T12:00:00Z"}),
        ("tokens", {"valid": False, "last_updated": "2026-10-01T12:00:00Z"}),
    ]


def known() -> Known:
    tokens = {str(data["contract_id"]): data for data in CARDS.tokens.values()}
    newest = {i: transforms.upgrade("2.2.1", "location", data) for i, data in STATIONS.locations.items()}
    return Known(owner=("NL", "VLT"), token=tokens.get, location=newest.get)


def owned(module: str) -> Known:
    return Known(owner=("DE", "NMD")) if module == "tokens" else known()


def bare(value: Any) -> Any:
    """Without the fields that only the portal keeps, such as where a CDR of 2.1.1 happened in full."""
    if isinstance(value, dict):
        return {name: bare(item) for name, item in value.items() if not name.endswith("_in_2_1_1")}
    return [bare(item) for item in value] if isinstance(value, list) else value


def by_the_portal(version: str, module: str, data: Json) -> Json:
    """An object of 2.2.1 in `version`, as the portal says it."""
    newest = transforms.upgrade("2.2.1", KINDS[module], data)
    return decoded(transforms.downgrade(version, KINDS[module], newest, owned(module))[0])


def decoded(value: Json) -> Json:
    found: Json = decode(encode(value))
    return found


@pytest.mark.parametrize("version", VERSIONS)
def test_what_it_says_is_valid_and_means_what_the_portal_would_say(version: str) -> None:
    for module, data in objects():
        said = decoded(speech.spoken(version, module, data, store()))
        validation.validate(version, KINDS[module], said)
        heard = transforms.upgrade(version, KINDS[module], said, owned(module))
        meant = transforms.upgrade(version, KINDS[module], by_the_portal(version, module, data), owned(module))
        assert bare(heard) == bare(meant), data["last_updated"]


@pytest.mark.parametrize("version", VERSIONS)
def test_its_patches_are_valid_and_mean_the_same(version: str) -> None:
    for module, data in patches():
        said = decoded(speech.spoken(version, module, data, store()))
        validation.validate_patch(version, KINDS[module], said)
        assert said == by_the_portal(version, module, data)


@pytest.mark.parametrize("version", VERSIONS)
def test_it_hears_what_the_portal_says(version: str) -> None:
    for module, data in [*objects(), *patches()]:
        told = by_the_portal(version, module, data)
        owner = ("DE", "NMD") if module == "tokens" else ("NL", "VLT")
        heard = decoded(speech.heard(version, module, told, owner, store()))
        newest = transforms.upgrade(version, KINDS[module], told, owned(module))
        meant = bare(transforms.downgrade("2.2.1", KINDS[module], newest)[0])
        assert {name: heard.get(name) for name in meant} == decoded(meant)
        if (module, data) not in patches():
            validation.validate("2.2.1", KINDS[module], heard)


def test_a_contract_that_nobody_holds_belongs_to_the_party_in_its_name() -> None:
    cdr = dict(objects())["cdrs"]
    told = by_the_portal("2.1.1", "cdrs", cdr) | {"auth_id": "BEXYZC123"}
    token = speech.heard("2.1.1", "cdrs", told, ("NL", "VLT"), Store())["cdr_token"]
    assert (token["country_code"], token["party_id"], token["contract_id"]) == ("BE", "XYZ", "BEXYZC123")


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("roles", [{"CPO"}, {"EMSP"}, {"CPO", "EMSP"}])
def test_its_interfaces_are_those_that_the_portal_expects_of_these_roles(version: str, roles: set[str]) -> None:
    assert interfaces_of(roles, version) == modules.interfaces_of(roles, version)


@pytest.mark.parametrize("version", ["2.2.1", "2.3.0"])
def test_a_hub_has_every_interface_that_the_portal_expects_of_one(version: str) -> None:
    assert interfaces_of({"HUB"}, version) == modules.interfaces_of({"HUB"}, version)
