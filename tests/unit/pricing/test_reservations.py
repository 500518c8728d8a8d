"""What a reservation costs, used or not; elements of a reservation never price charging, nor others a reservation."""

from decimal import Decimal
from typing import Any

import pytest

from billing.pricing import Part
from tests.unit.pricing.cases import (
    Json,
    cdr,
    element,
    energy,
    excl,
    flat,
    parking,
    period,
    priced,
    tariff,
    time,
    total,
)

USED, RAN_OUT = {"reservation": "RESERVATION"}, {"reservation": "RESERVATION_EXPIRES"}
START = element(flat("0.50", vat="20"), energy("0.25", vat="10"))
NEVER_CAME: Json = {"cdr_location": {"evse_uid": "#NA", "evse_id": "#NA", "connector_id": "#NA"}}


def used(length: str = "0.25", **fields: Any) -> Json:
    return cdr(period("09:00", RESERVATION_TIME=length), period("09:15", ENERGY="20"), **fields)


def ran_out(length: str = "1", **fields: Any) -> Json:
    return cdr(period("09:00", RESERVATION_TIME=length), **{**NEVER_CAME, **fields})


def test_reserved_time_is_priced_by_the_time_of_its_own_elements() -> None:
    owed = tariff(element(time("5.00", vat="20"), **USED), START, element(time("99")))
    session = priced(used(), owed)
    assert session.part(Part.RESERVATION) == (Decimal("1.25"), Decimal("1.5"))
    assert session.part(Part.TIME) == (Decimal(0), Decimal(0))
    assert session.total == (Decimal("6.75"), Decimal("7.6"))


def test_quantities_are_told_by_dimension_as_metered_and_as_billed() -> None:
    owed = tariff(element(time("5.00", step=3600), **USED), element(flat("1"), time("2", step=1800), energy("1")))
    charge = cdr(period("09:00", RESERVATION_TIME="0.25"), period("09:15", TIME="0.75"), period("10:00", ENERGY="2.5"))
    session = priced(charge, owed)
    assert (session.reserved_hours, session.billed_reserved_hours) == (Decimal("0.25"), Decimal(1))
    assert (session.charging_hours, session.billed_hours) == (Decimal("0.75"), Decimal(1))
    assert (session.energy_kwh, session.billed_energy_kwh, session.billed_fees) == (
        Decimal("2.5"),
        Decimal("2.5"),
        Decimal(1),
    )


def test_an_element_of_a_reservation_prices_no_charging() -> None:
    owed = tariff(element(time("5"), flat("2"), energy("9"), parking("9"), **USED))
    charge = cdr(period("09:00", TIME="1", ENERGY="10"), period("10:00", PARKING_TIME="1"))
    assert excl(charge, owed) == 0


def test_an_ordinary_element_prices_no_reservation() -> None:
    session = priced(used(), tariff(element(time("5"), energy("0.25"))))
    assert session.total.excl == 5
    assert [(one.code, one.message) for one in session.warnings if one.code == "not_priced"] == [
        ("not_priced", "No component prices reserved time: 0.25 h cost nothing.")
    ]


def test_energy_and_parking_do_not_exist_in_a_reservation() -> None:
    owed = tariff(element(energy("9"), parking("9"), **USED), START)
    assert excl(used(), owed) == Decimal("5.50")


def test_the_fee_of_a_reservation_is_paid_beside_that_of_charging() -> None:
    owed = tariff(element(flat("2", vat="20"), time("5", vat="20"), **USED), START)
    session = priced(used(), owed)
    assert session.total == (Decimal("8.75"), Decimal("10"))
    assert session.part(Part.RESERVATION) == (Decimal("3.25"), Decimal("3.9"))
    assert session.part(Part.FIXED) == (Decimal("0.5"), Decimal("0.6"))


def test_a_fee_of_a_reservation_is_due_once_in_however_many_periods_it_is_measured() -> None:
    owed = tariff(element(flat("2"), time("5"), **USED), START)
    twice = cdr(
        period("09:00", RESERVATION_TIME="0.1"), period("09:06", RESERVATION_TIME="0.15"), period("09:15", ENERGY="20")
    )
    assert excl(twice, owed) == Decimal("8.75")


def test_before_charging_begins_no_start_fee_is_due() -> None:
    owed = tariff(element(time("5"), **USED), START)
    assert [line.period for line in priced(used(), owed).lines if line.part == "fixed"] == [1]
    assert excl(ran_out(), tariff(element(time("5"), **USED), START)) == 5


