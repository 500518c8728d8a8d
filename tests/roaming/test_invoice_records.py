"""Invoice records over OCPI: which CDRs an invoice is about, who sees it, and what does not fit (section 5.3)."""

from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from billing.invoices import services as invoices
from billing.settlement import services as settlement
from billing.settlement.periods import Period
from partners.agreements import services as agreements
from partners.agreements.models import Agreement
from partners.connections.models import Connection
from roaming.cdrs import services as cdrs
from roaming.cdrs.models import Cdr, CdrState
from roaming.exchange.models import Push, PushState
from roaming.findings.models import Finding
from roaming.invoice_records import selectors
from roaming.invoice_records.models import InvoiceRecord
from tests import cast
from tests.billing import records
from tests.roaming.calls import Caller

pytestmark = pytest.mark.django_db

POST, LIST = "/receiver/invoicereconciliation", "/sender/invoicereconciliation"
NEW = "2.3.0"


@pytest.fixture
def agreement() -> Agreement:
    """Polder Laden bills Nomad; Cleo stands by. All speak 2.3.0."""
    cast.polder(url="http://polder.invalid", version=NEW)
    cast.nomad(url="http://nomad.invalid", version=NEW)
    cast.cleo(url="http://cleo.invalid", version=NEW)
    return cast.agreement("NL*PLD", "DE*NMD")


@pytest.fixture
def polder(agreement: Agreement) -> Caller:
    return Caller("Polder Laden", NEW)


@pytest.fixture
def nomad(agreement: Agreement) -> Caller:
    return Caller("Nomad", NEW)


@pytest.fixture
def cleo(agreement: Agreement) -> Caller:
    return Caller("Cleo", NEW)


def record(*cdr_ids: str, **fields: Any) -> dict[str, Any]:
    return {
        "country_code": "NL",
        "party_id": "PLD",
        "id": "REC-1",
        "invoice_id": "PL 2026/10 Nomad",
        "cdrs": list(cdr_ids),
        "last_updated": "2026-11-02T08:00:00Z",
        **fields,
    }


def charged(*cdr_ids: str, emsp: str = "DE*NMD", **fields: Any) -> list[Cdr]:
    """CDRs of Polder Laden."""
    return [records.received(cdr_id, emsp=emsp, **fields) for cdr_id in cdr_ids]


def found(code: str) -> list[str]:
    return list(Finding.objects.filter(code=code).values_list("sentence", flat=True))


def pushes() -> list[tuple[str, str, str]]:
    rows = Push.objects.filter(module="invoicereconciliation").order_by("id")
    return [(push.connection.name, push.method, push.path) for push in rows]


def delivered() -> None:
    Push.objects.filter(module="invoicereconciliation").update(state=PushState.DELIVERED, delivered_at=cast.NOW)


def test_a_record_is_posted_read_back_and_shown_to_those_who_are_billed(
    polder: Caller, nomad: Caller, cleo: Caller
) -> None:
    """I1, I2, I6: no Location is given; the identity is in the URL."""
    charged("C1", "C2")
    sent = record("C1", "C2", note="kept")
    reply = polder.post(POST, sent)
    assert (reply.http, reply.status) == (201, 1000)
    assert "Location" not in reply.headers
    assert polder.get(f"{POST}/NL/PLD/REC-1").data == sent
    assert polder.get(f"{POST}/nl/pld/rec-1").data == sent
    assert nomad.get(LIST).data == [sent]
    assert pushes() == [("Nomad", "POST", "")]
    assert (cleo.get(LIST).data, cleo.get(f"{POST}/NL/PLD/REC-1").http) == ([], 404)
    assert (polder.get(LIST).data, nomad.get(f"{POST}/NL/PLD/REC-1").http) == ([], 404)


