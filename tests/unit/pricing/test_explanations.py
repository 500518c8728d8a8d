"""What a partner must have done to come to its total: one change at a time, the likeliest first."""

from decimal import Decimal
from typing import Any

import pytest

from billing import pricing
from billing.pricing import RECOMMENDED, Kind, Verdict
from billing.pricing.explaining.quantities import by_totals
from tests.unit.pricing.cases import Json, cdr, element, energy, flat, parking, period, tariff, time

OWED = tariff(
    element(flat("0.50", vat="21")),
    element(energy("0.40", vat="21", step=1000), parking("6", vat="21", step=900)),
)
CHARGE = cdr(period("09:00", ENERGY="10.2"), period("10:00", ENERGY="4.3"), period("10:30", PARKING_TIME="0.3"))
# 0.50 + 15 kWh at 0.40 (14.5 in steps of one) + half an hour at 6.00 (18 minutes in steps of 15) is 9.50.


def verdict(excl: str, incl: str | None = None, owed: Json = OWED, charge: Json = CHARGE, **more: Any) -> Verdict:
    taxes = {} if incl is None else {"taxes": [{"name": "VAT", "amount": Decimal(incl) - Decimal(excl)}]}
    billed = pricing.read_billed({**charge, "total_cost": {"before_taxes": Decimal(excl), **taxes}})
    return pricing.verify(billed, [pricing.read_tariff(owed)], **more)


def explained(*args: Any, **more: Any) -> tuple[Kind, str]:
    found = verdict(*args, **more).explanation
    assert found is not None
    return found.kind, found.change


def test_our_own_total_needs_no_explanation() -> None:
    agreed = verdict("9.50", "11.495")
    assert (agreed.agrees, agreed.differences, agreed.explanation) == (True, (), None)


@pytest.mark.parametrize(
    ("excl", "kind", "change"),
    [
        ("8.10", Kind.STEP_SIZE, "step_size_scope=none"),
        ("9.90", Kind.STEP_SIZE, "step_size_scope=period"),
        ("9.00", Kind.MISSING_COMPONENT, "without=FLAT"),
        ("6.50", Kind.MISSING_COMPONENT, "without=PARKING_TIME"),
        ("10.00", Kind.EXTRA_COMPONENT, "fee=twice"),
        ("11.495", Kind.VAT, "excl=incl"),
    ],
)
def test_a_total_before_tax_is_explained_by_one_change(excl: str, kind: Kind, change: str) -> None:
    assert explained(excl) == (kind, change)


def test_a_tax_that_was_left_out_or_taken_at_another_rate_is_told() -> None:
    assert explained("9.50", "9.50") == (Kind.VAT, "vat=none")
    assert explained("9.50", "11.305") == (Kind.VAT, "vat=19")


def test_hours_read_in_utc_are_told() -> None:
    owed = tariff(element(energy("0.20"), start_time="00:00", end_time="10:00"), element(energy("0.40")))
    charge = cdr(period("09:00", ENERGY="10"), zone="Europe/Amsterdam")  # ten or eleven o'clock there
    assert explained("2.00", owed=owed, charge=charge) == (Kind.TIME_ZONE, "time_zone=UTC")


def test_another_version_of_the_tariff_is_told_before_any_reading() -> None:
    older = pricing.read_tariff(tariff(element(energy("0.30", step=1000)), element(flat("0.50")), id="T"))
    assert explained("5.00", versions=[older]) == (Kind.TARIFF_VERSION, "version=1")


def test_a_limit_that_was_left_out_is_told() -> None:
    owed = {**OWED, "max_price": {"before_taxes": 5}}
    assert explained("9.50", owed=owed) == (Kind.PRICE_LIMIT, "limits=none")


def test_energy_of_the_total_instead_of_the_periods_is_told() -> None:
    charge = {**CHARGE, "total_energy": Decimal("30")}
    assert explained("15.50", charge=charge) == (Kind.QUANTITY, "energy=total_energy")


