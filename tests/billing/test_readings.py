"""A CDR is priced as OCPI recommends in the version that it came in, but for what its agreement reads otherwise."""

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client

from billing.rating import services
from billing.rating.models import Rating, Verdict
from partners.agreements.models import Agreement
from partners.people.models import Role
from roaming.cdrs.models import Cdr, CdrState
from roaming.findings.models import Finding
from roaming.tariffs import services as tariffs
from tests import cast
from tests.billing import records

pytestmark = pytest.mark.django_db

AT = datetime(2026, 10, 14, 12, tzinfo=UTC)


@pytest.fixture(autouse=True)
def companies() -> None:
    cast.volta()
    cast.polder()


def agreed(**readings: str) -> Agreement:
    return cast.agreement("NL*PLD", "NL*VGO", readings=readings)


def by_whole_kwh(price: str) -> dict[str, Any]:
    made = records.tariff(("ENERGY", price))
    made["elements"][0]["price_components"][0]["step_size"] = 1000
    return made


def billed_each_period() -> Cdr:
    """10.5 and 9.25 kWh at 0.40 EUR for each whole one: 21 as billed, period by period; 20 in the whole session."""
    periods = [
        {"start_date_time": f"2026-10-14T{hour}:00Z", "dimensions": [{"type": "ENERGY", "volume": Decimal(kwh)}]}
        for hour, kwh in (("09:00", "10.5"), ("09:45", "9.25"))
    ]
    cdr = records.received(total="8.40", kwh="19.75", tariffs=[by_whole_kwh("0.40")], charging_periods=periods)
    return judged(cdr)


def judged(cdr: Cdr) -> Cdr:
    services.judge(cdr_id=cdr.pk, at=AT)
    return Cdr.objects.select_related("agreement").get(pk=cdr.pk)


def test_a_cdr_rounded_up_each_period_is_held_as_recommended() -> None:
    agreed()
    cdr = billed_each_period()
    assert (cdr.state, Rating.objects.get().total) == (CdrState.HELD, Decimal("8.00"))
    assert cdr.state_reason == (
        "Polder Laden billed 0.40 EUR too much: 8.40 EUR instead of 8.00 EUR by tariff FAIR. "
        "This would explain it: Another reading gives this total. When energy and time are rounded up: in each period, "
        "not once a session."
    )


def test_the_same_cdr_is_accepted_where_the_agreement_reads_it_so() -> None:
    agreed(step_size_scope="period")
    cdr = billed_each_period()
    rating = Rating.objects.get()
    assert (cdr.state, rating.verdict, rating.total) == (CdrState.ACCEPTED, Verdict.WITHIN, Decimal("8.40"))
    assert cdr.state_reason == "Billed 8.40 EUR, exactly our price."
    assert not Finding.objects.exists()


def billed_by_rounded_lines() -> Cdr:
    """Four times 1 kWh at 0.333 EUR: 1.332, and 1.32 as billed, each line rounded."""
    periods = [
        {"start_date_time": f"2026-10-14T09:{minute}:00Z", "dimensions": [{"type": "ENERGY", "volume": Decimal(1)}]}
        for minute in ("00", "15", "30", "45")
    ]
    tariff = records.tariff(("ENERGY", "0.333"))
    return judged(records.received(total="1.32", kwh="4", tariffs=[tariff], charging_periods=periods))


def test_a_cdr_whose_lines_were_rounded_is_held_and_explained() -> None:
    agreed()
    cdr = billed_by_rounded_lines()
    assert (cdr.state, Rating.objects.get().total) == (CdrState.HELD, Decimal("1.332"))
    assert cdr.state_reason.endswith("Where amounts are rounded: in each line, half up, not in each CDR, half up.")


def test_what_would_explain_a_total_as_well_stands_below_its_differences(client: Client) -> None:
    agreed()
    cdr = billed_by_rounded_lines()
    client.force_login(cast.person("Ada", Role.FINANCE))
    page = client.get(f"/cdrs/{cdr.pk}/").content.decode()
    assert "What would explain it as well" in page
    assert "Where amounts are rounded: in each line, half to even, not in each CDR, half up." in page


