"""Which tariff prices a period: the one it names, else the first that was valid when the session started."""

from decimal import Decimal
from typing import Any

import pytest

from billing.pricing import RECOMMENDED
from tests.unit.pricing.cases import (
    DAY,
    Json,
    cdr,
    codes,
    element,
    energy,
    excl,
    flat,
    period,
    priced,
    refused,
    tariff,
    time,
    total,
)

HOUR = cdr(period("09:00", ENERGY="1"))
NO_TARIFF = ("no_active_tariff", "$.tariffs")


def owed(price: str, name: str = "FAIR", **fields: Any) -> Json:
    return tariff(element(energy(price)), id=name, **fields)


def named(*names: str | None) -> Json:
    """A kWh an hour, each under a tariff."""
    return cdr(*(period(f"{9 + hour:02}:00", name, ENERGY="1") for hour, name in enumerate(names)))


@pytest.mark.parametrize("name", ["CHEAP", "cheap", "Cheap"])
def test_a_period_names_its_tariff_in_letters_of_any_case(name: str) -> None:
    assert excl(named(name), owed("1"), owed("2", "CHEAP"), owed("3", "DEAR")) == 2


def test_a_tariff_that_is_over_is_told_once_however_it_is_spelled() -> None:
    over = owed("2", "CHEAP", end_date_time="2020-01-01T00:00:00Z")
    session = priced(named("CHEAP", "cheap"), over)
    assert codes(session) == [("tariff_not_valid", "$.charging_periods[0].tariff_id")]


def test_each_period_may_name_another() -> None:
    session = priced(named("CHEAP", "DEAR", "CHEAP"), owed("2", "CHEAP"), owed("3", "DEAR"))
    assert session.total.excl == 7
    assert session.tariff_ids == ("CHEAP", "DEAR")


def test_thresholds_count_over_a_change_of_tariff_and_steps_as_well() -> None:
    cheap = tariff(element(energy("1", step=500)), id="CHEAP")
    dear = tariff(element(energy("2", step=1000), min_kwh=1), element(energy("9")), id="DEAR")
    charge = cdr(period("09:00", "CHEAP", ENERGY="1.1"), period("10:00", "DEAR", ENERGY="0.5"))
    assert [line.billed for line in priced(charge, cheap, dear).lines] == [Decimal("1.1"), Decimal("0.9")]


def test_the_fee_of_another_tariff_is_not_paid_as_well() -> None:
    cheap, dear = (tariff(element(flat(fee), energy("1")), id=name) for fee, name in (("1", "CHEAP"), ("3", "DEAR")))
    session = priced(named("CHEAP", "DEAR"), cheap, dear)
    assert session.total.excl == 3
    assert ("several_fees", "$.charging_periods[1]") in codes(session)


@pytest.mark.parametrize(
    ("start", "end", "valid"),
    [
        (None, None, True),
        ("09:00:00", None, True),
        ("09:00:01", None, False),
        (None, "09:00:00", False),
        (None, "09:00:01", True),  # for the whole session
        ("08:00:00", "09:00:00", False),
        ("09:00:00", "09:00:00", False),
    ],
)
def test_a_tariff_is_valid_from_its_start_until_before_its_end(start: str | None, end: str | None, valid: bool) -> None:
    limits = {"start_date_time": start, "end_date_time": end}
    one = owed("1", **{name: f"{DAY}T{clock}Z" for name, clock in limits.items() if clock})
    if valid:
        assert excl(HOUR, one) == 1
    else:
        assert refused(lambda: priced(HOUR, one)) == NO_TARIFF


def test_of_several_versions_the_one_valid_at_the_start_prices_named_or_not() -> None:
    versions = [
        owed("1", end_date_time=f"{DAY}T08:00:00Z"),
        owed("2", start_date_time=f"{DAY}T08:00:00Z", end_date_time=f"{DAY}T10:00:00Z"),
        owed("3", start_date_time=f"{DAY}T10:00:00Z"),
    ]
    for versions_in_order in (versions, versions[::-1]):
        assert excl(named(None, None, None), *versions_in_order) == 6
        assert excl(named("FAIR", "FAIR", "FAIR"), *versions_in_order) == 6
    assert excl(cdr(period("07:59:59", "FAIR", ENERGY="1")), *versions) == 1
    assert excl(cdr(period("10:00", "FAIR", ENERGY="1")), *versions) == 3


def test_the_first_of_several_valid_ones_prices() -> None:
    assert excl(HOUR, owed("1", "A"), owed("2", "B")) == 1
    assert excl(HOUR, owed("2", "B"), owed("1", "A")) == 2