BY_TIME = tariff(element(time("3.00"), parking("6.00"), energy("0.40")))
# Half an hour of charging, a break that nobody measures, and a quarter of an hour of parking: 4.00 + 1.50 + 1.50.
WITH_A_BREAK = cdr(period("09:00", ENERGY="10", TIME="0.5"), period("10:00", PARKING_TIME="0.25"))


@pytest.mark.parametrize(
    ("excl", "totals", "change"),
    [
        ("13.00", {}, "time=clock"),  # an hour each
        ("11.50", {"total_time": 2}, "time=total_time"),
        ("10.00", {"total_time": 2, "total_parking_time": "0.5"}, "time=total_time-total_parking_time"),
        ("8.50", {"total_time": 2, "total_parking_time": "0.5"}, "parking_time=total_parking_time"),
        ("6.10", {"total_parking_time": "0.1"}, "parking_time=total_parking_time"),
        ("6.25", {"total_time": "0.25"}, "time=total_time"),
    ],
)
def test_time_of_the_totals_or_of_the_clock_is_told(excl: str, totals: Json, change: str) -> None:
    charge = {**WITH_A_BREAK, **{name: Decimal(hours) for name, hours in totals.items()}}
    policy = RECOMMENDED.but(step_size_scope="none")
    assert explained(excl, owed=BY_TIME, charge=charge, policy=policy) == (Kind.QUANTITY, change)


@pytest.mark.parametrize(
    ("volumes", "change"),
    [
        ({"ENERGY": "10000", "TIME": "0.5", "PARKING_TIME": "0.25"}, "energy=Wh"),
        ({"ENERGY": "10", "TIME": "30", "PARKING_TIME": "15"}, "time=minutes"),
        ({"ENERGY": "10", "TIME": "1800", "PARKING_TIME": "900"}, "time=seconds"),
    ],
)
def test_volumes_in_another_unit_than_they_were_priced_in_are_told(volumes: Json, change: str) -> None:
    policy = RECOMMENDED.but(step_size_scope="none")
    charge = cdr(period("09:00", **volumes))
    assert explained("7.00", owed=BY_TIME, charge=charge, policy=policy) == (Kind.QUANTITY, change)
    noun, unit = change.split("=")
    found = verdict("7.00", owed=BY_TIME, charge=charge, policy=policy).explanation
    ours = "kWh" if unit == "Wh" else "hours"
    assert found is not None
    assert found.sentence == f"The periods are written in {unit} and were priced so; OCPI has {noun} in {ours}."


def test_less_of_a_total_is_taken_from_the_last_periods() -> None:
    charge = {**CHARGE, "total_energy": Decimal("3.2")}  # 10.2 and 4.3 are measured
    (other,) = [one for one in by_totals(pricing.read_billed(charge)) if one.change == "energy=total_energy"]
    energies = [one.volume for period in other.charge.periods for one in period.dimensions if one.type == "ENERGY"]
    assert energies == [Decimal("3.2"), Decimal(0)]
    assert other.sentence == "Priced by total_energy of 3.2 kWh, not by the 14.5 kWh of the periods."


def test_a_total_out_of_the_blue_stays_unexplained() -> None:
    found = verdict("77.77")
    assert found.explanation is None
    assert [one.kind for one in found.differences] == [Kind.UNEXPLAINED]


def test_half_a_cent_is_rounding_and_named_so() -> None:
    owed = tariff(element(energy("0.333")))
    found = verdict("0.33", owed=owed, charge=cdr(period("09:00", ENERGY="1")), tolerance=Decimal(0))
    assert [one.kind for one in found.differences] == [Kind.ROUNDING]


PER_LINE = RECOMMENDED.but(rounding="per_line_half_up")
# Four times 0.333 is 1.332; each rounded, 1.32.
THIRDS = {
    "owed": tariff(element(energy("0.333", vat="21"))),
    "charge": cdr(*(period(f"{hour:02}:00", ENERGY="1") for hour in range(9, 13))),
}


def test_lines_that_were_rounded_one_by_one_are_told() -> None:
    assert explained("1.32", **THIRDS) == (Kind.ROUNDING, "rounding=per_line_half_up")