def test_the_same_again_is_one_record_and_other_content_is_refused(polder: Caller) -> None:
    """I6, as for CDRs: D1."""
    charged("C1", "C2")
    polder.post(POST, record("C1"))
    again = polder.post(POST, record("C1", last_updated="2026-11-05T08:00:00Z"))
    assert (again.http, again.status, InvoiceRecord.objects.count()) == (200, 1000, 1)
    other = polder.post(POST, record("C1", "C2", id="rec-1"))
    assert (other.http, other.status) == (200, 2001)
    assert "different: cdrs" in other.message
    assert polder.get(f"{POST}/NL/PLD/REC-1").data == record("C1")
    assert len(pushes()) == 1


def test_an_error_in_the_list_is_fixed_by_put(polder: Caller, nomad: Caller) -> None:
    """I3."""
    charged("C1", "C2")
    polder.post(POST, record("C1"))
    delivered()
    right = record("C1", "C2", last_updated="2026-11-03T08:00:00Z")
    assert polder.put(f"{POST}/NL/PLD/REC-1", right).status == 1000
    assert nomad.get(LIST).data == [right]
    assert pushes() == [("Nomad", "POST", ""), ("Nomad", "PUT", "NL/PLD/REC-1")]
    row = InvoiceRecord.objects.get()
    assert [entry.cdr and entry.cdr.ocpi_id for entry in row.listed.all()] == ["C1", "C2"]
    assert row.versions.count() == 2  # type: ignore[attr-defined]


def test_a_correction_before_the_first_was_delivered_comes_after_it(polder: Caller) -> None:
    """T70: they are not PUT what they never had, and are told of every state of a record."""
    charged("C1", "C2")
    polder.post(POST, record("C1"))
    polder.put(f"{POST}/NL/PLD/REC-1", record("C1", "C2", last_updated="2026-11-03T08:00:00Z"))
    assert pushes() == [("Nomad", "POST", ""), ("Nomad", "PUT", "NL/PLD/REC-1")]


def test_an_older_correction_is_answered_and_not_stored(polder: Caller) -> None:
    """T65."""
    charged("C1", "C2")
    polder.post(POST, record("C1"))
    older = polder.put(f"{POST}/NL/PLD/REC-1", record("C2", last_updated="2026-11-01T08:00:00Z"))
    assert (older.status, "older" in older.message) == (1000, True)
    assert polder.get(f"{POST}/NL/PLD/REC-1").data == record("C1")


def test_a_record_that_was_an_error_is_deleted_and_can_be_posted_anew(polder: Caller, nomad: Caller) -> None:
    """I3: DELETE means that the record itself was an error."""
    charged("C1")
    polder.post(POST, record("C1"))
    delivered()
    assert polder.delete(f"{POST}/NL/PLD/REC-1").status == 1000
    assert (polder.get(f"{POST}/NL/PLD/REC-1").http, polder.delete(f"{POST}/NL/PLD/REC-1").http) == (404, 404)
    assert polder.put(f"{POST}/NL/PLD/REC-1", record("C1")).http == 404
    assert nomad.get(LIST).data == []
    assert pushes()[-1] == ("Nomad", "DELETE", "NL/PLD/REC-1")
    delivered()
    assert polder.post(POST, record("C1")).status == 1000
    assert nomad.get(LIST).data == [record("C1")]
    assert pushes()[-1] == ("Nomad", "POST", "")


def test_an_unknown_record_is_404_and_a_patch_does_not_exist(polder: Caller) -> None:
    """I6."""
    for reply in (
        polder.get(f"{POST}/NL/PLD/NONE"),
        polder.put(f"{POST}/NL/PLD/NONE", record("C1", id="NONE")),
        polder.delete(f"{POST}/NL/PLD/NONE"),
    ):
        assert (reply.http, reply.status) == (404, 2000)
        assert "NONE" in reply.message
    assert polder.patch(f"{POST}/NL/PLD/NONE", {"last_updated": "2026-11-02T08:00:00Z"}).http == 405
    assert polder.put(POST, record("C1")).http == 405
    assert InvoiceRecord.objects.count() == 0


