"""Sessions and CDRs that come late, in any order, or without each other: taken, linked when they meet, and marked."""

import json
from collections.abc import Callable
from datetime import datetime, timedelta
from itertools import permutations
from typing import Any

import pytest
from django.core.management import call_command
from django.test import Client
from pytest_django import Settings

from partners.connections.models import Connection
from partners.people.models import Role
from roaming.cdrs import selectors as cdr_selectors
from roaming.cdrs import services as cdrs
from roaming.cdrs.models import Cdr, Via
from roaming.ocpi.schema import transforms
from roaming.ocpi.schema import wire as codec
from roaming.ocpi.schema.values import parse_time
from roaming.ocpi.storage import Unknown
from roaming.sessions import selectors
from roaming.sessions import services as sessions
from roaming.sessions.models import Session
from tests import cast, wire
from tests.roaming.calls import Caller

Data = dict[str, Any]
ENDED = parse_time("2026-10-14T10:33:20Z")
SOON = ENDED + timedelta(minutes=5)


@pytest.fixture
def hanna(nomad: Connection) -> Client:
    browser = Client()
    browser.force_login(cast.person("Hanna", Role.ADMINISTRATOR))
    return browser


def read(kind: str, name: str, **fields: Any) -> Data:
    """A file of tests/wire in the newest shape; None takes a field away."""
    data = {**transforms.upgrade("2.2.1", kind, wire.load(name)), **fields}
    return {field: value for field, value in data.items() if value is not None}


def put(session_id: str = "S-1", at: datetime = SOON, **fields: Any) -> Session:
    data = read("session", "session_finished", id=session_id, end_date_time="2026-10-14T10:33:20Z", **fields)
    return sessions.put(party=cast.party("NL*VLT", "CPO"), session_id=session_id, data=data, at=at).row


def bill(cdr_id: str = "C-1", at: datetime = SOON, name: str = "cdr_ac22", **fields: Any) -> Cdr:
    data = read("cdr", name, id=cdr_id, **{"session_id": "S-1", **fields})
    return cdrs.receive(
        party=cast.party("NL*VLT", "CPO"),
        raw=codec.encode(data),
        version="2.3.0",
        data=data,
        connection=None,
        via=Via.PUSH,
        at=at,
    ).cdr


def credit(cdr_id: str = "C-1-C", of: str = "C-1", **fields: Any) -> Cdr:
    return bill(cdr_id, name="cdr_ac22_credit", credit_reference_id=of, **fields)


# In any order.


class Charge:
    """One charging as its CPO tells it, every message once; what is refused as unknown is sent as a whole (T61)."""

    def __init__(self, number: int) -> None:
        self.party = cast.party("NL*VLT", "CPO")
        self.session_id, self.cdr_id = f"S-{number}", f"C-{number}"
        first = read("session", "session_running", id=self.session_id, last_updated="2026-10-14T09:00:00Z")
        period = {**first["charging_periods"][0], "start_date_time": "2026-10-14T09:03:20Z"}
        self.begun = first
        self.grown = {"kwh": 15, "charging_periods": [period], "last_updated": "2026-10-14T09:30:00Z"}
        self.over = {
            "kwh": 20,
            "status": "COMPLETED",
            "end_date_time": "2026-10-14T10:33:20Z",
            "last_updated": "2026-10-14T10:33:30Z",
        }
        periods = [*first["charging_periods"], period]
        self.whole_grown = {**first, **self.grown, "charging_periods": periods}
        self.whole_over = {**self.whole_grown, **self.over}

    @property
    def messages(self) -> list[Callable[[], object]]:
        return [
            lambda: self._put(self.begun),
            lambda: self._patch(self.grown, self.whole_grown),
            lambda: self._patch(self.over, self.whole_over),
            lambda: bill(self.cdr_id, session_id=self.session_id.lower()),
            lambda: credit(f"{self.cdr_id}-C", of=self.cdr_id.lower(), session_id=self.session_id),
        ]

    def _put(self, data: Data) -> None:
        sessions.put(party=self.party, session_id=self.session_id, data=data, at=SOON)

    def _patch(self, patch: Data, whole: Data) -> None:
        try:
            sessions.patch(party=self.party, session_id=self.session_id, data=patch, at=SOON)
        except Unknown:
            self._put(whole)

    def outcome(self) -> tuple[Any, ...]:
        """What is here in the end, with its links, the number aside."""
        session = Session.objects.get(ocpi_id=self.session_id)
        cdr, taken_back = Cdr.objects.get(ocpi_id=self.cdr_id), Cdr.objects.get(ocpi_id=f"{self.cdr_id}-C")
        told = {**session.data, "id": ""}
        links = (cdr.known_session == session, taken_back.known_session == session, taken_back.credited == cdr)
        return json.dumps(told, default=str, sort_keys=True), links, session.has_cdr, cdr.credited, session.late_by