def test_a_cdr_is_right_by_the_rounding_of_its_lines_that_was_agreed() -> None:
    parts = {"total_energy_cost": {"before_taxes": Decimal("1.32")}}
    charge = {**THIRDS["charge"], **parts}
    for owed in ("1.32", "1.33"):
        found = verdict(owed, owed=THIRDS["owed"], charge=charge, policy=PER_LINE, tolerance=Decimal(0))
        assert (found.agrees, found.priced.total.excl) == (owed == "1.32", Decimal("1.332"))
    assert found.explanation is None
    result = pricing.compare(Decimal("1.32"), found.priced, tolerance=Decimal(0))
    assert (result.within, result.ours) == (True, Decimal("1.32"))


def test_parts_are_compared_too_though_the_total_is_right() -> None:
    charge = {**CHARGE, "total_energy_cost": {"before_taxes": 9}, "total_fixed_cost": {"before_taxes": Decimal("0.5")}}
    found = verdict("9.50", charge=charge)
    assert found.explanation is None  # what is searched for is the total
    (one,) = found.differences
    assert (one.field, one.carried, one.ours) == ("total_energy_cost", Decimal(9), Decimal(6))


def test_a_credit_takes_the_total_back_and_nothing_else() -> None:
    charge = {**CHARGE, "credit": True, "total_energy_cost": {"before_taxes": 6}}
    assert verdict("-9.50", charge=charge).agrees
    assert not verdict("9.50", charge=charge).agrees


def test_a_credit_contradicts_itself_only_where_it_takes_back_another_sum() -> None:
    parts = {"total_energy_cost": {"before_taxes": 6}, "total_parking_cost": {"before_taxes": 3}}
    charge = {**CHARGE, **parts, "total_fixed_cost": {"before_taxes": Decimal("0.5")}, "credit": True}
    right = verdict("-9.50", charge=charge)
    assert (right.agrees, right.contradictions) == (True, ())
    assert [one.code for one in right.priced.warnings] == ["credit"]
    assert [str(one) for one in verdict("-9.00", charge=charge).contradictions] == [
        "The CDR says total_cost is -9 EUR; it takes back parts of -9.5 EUR."
    ]


def test_a_price_is_read_alike_as_a_total_and_as_a_limit() -> None:
    cost = {"before_taxes": None, "excl_vat": Decimal("9.50"), "incl_vat": Decimal("11.495")}
    billed = pricing.read_billed({**CHARGE, "total_cost": cost}).costs["total_cost"]
    limit = pricing.read_tariff({**OWED, "max_price": cost}).max_price
    assert limit is not None
    assert (billed.excl, billed.incl) == (limit.before_taxes, limit.after_taxes) == (Decimal("9.50"), Decimal("11.495"))


def test_a_rate_of_a_credit_is_told() -> None:
    charge = {**CHARGE, "credit": True}
    assert explained("-9.50", "-11.305", charge=charge) == (Kind.VAT, "vat=19")


def test_a_fifth_decimal_hides_no_explanation() -> None:
    assert explained("9.00004") == (Kind.MISSING_COMPONENT, "without=FLAT")


def test_amounts_of_many_digits_are_compared_to_the_last() -> None:
    charge = cdr(period("09:00", ENERGY="1"))
    long = "12345678901234567890123456789"
    found = verdict(f"{long}.12", owed=tariff(element(energy(f"{long}.62"))), charge=charge)
    assert [one.difference for one in found.differences] == [Decimal("-0.50")]


def test_the_parts_of_a_total_are_added_in_units_of_their_currency() -> None:
    charge = cdr(period("09:00", ENERGY="10"), currency="JPY", total_energy_cost={"before_taxes": 247})
    owed = {**tariff(element(energy("24.75"))), "currency": "JPY"}
    assert verdict("248", owed=owed, charge=charge).contradictions == ()
    assert len(verdict("249", owed=owed, charge=charge).contradictions) == 1