def test_nobody_bills_in_the_name_of_another(polder: Caller, cleo: Caller) -> None:
    """T71, C10."""
    charged("C1")
    stolen = cleo.post(POST, record("C1"))
    assert (stolen.http, stolen.status) == (200, 2001)
    assert "NL*PLD" in stolen.message
    polder.post(POST, record("C1"))
    assert cleo.put(f"{POST}/NL/PLD/REC-1", record("C1", "C2")).http == 404
    assert cleo.delete(f"{POST}/NL/PLD/REC-1").http == 404
    other = polder.put(f"{POST}/NL/PLD/REC-1", record("C1", id="REC-2"))
    assert (other.status, "REC-2" in other.message) == (2001, True)
    assert polder.get(f"{POST}/NL/PLD/REC-1").data == record("C1")


def test_a_record_without_an_agreement_is_kept_and_shown_to_nobody(nomad: Caller, cleo: Caller) -> None:
    sent = record("X1", country_code="BE", party_id="CLO")
    records.received("X1", cpo="BE*CLO", emsp="DE*NMD")
    assert cleo.post(POST, sent).status == 1000
    assert cleo.get(f"{POST}/BE/CLO/REC-1").data == sent
    assert (nomad.get(LIST).data, pushes()) == ([], [])


def test_the_last_invoice_comes_after_the_agreement_ended(agreement: Agreement, polder: Caller, nomad: Caller) -> None:
    charged("C1")
    agreements.end(agreement=agreement, ends_date=date(2026, 11, 1), at=cast.NOW)
    assert polder.post(POST, record("C1")).status == 1000
    assert nomad.get(LIST).data == [record("C1")]
    assert pushes() == [("Nomad", "POST", "")]


def test_an_emsp_bills_in_reverse(polder: Caller, nomad: Caller) -> None:
    """I1."""
    charged("C1", "C2")
    sent = record("C1", "C2", country_code="DE", party_id="NMD")
    assert nomad.post(POST, sent).status == 1000
    assert polder.get(LIST).data == [sent]
    assert pushes() == [("Polder Laden", "POST", "")]
    assert [row["total"] for row in selectors.sums(InvoiceRecord.objects.get())] == [Decimal("17.00")]


def test_who_is_both_bills_in_the_role_that_fits_the_cdrs(agreement: Agreement, polder: Caller, cleo: Caller) -> None:
    """I1: the record names a code, not a role."""
    cast.agreement("NL*PLD", "BE*CLO")
    charged("C1", emsp="BE*CLO")
    sent = record("C1", country_code="BE", party_id="CLO")
    assert cleo.post(POST, sent).http == 201
    assert InvoiceRecord.objects.get().party.role == "EMSP"
    assert polder.get(LIST).data == [sent]
    assert cleo.get(f"{POST}/BE/CLO/REC-1").data == sent
    assert cleo.post(POST, sent).http == 200


def test_the_ids_of_credit_cdrs_are_taken_and_count_against_the_sum(polder: Caller) -> None:
    """I4: 39 characters; I5: credits included, per currency."""
    credit = "C" * 36 + "-CR"
    charged("C1", "C2")
    charged(credit, total="-8.50", credit=True, credit_reference_id="C1", session_id="S-1")
    assert polder.post(POST, record("C1", "C2", credit)).status == 1000
    (total,) = selectors.sums(InvoiceRecord.objects.get())
    assert (total["currency"], total["count"], total["total"]) == ("EUR", 3, Decimal("8.50"))


