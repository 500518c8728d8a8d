"""What is asked of something that is not there is refused in every version: with the code that OCPI has for it, nothing
stored, nothing sent, and one entry in the journal of the caller (T61, section 8)."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

import pytest

from partners.connections.models import Connection
from roaming.ocpi.openapi import operations
from roaming.ocpi.versions import OFFERED
from tests import wire
from tests.roaming.bad_input import Door, assemble, caller
from tests.roaming.calls import Caller
from tests.roaming.sent import Sent
from tests.unit.ocpi import drawn

pytestmark = pytest.mark.usefixtures("everybody")
CODES = {"locations": 2003, "tokens": 2004}
RECORD = "invoice_reconciliation_record"
NO_KEY = "00000000-0000-4000-8000-999999999999"
RESULTS = {"response_url": "http://nomad.invalid/results"}
PARTS = {"evse": "uid", "connector": "id", "calendar": "id"}
OWNER = ("country_code", "party_id")
KNOWN = {"location_id": "ZUIDPLEIN", "evse_uid": "ZP-1"}


@pytest.fixture
def everybody(nomad: Connection) -> None:
    assemble(nomad)


@dataclass(frozen=True)
class Asked:
    method: str
    path: str
    operation: operations.Operation
    known: tuple[str, ...]

    @property
    def url(self) -> str:
        """The address with one id that names nothing, and nothing known behind it."""
        _, country_code, party_id = caller(self.method, self.path)
        ids = {"country_code": country_code, "party_id": party_id, "key": NO_KEY} | {
            name: KNOWN[name] for name in self.known
        }
        return "/" + re.sub(r"{(\w+)}", lambda found: ids.get(found[1], "NO-SUCH"), self.path)

    def body(self, version: str) -> Any:
        """A right one."""
        kind = self.operation.body
        if not kind or self.operation.optional:
            return None
        if self.operation.patch:
            return {"last_updated": "2026-11-01T00:00:00Z"}
        own = {PARTS[kind]: "NO-SUCH"} if kind in PARTS else {}
        return Door(version, self.method, self.path, kind, False, True).body() | own

    def fault(self, version: str) -> str:
        """What is wrong with the refusal."""
        code = next((code for word, code in CODES.items() if word in self.path), 2000)
        who, _, _ = caller(self.method, self.path)
        sent = Sent(who, version, self.method, self.url, self.body(version))
        return sent.fault((404,), range(code, code + 1))


@pytest.mark.parametrize("version", OFFERED)
def test_an_unknown_id_in_the_address_is_404_at_every_door(version: str) -> None:
    """T61, L1, L4, D2, R1, K1, K3: with 2003 for a location or a part of one, 2004 for a token."""
    faults = {f"{asked.method} {asked.url}": asked.fault(version) for asked in _addresses(version)}
    assert len(faults) > 25
    assert {name: fault for name, fault in faults.items() if fault} == {}


def _addresses(version: str) -> Iterator[Asked]:
    """Each door with ids in its address, once for each of them that may be the unknown one.

    That a session of a charging profile is unknown is an answer, see below; a PUT makes what the last id names.
    """
    for path, methods in operations.of(version).items():
        names = [name for name in re.findall(r"{(\w+)}", path) if name not in OWNER]
        for method, operation in methods.items() if "chargingprofiles/{session_id}" not in path else ():
            for count in range(len(names)):
                known = tuple(names[:count])
                if KNOWN.keys() >= set(known) and not (operation.creates and count == len(names) - 1):
                    yield Asked(method.upper(), path, operation, known)


@pytest.mark.parametrize("version", OFFERED)
def test_a_command_for_something_unknown_is_answered_with_the_word_for_it(version: str) -> None:
    """M4, M6: an unknown location, EVSE or connector is 2003; an unknown session is an answer of its own."""
    faults = {
        f"{name} of {named}": Sent("Nomad", version, "POST", f"/receiver/commands/{name}", body).fault(
            (200,), range(code, code + 1), said
        )
        for name, named, body, code, said in _commands(version)
    }
    assert {name: fault for name, fault in faults.items() if fault} == {}


def _commands(version: str) -> Iterator[tuple[str, str, dict[str, Any], int, str]]:
    """Command, what is named, body, code, and a word of the answer."""
    places = [{"location_id": "NO-SUCH"}, {"location_id": "ZUIDPLEIN", "evse_uid": "NO-SUCH"}]
    connector = {"location_id": "ZUIDPLEIN", "evse_uid": "ZP-1", "connector_id": "NO-SUCH"}
    for name in ("START_SESSION", "RESERVE_NOW", "UNLOCK_CONNECTOR"):
        body = Door(version, "POST", f"receiver/commands/{name}", name.lower(), False, True).body()
        body |= RESULTS | {"connector_id": "1"} if name == "UNLOCK_CONNECTOR" else RESULTS
        body |= {"token": _of_nomad(body["token"])} if "token" in body else {}
        named = [*places, connector] if "connector_id" in body else places
        if name != "UNLOCK_CONNECTOR":
            body = {field: value for field, value in body.items() if field not in ("evse_uid", "connector_id")}
        for place in named:
            yield name, str(place), {"evse_uid": "ZP-1"} | body | place, 2003, "NO-SUCH"
    yield "STOP_SESSION", "a session", RESULTS | {"session_id": "NO-SUCH"}, 1000, "UNKNOWN_SESSION"
    if version != "2.1.1":
        yield "CANCEL_RESERVATION", "a reservation", RESULTS | {"reservation_id": "NO-SUCH"}, 1000, "REJECTED"


def _of_nomad(token: dict[str, Any]) -> dict[str, Any]:
    """2.1.1 does not say whose it is."""
    return token | ({"country_code": "DE", "party_id": "NMD"} if "country_code" in token else {})


@pytest.mark.parametrize("version", ["2.2.1", "2.3.0"])
def test_a_charging_profile_of_an_unknown_session_is_answered_so(version: str) -> None:
    """P1; and an update from the CPO for one that nobody set is no update."""
    url = "/receiver/chargingprofiles/NO-SUCH"
    profile = {"charging_profile": {"charging_rate_unit": "A"}} | RESULTS
    asked = [("PUT", url, profile), ("DELETE", f"{url}?{urlencode(RESULTS)}", None)]
    asked.append(("GET", f"{url}?{urlencode(RESULTS | {'duration': '900'})}", None))
    for method, address, body in asked:
        sent = Sent("Nomad", version, method, address, body)
        assert sent.fault((200,), range(1000, 1001), "UNKNOWN_SESSION") == ""
    update = drawn.whole(version, "active_charging_profile")
    sent = Sent("Volta", version, "PUT", "/sender/chargingprofiles/NO-SUCH", update)
    assert sent.fault((404,), range(2000, 2001)) == ""


def test_an_invoice_record_is_put_only_where_there_is_one() -> None:
    """I3."""
    door = Door(
        "2.3.0", "PUT", "receiver/invoicereconciliation/{country_code}/{party_id}/{record_id}", RECORD, False, True
    )
    body = door.body() | {"id": "NO-SUCH"}
    assert Sent("Volta", "2.3.0", "PUT", door.url(body), body).fault((404,), range(2000, 2001)) == ""


def test_a_session_or_cdr_may_name_what_we_do_not_know() -> None:
    """D5, D10: it carries copies of its own; what is unknown here is for the checks to find."""
    session = wire.load("session_finished") | {"location_id": "NO-SUCH", "evse_uid": "NOR-THIS", "connector_id": "9"}
    session["cdr_token"] = {**session["cdr_token"], "uid": "NEVER-SEEN", "contract_id": "NL-VGO-CNEVER1"}
    volta = Caller("Volta")
    assert volta.put(f"/receiver/sessions/NL/VLT/{session['id']}", session).status == 1000
    cdr = wire.load("cdr_ac22")
    cdr["cdr_token"] = session["cdr_token"]
    cdr["cdr_location"] = {**cdr["cdr_location"], "id": "NO-SUCH", "evse_uid": "NOR-THIS"}
    cdr["tariffs"] = [{**tariff, "id": "NOT-HERE"} for tariff in cdr["tariffs"]]
    assert volta.post("/receiver/cdrs", cdr).status == 1000
