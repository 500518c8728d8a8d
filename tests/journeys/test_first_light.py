"""From the handshake to the invoice that Ada downloads."""

import csv
import hashlib
import io
from decimal import Decimal

import pytest

from billing.invoices import services as invoices
from billing.invoices.models import Invoice, InvoiceKind
from billing.settlement import services as settlement
from partners.connections.models import Connection, ConnectionState
from partners.people.models import Role
from roaming.cdrs.models import CdrState
from roaming.kernel import clock
from roaming.sessions.models import Session
from roaming.simulator.prices import cents
from tests.journeys.house import NMD, PLD, VGO, VLT, House, billed, cdr_of, good, plugged_in, unplugged


def test_a_driver_of_nomad_charges_at_volta_and_ada_downloads_the_invoice(house: House) -> None:
    volta, nomad = house.connected("Volta", VLT, VGO, own=True), house.connected("Nomad", NMD)
    agreement = house.agree(VLT, NMD)
    house.offer(volta, VLT)
    house.offer(nomad, NMD)
    house.work()
    assert {data["id"] for data in nomad.store.received("locations")} == set(house.estates[VLT].locations)
    assert {data["id"] for data in nomad.store.received("tariffs")} == set(house.estates[VLT].tariffs)
    assert {data["uid"] for data in volta.store.received("tokens")} == set(house.estates[NMD].tokens)

    charges = [house.charge(VLT, NMD, day=day, plan=plan) for day, plan in ((2, "AC"), (9, "AC-PARK"), (20, "DC"))]
    for charge in charges:
        reference = plugged_in(volta, charge)
        unplugged(volta, charge)
        good(billed(volta, charge, reference=reference))
    house.work()
    house.work()
    sessions = {data["id"]: (data["status"], data["kwh"]) for data in nomad.store.received("sessions")}
    assert sessions == {f"S-{charge.key}": ("COMPLETED", charge.energy_kwh) for charge in charges}
    assert [cdr_of(charge).state for charge in charges] == [CdrState.ACCEPTED] * 3
    cdrs = {data["id"]: data["total_cost"] for data in nomad.store.received("cdrs")}
    assert cdrs == {f"C-{charge.key}": charge.cost().total for charge in charges}

    ada = house.person("Ada", Role.FINANCE)
    run = settlement.settle(agreement=agreement, period=house.period, by=ada, at=clock.now())
    invoice = invoices.issue(invoice=run.invoice, by=ada, at=clock.now())
    expected = [cents(charge.cost().total["excl_vat"]) for charge in charges]
    assert invoice.kind == InvoiceKind.INVOICE
    assert invoice.net == sum(expected)
    assert [line.amount for line in invoice.lines.all()] == expected
    _ada_downloads(house, invoice, expected)


def _ada_downloads(house: House, invoice: Invoice, expected: list[Decimal]) -> None:
    browser = house.signed_in("Ada")
    assert str(invoice.number) in browser.get("/invoices/").text
    kept = {file.format: file.sha256 for file in invoice.files.all()}
    for name, begins in (("pdf", b"%PDF-"), ("xlsx", b"PK"), ("csv", b"")):
        content = browser.get(f"/invoices/{invoice.pk}/{name}/").content
        assert content.startswith(begins)
        assert hashlib.sha256(content).hexdigest() == kept[name]
    table = list(csv.reader(io.StringIO(content.decode("utf-8-sig"))))
    cells = {cell for row in table for cell in row}
    assert {str(amount) for amount in expected} <= cells


def test_where_we_are_the_emsp_the_month_ends_in_a_statement_without_a_number(house: House) -> None:
    volta, polder = house.connected("Volta", VLT, VGO, own=True), house.connected("Polder Laden", PLD)
    agreement = house.agree(PLD, VGO)
    house.offer(polder, PLD)
    house.offer(volta, VGO)
    house.work()
    charge = house.charge(PLD, VGO)
    plugged_in(polder, charge)
    unplugged(polder, charge)
    good(billed(polder, charge))
    house.work()
    house.work()
    assert [data["id"] for data in volta.store.received("cdrs")] == [f"C-{charge.key}"]
    run = settlement.settle(agreement=agreement, period=house.period, by=None, at=clock.now())
    statement = invoices.issue(invoice=run.invoice, by=None, at=clock.now())
    assert (statement.kind, statement.number) == (InvoiceKind.EXPECTED, None)
    assert (statement.seller.name, statement.buyer.name) == ("Polder Laden", "Volta")
    assert statement.net == cents(charge.cost().total["excl_vat"])


def test_a_partner_rotates_its_tokens_and_leaves(house: House) -> None:
    nomad = house.connected("Nomad", NMD)
    old = nomad.link.token_out
    nomad.link.token_in = "second-token-of-nomad"
    answer = good(nomad.send("PUT", "credentials", "SENDER", body=nomad.credentials(nomad.link.token_in)))
    nomad.link.token_out = answer.data["token"]
    versions_url = f"{house.url}/ocpi/versions"
    assert nomad.caller.call("GET", versions_url, token=old).good  # until the new one is used
    assert nomad.caller.call("GET", versions_url, token=nomad.link.token_out).good
    assert nomad.caller.call("GET", versions_url, token=old).http_status == 401
    good(nomad.send("DELETE", "credentials", "SENDER"))
    assert nomad.caller.call("GET", versions_url, token=nomad.link.token_out).http_status == 401
    assert Connection.objects.get(name="Nomad").state == ConnectionState.PLANNED


@pytest.mark.parametrize("again", [1, 2])
def test_a_session_reported_again_is_still_one_session(house: House, again: int) -> None:
    volta = house.connected("Volta", VLT, VGO, own=True)
    nomad = house.connected("Nomad", NMD)
    house.agree(VLT, NMD)
    house.offer(nomad, NMD)
    charge = house.charge(VLT, NMD)
    for _ in range(again):
        plugged_in(volta, charge)
    unplugged(volta, charge)
    assert Session.objects.get().status == "COMPLETED"
