"""Judging: a CDR is priced again and accepted or held, in words; what has no price is held; people decide the rest."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client

from billing.checks import rules
from billing.checks.found import Case
from billing.rating import selectors, services
from billing.rating.models import Rating, Verdict
from billing.rating.tasks import judge_due
from partners.agreements import services as agreements
from partners.agreements.models import Agreement
from partners.people.models import Role
from roaming.cdrs.models import Cdr, CdrState
from roaming.findings.models import Finding, Severity
from roaming.tariffs import services as tariffs
from tests import cast
from tests.billing import records

pytestmark = pytest.mark.django_db

AT = datetime(2026, 10, 14, 12, tzinfo=UTC)


@pytest.fixture
def agreement() -> Agreement:
    cast.volta()
    cast.polder()
    return cast.agreement("NL*PLD", "NL*VGO")


def judged(cdr: Cdr) -> Cdr:
    services.judge(cdr_id=cdr.pk, at=AT)
    return Cdr.objects.select_related("agreement").get(pk=cdr.pk)


def codes(cdr: Cdr) -> set[str]:
    return set(Finding.objects.filter(cdr=cdr).values_list("code", flat=True))


def test_a_right_cdr_is_accepted_under_its_agreement(agreement: Agreement) -> None:
    cdr = judged(records.received())
    assert (cdr.state, cdr.agreement, cdr.state_at) == (CdrState.ACCEPTED, agreement, AT)
    rating = Rating.objects.get()
    assert (rating.verdict, rating.total, rating.difference) == (Verdict.WITHIN, Decimal("8.50"), Decimal("0"))
    assert (rating.tolerance, rating.currency, rating.agreement) == (Decimal("0.01"), "EUR", agreement)
    assert rating == selectors.latest(cdr)
    assert codes(cdr) == set()


@pytest.mark.parametrize(
    ("total", "state"),
    [
        ("8.51", CdrState.ACCEPTED),
        ("8.49", CdrState.ACCEPTED),
        ("8.5101", CdrState.HELD),
        ("8.4899", CdrState.HELD),
        ("10.31", CdrState.HELD),
    ],
)
def test_the_tolerance_is_money_per_cdr_in_both_directions(agreement: Agreement, total: str, state: str) -> None:
    assert judged(records.received(total=total)).state == state


def test_a_wider_tolerance_of_the_agreement_counts() -> None:
    cast.volta()
    cast.polder()
    cast.agreement("NL*PLD", "NL*VGO", price_tolerance=Decimal("0.50"))
    assert judged(records.received("A", total="9.00")).state == CdrState.ACCEPTED
    assert judged(records.received("B", total="9.01")).state == CdrState.HELD


def test_too_dear_is_held_in_a_sentence(agreement: Agreement) -> None:
    """D13: the difference is a finding, and the CDR stays as it came."""
    received = records.received(total="10.31")
    cdr = judged(received)
    assert (cdr.total_cost, bytes(cdr.raw)) == (Decimal("10.31"), bytes(received.raw))
    assert (cdr.state, cdr.agreement) == (CdrState.HELD, agreement)
    assert cdr.state_reason == "Polder Laden billed 1.81 EUR too much: 10.31 EUR instead of 8.50 EUR by tariff FAIR."
    finding = Finding.objects.get(code="price_outside_tolerance")
    assert (finding.sentence, finding.severity) == (cdr.state_reason, Severity.HOLDS)
    assert (finding.expected, finding.actual, finding.money_at_risk) == ("8.50 EUR", "10.31 EUR", Decimal("1.81"))
    assert Rating.objects.get().difference == Decimal("1.81")


def test_too_cheap_is_held_too(agreement: Agreement) -> None:
    cdr = judged(records.received(total="8"))
    assert cdr.state_reason == (
        "Polder Laden billed 0.50 EUR too little: 8.00 EUR instead of 8.50 EUR by tariff FAIR. "
        "This would explain it: The flat fee was not billed."
    )


def test_without_any_tariff_it_is_held(agreement: Agreement) -> None:
    cdr = judged(records.received(tariffs=[]))
    assert (cdr.state, Rating.objects.get().verdict) == (CdrState.HELD, Verdict.UNPRICEABLE)
    assert codes(cdr) == {"unpriceable"}
    assert Finding.objects.get(code="unpriceable").money_at_risk == Decimal("8.50")


def test_a_tariff_by_the_hour_is_priced_by_the_clock_of_the_place(agreement: Agreement) -> None:
    by_day = records.tariff(("ENERGY", "0.40"))
    by_day["elements"][0]["restrictions"] = {"start_time": "09:00", "end_time": "17:00"}
    cdr = judged(records.received(tariffs=[by_day], total="8"))
    assert (cdr.state, Rating.objects.get().total) == (CdrState.ACCEPTED, Decimal(8))
    assert "local time" in Rating.objects.get().explanation["lines"][0]["reason"]


def test_what_the_engine_cannot_price_is_held(agreement: Agreement) -> None:
    gross = records.tariff(("ENERGY", "0.40")) | {"tax_included": "YES"}
    cdr = judged(records.received(tariffs=[gross], total="8"))
    assert (cdr.state, codes(cdr)) == (CdrState.HELD, {"unpriceable"})
    assert Rating.objects.get().total is None


def test_a_tariff_not_carried_is_taken_from_what_its_owner_published(agreement: Agreement) -> None:
    owner = cast.party("NL*PLD", "CPO")
    tariffs.put(party=owner, tariff_id="fair", data=records.tariff(("ENERGY", "0.40"), ("FLAT", "0.50")), at=AT)
    cdr = judged(records.received(tariffs=[]))
    assert (cdr.state, codes(cdr)) == (CdrState.ACCEPTED, {"tariff_not_carried"})
    note = Finding.objects.get(code="tariff_not_carried")
    assert note.severity == Severity.NOTE


def test_another_cpo_s_tariff_of_that_name_is_not_taken(agreement: Agreement) -> None:
    data = records.tariff(("ENERGY", "0.40"), ("FLAT", "0.50"))
    tariffs.put(party=cast.party("NL*VLT", "CPO"), tariff_id="FAIR", data={**data, "party_id": "VLT"}, at=AT)
    assert judged(records.received(tariffs=[])).state == CdrState.HELD


def test_energy_that_differs_from_its_periods_is_held(agreement: Agreement) -> None:
    cdr = judged(records.received(total_energy=Decimal("25")))
    assert cdr.state == CdrState.HELD
    assert "totals_disagree" in codes(cdr)


def test_no_agreement_no_acceptance() -> None:
    cast.volta()
    cast.polder()
    cdr = judged(records.received())
    assert (cdr.state, cdr.agreement, codes(cdr)) == (CdrState.HELD, None, {"no_agreement"})
    assert Rating.objects.get().total == Decimal("8.50")


def test_an_agreement_counts_by_the_day_the_charging_started(agreement: Agreement) -> None:
    # Ends on 15 October, local: the charging starts at 23:30 on the 14th and ends on the 15th.
    agreements.end(agreement=agreement, ends_date=date(2026, 10, 15), at=AT)
    ended = datetime(2026, 10, 14, 23, tzinfo=UTC)
    assert judged(records.received("IN", ended=ended, hours="1.5")).state == CdrState.ACCEPTED
    assert judged(records.received("OUT", ended=ended, hours="1")).state == CdrState.HELD


def test_a_late_cdr_is_accepted_with_a_note(agreement: Agreement) -> None:
    cdr = judged(records.received(at=records.ENDED + timedelta(days=5)))
    assert (cdr.state, codes(cdr)) == (CdrState.ACCEPTED, {"late"})


def test_a_credit_waits_for_a_person(agreement: Agreement) -> None:
    cdr = judged(records.received(total="-8.50", credit=True, credit_reference_id="CDR0"))
    assert (cdr.state, "credit" in codes(cdr)) == (CdrState.HELD, True)
    assert "credits CDR CDR0" in cdr.state_reason


@pytest.mark.parametrize(("currency", "left"), [("EUR", Decimal("0.01")), ("CHF", None)])
def test_the_page_of_a_credit_tells_what_it_leaves(
    agreement: Agreement, client: Client, currency: str, left: Decimal | None
) -> None:
    records.received("CDR0")
    credit = judged(records.received("CDR1", total="-8.49", currency=currency, credit=True, credit_reference_id="CDR0"))
    client.force_login(cast.person("Ada", Role.FINANCE))
    page = client.get(f"/cdrs/{credit.pk}/")
    assert page.context["left_of_credited"] == left
    assert ("Left of it" in page.content.decode()) is (left is not None)


def test_judging_again_changes_nothing(agreement: Agreement) -> None:
    cdr = judged(records.received())
    assert judged(cdr).state_at == AT
    assert Rating.objects.count() == 1


def test_everything_due_is_judged_oldest_first_up_to_the_limit(agreement: Agreement) -> None:
    for number in range(7):
        records.received(f"CDR{number}")
    assert services.judge_due(at=AT, limit=5) == 5
    waiting = Cdr.objects.filter(state=CdrState.RECEIVED).values_list("ocpi_id", flat=True)
    assert sorted(waiting) == ["CDR5", "CDR6"]
    assert judge_due() == 2
    assert judge_due() == 0


def test_a_poisoned_cdr_is_held_and_the_others_go_on(
    agreement: Agreement, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def poisoned(case: Case) -> Any:
        if case.cdr.ocpi_id == "CDR1":
            raise ZeroDivisionError("no periods at all")
        return []

    monkeypatch.setattr(rules, "RULES", (poisoned,))
    for number in range(3):
        records.received(f"CDR{number}")
    assert services.judge_due(at=AT) == 3
    assert dict(Cdr.objects.values_list("ocpi_id", "state")) == {
        "CDR0": CdrState.ACCEPTED,
        "CDR1": CdrState.HELD,
        "CDR2": CdrState.ACCEPTED,
    }
    finding = Finding.objects.get()
    assert (finding.code, finding.cdr.ocpi_id if finding.cdr else "") == ("not_judged", "CDR1")
    assert finding.sentence == (
        "This CDR could not be judged; a person must look at it. ZeroDivisionError: no periods at all"
    )
    assert "could not be judged" in caplog.text


def test_pricing_again_after_the_agreement_came_accepts() -> None:
    cast.volta()
    cast.polder()
    cdr = judged(records.received())
    agreement = cast.agreement("NL*PLD", "NL*VGO")
    rating = services.price_again(cdr=cdr, by=None, at=AT + timedelta(days=1))
    cdr.refresh_from_db()
    assert (cdr.state, cdr.agreement) == (CdrState.ACCEPTED, agreement)
    assert (Rating.objects.count(), selectors.latest(cdr)) == (2, rating)


def test_pricing_again_after_the_emsp_came_accepts() -> None:
    cast.volta()
    cast.polder()
    cdr = judged(records.received(emsp="DE*NMD"))
    assert codes(cdr) == {"unknown_emsp"}
    cast.nomad()
    agreement = cast.agreement("NL*PLD", "DE*NMD")
    services.price_again(cdr=cdr, by=None, at=AT)
    cdr.refresh_from_db()
    assert (cdr.state, cdr.emsp, cdr.agreement) == (CdrState.ACCEPTED, agreement.emsp, agreement)


def test_pricing_again_tells_the_reason_that_holds_now() -> None:
    cast.volta()
    cast.polder()
    cdr = judged(records.received(total="10.31"))
    assert cdr.state_reason.startswith("No agreement")
    agreement = cast.agreement("NL*PLD", "NL*VGO")
    services.price_again(cdr=cdr, by=None, at=AT)
    cdr.refresh_from_db()
    assert (cdr.state, cdr.agreement) == (CdrState.HELD, agreement)
    assert cdr.state_reason.startswith("Polder Laden billed 1.81 EUR too much")
    standing = dict(Finding.objects.values_list("code", "withdrawn_at"))
    assert standing == {"price_outside_tolerance": None, "no_agreement": AT}


def test_pricing_again_names_who_wanted_it_where_it_moves_the_cdr() -> None:
    cast.volta()
    cast.polder()
    cdr = judged(records.received())
    cast.agreement("NL*PLD", "NL*VGO")
    services.price_again(cdr=cdr, by=cast.person("Ada"), at=AT)
    cdr.refresh_from_db()
    assert cdr.state_reason.endswith("exactly our price. Priced again by Ada.")


def test_an_accepted_cdr_settles_under_the_agreement_that_prices_it_now(agreement: Agreement) -> None:
    cdr = judged(records.received())
    agreements.end(agreement=agreement, ends_date=cdr.started_at.date(), at=AT)
    successor = cast.agreement("NL*PLD", "NL*VGO", starts=cdr.started_at.date())
    services.price_again(cdr=cdr, by=None, at=AT)
    cdr.refresh_from_db()
    assert (cdr.state, cdr.agreement) == (CdrState.ACCEPTED, successor)


def test_a_right_total_whose_parts_or_tax_differ_is_accepted_with_a_note(agreement: Agreement) -> None:
    owed = records.tariff(("ENERGY", "0.40"), ("FLAT", "0.50"))
    for component in owed["elements"][0]["price_components"]:
        component["vat"] = Decimal(21)
    cost = {"before_taxes": Decimal("8.50"), "taxes": [{"name": "VAT", "amount": Decimal("0.31")}]}
    energy = {"before_taxes": Decimal("8.10")}
    cdr = judged(records.received(tariffs=[owed], total_cost=cost, total_energy_cost=energy))
    note = Finding.objects.get(cdr=cdr)
    assert (cdr.state, note.code, note.severity) == (CdrState.ACCEPTED, "parts_differ", "note")
    assert (note.expected, note.actual) == ("total_cost after tax 10.285 EUR", "total_cost after tax 8.81 EUR")
    assert "total_energy_cost before tax is 8.10 EUR, 0.10 more than ours of 8.00 EUR." in note.sentence


def test_a_person_accepts_as_billed(agreement: Agreement) -> None:
    cdr = judged(records.received(total="10.31"))
    services.accept_as_billed(cdr=cdr, reason="Agreed by mail.", by=cast.person("Ada"), at=AT)
    cdr.refresh_from_db()
    assert (cdr.state, cdr.agreement) == (CdrState.ACCEPTED, agreement)
    assert cdr.state_reason == "Accepted as billed by Ada: Agreed by mail."


def test_what_held_a_cdr_is_decided_with_it_and_at_risk_no_more(agreement: Agreement, client: Client) -> None:
    ada = cast.person("Ada", Role.FINANCE)
    held, late = records.received("CDR0", total="10.31"), records.received("CDR1", at=AT + timedelta(days=3))
    client.force_login(ada)
    judged(held)
    judged(late)
    assert "1.81" in client.get("/findings/?standing=open").content.decode()
    services.accept_as_billed(cdr=held, reason="Agreed by mail.", by=ada, at=AT)
    rows = {standing: client.get(f"/findings/?standing={standing}") for standing in ("open", "decided")}
    found = {standing: [row.code for row in page.context["table"].data] for standing, page in rows.items()}
    assert found == {"open": ["late"], "decided": ["price_outside_tolerance"]}
    assert 'class="money"' not in rows["decided"].content.decode()
    page = client.get(f"/cdrs/{held.pk}/")
    assert (page.context["open_count"], "no longer at risk" in page.content.decode()) == (0, True)


def test_a_person_rejects(agreement: Agreement) -> None:
    cdr = judged(records.received(total="10.31"))
    services.reject(cdr=cdr, reason="Not our driver.", by=cast.person("Ada"), at=AT)
    cdr.refresh_from_db()
    assert (cdr.state, cdr.state_reason) == (CdrState.REJECTED, "Rejected by Ada: Not our driver.")
    with pytest.raises(services.CannotDecide, match="is rejected; its price is decided"):
        services.price_again(cdr=cdr, by=None, at=AT)


@pytest.mark.parametrize("decide", [services.accept_as_billed, services.reject])
def test_only_a_held_cdr_is_decided_and_only_with_a_reason(agreement: Agreement, decide: Any) -> None:
    good = judged(records.received("GOOD"))
    with pytest.raises(services.CannotDecide, match="is accepted; only a held one"):
        decide(cdr=good, reason="Because", by=None, at=AT)
    bad = judged(records.received("BAD", total="10.31"))
    with pytest.raises(services.CannotDecide, match="Give the reason"):
        decide(cdr=bad, reason=" ", by=None, at=AT)
    assert dict(Cdr.objects.values_list("ocpi_id", "state")) == {"GOOD": CdrState.ACCEPTED, "BAD": CdrState.HELD}


def test_without_an_agreement_nothing_is_accepted_as_billed() -> None:
    cast.volta()
    cast.polder()
    cdr = judged(records.received())
    with pytest.raises(services.CannotDecide, match="No agreement covers"):
        services.accept_as_billed(cdr=cdr, reason="Please", by=None, at=AT)


def test_another_currency_is_never_accepted_as_billed(agreement: Agreement) -> None:
    cdr = judged(records.received(currency="CHF"))
    with pytest.raises(services.CannotDecide, match="AGR-0001 settles in EUR; a CDR in CHF cannot enter it"):
        services.accept_as_billed(cdr=cdr, reason="Please", by=None, at=AT)
