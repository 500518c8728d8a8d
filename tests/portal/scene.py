"""One furnished portal for all page tests: partners, objects, CDRs in every state, a dispute, documents, pushes."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from billing.disputes import services as disputes
from billing.disputes.models import Dispute, Reason
from billing.invoices import services as invoices
from billing.invoices.models import Invoice
from billing.rating import services as rating
from billing.settlement import services as settlement
from billing.settlement.models import SettlementRun
from billing.settlement.periods import Period
from partners.agreements.models import Agreement
from partners.connections.models import Connection
from partners.people.models import Role, User
from roaming.bookings import places
from roaming.bookings import services as bookings
from roaming.bookings.models import Booking
from roaming.cdrs.models import Cdr
from roaming.commands import orders
from roaming.commands import services as commands
from roaming.commands.models import Command
from roaming.conformance import services as conformance
from roaming.conformance.models import CheckResult, ConformanceRun, RunState
from roaming.conformance.seen import Seen
from roaming.conformance.sheet import Sheet
from roaming.exchange import journal
from roaming.exchange.models import Direction, Exchange, Push, PushState
from roaming.invoice_records import services as invoice_records
from roaming.invoice_records.models import InvoiceRecord
from roaming.kernel import clock
from roaming.kernel.http import Unreachable
from roaming.locations import services as locations
from roaming.locations.models import Location
from roaming.ocpi.models import OcpiObject
from roaming.ocpi.schema import transforms, wire
from roaming.own_objects import services as own_objects
from roaming.own_objects.kinds import KINDS, TOKEN
from roaming.own_objects.models import Upload
from roaming.registration import attempts
from roaming.registration.models import Attempt, Method
from roaming.sessions import services as sessions
from roaming.sessions.models import Session
from roaming.tariffs import services as tariffs
from roaming.tariffs.models import Tariff
from roaming.terminals import services as terminals
from roaming.terminals.models import Terminal
from roaming.tokens import attempts as asked_about
from roaming.tokens import services as tokens
from roaming.tokens.models import Authorization, Source, Token
from tests import cast
from tests.billing import records

WIRE = Path(__file__).resolve().parents[1] / "wire"
AT = datetime(2026, 11, 3, 2, 10, tzinfo=UTC)
FAIR = records.tariff(("ENERGY", "0.40"), ("FLAT", "0.50"), party_id="VLT")


@dataclass(frozen=True)
class Scene:
    """What stands in the portal; the names say in which state."""

    nomad: Connection
    planned: Connection
    agreement: Agreement
    draft_agreement: Agreement
    location: Location
    tariff: Tariff
    token: Token
    authorization: Authorization
    session: Session
    command: Command
    accepted: Cdr
    held: Cdr
    contested: Cdr
    settled: Cdr
    dispute: Dispute
    record: InvoiceRecord
    booking: Booking
    terminal: Terminal
    run: SettlementRun
    issued: Invoice
    draft: Invoice
    dead: Push
    attempt: Attempt
    checked: ConformanceRun
    exchange: Exchange
    people: dict[str, User]
    kept_location: OcpiObject
    kept_tariff: OcpiObject
    kept_token: OcpiObject
    uploads: dict[str, Upload]


def people() -> dict[str, User]:
    """One person of each role."""
    names = {Role.ACCOUNT_MANAGER: "Ben", Role.FINANCE: "Ada", Role.OPERATOR: "Otto", Role.ADMINISTRATOR: "Hanna"}
    return {role.value: cast.person(name, role) for role, name in names.items()}


def furnish() -> Scene:
    """Build it all through the services, as it would come about."""
    staff = people()
    cast.volta(url="http://volta.invalid")
    nomad = cast.nomad(url="http://nomad.invalid")
    polder = cast.polder(url="http://polder.invalid")
    planned = cast.connection("Hubert", "EMSP NL*HUB", registered=False)
    agreement = cast.agreement("NL*VLT", "DE*NMD", vat_rate=Decimal(0), vat_note="Reverse charge.", payment_days=30)
    incoming = cast.agreement("NL*PLD", "NL*VGO", payment_days=14)
    draft_agreement = cast.agreement("NL*VLT", "NL*HUB", active=False)
    stored = objects()
    cdrs = judged()
    run = settlement.settle(agreement=agreement, period=Period(2026, 10), by=staff[Role.FINANCE], at=AT)
    issued = invoices.issue(invoice=run.invoice, by=staff[Role.FINANCE], at=AT + timedelta(hours=6))
    statement = settlement.settle(agreement=incoming, period=Period(2026, 10), by=None, at=AT)
    dispute = contest(cdrs["contested"], staff[Role.ACCOUNT_MANAGER])
    late = records.received("VLT-30001", ended=datetime(2026, 11, 1, 12, tzinfo=UTC), **nomads())
    exchange = exchange_with(nomad)
    assert polder.pk
    return Scene(
        nomad=nomad,
        planned=planned,
        agreement=agreement,
        draft_agreement=draft_agreement,
        accepted=rating.judge(cdr_id=late.pk, at=AT),
        held=Cdr.objects.get(pk=cdrs["held"].pk),
        contested=Cdr.objects.get(pk=cdrs["contested"].pk),
        settled=Cdr.objects.get(pk=cdrs["settled"].pk),
        dispute=dispute,
        record=bill(statement),
        booking=book(),
        terminal=provide(),
        run=run,
        issued=issued,
        draft=statement.invoice,
        dead=dead_push(nomad),
        attempt=looked(nomad),
        command=refused(nomad),
        checked=checked(nomad, exchange),
        exchange=exchange,
        authorization=authorized(stored["token"], agreement),
        people=staff,
        **stored,
        **kept(staff[Role.OPERATOR]),
    )


def kept(by: User) -> dict[str, Any]:
    """Volta Parking is ours and has no back-end: people keep what it has, and a file of each noun waits."""
    cast.connection("Volta Parking", "CPO NL*VPK", "EMSP NL*VPK", partner="Volta", own=True, registered=False)
    found: dict[str, Any] = {"uploads": {}}
    for kind in KINDS.values():
        party = cast.party("NL*VPK", kind.role)
        data = {**kind.sheet.example, kind.key: f"VPK-{kind.name.upper()}"}
        found[f"kept_{kind.name}"] = own_objects.keep(kind=kind, party=party, data=data, by=by, at=cast.NOW)
        file = b"uid,type,valid\nVPK-TOKEN,RFID,no\nVPK-NEW,RFID,perhaps\n" if kind is TOKEN else b"id\nX\n"
        asked: dict[str, Any] = {"name": "ours.csv", "content": file, "version": "2.3.0", "by": by, "at": clock.now()}
        found["uploads"][kind.module] = own_objects.take(kind=kind, party=party, **asked)
    return found


def nomads() -> dict[str, Any]:
    """Fields of a CDR of a Nomad driver at a station of Volta."""
    return {"cpo": "NL*VLT", "emsp": "DE*NMD", "tariffs": [FAIR]}


def judged() -> dict[str, Cdr]:
    """CDRs of October, checked and priced: most right, three too dear, two of Polder Laden."""
    right = [records.received(f"VLT-{20000 + day}", ended=_day(day), **nomads()) for day in range(1, 13)]
    dear = [records.received(f"VLT-{20100 + day}", ended=_day(day), total="10.31", **nomads()) for day in range(13, 16)]
    theirs = [records.received(f"PL-{55900 + day}", ended=_day(day)) for day in range(4, 6)]
    for cdr in [*right, *dear, *theirs]:
        rating.judge(cdr_id=cdr.pk, at=cdr.received_at)
    return {"settled": right[0], "held": dear[0], "contested": dear[1]}


def bill(statement: SettlementRun) -> InvoiceRecord:
    """Polder Laden says what its invoice is about: one CDR that we expect, and one that we do not have."""
    polder = cast.party("NL*PLD", "CPO")
    data = {
        "country_code": "NL",
        "party_id": "PLD",
        "id": "PL-2026-10",
        "invoice_id": "2026/4711",
        "cdrs": [statement.invoice.lines.order_by("position")[0].cdr.ocpi_id, "PL-55999"],
        "last_updated": "2026-11-02T08:00:00Z",
    }
    return invoice_records.receive(owners=[polder], data=data, at=AT).row


def book() -> Booking:
    """Nomad has a place of Volta for an hour."""
    volta, hour = cast.party("NL*VLT", "CPO"), {"start_date_time": _later(8), "end_date_time": _later(9)}
    owned = {"country_code": "NL", "party_id": "VLT", "location_id": "ZUIDPLEIN", "last_updated": _later(1)}
    slots = [{"start_date_time": _later(8), "end_date_time": _later(18)}]
    times = {"begin_from": _later(0), "end_before": _later(23), "available_timeslots": slots}
    calendar = {"id": "CAL", "last_updated": _later(1), **times}
    places.put(party=volta, place_id="BL-1", data={**owned, "id": "BL-1", "calendars": [calendar]}, at=AT)
    said = {"request_id": "RQ-1", "location_id": "ZUIDPLEIN", "authorization_reference": "AUTH-1", "period": hour}
    asked = {"country_code": "DE", "party_id": "NMD", "booking_location_id": "BL-1", **said}
    received = {"request_status": "ACCEPTED", "booking_request": asked, "request_received": _later(1)}
    terms = {"supported_access_methods": ["TOKEN"], "change_until_minutes": 60, "cancel_until_minutes": 120}
    data = {"id": "BK-1", "reservation_status": "RESERVED", "booking_terms": terms, "booking_requests": [received]}
    return bookings.put(party=volta, booking_id="BK-1", data={**owned, **said, **data}, at=AT).row


def provide() -> Terminal:
    """Paymate has a terminal at a station of Volta, and captured money with it."""
    cast.connection("Paymate", "OTHER NL*PAY", "EMSP NL*PAY", url="http://paymate.invalid", version="2.3.0")
    parties = {"provider": cast.party("NL*PAY", "OTHER"), "cpo": cast.party("NL*VLT", "CPO")}
    terminal = {"terminal_id": "T-1", "city": "Utrecht", "reference": "SN-4711", "location_ids": ["ZUIDPLEIN"]}
    captured = {"id": "FA-1", "authorization_reference": "AUTH-9", "currency": "EUR", "eft_data": ["Mastercard"]}
    price = {"total_costs": {"before_taxes": Decimal("4.00")}, "capture_status_code": "SUCCESS"}
    terminals.put_advice(**parties, data={**captured, **price, "last_updated": _later(2)}, at=AT)
    return terminals.put_terminal(**parties, data={**terminal, "last_updated": _later(1)}, at=AT).row


def _later(hour: int) -> str:
    return f"2026-11-04T{hour:02}:00:00Z"


def contest(cdr: Cdr, by: User) -> Dispute:
    dispute = disputes.open_dispute(
        cdr=Cdr.objects.get(pk=cdr.pk),
        reason=Reason.PRICE,
        amount=Decimal("1.81"),
        message="The night price was not used.",
        by=by,
        at=AT,
    )
    disputes.reply(dispute=dispute, text="Our charging system did not know it yet.", by=by, at=AT + timedelta(hours=3))
    return dispute


def looked(connection: Connection) -> Attempt:
    """A test call that did not come to a call."""
    with pytest.raises(Unreachable), attempts.attempted(connection, Method.GET, ours=True, at=AT) as diary:
        raise Unreachable("nomad.invalid cannot be reached.")
    return diary.attempt


def refused(asker: Connection) -> Command:
    """A driver of Nomad's wants to start at Zuidplein; Volta's back-end takes no commands."""
    order = {
        "response_url": "http://nomad.invalid/results/1",
        "token": read("token", "token_nomad"),
        "location_id": "ZUIDPLEIN",
        "evse_uid": "ZP-1",
    }
    placed = orders.from_platform("START_SESSION", order, orders.Asker(asker), at=cast.NOW)
    return commands.send(placed, at=cast.NOW)


def checked(connection: Connection, exchange: Exchange) -> ConformanceRun:
    """A finished run against `connection` that found one thing, in that exchange."""
    seen = Seen(exchange.url, {"X-Request-ID": exchange.request_id}, 200, {}, b'{"data":[]}', "", cast.NOW, exchange)
    run = conformance.plan(connection=connection, by=None, at=cast.NOW)
    sheet = Sheet("tokens", run.version)
    sheet.says("x_limit", False, seen, "X-Limit is absent.", "X-Limit: a whole number", "absent")
    sheet.says("total_count", True, seen, "")
    CheckResult.objects.bulk_create(sheet.results(run))
    ConformanceRun.objects.filter(pk=run.pk).update(state=RunState.FINISHED, started_at=cast.NOW, finished_at=cast.NOW)
    run.refresh_from_db()
    return run


def authorized(token: Token, agreement: Agreement) -> Authorization:
    """Nomad let its driver begin the stored session, and could not be asked the next time."""
    volta = agreement.cpo.connection
    card = {"token_uid": token.ocpi_id, "token_type": token.type, "version": "2.2.1", "correlation_id": "correlation-1"}
    for reference, problem in (("", "Nomad did not answer within 5 seconds."), ("NMD-AUTH-5512", "")):
        with asked_about.kept(volta, **card, at=cast.NOW) as attempt:
            attempt.asks_at({"location_id": "ZUIDPLEIN", "evse_uids": ["ZP-1"]})
            attempt.is_about(agreement, token)
            if problem:
                attempt.went_unanswered(problem)
                attempt.decided(Source.OFFLINE, {"allowed": "NOT_ALLOWED"}, "More is not agreed.")
            else:
                said = {"allowed": "ALLOWED", "authorization_reference": reference}
                attempt.decided(Source.EMSP, said, "DE*NMD said so.")
    return attempt.row


def exchange_with(connection: Connection) -> Exchange:
    """One page of tokens that `connection` listed."""
    url = "http://nomad.invalid/sender/tokens"
    note = journal.Note(connection, Direction.OUT, "GET", url, "request-1", "correlation-1", "", cast.NOW)
    written = journal.write(note, journal.Outcome(0.04, 200, 1000, '{"data":[]}'))
    assert written is not None
    return written


def objects() -> dict[str, Any]:
    """A location, a tariff, a token and a session, as read from the wire."""
    owner, issuer = cast.party("NL*VLT", "CPO"), cast.party("DE*NMD", "EMSP")
    location, tariff = read("location", "location_zuidplein"), read("tariff", "tariff_ac22")
    token, session = read("token", "token_nomad"), read("session", "session_finished")
    at = cast.NOW
    return {
        "location": locations.put(party=owner, location_id=location["id"], data=location, at=at).row,
        "tariff": tariffs.put(party=owner, tariff_id=tariff["id"], data=tariff, at=at).row,
        "token": tokens.put(party=issuer, token_uid=token["uid"], token_type=token["type"], data=token, at=at).row,
        "session": sessions.put(party=owner, session_id=session["id"], data=session, at=at).row,
    }


def read(kind: str, name: str) -> dict[str, Any]:
    """A file of tests/wire in the newest shape."""
    value = wire.decode((WIRE / f"{name}.json").read_bytes())
    assert isinstance(value, dict)
    return transforms.upgrade("2.2.1", kind, value)


def dead_push(connection: Connection) -> Push:
    """The first change for `connection`, given up after the last try."""
    push = Push.objects.filter(connection=connection).order_by("id")[0]
    Push.objects.filter(pk=push.pk).update(
        state=PushState.DEAD, attempts=12, last_error="They answered 2001: unknown currency XEU."
    )
    push.refresh_from_db()
    return push


def _day(day: int) -> datetime:
    return datetime(2026, 10, day, 10, 30, tzinfo=UTC)