def test_a_fee_that_was_forgotten_comes_before_a_reading_that_leaves_it_out() -> None:
    owed = tariff(element(energy("0.40")), element(flat("0.50")))
    charge = cdr(period("09:00", ENERGY="10"))
    assert explained("4.00", owed=owed, charge=charge) == (Kind.MISSING_COMPONENT, "without=FLAT")


def test_four_decimals_of_an_hour_are_told() -> None:
    owed = tariff(element(time("3", step=300), energy("0.40", step=1000)))
    charge = cdr(period("09:00", TIME="0.6667", ENERGY="10.2"))
    assert explained("6.40", owed=owed, charge=charge) == (Kind.STEP_SIZE, "written_hours=whole_seconds")


def test_what_could_not_be_compared_is_said_once_for_each_side() -> None:
    owed, charge = tariff(element(energy("0.40"))), cdr(period("09:00", ENERGY="10"))
    taxed = {"before_taxes": 4, "taxes": [{"name": "VAT", "amount": 1}]}
    unknown = pricing.of_version("2.3.0")
    found = verdict("4.00", "4.84", owed=owed, charge={**charge, "total_energy_cost": taxed}, policy=unknown)
    assert (found.agrees, found.uncompared) == (
        True,
        ("total_cost, total_energy_cost after tax were not compared: the tariff does not say what ours would be.",),
    )


def test_the_charging_time_of_a_tariff_by_the_hour_is_a_component_like_any_other() -> None:
    owed = tariff(element(time("2.00"), energy("0.40")))
    charge = cdr(period("09:00", ENERGY="10", TIME="1"))
    assert explained("4.00", owed=owed, charge=charge) == (Kind.MISSING_COMPONENT, "without=TIME")


def changes(*args: Any, **more: Any) -> list[str]:
    """All that would explain it, the likeliest first."""
    found = verdict(*args, **more)
    return [one.change for one in (found.explanation, *found.alternatives) if one is not None]


@pytest.mark.parametrize(
    ("excl", "incl", "kind", "change"),
    [
        ("950", None, Kind.CURRENCY, "total=smallest_unit"),
        ("-9.50", "-11.495", Kind.SIGN, "total=negated"),
        ("7.8512", "9.50", Kind.VAT, "tax_included=YES"),
        ("9.50", "11.305", Kind.VAT, "vat=19"),
        ("9.50", "12.19", Kind.UNEXPLAINED, ""),  # 28.3 % is no rate anywhere
        ("9.50", "4.60", Kind.UNEXPLAINED, ""),
    ],
)
def test_money_in_another_unit_or_with_another_tax(excl: str, incl: str | None, kind: Kind, change: str) -> None:
    found = verdict(excl, incl)
    assert {one.kind for one in found.differences} == {kind}
    assert (found.explanation.change if found.explanation else "") == change


def test_a_rate_is_not_guessed_where_several_would_do() -> None:
    owed = tariff(element(energy("0.40", vat="21")))
    charge = cdr(period("09:00", ENERGY="1"))
    assert changes("0.40", "0.43", owed=owed, charge=charge) == []  # 7 % or 8 %


def test_tax_that_nobody_adds_hides_no_other_reason() -> None:
    assert changes("9.00", "9.00")[0] == "without=FLAT"


def test_a_side_that_we_cannot_know_hides_no_reason() -> None:
    owed = tariff(element(flat("0.50")), element(energy("0.40")))
    unknown = pricing.of_version("2.3.0")
    charge = cdr(period("09:00", ENERGY="10"))
    assert changes("4.00", "4.84", owed=owed, charge=charge, policy=unknown) == ["without=FLAT"]


def test_what_is_let_pass_explains_nothing() -> None:
    owed = tariff(element(flat("0.20")), element(energy("0.40")))
    charge = cdr(period("09:00", ENERGY="10"))
    assert changes("3.75", owed=owed, charge=charge, tolerance=Decimal("0.25")) == []
    assert changes("3.75", owed=owed, charge=charge, tolerance=Decimal("0.4")) == []
    assert changes("4.00", owed=owed, charge=charge, tolerance=Decimal("0.1")) == ["without=FLAT"]


