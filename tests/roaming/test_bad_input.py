"""Bad input at every door that takes an object, in every version: a sentence that names each fault, nothing stored,
nothing sent, and one entry in the journal (section 8)."""

from datetime import timedelta
from typing import Any

import pytest
from django.apps import apps
from django.db import connection as database
from django.db.models import Model

from partners.connections.models import Connection
from partners.parties.models import Party
from roaming.commands.models import Command
from roaming.exchange.models import Exchange, Push
from roaming.ocpi.models import OcpiObject
from roaming.ocpi.openapi import operations
from tests import cast, wire
from tests.roaming.bad_input import KEY, Door, bends, doors, other_owners, unreadable
from tests.roaming.calls import Caller, Reply

pytestmark = pytest.mark.usefixtures("everybody")
DOORS = list(doors())
INVALID, REFUSED = range(2001, 2002), range(2000, 3000)
KEPT: list[type[Model]] = [
    *(model for model in apps.get_models() if issubclass(model, OcpiObject)),
    Command,
    Push,
    Party,
]


@pytest.fixture
def everybody(nomad: Connection) -> None:
    """Whoever has doors of its own, a location and a session of Volta's, and a command of each type under way."""
    cast.cleo(url="http://cleo.invalid")
    cast.connection("Hubert", "HUB BE*HUB", url="http://hubert.invalid")
    cast.connection("Paymate", "OTHER NL*PAY", "EMSP NL*PAY", url="http://paymate.invalid")
    cast.agreement("NL*VLT", "NL*PAY")
    volta = Caller("Volta")
    assert volta.put("/receiver/locations/NL/VLT/ZUIDPLEIN", wire.load("location_zuidplein")).http == 201
    assert volta.put("/receiver/sessions/NL/VLT/S-2026-10-14-0001", wire.load("session_running")).http == 201
    for number, path in enumerate(operations.ALL):
        if path.endswith("/{key}"):
            _under_way(nomad, path.split("/")[2], KEY.format(number))


def _under_way(asker: Connection, type: str, key: str) -> None:
    Command.objects.create(
        key=key,
        type=type,
        asker=asker,
        cpo=cast.party("NL*VLT", "CPO"),
        emsp=cast.party("DE*NMD", "EMSP"),
        body="{}",
        response_url="http://nomad.invalid/results",
        correlation_id="c-1",
        fingerprint=type,
        asked_at=cast.NOW,
        due_at=cast.NOW + timedelta(days=3650),
    )


def kept() -> list[Any]:
    """What is stored, in one look."""
    tables = [model._meta.db_table for model in KEPT]
    looks = [f"SELECT '{table}', count(*), sum(hashtext(t::text)) FROM {table} t" for table in tables]
    with database.cursor() as cursor:
        cursor.execute(" UNION ALL ".join(looks))
        return sorted(cursor.fetchall())


class Sent:
    """What a request did; `fault` says how that differs from what it should have done."""

    def __init__(self, door: Door, url: str, body: Any, **routing: str) -> None:
        before, entries = kept(), Exchange.objects.count()
        self.reply: Reply = Caller(door.caller[0], door.version, **routing)._send(
            door.method, f"/ocpi/{door.version}{url}", body
        )
        self.stored = kept() != before
        self.entries = Exchange.objects.count() - entries

    def fault(self, http: tuple[int, ...], status: range, *said: str) -> str:
        reply = self.reply
        text = f"{reply.message} {reply.data or ''}"
        found = [
            f"HTTP {reply.http}, OCPI {reply.status}" if reply.http not in http or reply.status not in status else "",
            "something was stored" if self.stored else "",
            f"{self.entries} entries in the journal" if self.entries != 1 else "",
            "no sentence" if not reply.message else "",
            *(f"{place} is not named" for place in said if place not in text),
        ]
        return "; ".join(filter(None, found)) and f"{'; '.join(filter(None, found))}: {text[:300]}"


@pytest.mark.parametrize("door", DOORS, ids=str)
def test_bad_input_is_refused_with_every_fault_named_and_leaves_no_trace(door: Door) -> None:
    """T30, T63, T81 to T83, T85 for faults of the object; T6, T71, T100 for objects of somebody else."""
    good = door.body()
    faults = {**_of_the_object(door, good), **_of_the_body(door, good), **_of_the_owner(door, good)}
    assert {name: fault for name, fault in faults.items() if fault} == {}


def _of_the_object(door: Door, good: dict[str, Any]) -> dict[str, str]:
    """HTTP 200 with 2001, and the path of each place that is wrong."""
    url = door.url(good)
    return {bend.name: Sent(door, url, bend.body).fault((200,), INVALID, *bend.paths) for bend in bends(door, good)}


def _of_the_body(door: Door, good: dict[str, Any]) -> dict[str, str]:
    """What cannot be read is an HTTP error. To ask for an authorization no body is needed."""
    optional, url = door.path.endswith("/authorize"), door.url(good)
    faulty = [one for one in unreadable(good) if one[1] or not optional]
    return {name: Sent(door, url, body).fault((http,), INVALID) for name, body, http in faulty}


def _of_the_owner(door: Door, good: dict[str, Any]) -> dict[str, str]:
    """A party of somebody else in the URL, in a header, or in the body."""
    return {
        f"owner in the {name}": Sent(door, url, body, **routing).fault((200, 404), REFUSED)
        for name, url, body, routing in other_owners(door, good)
    }


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


@pytest.mark.parametrize(
    ("name", "method", "path", "body", "expected"),
    [
        ("Volta", "PATCH", "/receiver/locations/NL/VLT/NO-SUCH", "location", (404, 2003)),
        ("Volta", "PATCH", "/receiver/locations/NL/VLT/ZUIDPLEIN/NO-SUCH", "evse", (404, 2003)),
        ("Volta", "PATCH", "/receiver/sessions/NL/VLT/NO-SUCH", "session", (404, 2000)),
        ("Nomad", "PATCH", "/receiver/tokens/DE/NMD/NO-SUCH", "token", (404, 2004)),
        ("Volta", "DELETE", "/receiver/tariffs/NL/VLT/NO-SUCH", "", (404, 2000)),
        ("Volta", "POST", "/sender/tokens/NO-SUCH/authorize", "", (404, 2004)),
        ("Nomad", "POST", "/receiver/commands/STOP_SESSION", "stop", (200, 1000)),
        ("Nomad", "POST", "/receiver/commands/UNLOCK_CONNECTOR", "unlock", (200, 2003)),
    ],
)
def test_what_is_asked_of_something_unknown_is_refused(
    name: str, method: str, path: str, body: str, expected: tuple[int, int]
) -> None:
    """T61, M4: and a command has words of its own for it."""
    asked = {"response_url": "http://nomad.invalid/results"}
    bodies: dict[str, Any] = {
        "": None,
        "stop": asked | {"session_id": "NO-SUCH"},
        "unlock": asked | {"location_id": "ZUIDPLEIN", "evse_uid": "NO-SUCH", "connector_id": "1"},
    }
    sent = bodies.get(body, {"last_updated": "2026-11-01T00:00:00Z"})
    before = kept()
    reply = Caller(name)._send(method, f"/ocpi/2.2.1{path}", sent)
    assert (reply.http, reply.status) == expected, reply.message
    assert kept() == before
