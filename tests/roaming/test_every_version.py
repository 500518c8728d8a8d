"""The five modules of all versions, in all versions: what is written in one is read back in it and listed in each."""

from typing import Any

import pytest

from partners.agreements.models import Agreement
from partners.connections.models import Connection
from roaming.cdrs import services as cdrs
from roaming.cdrs.models import Cdr, CdrState
from roaming.exchange.models import Push
from roaming.ocpi.schema import transforms, validation
from roaming.ocpi.schema.known import Known
from roaming.sessions.models import Session
from roaming.tariffs.models import Tariff
from tests import cast, wire
from tests.roaming.calls import Caller

VERSIONS = ("2.1.1", "2.2.1", "2.3.0")
LATER = "2026-11-01T12:00:00Z"
WIRE = {
    "location": "location_zuidplein",
    "tariff": "tariff_ac22",
    "token": "token_nomad",
    "session": "session_running",
    "cdr": "cdr_ac22",
}


def newest(kind: str, **changes: Any) -> dict[str, Any]:
    """An object of the cast, owned by Polder or Nomad, in the newest shape."""
    owner = {} if kind == "token" else {"country_code": "NL", "party_id": "PLD"}
    value = {**transforms.upgrade("2.2.1", kind, wire.load(WIRE[kind])), **owner, **changes}
    if kind == "cdr":
        value["tariffs"] = [{**tariff, **owner} for tariff in value["tariffs"]]
    return value


def spoken(version: str, kind: str, **changes: Any) -> dict[str, Any]:
    """The same as a platform of that version sends it."""
    where = Known(location=lambda _: newest("location"))
    value = transforms.downgrade(version, kind, newest(kind, **changes), where)[0]
    validation.validate(version, kind, value)
    return value


@pytest.fixture(params=VERSIONS)
def version(request: pytest.FixtureRequest) -> str:
    """That of the platform which owns the objects."""
    return str(request.param)


@pytest.fixture
def polder(db: None, version: str) -> Caller:
    """Polder's platform; Nomad's drivers charge at its stations."""
    cast.connection("Polder", "CPO NL*PLD", version=version, url="http://polder.invalid")
    return Caller("Polder", version)


@pytest.fixture
def nomad(polder: Caller, version: str) -> Caller:
    cast.connection("Nomad", "EMSP DE*NMD", version=version, url="http://nomad.invalid")
    cast.agreement("NL*PLD", "DE*NMD")
    return Caller("Nomad", version)


def listed(name: str, module: str, kind: str) -> dict[str, list[dict[str, Any]]]:
    """What a platform is shown of a module in every version, each object valid in it."""
    shown = {version: Caller(name, version).get(f"/sender/{module}") for version in VERSIONS}
    for version, reply in shown.items():
        assert (reply.http, reply.status, reply.headers["X-Total-Count"]) == (200, 1000, str(len(reply.data)))
        for value in reply.data:
            validation.validate(version, kind, value)
    return {version: reply.data for version, reply in shown.items()}


def test_a_location_and_its_parts(nomad: Caller, polder: Caller, version: str) -> None:
    """T70, 4.1: GET, PUT and PATCH at every level, in every version."""
    sent, path = spoken(version, "location"), "/receiver/locations/NL/PLD/ZUIDPLEIN"
    assert (polder.put(path, sent).http, polder.put(path, sent).http) == (201, 200)
    assert polder.get(path).data == sent
    evse = sent["evses"][1]
    assert polder.get(f"{path}/ZP-2").data == evse
    assert polder.get(f"{path}/ZP-2/2").data == evse["connectors"][1]
    assert polder.put(f"{path}/ZP-2", {**evse, "status": "BLOCKED", "last_updated": LATER}).status == 1000
    assert (
        polder.patch(f"{path}/ZP-2/1", {"max_amperage" if version > "2.1.1" else "amperage": 7, **dated()}).http == 200
    )
    assert polder.put(f"{path}/ZP-2/2", {**evse["connectors"][1], "last_updated": LATER}).status == 1000
    assert polder.patch(path, {"name": "Zuid", **dated()}).status == 1000
    for shown in listed("Nomad", "locations", "location").values():
        assert [(one["name"], one["evses"][1]["status"]) for one in shown] == [("Zuid", "BLOCKED")]
    assert nomad.get("/sender/locations/zuidplein/ZP-1").data == sent["evses"][0]
    assert nomad.get("/sender/locations/zuidplein/ZP-1/1").data == sent["evses"][0]["connectors"][0]