def test_a_charging_ends_alike_in_whatever_order_its_messages_come(nomad: Connection) -> None:
    """T61, T65, S1, S2, D3, T80: all 120 orders of session, its growth, its end, the CDR and the credit."""
    outcomes = set()
    for number, order in enumerate(permutations(range(5))):
        charge = Charge(number)
        for which in order:
            charge.messages[which]()
        outcomes.add(charge.outcome())
    ((told, links, has_cdr, credited, late_by),) = outcomes
    assert (links, has_cdr, credited, late_by) == ((True, True, True), True, None, None)
    assert json.loads(told)["status"] == "COMPLETED"


def test_a_cdr_of_another_cpo_or_session_is_not_linked(nomad: Connection) -> None:
    """T73."""
    cast.polder(url="http://polder.invalid")
    theirs = bill("C-1", session_id="S-2")
    session, other = put(), put("s-2")
    theirs.refresh_from_db()
    assert (theirs.known_session, session.cdrs.count()) == (other, 0)
    for nothing in (None, "#NA"):
        assert bill(f"C-{nothing}", session_id=nothing, authorization_reference=None).known_session is None
    assert credit("C-9-C", of="C-1-C").credited is None


@pytest.mark.parametrize("cdr_first", [True, False])
def test_a_cdr_that_names_no_session_has_that_of_its_reference(nomad: Connection, cdr_first: bool) -> None:
    """S4. Only of one session alone, with its token, at its place and time."""
    said: Data = {"session_id": None, "authorization_reference": "ref-7"}
    if cdr_first:
        cdr, session = bill(**said), put(authorization_reference="REF-7")
    else:
        session = put(authorization_reference="REF-7")
        cdr = bill(**said)
    cdr.refresh_from_db()
    session.refresh_from_db()
    assert (cdr.known_session, session.has_cdr) == (session, True)
    put("S-2", authorization_reference="REF-7")
    assert bill("C-2", **said).known_session is None
    put("S-3", authorization_reference="REF-8", location_id="ELSEWHERE")
    assert bill("C-3", **{**said, "authorization_reference": "REF-8"}).known_session is None


def test_a_reference_that_a_session_gets_later_finds_its_cdr(nomad: Connection) -> None:
    """S4."""
    cdr, session = bill(session_id=None, authorization_reference="REF-7"), put(authorization_reference=None)
    patch = {"authorization_reference": "REF-7", "last_updated": "2026-10-15T00:00:00Z"}
    sessions.patch(party=session.party, session_id="S-1", data=patch, at=SOON)
    cdr.refresh_from_db()
    assert cdr.known_session == session


def test_cdrs_imported_from_a_file_are_linked_and_marked_like_all_others(nomad: Connection, tmp_path: Any) -> None:
    session = put("S-2026-10-14-0001")
    body = b"[" + wire.raw("cdr_ac22_credit") + b"," + wire.raw("cdr_ac22") + b"]"
    (tmp_path / "cdrs.json").write_bytes(body)
    call_command("import_cdrs", str(tmp_path / "cdrs.json"), "--json")
    cdr, taken_back = Cdr.objects.get(credit=False), Cdr.objects.get(credit=True)
    assert (cdr.known_session, taken_back.known_session, taken_back.credited) == (session, session, cdr)
    assert cdr.late_by == cdr.received_at - cdr.ended_at


# Late, and missing.


def test_a_cdr_is_late_by_the_time_from_the_end_to_its_arrival(nomad: Connection, settings: Settings) -> None:
    assert bill("C-1", at=ENDED + timedelta(hours=24)).late_by is None
    assert bill("C-2", at=ENDED + timedelta(hours=25)).late_by == timedelta(hours=25)
    settings.LATE_HOURS = 48
    assert bill("C-3", at=ENDED + timedelta(hours=25)).late_by is None


