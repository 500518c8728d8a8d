"""The files of an invoice: kept byte for byte once issued, rendered fresh while it is a draft."""

import csv
import hashlib
import io
from decimal import Decimal
from typing import Any

import pytest

from billing.invoices import files, services
from billing.invoices.models import Format, Invoice, InvoiceFile
from billing.settlement import services as settlement
from billing.settlement.periods import Period
from partners.partners.models import Partner
from tests import cast
from tests.billing import records

pytestmark = pytest.mark.django_db


@pytest.fixture
def draft() -> Invoice:
    cast.volta()
    cast.nomad()
    agreement = cast.agreement("NL*VLT", "DE*NMD")
    records.accepted("CDR1", agreement=agreement, total="8.505")
    records.accepted("CDR2", agreement=agreement, total="1.494")
    return settlement.settle(agreement=agreement, period=Period(2026, 10), by=None, at=cast.NOW).invoice


def test_a_draft_is_rendered_as_things_stand(draft: Invoice) -> None:
    rows = list(csv.DictReader(io.StringIO(files.response(draft, Format.CSV).content.decode())))
    assert [(row["cdr_id"], row["amount"], row["currency"]) for row in rows] == [
        ("CDR1", "8.51", "EUR"),
        ("CDR2", "1.49", "EUR"),
    ]
    assert sum(Decimal(row["amount"]) for row in rows) == draft.net == Decimal("10.00")


def test_an_issued_document_is_served_as_it_was_kept(draft: Invoice) -> None:
    invoice = services.issue(invoice=draft, by=None, at=cast.NOW)
    Partner.objects.filter(name="Nomad").update(legal_name="Somebody else")
    for format in Format.values:
        kept = InvoiceFile.objects.get(invoice=invoice, format=format)
        served = files.response(invoice, format)
        assert hashlib.sha256(served.content).hexdigest() == kept.sha256
        assert served["Content-Disposition"] == f'attachment; filename="INV-2026-00001.{format}"'


def test_rendering_again_gives_the_bytes_that_were_kept(draft: Invoice) -> None:
    invoice = services.issue(invoice=draft, by=None, at=cast.NOW)
    fresh = files.render_all(Invoice.objects.get(pk=invoice.pk))
    assert fresh == {file.format: bytes(file.content) for file in invoice.files.all()}


def test_a_file_of_a_draft_takes_one_query_for_all_lines(draft: Invoice, django_assert_max_num_queries: Any) -> None:
    invoice = Invoice.objects.select_related("agreement__cpo", "agreement__emsp", "seller", "buyer").get(pk=draft.pk)
    with django_assert_max_num_queries(2):  # is there a kept file, and the lines
        files.response(invoice, Format.PDF)
