"""Reading invoice records: what a partner may see, what a user may see, and which CDRs a list means."""

from collections import Counter
from collections.abc import Iterable
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.db.models import Count, Q, QuerySet, Sum

from partners import routing
from partners.connections.models import Connection
from partners.parties.models import Party, PartyRole
from partners.people.models import User
from partners.people.permissions import Grant, may
from roaming.cdrs.models import Cdr
from roaming.exchange import outbox
from roaming.invoice_records.models import InvoiceRecord, ListedCdr
from roaming.ocpi import modules, storage

# Who may bill whom: CPOs directly, eMSPs in reverse (I1).
BILLING_ROLES = (PartyRole.CPO, PartyRole.EMSP)
_AT_ONCE = 5000


def visible_to_connection(connection: Connection, at: datetime) -> QuerySet[InvoiceRecord]:
    """Records that bill a party of the connection, under an agreement whose history may be read at `at`."""
    return InvoiceRecord.objects.filter(routing.records_visible_to(connection, at=at), deleted_at=None)


def issuers(connection: Connection, country_code: str, party_id: str) -> list[Party]:
    """The parties of that code on the connection that can bill: a CPO, an eMSP or both; none of anybody else's."""
    found = (routing.may_write(connection, country_code, party_id, role) for role in BILLING_ROLES)
    return [party for party in found if party is not None]


def issuer_of(owners: Iterable[Party], record_id: str) -> Party | None:
    """Which of them has the record of that id, deleted ones included; None when none has."""
    found = InvoiceRecord.objects.filter(party__in=owners, ocpi_id_upper=record_id.upper())
    row = found.select_related("party__connection").order_by("id").first()
    return row.party if row is not None else None


def present(party: Party, record_id: str) -> InvoiceRecord | None:
    """The record as its owner reads it back; None when unknown or deleted."""
    row = storage.find(InvoiceRecord, party=party, ocpi_id=record_id)
    return row if row is not None and row.deleted_at is None else None


def cdrs_named(owner: Party, ids: Iterable[str]) -> list[Cdr]:
    """The CDRs of those ids (any letter case) that `owner` can bill: its own as CPO, of its drivers as eMSP. Bodies and
    evidence are not read."""
    upper = sorted({cdr_id.upper() for cdr_id in ids})
    found: list[Cdr] = []
    for start in range(0, len(upper), _AT_ONCE):
        some = Cdr.objects.filter(billed_by(owner), ocpi_id_upper__in=upper[start : start + _AT_ONCE])
        found += some.select_related("party", "emsp").defer("body", "raw").order_by("id")
    return found


def billed_by(owner: Party) -> Q:
    """Filter for CDRs that `owner` can bill."""
    return Q(party=owner) if owner.role == PartyRole.CPO else Q(emsp=owner) | Q(emsp_code=owner.code)


def other_side(owner: Party, cdr: Cdr) -> Party | None:
    """Whom `owner` bills for the CDR; None for an eMSP we do not know."""
    return cdr.emsp if owner.role == PartyRole.CPO else cdr.party


def most_billed(owner: Party, cdrs: Iterable[Cdr]) -> Party | None:
    """The party that most of these CDRs are billed to."""
    sides = Counter(side for cdr in cdrs if (side := other_side(owner, cdr)) is not None)
    return sides.most_common(1)[0][0] if sides else None


def waiting_for(cdr: Cdr) -> QuerySet[ListedCdr]:
    """Entries of records that list this CDR and have waited for it."""
    owners = Q(record__party=cdr.party) | Q(
        record__party__role=PartyRole.EMSP,
        record__party__country_code=cdr.emsp_code[:2],
        record__party__party_id=cdr.emsp_code[3:],
    )
    missing = ListedCdr.objects.filter(owners, ocpi_id_upper=cdr.ocpi_id.upper(), cdr=None, record__deleted_at=None)
    return missing.select_related("record__party__connection", "record__counterparty__connection").order_by("id")


def sums(record: InvoiceRecord) -> list[dict[str, Any]]:
    """What the CDRs listed amount to, credits included (I5), per currency: `currency`, `count`, `total` before tax as
    the CDRs say it, `energy_kwh`."""
    found = ListedCdr.objects.filter(record=record, cdr__isnull=False).values("cdr__currency").order_by("cdr__currency")
    rows = found.annotate(count=Count("id"), total=Sum("cdr__total_cost"), energy_kwh=Sum("cdr__energy_kwh"))
    return [{**row, "currency": row["cdr__currency"]} for row in rows]


def missing(record: InvoiceRecord) -> list[str]:
    """The ids listed that no CDR here has, in their order."""
    return list(
        ListedCdr.objects.filter(record=record, cdr=None).order_by("position").values_list("ocpi_id", flat=True)
    )


def worth(cdrs: Iterable[Cdr]) -> dict[str, Decimal]:
    """What some CDRs cost before tax, by currency."""
    total: dict[str, Decimal] = {}
    for cdr in cdrs:
        total[cdr.currency] = total.get(cdr.currency, Decimal(0)) + cdr.total_cost
    return total


def speak_records(connection: Connection) -> bool:
    """Whether the platform's version has invoice reconciliation: it is sent our records, or can pull them."""
    return modules.named("invoicereconciliation").in_version(connection.version)


def visible_to(user: User) -> QuerySet[InvoiceRecord]:
    """Who owes what is for those who may see money."""
    return InvoiceRecord.objects.all() if may(user, Grant.VIEW_MONEY) else InvoiceRecord.objects.none()


def list_for(user: User) -> QuerySet[InvoiceRecord]:
    """For lists and pages: both parties, `listed_count` and `missing_count`, newest first, without the body."""
    related = ("party__connection__partner", "counterparty__connection__partner")
    counts = {"listed_count": Count("listed"), "missing_count": Count("listed", filter=Q(listed__cdr=None))}
    return visible_to(user).select_related(*related).defer("body").annotate(**counts).order_by("-id")


def push_key(record: InvoiceRecord) -> str:
    """How the outbox names the record."""
    return outbox.object_key("invoicereconciliation", record.party, record.ocpi_id)


def listing(cdr: Cdr) -> QuerySet[InvoiceRecord]:
    """The records that list a CDR, deleted ones aside."""
    return InvoiceRecord.objects.filter(listed__cdr=cdr, deleted_at=None).select_related("party").order_by("id")