def test_a_session_is_late_when_its_end_was_told_late_and_not_by_what_is_corrected_later(nomad: Connection) -> None:
    days = timedelta(days=1)
    assert put("S-1", at=ENDED + 3 * days).late_by == 3 * days
    put("S-2", status="ACTIVE")
    assert Session.objects.get(ocpi_id="S-2").late_by is None
    over = {"status": "COMPLETED", "last_updated": "2026-10-14T11:00:00Z"}
    sessions.patch(party=cast.party("NL*VLT", "CPO"), session_id="S-2", data=over, at=ENDED + 2 * days)
    assert Session.objects.get(ocpi_id="S-2").late_by == 2 * days
    put("S-3")
    put("S-3", at=ENDED + 9 * days, kwh=21, last_updated="2026-10-23T00:00:00Z")
    assert Session.objects.get(ocpi_id="S-3").late_by is None


def test_a_session_that_came_to_something_and_has_no_cdr_in_time_is_found(nomad: Connection) -> None:
    def missing(at: datetime) -> set[str]:
        return set(Session.objects.filter(selectors.without_cdr(at)).values_list("ocpi_id", flat=True))

    put("S-1")
    put("S-2", status="ACTIVE")
    put("S-3", status="INVALID")
    put("S-4", kwh=0, total_cost=None)
    put("S-5")
    bill("C-5", session_id="S-5")
    put("S-6")
    credit("C-6-C", session_id="S-6")
    assert missing(ENDED + timedelta(hours=24)) == set()
    assert missing(ENDED + timedelta(hours=25)) == {"S-1", "S-6"}
    bill("C-1", session_id="s-1")
    assert missing(ENDED + timedelta(hours=25)) == {"S-6"}


def test_the_pages_say_what_is_late_what_is_missing_and_what_belongs_together(hanna: Client) -> None:
    late = ENDED + timedelta(days=4)
    cdr, alone = bill("C-1", at=late), put("S-2", at=late)
    page = hanna.get(f"/cdrs/{cdr.pk}/").content.decode()
    assert "no session yet" in page and "CDR received, 4 days late" in page
    assert "CDR missing" in hanna.get(f"/sessions/{alone.pk}/").content.decode()
    listed = hanna.get("/sessions/")
    assert '<a href="?cdr=missing">1 without CDR</a>' in listed.content.decode()
    session, taken_back = put("S-1"), credit("C-1-C")
    for url, words in {
        f"/cdrs/{cdr.pk}/": (f"/sessions/{session.pk}/", f"/cdrs/{taken_back.pk}/", "Credited by"),
        f"/cdrs/{taken_back.pk}/": (f"/sessions/{session.pk}/", f"/cdrs/{cdr.pk}/"),
        f"/sessions/{session.pk}/": (f"/cdrs/{cdr.pk}/", f"/cdrs/{taken_back.pk}/", "4 days late"),
        f"/sessions/{alone.pk}/": ("we were told of its end 4 days late",),
    }.items():
        page = hanna.get(url).content.decode()
        assert all(word in page for word in words), (url, words)

    def found(query: str) -> set[str]:
        return {row.ocpi_id for row in hanna.get(f"/{query}").context["page"].rows}

    assert found("sessions/?late=late") == found("sessions/?cdr=missing") == {"S-2"}
    assert found("cdrs/?late=late") == {"C-1"}
    bill("C-3", session_id="S-3")
    assert found("cdrs/?session=missing") == {"C-3"}
    assert Cdr.objects.filter(cdr_selectors.without_session()).count() == 1


def test_an_unknown_session_is_refused_to_a_patch_so_that_the_sender_puts_it_whole(nomad: Connection) -> None:
    """T61."""
    caller, url = Caller("Volta"), "/receiver/sessions/NL/VLT/S-1"
    patch = {"status": "COMPLETED", "last_updated": "2026-10-14T10:33:30Z"}
    assert (caller.patch(url, patch).http, Session.objects.count()) == (404, 0)
    assert caller.put(url, {**wire.load("session_running"), "id": "S-1", **patch}).http == 201
