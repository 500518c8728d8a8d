"""One furnished portal for all page tests: partners, objects, CDRs in every state, a dispute, documents, pushes."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

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
from roaming.cdrs.models import Cdr
from roaming.exchange.models import Push, PushState
from roaming.locations import services as locations
from roaming.locations.models import Location
from roaming.ocpi.schema import transforms, wire
from roaming.sessions import services as sessions
from roaming.sessions.models import Session
from roaming.tariffs import services as tariffs
from roaming.tariffs.models import Tariff
from roaming.tokens import services as tokens
from roaming.tokens.models import Token
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
    session: Session
    accepted: Cdr
    held: Cdr
    contested: Cdr
    settled: Cdr
    dispute: Dispute
    run: SettlementRun
    issued: Invoice
    draft: Invoice
    dead: Push
    people: dict[str, User]


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
        run=run,
        issued=issued,
        draft=statement.invoice,
        dead=dead_push(nomad),
        people=staff,
        **stored,
    )


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