def dated(at: str = LATER) -> dict[str, str]:
    return {"last_updated": at}


def test_a_tariff(nomad: Caller, polder: Caller, version: str) -> None:
    """R1, 4.4: PATCH is of 2.1.1 only."""
    sent, path = spoken(version, "tariff"), "/receiver/tariffs/NL/PLD/AC22"
    assert (polder.put(path, sent).http, polder.put(path, sent).http) == (201, 200)
    assert polder.get(path).data == sent
    assert {len(shown) for shown in listed("Nomad", "tariffs", "tariff").values()} == {1}
    patched = polder.patch(path, {"currency": "CHF", **dated()})
    assert (patched.http, Tariff.objects.get().currency) == ((200, "CHF") if version == "2.1.1" else (405, "EUR"))
    assert polder.delete(path).status == 1000
    gone = polder.get(path).http, polder.patch(path, {"currency": "USD", **dated()}).http
    assert gone == ((404, 404) if version == "2.1.1" else (404, 405))
    assert {len(shown) for shown in listed("Nomad", "tariffs", "tariff").values()} == {0}


def test_a_token(nomad: Caller, polder: Caller, version: str) -> None:
    """K1, K2, T73, 4.5."""
    sent, path = spoken(version, "token"), "/receiver/tokens/DE/NMD/04A2B3C4D5E680"
    other = {**sent, "type": "OTHER"}
    assert nomad.put(path, sent).http == 201
    assert nomad.put(f"{path}?type=OTHER", other).http == 201
    assert nomad.get(path).data == nomad.get(path, type="RFID").data == sent
    assert nomad.get(path, type="OTHER").data == nomad.get(path, token_type="OTHER").data == other
    assert nomad.patch(f"{path}?token_type=OTHER", {"valid": False, **dated()}).status == 1000
    assert nomad.delete(path).http == 405
    for shown in listed("Polder", "tokens", "token").values():
        assert [(one["type"], one["valid"]) for one in shown] == [("RFID", True), ("OTHER", False)]
    said = polder.post(
        "/sender/tokens/04A2B3C4D5E680/authorize",
        {"location_id": "X", **({} if version > "2.1.1" else {"connector_ids": ["1"]})},
    )
    assert (said.http, said.status, said.data["allowed"]) == (200, 1000, "ALLOWED")
    assert ("token" in said.data) == (version > "2.1.1")
    unknown = polder.post("/sender/tokens/NOBODY/authorize")
    assert (unknown.http, unknown.status, unknown.data) == (404, 2004, None)


def test_a_session(nomad: Caller, polder: Caller, version: str) -> None:
    """4.2, S6."""
    nomad.put("/receiver/tokens/DE/NMD/04A2B3C4D5E680", spoken(version, "token"))
    polder.put("/receiver/locations/NL/PLD/ZUIDPLEIN", spoken(version, "location"))
    sent, path = spoken(version, "session"), "/receiver/sessions/NL/PLD/S-2026-10-14-0001"
    assert (polder.put(path, sent).http, polder.put(path, sent).http) == (201, 200)
    assert polder.get(path).data == sent
    row = Session.objects.get()
    assert (str(row.emsp), row.token_uid, row.evse_uid) == ("DE*NMD", "04A2B3C4D5E680", "ZP-1")
    assert polder.patch(path, {"kwh": 12, **dated()}).status == 1000
    for shown in listed("Nomad", "sessions", "session").values():
        assert [one["kwh"] for one in shown] == [12]
    assert Push.objects.filter(module="sessions", connection__name="Nomad").exists()