def test_a_cdr_we_do_not_have_is_flagged_and_found_again_when_it_comes(polder: Caller) -> None:
    """I4: stored, flagged as missing."""
    charged("C1")
    polder.post(POST, record("C1", "C2", "c3"))
    row = InvoiceRecord.objects.get()
    assert selectors.missing(row) == ["C2", "c3"]
    assert "2 of the 3 CDRs it lists are not here: C2, c3." in found("record_cdrs_missing")[0]
    charged("C3")
    assert selectors.missing(row) == ["C2"]
    assert [total["count"] for total in selectors.sums(row)] == [2]
    charged("C2", emsp="BE*CLO")
    assert selectors.missing(row) == []
    assert "C2 (BE*CLO)" in found("record_cdr_of_another_pair")[0]


def test_the_missing_cdr_says_who_is_billed(polder: Caller, nomad: Caller) -> None:
    polder.post(POST, record("C1"))
    assert (nomad.get(LIST).data, pushes(), len(found("record_bills_nobody"))) == ([], [], 1)
    charged("C1")
    assert nomad.get(LIST).data == [record("C1")]
    assert pushes() == [("Nomad", "POST", "")]


def test_the_routing_header_says_who_is_billed_while_no_cdr_is_here(agreement: Agreement, nomad: Caller) -> None:
    addressed = Caller("Polder Laden", NEW, OCPI_to_country_code="DE", OCPI_to_party_id="NMD")
    assert addressed.post(POST, record("C1")).status == 1000
    assert nomad.get(LIST).data == [record("C1")]


def test_what_does_not_fit_is_told_and_nothing_is_corrected(polder: Caller) -> None:
    """I4, I5: CDRs of another pair, two currencies, one on two records, one twice in a list, held ones."""
    charged("C1", "C2", "C3")
    charged("FOREIGN", emsp="BE*CLO")
    charged("SWISS", currency="CHF", total="9.00")
    held = Cdr.objects.get(ocpi_id="C3")
    cdrs.move(cdr=held, to=CdrState.HELD, reason="Too dear.", at=cast.NOW)
    polder.post(POST, record("C1", "C2", id="REC-0", invoice_id="PL 1"))
    sent = record("C1", "c1", "C3", "FOREIGN", "SWISS")
    assert polder.post(POST, sent).status == 1000
    assert polder.get(f"{POST}/NL/PLD/REC-1").data == sent
    assert "FOREIGN (BE*CLO)" in found("record_cdr_of_another_pair")[0]
    assert "in several currencies: 9 CHF (1), 25.5 EUR (3)" in found("record_mixes_currencies")[0]
    assert "Record “REC-0” of NL*PLD (invoice PL 1) lists the same CDRs: C1." in found("record_cdr_billed_twice")[0]
    assert "more than once: C1" in found("record_lists_twice")[0]
    assert "C3 (held)" in found("record_cdr_not_accepted")[0]
    at_risk = Finding.objects.get(code="record_cdr_not_accepted")
    assert (at_risk.money_at_risk, at_risk.currency, at_risk.cdr) == (Decimal("8.50"), "EUR", None)
    assert set(Cdr.objects.values_list("state", flat=True)) == {"received", "held"}


def test_the_same_finding_is_told_once(polder: Caller) -> None:
    polder.post(POST, record("C1"))
    polder.put(f"{POST}/NL/PLD/REC-1", record("C1", last_updated="2026-11-03T08:00:00Z", note="new"))
    assert len(found("record_cdrs_missing")) == 1


@pytest.mark.parametrize(
    ("change", "path"),
    [
        ({"cdrs": []}, "$.cdrs"),
        ({"cdrs": None}, "$.cdrs"),
        ({"cdrs": ["C" * 40]}, "$.cdrs[0]"),
        ({"cdrs": [7]}, "$.cdrs[0]"),
        ({"invoice_id": ""}, "$.invoice_id"),
        ({"invoice_id": "I" * 256}, "$.invoice_id"),
        ({"id": "R" * 37}, "$.id"),
        ({"country_code": "NLD"}, "$.country_code"),
        ({"last_updated": "yesterday"}, "$.last_updated"),
        ({"last_updated": None}, "$.last_updated"),
    ],
)
def test_what_is_no_record_is_refused_and_nothing_is_stored(polder: Caller, change: dict[str, Any], path: str) -> None:
    reply = polder.post(POST, record("C1", **change))
    assert (reply.http, reply.status) == (200, 2001)
    assert path in reply.message
    assert (InvoiceRecord.objects.count(), pushes()) == (0, [])


