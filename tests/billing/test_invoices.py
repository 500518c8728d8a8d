"""Issuing an invoice: its number, dates and names; and that it never changes afterwards, whoever tries."""

import hashlib
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from django.db import DatabaseError, connection, transaction

from billing.invoices import selectors, services
from billing.invoices.models import Format, Invoice, InvoiceFile, InvoiceLine, InvoiceState, NumberSeries
from billing.settlement import services as settlement
from billing.settlement.periods import Period
from partners.agreements.models import Agreement
from partners.people.models import Role
from tests import cast
from tests.billing import records

pytestmark = pytest.mark.django_db

AT = datetime(2026, 11, 3, 2, 10, tzinfo=UTC)


@pytest.fixture
def agreement() -> Agreement:
    cast.volta()
    cast.nomad()
    return cast.agreement("NL*VLT", "DE*NMD", payment_days=30)


def draft(agreement: Agreement, month: int = 10) -> Invoice:
    records.accepted(f"CDR{month}", agreement=agreement, ended=datetime(2026, month, 14, 10, 30, tzinfo=UTC))
    return settlement.settle(agreement=agreement, period=Period(2026, month), by=None, at=AT).invoice


def issued(agreement: Agreement, at: datetime = AT) -> Invoice:
    return services.issue(invoice=draft(agreement), by=None, at=at)


def test_issuing_gives_number_dates_and_names(agreement: Agreement) -> None:
    seller = agreement.cpo.connection.partner
    seller.legal_name, seller.vat_id, seller.city = "Volta B.V.", "NL859348571B01", "Utrecht"
    seller.save()
    ada = cast.person("Ada", Role.FINANCE)
    invoice = services.issue(invoice=draft(agreement), by=ada, at=AT)
    invoice.refresh_from_db()
    assert (invoice.state, invoice.number, invoice.sequence) == (InvoiceState.ISSUED, "INV-2026-00001", 1)
    assert (invoice.issued_at, invoice.issued_by) == (AT, ada)
    assert (invoice.issued_date, invoice.due_date) == (date(2026, 11, 3), date(2026, 12, 3))
    assert invoice.companies["seller"]["name"] == "Volta B.V."
    assert invoice.companies["seller"]["vat_id"] == "NL859348571B01"
    assert invoice.companies["buyer"]["name"] == "Nomad"


def test_names_stay_as_they_were_when_issued(agreement: Agreement) -> None:
    invoice = issued(agreement)
    buyer = agreement.emsp.connection.partner
    buyer.legal_name = "Nomad Neu GmbH"
    buyer.save()
    assert Invoice.objects.get(pk=invoice.pk).companies["buyer"]["name"] == "Nomad"


def test_the_year_of_the_number_is_the_local_one(agreement: Agreement) -> None:
    eve = datetime(2026, 12, 31, 22, 59, 59, tzinfo=UTC)
    midnight = datetime(2026, 12, 31, 23, tzinfo=UTC)  # in Amsterdam the new year
    old = services.issue(invoice=draft(agreement, 9), by=None, at=eve)
    new = services.issue(invoice=draft(agreement, 10), by=None, at=midnight)
    assert (old.number, old.issued_date) == ("INV-2026-00001", date(2026, 12, 31))
    assert (new.number, new.issued_date) == ("INV-2027-00001", date(2027, 1, 1))


def test_numbers_follow_each_other(agreement: Agreement) -> None:
    drafts = [draft(agreement, month) for month in (8, 9, 10)]
    numbers = [services.issue(invoice=one, by=None, at=AT).number for one in drafts]
    assert numbers == ["INV-2026-00001", "INV-2026-00002", "INV-2026-00003"]


def test_an_issued_invoice_is_not_issued_again(agreement: Agreement) -> None:
    invoice = issued(agreement)
    with pytest.raises(services.CannotIssue, match="INV-2026-00001 is issued already"):
        services.issue(invoice=invoice, by=None, at=AT)
    assert NumberSeries.objects.get().last == 1


def test_an_expected_invoice_freezes_without_a_number(agreement: Agreement) -> None:
    cast.polder()
    buying = cast.agreement("NL*PLD", "NL*VGO")
    statement = issued(buying)
    assert (statement.state, statement.number, statement.due_date) == (InvoiceState.ISSUED, None, None)
    assert not NumberSeries.objects.exists()
    with pytest.raises(DatabaseError, match="issued_never_changes"), transaction.atomic():
        Invoice.objects.filter(pk=statement.pk).update(net=1, gross=1)