def test_the_same_cdr_is_accepted_where_lines_are_rounded_by_agreement(client: Client) -> None:
    agreed(rounding="per_line_half_up")
    cdr = billed_by_rounded_lines()
    assert (cdr.state, Rating.objects.get().total) == (CdrState.ACCEPTED, Decimal("1.32"))
    client.force_login(cast.person("Ada", Role.FINANCE))
    page = client.get(f"/cdrs/{cdr.pk}/").content.decode()
    assert "Each line is rounded, as the agreement says; an invoice line is the billed total" in page


def test_what_another_reading_explains_is_withdrawn_and_at_risk_no_more(client: Client) -> None:
    agreement = agreed()
    cdr = billed_by_rounded_lines()
    client.force_login(cast.person("Ada", Role.FINANCE))
    assert "0.012" in client.get("/findings/?standing=open").content.decode()
    Agreement.objects.filter(pk=agreement.pk).update(readings={"rounding": "per_line_half_up"})
    services.price_again(cdr=cdr, by=None, at=AT)
    assert Finding.objects.get().withdrawn_at == AT
    page = client.get(f"/cdrs/{cdr.pk}/").content.decode()
    assert 'Findings <span class="count">0 of 1</span>' in page
    assert all(text in page for text in ("Billed too little", "no longer at risk", "withdrawn"))
    assert "Nothing fits" in client.get("/findings/?standing=open").content.decode()
    withdrawn = client.get("/findings/?standing=withdrawn").content.decode()
    assert ("Withdrawn</span>" in withdrawn, 'class="money"' in withdrawn) == (True, False)


def test_what_was_published_is_compared_by_the_same_reading() -> None:
    agreed(step_size_scope="period")
    tariffs.put(party=cast.party("NL*PLD", "CPO"), tariff_id="FAIR", data=by_whole_kwh("0.50"), at=AT)
    billed_each_period()
    note = Finding.objects.get(code="carried_tariff_differs")
    assert note.sentence.endswith("As published 10.50 EUR, as carried 8.40 EUR.")
    assert note.money_at_risk == Decimal("2.10")


@pytest.mark.parametrize(("version", "after_tax"), [("2.1.1", None), ("2.2.1", "8.5"), ("2.3.0", None), ("", "8.5")])
def test_a_missing_rate_is_no_tax_where_the_version_of_the_cdr_says_so(version: str, after_tax: str | None) -> None:
    agreed()
    assert judged(records.received(version=version)).state == CdrState.ACCEPTED
    assert Rating.objects.get().explanation["total_cost_incl_vat"] == after_tax


def test_a_missing_rate_is_no_tax_where_the_agreement_says_so() -> None:
    agreed(tax_without_rate="none_applies")
    judged(records.received(version="2.3.0"))
    assert Rating.objects.get().explanation["total_cost_incl_vat"] == "8.5"


def test_without_an_agreement_a_cdr_is_read_as_recommended() -> None:
    assert billed_each_period().state == CdrState.HELD
    assert Rating.objects.get().total == Decimal("8.00")


@pytest.mark.parametrize(
    ("readings", "sentence"),
    [
        ({"weather": "fair"}, "“weather” is no reading; there are step_size_volume, "),
        ({"self": "fair"}, "“self” is no reading; there are step_size_volume, "),
        ({"flat": "twice"}, "“twice” is no reading of “flat”; there are once, each."),
        ({"flat": ["each"]}, "“['each']” is no reading of “flat”; there are once, each."),
    ],
)
def test_a_reading_that_nobody_knows_is_no_price_and_no_crash(readings: dict[str, Any], sentence: str) -> None:
    agreement = agreed()
    Agreement.objects.update(readings=readings)
    tariffs.put(party=cast.party("NL*PLD", "CPO"), tariff_id="FAIR", data=by_whole_kwh("0.50"), at=AT)
    cdr = judged(records.received())
    rating = Rating.objects.get()
    assert (cdr.state, cdr.agreement, rating.verdict) == (CdrState.HELD, agreement, Verdict.UNPRICEABLE)
    assert (rating.total, rating.explanation["code"]) == (None, "unknown_reading")
    assert Finding.objects.get(code="unpriceable").sentence.startswith(
        "The 8.50 EUR that Polder Laden bills could not be checked. "
        f"AGR-0001 reads OCPI in a way that is not known: {sentence}"
    )