EXPIRY_FEE = tariff(element(flat("4"), **RAN_OUT), element(time("2", step=600), **USED), START)


def test_an_expired_reservation_pays_its_own_fee_and_the_time_of_the_ordinary_one() -> None:
    assert excl(ran_out(), EXPIRY_FEE) == 6
    assert excl(used("0.5"), EXPIRY_FEE) == Decimal("6.50")


@pytest.mark.parametrize(
    "elements",
    [
        (element(time("6"), **RAN_OUT), element(time("3"), **USED)),
        (element(time("3"), **USED), element(time("6"), **RAN_OUT)),
    ],
)
def test_of_both_times_that_of_the_expired_reservation_wins_in_any_order(elements: tuple[Json, Json]) -> None:
    owed = tariff(*elements, START)
    assert excl(ran_out("1.5"), owed) == 9
    assert excl(used("0.5"), owed) == 7


def test_of_both_fees_that_of_the_expired_reservation_is_paid_alone() -> None:
    owed = tariff(element(flat("2"), time("3"), **USED), element(flat("4"), **RAN_OUT), START)
    assert excl(ran_out(), owed) == 7


@pytest.mark.parametrize(
    ("charge", "how", "expired"),
    [
        (ran_out(), {}, True),
        (ran_out(session_id=""), {}, True),
        (ran_out(session_id="S1"), {}, False),
        (ran_out(cdr_location={"evse_uid": "VLT-E1"}), {}, False),
        (ran_out(cdr_location=None), {}, False),
        (used(**NEVER_CAME), {}, False),  # somebody charged
        (ran_out(session_id="S1"), {"reservation_expired": True}, True),
        (ran_out(), {"reservation_expired": False}, False),
    ],
)
def test_nobody_came_when_nothing_but_time_was_reserved_at_no_evse_in_no_session(
    charge: Json, how: dict[str, Any], expired: bool
) -> None:
    session = priced(charge, tariff(element(time("6"), **RAN_OUT), element(time("3"), **USED), START), **how)
    assert session.expired is expired
    assert session.lines[0].unit_price == (6 if expired else 3)


@pytest.mark.parametrize(
    ("minutes", "step", "billed"),
    [("0.2167", 300, "0.25"), ("0.25", 300, "0.25"), ("0.2501", 300, "0.33333333333333333333"), ("0.2", 0, "0.2")],
)
def test_reserved_time_is_rounded_by_itself(minutes: str, step: int, billed: str) -> None:
    owed = tariff(element(time("5", step=step), **USED), element(time("1", step=3600), parking("1", step=3600)))
    charge = cdr(period("09:00", RESERVATION_TIME=minutes), period("09:15", TIME="0.5"))
    lines = priced(charge, owed).lines
    assert [(line.part, line.billed) for line in lines] == [("reservation", Decimal(billed)), ("time", 1)]


def test_reserved_time_counts_for_durations_and_not_for_parking() -> None:
    owed = tariff(
        element(time("5"), **USED), element(energy("1"), min_duration=900), element(energy("9")), element(parking("1"))
    )
    session = priced(used(), owed)
    assert session.total.excl == Decimal("21.25")
    assert (session.parking_hours, session.hours) == (Decimal(0), Decimal("1.25"))


def test_an_element_of_a_reservation_may_be_restricted_further() -> None:
    owed = tariff(
        element(time("2"), **USED, max_duration=600),
        element(time("8"), **USED),
        START,
    )
    charge = cdr(period("09:00", RESERVATION_TIME="0.25"), period("09:10", RESERVATION_TIME="0.25"))
    assert excl(charge, owed) == Decimal("2.50")


def test_limits_hold_for_a_reservation_as_well() -> None:
    limits = {"min_price": {"before_taxes": 3, "after_taxes": Decimal("3.60")}}
    owed = tariff(element(time("2", vat="20"), **USED), START, **limits)
    assert total(ran_out(), owed) == (Decimal(3), Decimal("3.6"))


def test_volumes_of_nothing_beside_a_reservation_are_no_charging() -> None:
    charge = cdr(period("09:00", RESERVATION_TIME="1", TIME="0", ENERGY="0"), **NEVER_CAME)
    assert excl(charge, EXPIRY_FEE) == 6


def test_nothing_reserved_costs_no_fee_of_a_reservation() -> None:
    owed = tariff(element(flat("2"), time("5"), **USED), START)
    assert excl(cdr(period("09:00", RESERVATION_TIME="0", ENERGY="20")), owed) == Decimal("5.50")