def test_its_files_are_kept_with_their_hash(agreement: Agreement) -> None:
    invoice = issued(agreement)
    files = InvoiceFile.objects.filter(invoice=invoice)
    assert {file.format for file in files} == set(Format.values)
    for file in files:
        assert hashlib.sha256(bytes(file.content)).hexdigest() == file.sha256


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE billing_invoice SET net = net + 1, gross = gross + 1",
        "UPDATE billing_invoice SET number = 'INV-2026-99999'",
        "UPDATE billing_invoice SET state = 'draft', number = NULL, sequence = NULL",
        "UPDATE billing_invoice SET vat_note = ''",
        "DELETE FROM billing_invoice",
        "UPDATE billing_invoiceline SET amount = 1",
        "UPDATE billing_invoiceline SET position = 7",
        "DELETE FROM billing_invoiceline",
        "UPDATE billing_invoicefile SET content = ''",
        "DELETE FROM billing_invoicefile",
    ],
)
def test_the_database_lets_nobody_change_what_is_issued(agreement: Agreement, statement: str) -> None:
    invoice = issued(agreement)
    before = everything(invoice)
    refused = pytest.raises(DatabaseError, match=r"never changes|Cannot (update|delete)|violates")
    with refused, transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute(statement)
    assert everything(invoice) == before


def everything(invoice: Invoice) -> list[object]:
    with connection.cursor() as cursor:
        rows: list[object] = []
        for table, key in [("invoice", "id"), ("invoiceline", "invoice_id"), ("invoicefile", "invoice_id")]:
            cursor.execute(f"SELECT row(t.*)::text FROM billing_{table} t WHERE {key} = %s ORDER BY id", [invoice.pk])
            rows.extend(cursor.fetchall())
        return rows


def test_saving_or_deleting_by_hand_is_refused(agreement: Agreement) -> None:
    invoice = issued(agreement)
    invoice.net = Decimal("1.00")
    invoice.gross = Decimal("1.00")
    with pytest.raises(DatabaseError), transaction.atomic():
        invoice.save()
    line = invoice.lines.get()
    line.amount = Decimal("1.00")
    with pytest.raises(DatabaseError), transaction.atomic():
        line.save()
    with pytest.raises(DatabaseError), transaction.atomic():
        line.delete()
    for stored in (invoice, invoice.files.first()):
        assert stored is not None
        with pytest.raises(DatabaseError), transaction.atomic():
            stored.delete()
    assert (Invoice.objects.get().net, InvoiceLine.objects.count()) == (Decimal("8.50"), 1)


def test_no_line_joins_an_issued_invoice(agreement: Agreement) -> None:
    invoice = issued(agreement)
    late = records.accepted("LATE", agreement=agreement)
    with pytest.raises(DatabaseError, match="the invoice is issued and never changes"), transaction.atomic():
        InvoiceLine.objects.create(invoice=invoice, cdr=late, position=2, amount=1, currency="EUR")
    other = draft(agreement, 9)
    with pytest.raises(DatabaseError, match="the invoice is issued and never changes"), transaction.atomic():
        other.lines.update(invoice=invoice, position=2)
    assert invoice.lines.count() == other.lines.count() == 1


def test_the_database_keeps_a_cdr_from_being_settled_twice(agreement: Agreement) -> None:
    invoice = draft(agreement)
    other = draft(agreement, 9)
    with pytest.raises(DatabaseError, match="cdr_id"), transaction.atomic():
        InvoiceLine.objects.create(
            invoice=other, cdr=invoice.lines.get().cdr, position=2, amount=Decimal("8.50"), currency="EUR"
        )


def test_invoices_are_shown_to_those_who_see_money(agreement: Agreement) -> None:
    invoice = draft(agreement)
    (seen,) = selectors.list_for(cast.person("Ada", Role.FINANCE))
    assert (seen, seen.line_count) == (invoice, 1)  # type: ignore[attr-defined]
    assert list(selectors.list_for(cast.person("Otto", Role.OPERATOR))) == []
    assert [line.cdr.ocpi_id for line in selectors.lines(invoice)] == ["CDR10"]
