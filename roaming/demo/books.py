"""The demo's figures, and the proof that they add up: ours against what the platforms know by themselves."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.db.models import QuerySet, Sum

from billing.invoices.models import Invoice, InvoiceLine
from partners.connections.models import Connection
from roaming.cdrs.models import Cdr, CdrState
from roaming.demo.stage import Stage
from roaming.demo.waiting import WAITING
from roaming.exchange.models import Push, PushState
from roaming.locations.models import Location
from roaming.sessions.models import Session
from roaming.simulator.charges import Fault
from roaming.simulator.play import Play, Story
from roaming.simulator.prices import cents
from roaming.simulator.wire import Json
from roaming.tokens.models import Token

WRONG_PRICE = frozenset({Fault.ENERGY_OVERPRICED, Fault.GRACE_IGNORED})


@dataclass(frozen=True)
class Ending:
    """How the month ended: when, and which CDRs were accepted because the claim on them was turned down."""

    ends_at: datetime
    turned_down: frozenset[str]


def figures(seconds: float) -> dict[str, Any]:
    """The one JSON object of `demo --once`. Money as text, before tax, in the one currency of the demo."""
    cdrs = Cdr.objects.all()
    held = cdrs.filter(state=CdrState.HELD)
    accepted = cdrs.filter(state__in=[CdrState.ACCEPTED, CdrState.SETTLED])
    return {
        "connections": Connection.objects.count(),
        "locations": Location.objects.count(),
        "tokens": Token.objects.count(),
        "sessions": Session.objects.count(),
        "cdrs_received": cdrs.count(),
        "cdrs_accepted": accepted.count(),
        "cdrs_held": held.count(),
        "invoices": Invoice.objects.count(),
        "invoiced_total": str(cents(_sum(Invoice.objects.all(), "net"))),
        "held_total": str(cents(_sum(held, "total_cost"))),
        "currency": "EUR",
        "lines_equal_invoices": all(_lines(i) == i.net for i in Invoice.objects.all()),
        "pushes_delivered": Push.objects.filter(state=PushState.DELIVERED).count(),
        "pushes_waiting": Push.objects.filter(state__in=WAITING).count(),
        "seconds": round(seconds, 1),
    }


def faults(found: dict[str, Any], play: Play, stage: Stage, ending: Ending) -> list[str]:
    """Every sum that does not add up, as a sentence; none when all is well."""
    stories = [story for story in play.stories.values() if story.session]
    billed = [story for story in stories if story.cdr]
    return [
        *(f"No answer to whether {s.charge.key} may charge." for s in play.stories.values() if s.unanswered),
        *_counts(found, stage, stories, billed),
        *_documents(found),
        *_judgements(billed, ending),
        *_deliveries(stage, stories),
    ]


def _counts(found: dict[str, Any], stage: Stage, stories: list[Story], billed: list[Story]) -> Iterable[str]:
    own = (stage.estates.vlt, stage.estates.vgo, stage.estates.nmd, stage.estates.pld)
    expected = {
        "connections": len(stage.platforms()),
        "locations": sum(len(estate.locations) for estate in own),
        "tokens": sum(len(estate.tokens) for estate in own),
        "sessions": len(stories),
        "cdrs_received": len(billed),
    }
    for name, number in expected.items():
        if found[name] != number:
            yield f"{name}: the platforms count {number}, the portal {found[name]}."
    if found["cdrs_received"] != found["cdrs_accepted"] + found["cdrs_held"]:
        yield "Received CDRs are not the sum of accepted and held ones."
    sent = sum((story.cdr["total_cost"]["excl_vat"] for story in billed if story.cdr), Decimal(0))
    if sent != _sum(Cdr.objects.all(), "total_cost"):
        yield f"The platforms billed {sent}, the portal received {_sum(Cdr.objects.all(), 'total_cost')}."


def _documents(found: dict[str, Any]) -> Iterable[str]:
    if not found["lines_equal_invoices"]:
        yield "An invoice's net is not the sum of its lines."
    if Cdr.objects.filter(state=CdrState.SETTLED).count() != InvoiceLine.objects.count():
        yield "Settled CDRs and invoice lines differ in number."
    for invoice in Invoice.objects.all():
        if invoice.gross != invoice.net + invoice.vat_amount:
            yield f"{invoice}: gross is not net plus VAT."


def _judgements(billed: list[Story], ending: Ending) -> Iterable[str]:
    """Each line against the charge it bills: right ones are on a document, wrong ones only after a decision."""
    lines = {line.cdr.ocpi_id: line.amount for line in InvoiceLine.objects.select_related("cdr").defer("cdr__raw")}
    states = dict(Cdr.objects.values_list("ocpi_id", "state"))
    contested = set(Cdr.objects.filter(disputes__state="open").values_list("ocpi_id", flat=True))
    for story in billed:
        assert story.cdr
        cdr_id, charge = story.cdr["id"], story.charge
        right = charge.fault not in WRONG_PRICE or cdr_id in ending.turned_down
        price = story.cdr["total_cost"]["excl_vat"] if cdr_id in ending.turned_down else charge.cost().total["excl_vat"]
        if cdr_id in lines and (not right or lines[cdr_id] != cents(price)):
            yield f"{cdr_id} is on a document with {lines[cdr_id]}; it really costs {cents(price)}."
        if not right and states.get(cdr_id) != CdrState.HELD:
            yield f"{cdr_id} has a wrong price ({charge.fault}) and is {states.get(cdr_id)}, not held."
        due = right and charge.fault is not Fault.LATE and charge.ends_at < ending.ends_at
        if due and cdr_id not in lines and cdr_id not in contested:
            yield f"{cdr_id} is right and of this month, but on no document."


def _deliveries(stage: Stage, stories: list[Story]) -> Iterable[str]:
    """What reached the other side: every session as it is, and every CDR once accepted."""
    for platform in stage.platforms():
        received = {data["id"]: data for data in platform.store.received("sessions")}
        for story in stories:
            if stage.emsp(story.charge.token["party_id"]) is not platform:
                continue
            session, sent = received.get(f"S-{story.charge.key}"), story.session
            assert sent
            if session is None or _reached(session) != _reached(sent):
                yield f"{platform.name} does not know session {sent['id']} as it is now."
    accepted = Cdr.objects.filter(state__in=[CdrState.ACCEPTED, CdrState.SETTLED])
    for platform in stage.platforms():
        owed = accepted.filter(emsp__connection__name=platform.name).values_list("ocpi_id", flat=True)
        if missing := set(owed) - {data["id"] for data in platform.store.received("cdrs")}:
            yield f"{len(missing)} accepted CDRs did not reach {platform.name}."
        if platform.store.repeats:
            yield f"{platform.name} was sent {platform.store.repeats} CDRs twice."


def _reached(session: Json) -> tuple[Any, ...]:
    """How far it has come."""
    return session["status"], session["kwh"], len(session["charging_periods"])


def _lines(invoice: Invoice) -> Decimal:
    return _sum(InvoiceLine.objects.filter(invoice=invoice), "amount")


def _sum(rows: "QuerySet[Any]", column: str) -> Decimal:
    return rows.aggregate(total=Sum(column))["total"] or Decimal(0)