@pytest.mark.parametrize(
    ("types", "expected"),
    [
        (["AD_HOC_PAYMENT", None], 2),
        (["AD_HOC_PAYMENT", "REGULAR"], 2),
        (["PROFILE_CHEAP", "PROFILE_FAST", "REGULAR", None], 3),
        ([None, "REGULAR"], 1),
        (["REGULAR", None], 1),
        (["AD_HOC_PAYMENT", "PROFILE_GREEN"], 1),  # better than nothing, and said
    ],
)
def test_an_ordinary_tariff_goes_before_one_for_special_cases(types: list[str | None], expected: int) -> None:
    tariffs = [owed(str(price), f"T{price}", type=kind) for price, kind in enumerate(types, 1)]
    assert excl(HOUR, *tariffs) == expected


def test_a_named_tariff_of_a_special_type_is_meant() -> None:
    assert excl(named("T2"), owed("1", "T1"), owed("2", "T2", type="PROFILE_CHEAP")) == 2


def test_a_special_tariff_that_is_valid_goes_before_an_ordinary_one_that_is_not() -> None:
    past = owed("1", "T1", end_date_time=f"{DAY}T08:00:00Z")
    assert excl(HOUR, past, owed("2", "T2", type="AD_HOC_PAYMENT")) == 2


def test_a_period_without_tariff_beside_others_is_priced_by_the_default_or_free() -> None:
    charge, tariffs = named("DEAR", None, "DEAR"), [owed("1"), owed("5", "DEAR")]
    session = priced(charge, *tariffs)
    assert session.total.excl == 11
    assert ("period_without_tariff", "$.charging_periods[1]") in codes(session)
    free = RECOMMENDED.but(unnamed_tariff="free")
    assert excl(charge, *tariffs, policy=free) == 10
    assert excl(named(None, None), *tariffs, policy=free) == 2  # where none is named, nothing is left out


def test_energy_of_a_period_without_tariff_counts_for_thresholds() -> None:
    one = tariff(element(energy("1"), min_kwh=2), element(energy("0")), id="DEAR")
    free = RECOMMENDED.but(unnamed_tariff="free")
    assert excl(named("DEAR", None, "DEAR"), one, policy=free) == 1


def test_an_empty_name_names_nothing() -> None:
    assert excl(named(""), owed("1")) == 1


def test_a_tariff_that_is_not_there_is_refused_or_replaced_and_said() -> None:
    charge = named("FAIR", "GONE")
    assert refused(lambda: priced(charge, owed("1"))) == ("unknown_tariff", "$.charging_periods[1].tariff_id")
    session = priced(charge, owed("1"), policy=RECOMMENDED.but(unknown_tariff="default"))
    assert session.total.excl == 2
    assert ("unknown_tariff", "$.charging_periods[1].tariff_id") in codes(session)


def test_a_named_tariff_out_of_its_time_prices_all_the_same_and_it_is_said() -> None:
    session = priced(named("FAIR"), owed("1", end_date_time=f"{DAY}T08:00:00Z"))
    assert session.total.excl == 1
    assert ("tariff_not_valid", "$.charging_periods[0].tariff_id") in codes(session)


def test_limits_are_those_of_the_tariff_at_the_start() -> None:
    cheap = owed("1", "CHEAP", max_price={"before_taxes": Decimal("1.5")})
    dear = owed("5", "DEAR", max_price={"before_taxes": 3})
    assert total(named("CHEAP", "DEAR"), cheap, dear) == (Decimal("1.5"), Decimal("1.5"))
    assert total(named("DEAR", "CHEAP"), cheap, dear) == (3, 3)


def test_only_a_tariff_that_prices_must_be_in_the_currency_of_the_charge() -> None:
    other = owed("9", "OTHER", currency="SEK")
    assert excl(named("FAIR"), owed("1"), other) == 1
    assert refused(lambda: priced(named("FAIR", "OTHER"), owed("1"), other)) == ("currency_differs", "$.currency")


def test_taxes_of_one_tariff_do_not_blur_the_cents_of_another() -> None:
    """Prices with tax of 7.7, 8.1 and 21 percent side by side: amounts stay exact."""
    tariffs = [
        tariff(element(energy("1.077", vat="7.7")), id="A", tax_included="YES"),
        tariff(element(energy("1.081", vat="8.1")), id="B", tax_included="YES"),
        tariff(element(energy("1", vat="21")), id="C"),
        tariff(element(time("9")), id="D", tax_included="N/A"),
    ]
    assert total(named("A", "B", "C"), *tariffs) == (3, Decimal("3.368"))