def test_a_session_at_a_location_that_we_do_not_know(nomad: Caller, polder: Caller, version: str) -> None:
    """S6: 2.1.1 carries the location inside."""
    nomad.put("/receiver/tokens/DE/NMD/04A2B3C4D5E680", spoken(version, "token"))
    sent, path = spoken(version, "session"), "/receiver/sessions/NL/PLD/S-2026-10-14-0001"
    assert polder.put(path, sent).http == 201
    assert polder.get(path).data == sent
    assert [len(Caller("Nomad", other).get("/sender/sessions").data) for other in VERSIONS] == (
        [1, 1, 1] if version == "2.1.1" else [0, 1, 1]
    )


def test_a_cdr(nomad: Caller, polder: Caller, version: str) -> None:
    """D1, D2, D4, 4.3."""
    nomad.put("/receiver/tokens/DE/NMD/04A2B3C4D5E680", spoken(version, "token"))
    sent = spoken(version, "cdr")
    first, again = polder.post("/receiver/cdrs", sent), polder.post("/receiver/cdrs", sent)
    assert (first.http, again.http, first.status, again.status) == (201, 200, 1000, 1000)
    assert first.headers["Location"] == again.headers["Location"]
    assert f"/ocpi/{version}/" in first.headers["Location"]
    assert polder.follow(first.headers["Location"]).data == sent
    cdr = Cdr.objects.get()
    assert (str(cdr.party), str(cdr.emsp), cdr.raw_version) == ("NL*PLD", "DE*NMD", version)
    assert nomad.get("/sender/cdrs").data == []
    agreement = Agreement.objects.get()
    cdrs.move(cdr=cdr, to=CdrState.ACCEPTED, reason="As agreed.", agreement=agreement, at=cast.NOW)
    assert {len(shown) for shown in listed("Nomad", "cdrs", "cdr").values()} == {1}
    assert nomad.get("/sender/cdrs").data == [sent]


def test_a_patch_without_its_time(nomad: Caller, polder: Caller, version: str) -> None:
    """T62: refused from 2.2 on; in 2.1.1 its time is that of its arrival, which changes nothing when it says nothing
    new."""
    sent, path = spoken(version, "location"), "/receiver/locations/NL/PLD/ZUIDPLEIN"
    polder.put(path, sent)
    for tail, patch in (("", {"name": "Zuid"}), ("/ZP-1", {"status": "CHARGING"}), ("/ZP-1/1", {"power_type": "DC"})):
        same = polder.patch(path + tail, {name: value_at(sent, tail)[name] for name in patch})
        assert polder.get(path).data == sent
        reply = polder.patch(path + tail, patch)
        if version == "2.1.1":
            assert (same.status, reply.status) == (1000, 1000)
            sent = polder.get(path).data
            changed = value_at(sent, tail)
            assert {name: changed[name] for name in patch} == patch
            assert sent["last_updated"] == changed["last_updated"] > LATER
        else:
            assert (same.status, reply.http, reply.status) == (2001, 200, 2001)
            assert "last_updated" in reply.message
            assert polder.get(path).data == sent


def value_at(location: dict[str, Any], tail: str) -> dict[str, Any]:
    evse: dict[str, Any] = location["evses"][0]
    found: dict[str, Any] = {"": location, "/ZP-1": evse, "/ZP-1/1": evse["connectors"][0]}[tail]
    return found


def test_nobody_writes_for_another_platform(nomad: Caller, polder: Caller, version: str, cleo: Connection) -> None:
    """T71, T6: in 2.1.1 only the URL says whose an object is."""
    polder.put("/receiver/locations/NL/PLD/ZUIDPLEIN", spoken(version, "location"))
    outsider = Caller("Cleo", version)
    for path, value in (
        ("/receiver/locations/NL/PLD/ZUIDPLEIN", spoken(version, "location", name="Mine")),
        ("/receiver/tariffs/NL/PLD/AC22", spoken(version, "tariff")),
        ("/receiver/tokens/DE/NMD/04A2B3C4D5E680", spoken(version, "token")),
    ):
        replies = [outsider.put(path, value), outsider.patch(path, {}), outsider.get(path)]
        assert {reply.http for reply in replies if reply.http != 405} == {404}
    assert not outsider.get("/sender/locations").data
    assert polder.get("/receiver/locations/NL/PLD/ZUIDPLEIN").data == spoken(version, "location")
