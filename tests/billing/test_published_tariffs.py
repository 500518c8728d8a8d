"""A CDR against the tariff that its owner had published when the session started."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from billing.rating import services
from billing.rating.models import Rating
from partners.agreements.models import Agreement
from roaming.cdrs.models import Cdr, CdrState
from roaming.findings.models import Finding, Severity
from roaming.ocpi.schema.values import format_time
from roaming.tariffs import services as tariffs
from tests import cast
from tests.billing import records

pytestmark = pytest.mark.django_db

STARTED = records.ENDED - timedelta(hours=1.5)  # 14 October 2026, 09:00 UTC
AT = datetime(2026, 11, 2, 6, tzinfo=UTC)
BEFORE, AFTER = STARTED - timedelta(days=4), STARTED + timedelta(minutes=1)


@pytest.fixture(autouse=True)
def agreement() -> Agreement:
    cast.volta()
    cast.polder()
    return cast.agreement("NL*PLD", "NL*VGO")


def tariff(price: str = "0.40", **further: Any) -> dict[str, Any]:
    return records.tariff(("ENERGY", price), ("FLAT", "0.50"), **further)


def publish(data: dict[str, Any], when: datetime, *, at: datetime | None = None) -> None:
    """Polder Laden publishes `data`, last updated `when`; we accept it then, unless it came late."""
    dated = {**data, "last_updated": format_time(when)}
    tariffs.put(party=cast.party("NL*PLD", "CPO"), tariff_id=data["id"], data=dated, at=at or when)


def withdraw(when: datetime) -> None:
    tariffs.delete(party=cast.party("NL*PLD", "CPO"), tariff_id="FAIR", at=when)


def judged(**fields: Any) -> Cdr:
    cdr = records.received(**fields)
    return services.judge(cdr_id=cdr.pk, at=AT)


def our_total() -> Decimal | None:
    return Rating.objects.get().total


def sentence(code: str) -> str:
    return Finding.objects.get(code=code).sentence


def codes() -> set[str]:
    return set(Finding.objects.values_list("code", flat=True))


@pytest.mark.parametrize(("total", "version"), [("6.50", "2026-10-09 09:00"), ("12.50", "2026-10-14 09:01")])
def test_a_cdr_billed_by_an_older_or_a_younger_version_is_told(total: str, version: str) -> None:
    """Though it carries the right one."""
    publish(tariff("0.30"), BEFORE - timedelta(days=1))
    publish(tariff("0.40"), BEFORE)
    publish(tariff("0.60"), AFTER)
    cdr = judged(total=total)
    assert (cdr.state, our_total()) == (CdrState.HELD, Decimal("8.50"))
    assert cdr.state_reason.endswith(f"The version of tariff FAIR of {version} UTC gives this total.")
    verdict = Rating.objects.get().explanation["verdict"]
    assert (verdict["explanation"]["kind"], verdict["alternatives"]) == ("tariff_version", [])


def test_a_cdr_without_a_tariff_is_priced_by_the_version_in_force_when_it_started() -> None:
    publish(tariff("0.30"), BEFORE - timedelta(days=1))
    publish(tariff("0.40"), BEFORE)
    publish(tariff("0.60"), AFTER)
    assert (judged(tariffs=[]).state, our_total()) == (CdrState.ACCEPTED, Decimal("8.50"))
    assert sentence("tariff_not_carried") == (
        "The CDR carries no tariff. What Polder Laden published counts: version 2 of tariff FAIR, in force when the "
        "session started (since 2026-10-10 09:00 UTC)."
    )


def test_a_version_that_came_late_but_held_then_counts() -> None:
    publish(tariff("0.30"), BEFORE)
    publish(tariff("0.40"), STARTED, at=AT)
    assert (judged(tariffs=[]).state, our_total()) == (CdrState.ACCEPTED, Decimal("8.50"))


def test_where_none_was_in_force_yet_the_earliest_counts_and_the_note_says_so() -> None:
    publish(tariff("0.40"), AFTER)
    publish(tariff("0.60"), AFTER + timedelta(days=1))
    assert (judged(tariffs=[]).state, our_total()) == (CdrState.ACCEPTED, Decimal("8.50"))
    assert sentence("tariff_not_carried").endswith(
        "version 1 of tariff FAIR, the earliest known to us (of 2026-10-14 09:01 UTC); none was in force when the "
        "session started."
    )


def test_where_it_was_deleted_the_last_one_before_counts_and_the_note_says_so() -> None:
    publish(tariff("0.30"), BEFORE - timedelta(days=1))
    publish(tariff("0.40"), BEFORE)
    withdraw(STARTED)
    publish(tariff("0.60"), AFTER)
    assert (judged(tariffs=[]).state, our_total()) == (CdrState.ACCEPTED, Decimal("8.50"))
    assert "version 2 of tariff FAIR, the last one (of 2026-10-10 09:00 UTC) before the tariff was deleted" in sentence(
        "tariff_not_carried"
    )


def test_a_carried_tariff_that_is_the_published_one_says_nothing() -> None:
    words = {"tariff_alt_text": [{"language": "en", "text": "Fair"}], "tariff_alt_url": "https://polder.example"}
    publish(tariff("0.4000", id="Fair", **words), BEFORE)
    publish(tariff("0.60"), AFTER)
    assert (judged(tariffs=[tariff()]).state, codes()) == (CdrState.ACCEPTED, set())


def test_a_carried_tariff_that_nobody_published_says_nothing() -> None:
    publish(tariff("0.60", tariff_id="OTHER"), BEFORE)
    assert (judged(tariffs=[tariff()]).state, codes()) == (CdrState.ACCEPTED, set())


def test_a_carried_tariff_dearer_than_the_published_one_is_noted_with_the_money() -> None:
    publish(tariff("0.35"), BEFORE)
    publish(tariff(), AFTER)
    assert judged(tariffs=[tariff()]).state == CdrState.ACCEPTED
    found = Finding.objects.get()
    assert (found.code, found.severity) == ("carried_tariff_differs", Severity.NOTE)
    assert (found.expected, found.actual, found.money_at_risk) == ("7.50 EUR", "8.50 EUR", Decimal("1.00"))
    assert found.sentence == (
        "The CDR carries tariff FAIR otherwise than its version 1, in force when the session started (since 2026-10-10 "
        "09:00 UTC). From published to carried: price of ENERGY 0.35 → 0.40. "
        "As published 7.50 EUR, as carried 8.50 EUR."
    )


def test_a_cheaper_one_is_noted_too() -> None:
    publish(tariff("0.45"), BEFORE)
    judged(tariffs=[tariff()])
    assert Finding.objects.get().money_at_risk == Decimal("1.00")


def test_a_difference_that_prices_the_same_is_noted_without_money() -> None:
    publish(tariff(type="REGULAR"), BEFORE)
    assert judged(tariffs=[tariff()]).state == CdrState.ACCEPTED
    found = Finding.objects.get(code="carried_tariff_differs")
    assert (found.severity, found.expected, found.actual, found.money_at_risk) == ("note", "8.50 EUR", "8.50 EUR", None)
    assert found.sentence.endswith("From published to carried: type removed (was REGULAR). Both make 8.50 EUR.")


def test_a_difference_that_cannot_be_priced_is_noted_without_prices() -> None:
    publish(tariff(currency="CHF"), BEFORE)
    assert judged(tariffs=[tariff()]).state == CdrState.ACCEPTED
    found = Finding.objects.get(code="carried_tariff_differs")
    assert (found.expected, found.actual, found.money_at_risk) == ("", "", None)
    assert found.sentence.endswith("From published to carried: currency CHF → EUR.")


def test_a_published_tariff_that_nobody_can_read_stops_no_price() -> None:
    wrong = tariff()
    wrong["elements"][0]["price_components"][0]["vat"] = Decimal(-1)
    publish(wrong, BEFORE)
    assert judged(tariffs=[tariff()]).state == CdrState.ACCEPTED


def test_what_was_published_only_later_is_compared_and_the_note_says_so() -> None:
    publish(tariff("0.35"), AFTER)
    judged(tariffs=[tariff()])
    assert "version 1, the earliest known to us (of 2026-10-14 09:01 UTC); none was in force" in sentence(
        "carried_tariff_differs"
    )


def test_a_cdr_that_carries_the_published_version_beside_a_later_one_says_nothing() -> None:
    publish(tariff(), BEFORE)
    publish(tariff("0.60"), AFTER)
    later = tariff("0.60", start_date_time=format_time(AFTER))
    judged(tariffs=[tariff(), later])
    assert "carried_tariff_differs" not in codes()


def test_several_tariffs_that_differ_are_one_note() -> None:
    publish(tariff("0.35"), BEFORE)
    publish(tariff("0.90", tariff_id="IDLE"), BEFORE)
    judged(tariffs=[tariff(), tariff("0.80", tariff_id="IDLE")])
    told = sentence("carried_tariff_differs")
    assert "price of ENERGY 0.35 → 0.40. The CDR carries tariff IDLE otherwise than its version 1" in told
    assert told.endswith("As published 7.50 EUR, as carried 8.50 EUR.")


def test_many_differences_are_counted() -> None:
    many = [{"price_components": [{"type": "ENERGY", "price": Decimal(n), "step_size": 1}]} for n in range(1, 9)]
    publish(tariff() | {"elements": [*tariff()["elements"], *many]}, BEFORE)
    judged(tariffs=[tariff()])
    assert "element 6 removed: ENERGY 5 and 3 more." in sentence("carried_tariff_differs")


def test_pricing_again_notes_it_once() -> None:
    publish(tariff("0.35"), BEFORE)
    cdr = judged(tariffs=[tariff()])
    services.price_again(cdr=cdr, by=None, at=AT)
    assert Finding.objects.filter(code="carried_tariff_differs").count() == 1


def test_looking_up_what_was_published_is_one_question_per_cdr() -> None:
    publish(tariff(), BEFORE)
    cdr = records.received()
    with CaptureQueriesContext(connection) as captured:
        services.judge(cdr_id=cdr.pk, at=AT)
    assert sum("tariffversion" in query["sql"] for query in captured.captured_queries) == 1
