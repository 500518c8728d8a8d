"""A quoted charge: its curve, where it is cut, and that its price is the one of any other charge like it."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from billing import pricing
from billing.pricing import Component, Dimension, Element, Restrictions, Tariff

AMSTERDAM = "Europe/Amsterdam"
SPLIT = pricing.RECOMMENDED.but(threshold_inside_period="split")
HOUR = timedelta(hours=1)
EVENING = {"start_time": 18 * 60, "end_time": 22 * 60}


def component(kind: str, price: str, step: int = 0) -> Component:
    return Component(type=Dimension(kind), price=Decimal(price), step_size=step)


def element(*components: Component, **restrictions: Any) -> Element:
    numbers: dict[str, Any] = {
        name: Decimal(value) if type(value) is str else value for name, value in restrictions.items()
    }
    return Element(components, Restrictions(**numbers))


def tariff(*elements: Element) -> Tariff:
    return Tariff(id="FAIR", currency="EUR", elements=elements)


PLAIN = tariff(element(component("ENERGY", "0.50"), component("FLAT", "1"), component("PARKING_TIME", "3")))


def local(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(AMSTERDAM))


def quoted(by: Tariff = PLAIN, **asked: Any) -> pricing.PricedSession:
    """Of 22 kWh in three hours at 11 kW, from noon on."""
    told: dict[str, Any] = {"kwh": "22", "kw": "11", "hours": 3, "starts_at": local("2027-03-10T12:00"), **asked}
    return pricing.quote(
        by,
        energy_kwh=Decimal(told["kwh"]),
        starts_at=told["starts_at"],
        duration=told["hours"] * HOUR,
        max_power_kw=Decimal(told["kw"]),
        time_zone=told.get("zone", AMSTERDAM),
        policy=told.get("policy", pricing.RECOMMENDED),
    )


def drawn(priced: pricing.PricedSession) -> list[tuple[str, str, str, str]]:
    """The periods: local start, energy or kind of time, quantity, kW."""
    told = []
    for period in priced.cdr.periods:
        volumes = {volume.type: volume.volume for volume in period.dimensions}
        starts = f"{period.starts_at.astimezone(ZoneInfo(AMSTERDAM)):%d %H:%M %Z}"
        kind = "ENERGY" if "ENERGY" in volumes else "PARKING_TIME"
        told.append((starts, kind, f"{volumes[kind].normalize():f}", f"{volumes['MAX_POWER'].normalize():f}"))
        assert volumes["MIN_POWER"] == volumes["MAX_POWER"]
    return told


def summed(priced: pricing.PricedSession, *kinds: str) -> Decimal:
    found = [one.volume for period in priced.cdr.periods for one in period.dimensions if one.type in kinds]
    return sum(found, Decimal())


def test_a_car_charges_at_full_power_and_then_stands_there() -> None:
    priced = quoted()
    assert drawn(priced) == [("10 12:00 CET", "ENERGY", "22", "11"), ("10 14:00 CET", "PARKING_TIME", "1", "0")]
    assert priced.total.excl == Decimal("15.00")
    assert pricing.full_at(priced.cdr) == local("2027-03-10T14:00")
    assert priced.cdr.periods[0].tariff_id == "FAIR"


@pytest.mark.parametrize(
    ("kwh", "kw", "hours", "expected"),
    [
        # Alternating current knows one power; direct current slows down, where there is time for it.
        ("43", "43", 2, [("12:00", "43", "43"), ("13:00", "1", "0")]),
        ("50", "100", 1, [("12:00", "40", "100"), ("12:24", "10", "50"), ("12:36", "0.4", "0")]),
        ("100", "100", 1, [("12:00", "100", "100")]),
        ("0", "11", 2, [("12:00", "2", "0")]),
        ("22", "11", 2, [("12:00", "22", "11")]),
        ("0.0000000001", "350", 1, [("12:00", "0.0000000001", "350"), ("12:00", "0.99999999972222222222", "0")]),
    ],
)
def test_the_curve(kwh: str, kw: str, hours: int, expected: list[tuple[str, str, str]]) -> None:
    found = [
        (starts[3:8], quantity, power) for starts, _, quantity, power in drawn(quoted(kwh=kwh, kw=kw, hours=hours))
    ]
    assert found == expected


@pytest.mark.parametrize(
    ("restrictions", "cut_at"),
    [
        ({"min_kwh": "11"}, ["10 13:00"]),
        ({"max_kwh": "5.5", "min_duration": "9000"}, ["10 12:30", "10 14:30"]),
        ({"max_duration": "3600"}, ["10 13:00"]),
        ({"start_time": 12 * 60 + 15, "end_time": 13 * 60}, ["10 12:15", "10 13:00"]),
        ({"day_of_week": (2,)}, []),
        ({"min_power": "5"}, []),
        ({"reservation": pricing.Reservation.RESERVATION}, []),
    ],
)
def test_a_charge_is_cut_where_the_tariff_changes_and_nowhere_else(
    restrictions: dict[str, Any], cut_at: list[str]
) -> None:
    by = tariff(element(component("ENERGY", "0.30"), **restrictions), element(component("ENERGY", "0.50")))
    starts = [starts[:8] for starts, *_ in drawn(quoted(by))]
    assert starts == sorted(["10 12:00", "10 14:00", *cut_at])


def test_a_bound_of_energy_is_met_to_the_last_digit() -> None:
    by = tariff(element(component("ENERGY", "0.30"), max_kwh="7.123456"), element(component("ENERGY", "0.50")))
    first, second, _ = drawn(quoted(by))
    assert (first[2], second[2]) == ("7.123456", "14.876544")


def test_elsewhere_the_meter_is_read_in_whole_watt_hours() -> None:
    by = tariff(element(component("ENERGY", "0.30"), end_time=12 * 60 + 10), element(component("ENERGY", "0.50")))
    assert [quantity for _, _, quantity, _ in drawn(quoted(by))] == ["1.833", "20.167", "1"]


def test_the_night_that_lacks_an_hour() -> None:
    by = tariff(element(component("ENERGY", "0.30"), end_time=3 * 60), element(component("ENERGY", "0.50")))
    priced = quoted(by, starts_at=local("2027-03-28T01:30"))
    assert drawn(priced) == [
        ("28 01:30 CET", "ENERGY", "5.5", "11"),
        ("28 03:00 CEST", "ENERGY", "16.5", "11"),
        ("28 04:30 CEST", "PARKING_TIME", "1", "0"),
    ]
    assert priced.total.excl == Decimal("0.30") * Decimal("5.5") + Decimal("0.50") * Decimal("16.5")


def test_the_night_that_has_an_hour_twice() -> None:
    by = tariff(element(component("ENERGY", "0.30"), start_time=2 * 60 + 30, end_time=3 * 60), *PLAIN.elements)
    priced = quoted(by, starts_at=local("2027-10-31T01:30"), kwh="33")
    assert [starts for starts, *_ in drawn(priced)] == [
        "31 01:30 CEST",
        "31 02:30 CEST",
        "31 02:00 CET",
        "31 02:30 CET",
        "31 03:00 CET",
    ]
    assert priced.part(pricing.Part.ENERGY).excl == Decimal("0.30") * 11 + Decimal("0.50") * 22


def test_three_days_have_three_evenings() -> None:
    by = tariff(element(component("PARKING_TIME", "2"), **EVENING), element(component("ENERGY", "0.50")))
    priced = quoted(by, hours=72, kwh="11")
    assert priced.part(pricing.Part.PARKING).excl == Decimal(3 * 4 * 2)
    assert priced.hours == 72


def test_a_third_of_an_hour_is_billed_as_twenty_minutes() -> None:
    by = tariff(element(component("TIME", "0.375")), element(component("PARKING_TIME", "3", step=300)))
    priced = pricing.quote(
        by,
        energy_kwh=Decimal(2),
        starts_at=local("2027-03-10T12:00"),
        duration=timedelta(minutes=60),
        max_power_kw=Decimal(6),
    )
    assert priced.part(pricing.Part.TIME).excl == Decimal("0.125")
    assert priced.part(pricing.Part.PARKING).excl == Decimal(2)


REFUSED: list[tuple[dict[str, Any], str, str]] = [
    ({"kwh": "33.001"}, "too_much_energy", "$.energy_kwh"),
    ({"kwh": "-1"}, "bad_energy", "$.energy_kwh"),
    ({"kwh": "NaN"}, "bad_energy", "$.energy_kwh"),
    ({"kwh": "1e99"}, "bad_energy", "$.energy_kwh"),
    ({"kw": "0"}, "bad_power", "$.max_power_kw"),
    ({"kw": "-11"}, "bad_power", "$.max_power_kw"),
    ({"kw": "Infinity"}, "bad_power", "$.max_power_kw"),
    ({"hours": 0}, "bad_duration", "$.duration"),
    ({"hours": -1}, "bad_duration", "$.duration"),
    ({"hours": 24 * 400}, "bad_duration", "$.duration"),
    ({"starts_at": datetime(2027, 3, 10, 12)}, "bad_time", "$.starts_at"),  # noqa: DTZ001
    ({"starts_at": datetime(9999, 12, 31, tzinfo=UTC)}, "bad_time", "$.starts_at"),
    ({"zone": "Europe/Atlantis"}, "time_zone_unknown", "$.time_zone"),
]


@pytest.mark.parametrize(("asked", "code", "path"), REFUSED)
def test_what_cannot_be_is_refused(asked: dict[str, Any], code: str, path: str) -> None:
    with pytest.raises(pricing.PricingError) as refused:
        quoted(**asked)
    assert (refused.value.code, refused.value.path) == (code, path)


def test_too_much_energy_is_told_with_what_would_do() -> None:
    with pytest.raises(pricing.CannotPrice, match=r"At 7.4 kW no more than 22.2 kWh can be charged in 3:00:00."):
        quoted(kwh="30", kw="7.4")


def test_a_zone_is_asked_for_only_where_the_tariff_looks_at_the_clock() -> None:
    assert quoted(zone=None).total.excl == Decimal(15)
    with pytest.raises(pricing.TimeZoneUnknown, match="no zone is given"):
        quoted(tariff(element(component("ENERGY", "1"), **EVENING)), zone=None)


def test_a_tariff_is_not_quoted_outside_its_validity() -> None:
    old = Tariff(id="OLD", currency="EUR", elements=PLAIN.elements, ends_at=local("2027-01-01T00:00"))
    with pytest.raises(pricing.CannotPrice, match="Tariff OLD is not valid then"):
        quoted(old)


@pytest.mark.parametrize(("text", "minutes"), [("2:30", 150), (" 0:05 ", 5), ("72:00", 4320), ("1:00:30", 60.5)])
def test_a_duration_is_hours_and_minutes(text: str, minutes: float) -> None:
    assert pricing.read_duration(text) == timedelta(minutes=minutes)


@pytest.mark.parametrize("text", ["", "2", "2.5", "2:60", "2:5", "-1:00", "1:00:60", "٢:30", "99999:00"])
def test_what_is_no_duration_is_refused(text: str) -> None:
    with pytest.raises(pricing.Unreadable, match="hours and minutes"):
        pricing.read_duration(text)


# ---- properties

amounts = st.decimals("0", "2", places=2)
bounds = st.decimals("0", "60", places=3)
minutes = st.integers(0, 1439)
seconds = st.integers(0, 90_000).map(Decimal)
restrictions = st.builds(
    Restrictions,
    min_kwh=st.none() | bounds,
    max_kwh=st.none() | bounds,
    min_duration=st.none() | seconds,
    max_duration=st.none() | seconds,
    start_time=st.none() | minutes,
    end_time=st.none() | minutes,
    min_power=st.none() | st.sampled_from([Decimal(1), Decimal(20), Decimal(80)]),
    day_of_week=st.just(()) | st.sets(st.integers(0, 6), min_size=1).map(lambda days: tuple(sorted(days))),
)
components = st.builds(
    Component, type=st.sampled_from(Dimension), price=amounts, step_size=st.sampled_from([0, 1, 60, 300, 1000])
)
elements = st.builds(Element, st.lists(components, min_size=1, max_size=3).map(tuple), restrictions)
tariffs = st.lists(elements, min_size=1, max_size=4).map(lambda some: tariff(*some))
NIGHTS = [local("2027-03-27T23:10"), local("2027-10-30T23:10"), local("2028-02-28T22:00"), local("2027-06-10T07:20")]
starts = st.builds(lambda night, after: night + timedelta(seconds=after), st.sampled_from(NIGHTS), st.integers(0, 9000))
powers = st.sampled_from([Decimal("3.7"), Decimal(11), Decimal(22), Decimal(150)])
lengths = st.integers(1, 3 * 24 * 3600).map(lambda some: timedelta(seconds=some))
shares = st.integers(0, 1000)


def possible(power: Decimal, length: timedelta, share: int) -> Decimal:
    """So many thousandths of what can be charged, in whole Wh."""
    most = power * Decimal(int(length.total_seconds())) / 3600
    return (most * share / 1000 // Decimal("0.001")) * Decimal("0.001")


@given(by=tariffs, starts_at=starts, power=powers, length=lengths, share=shares)
def test_energy_and_time_add_up_and_the_start_of_each_period_decides_for_all_of_it(
    by: Tariff, starts_at: datetime, power: Decimal, length: timedelta, share: int
) -> None:
    energy = possible(power, length, share)
    asked: dict[str, Any] = {"energy_kwh": energy, "starts_at": starts_at, "duration": length, "max_power_kw": power}
    priced = pricing.quote(by, **asked, time_zone=AMSTERDAM)
    assert summed(priced, "ENERGY") == priced.energy_kwh == energy
    written = Decimal(int(length.total_seconds())) / 3600
    assert abs(summed(priced, "TIME", "PARKING_TIME") - written) <= Decimal("1e-20")
    assert priced.hours == summed(priced, "TIME", "PARKING_TIME")
    assert all(volume.volume >= 0 for period in priced.cdr.periods for volume in period.dimensions)
    assert "restriction_changes_in_period" not in {warning.code for warning in priced.warnings}
    split = pricing.quote(by, **asked, time_zone=AMSTERDAM, policy=SPLIT)
    assert (split.total, split.cdr) == (priced.total, priced.cdr)
    assert pricing.price(priced.cdr, [by]).total == priced.total


@given(
    by=tariffs,
    starts_at=starts,
    power=st.sampled_from([Decimal("3.7"), Decimal(22)]),
    length=lengths,
    first=shares,
    second=shares,
)
def test_more_energy_never_costs_less(
    by: Tariff, starts_at: datetime, power: Decimal, length: timedelta, first: int, second: int
) -> None:
    """Where energy and fees alone have a price, nothing is rounded to steps, and the power stays what it is."""
    kept = tuple(
        Element(
            tuple(
                Component(type=one.type, price=one.price)
                for one in each.components
                if one.type in (Dimension.ENERGY, Dimension.FLAT)
            ),
            each.restrictions,
        )
        for each in by.elements
    )

    def cost(share: int) -> Decimal:
        priced = pricing.quote(
            tariff(*kept),
            energy_kwh=possible(power, length, share),
            starts_at=starts_at,
            duration=length,
            max_power_kw=power,
            time_zone=AMSTERDAM,
        )
        found = priced.part(pricing.Part.ENERGY).excl
        assert found is not None
        return found

    assert cost(min(first, second)) <= cost(max(first, second))