def test_older_versions_have_no_such_module(agreement: Agreement) -> None:
    """V6."""
    for version in ("2.2.1", "2.1.1"):
        caller = Caller("Polder Laden", version)
        assert caller.get(LIST).http == 404
        assert caller.post(POST, record("C1")).http == 404


def test_a_platform_that_comes_back_is_sent_what_it_missed(agreement: Agreement, polder: Caller) -> None:
    from partners.connections import services as connections

    nomad = Connection.objects.get(name="Nomad")
    charged("C1", "C2")
    polder.post(POST, record("C1", id="KNOWN"))
    polder.post(POST, record("C1", id="GONE"))
    delivered()
    connections.suspend(connection=nomad)
    nomad.refresh_from_db()
    polder.post(POST, record("C2", id="NEW"))
    polder.put(f"{POST}/NL/PLD/KNOWN", record("C1", "C2", id="KNOWN", last_updated="2026-11-03T08:00:00Z"))
    polder.delete(f"{POST}/NL/PLD/GONE")
    assert len(pushes()) == 2
    connections.resume(connection=nomad, at=cast.NOW)
    news = {(method, path) for _, method, path in pushes()[2:]}
    assert news == {("POST", ""), ("PUT", "NL/PLD/KNOWN"), ("DELETE", "NL/PLD/GONE")}


class TestOurOwnInvoices:
    """What billing issues is told to a partner whose version has the module."""

    @pytest.fixture
    def partner(self) -> str:
        return NEW

    @pytest.fixture
    def ours(self, partner: str) -> Agreement:
        cast.volta(url="http://volta.invalid")
        cast.nomad(url="http://nomad.invalid", version=partner)
        return cast.agreement("NL*VLT", "DE*NMD")

    def issue(self, ours: Agreement) -> str:
        for cdr_id in ("V1", "V2"):
            records.accepted(cdr_id, agreement=ours)
        run = settlement.settle(agreement=ours, period=Period(2026, 10), by=None, at=cast.NOW)
        return str(invoices.issue(invoice=run.invoice, by=None, at=cast.NOW).number)

    def test_an_issued_invoice_comes_with_its_record(self, ours: Agreement) -> None:
        """I1, I2."""
        number = self.issue(ours)
        expected = {
            "country_code": "NL",
            "party_id": "VLT",
            "id": number,
            "invoice_id": number,
            "cdrs": ["V1", "V2"],
            "last_updated": "2026-11-20T09:42:00Z",
        }
        assert Caller("Nomad", NEW).get(LIST).data == [expected]
        assert pushes() == [("Nomad", "POST", "")]
        (total,) = selectors.sums(InvoiceRecord.objects.get())
        assert (total["count"], total["total"]) == (2, Decimal("17.00"))
        assert Finding.objects.filter(code__startswith="record_").count() == 0

    def test_a_back_end_that_told_it_already_is_left_its_word(self, ours: Agreement) -> None:
        mine = record("V1", "V2", party_id="VLT", id="INV-2026-00001", invoice_id="INV-2026-00001")
        assert Caller("Volta", NEW).post(POST, mine).status == 1000
        assert self.issue(ours) == "INV-2026-00001"
        assert Caller("Nomad", NEW).get(LIST).data == [mine]

    @pytest.mark.parametrize("partner", ["2.2.1"])
    def test_an_older_partner_is_told_nothing(self, ours: Agreement) -> None:
        self.issue(ours)
        assert (InvoiceRecord.objects.count(), pushes()) == (0, [])