def test_what_the_parts_of_a_cdr_refute_explains_nothing() -> None:
    fee = {"total_fixed_cost": {"before_taxes": Decimal("0.50")}}
    assert changes("9.00") == ["without=FLAT"]
    assert changes("9.00", charge={**CHARGE, **fee}) == []
    assert changes("9.00", charge={**CHARGE, "total_fixed_cost": {"before_taxes": 0}}) == ["without=FLAT"]
    assert changes("10.00", charge={**CHARGE, "total_fixed_cost": {"before_taxes": 1}}) == ["fee=twice"]


def test_parking_that_was_forgotten_leaves_charging_as_it_was_measured() -> None:
    """Where parking has no price, charging is rounded up instead: 2.00, not 1.00."""
    owed = tariff(element(time("2.00", step=3600), parking("6.00", step=3600)))
    charge = cdr(period("09:00", TIME="0.5"), period("09:30", PARKING_TIME="0.5"))
    assert changes("1.00", owed=owed, charge=charge) == ["without=PARKING_TIME"]
    assert changes("2.00", owed=owed, charge=charge)[0] == "without=PARKING_TIME"


def test_all_that_would_give_the_total_is_told() -> None:
    assert changes("1.32", **THIRDS) == ["rounding=per_line_half_up", "rounding=per_line_half_even"]


def test_another_version_need_not_have_been_valid() -> None:
    older = tariff(
        element(energy("0.30", step=1000)), element(flat("0.50")), id="T", end_date_time="2020-01-01T00:00:00Z"
    )
    read = pricing.read_tariff({**older, "last_updated": "2019-06-01T12:00:00Z"})
    found = verdict("5.00", versions=[read]).explanation
    assert found is not None
    assert found.sentence == "The version of tariff T of 2019-06-01 12:00 UTC gives this total."
    assert pricing.read_tariff({**older, "last_updated": "long ago"}).last_updated is None


DAY_NIGHT = tariff(element(energy("0.40"), start_time="07:00", end_time="21:00"), element(energy("0.20")))


def evening(*starts: str) -> Json:
    """10 kWh each in Amsterdam, from these times of UTC on."""
    return cdr(*(period(start, ENERGY="10") for start in starts), zone="Europe/Amsterdam")


def test_the_clock_that_periods_are_cut_by_was_known() -> None:
    """Until nine local time, eight in UTC, the day's price holds; 8.00 is all at it."""
    assert changes("8.00", owed=DAY_NIGHT, charge=evening("19:00", "20:00"))[:2] == ["prices=of_start", "time_zone=UTC"]
    assert changes("8.00", owed=DAY_NIGHT, charge=evening("19:00", "20:15"))[:2] == ["time_zone=UTC", "prices=of_start"]


def test_a_clock_that_shows_winter_time_all_summer_is_told() -> None:
    """20:30 and 21:15 in winter time; an hour later in truth."""
    charge = evening("2027-07-15T19:30:00Z", "2027-07-15T20:15:00Z")
    assert changes("6.00", owed=DAY_NIGHT, charge=charge) == ["time_zone=Etc/GMT-1"]


def test_quantities_that_were_rounded_first_are_told() -> None:
    owed = tariff(element(energy("0.40"), time("3.00")))
    charge = cdr(period("09:00", ENERGY="10.24", TIME="0.505"))
    assert changes("5.515", owed=owed, charge=charge) == ["energy=10"]
    assert changes("5.915", owed=owed, charge=charge) == ["energy=11"]
    assert changes("5.635", owed=owed, charge=charge) == ["energy=10.3"]
    assert changes("5.646", owed=owed, charge=charge) == ["time=whole_minutes"]


def test_a_reservation_that_was_not_billed_is_told() -> None:
    reserved = element(flat("2.00"), time("3.00"), reservation="RESERVATION")
    charge = cdr(period("09:00", ENERGY="10", RESERVATION_TIME="0.5"))
    assert changes("4.00", owed=tariff(reserved, element(energy("0.40"))), charge=charge)[0] == "without=RESERVATION"


def test_a_fee_for_each_period_is_told() -> None:
    assert changes("10.50")[0] == "fee=each_period"
