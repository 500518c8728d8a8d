"""What holds for every charge and every tariff."""

import copy
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from fractions import Fraction

from hypothesis import given, settings
from hypothesis import strategies as st

from billing.pricing import RECOMMENDED, PricedSession, rounding
from billing.pricing.exact import HALF_UP, Ratio
from billing.pricing.policy import Rounding
from tests.unit.pricing import naive
from tests.unit.pricing.cases import AMSTERDAM, Json, cdr, codes, component, element, energy, period, priced, tariff

# A busy machine is no failure: examples have no deadline.
many, some = settings(max_examples=60, deadline=None), settings(max_examples=25, deadline=None)
KINDS = ["FLAT", "ENERGY", "TIME", "PARKING_TIME"]
# On a Monday, at a year's end, and in the two nights in which the clocks change.
STARTS = [
    datetime(2027, 3, 15, 8, 0, tzinfo=UTC),
    datetime(2027, 12, 31, 22, 15, tzinfo=UTC),
    datetime(2027, 3, 27, 23, 30, tzinfo=UTC),
    datetime(2027, 10, 30, 23, 30, tzinfo=UTC),
]
round_volumes = st.sampled_from(["0", "0.25", "0.5", "1", "2.5", "5", "10"])
odd_volumes = st.integers(0, 1_000_000).map(lambda count: f"{Decimal(count).scaleb(-4):f}")
volumes = round_volumes | odd_volumes
prices = st.integers(0, 200_000).map(lambda count: f"{Decimal(count).scaleb(-4):f}")
rates = st.sampled_from([None, "0", "7.7", "10", "19", "21", "25.5"])
steps = st.sampled_from([0, 1, 7, 60, 300, 500, 900, 1000, 3600])
components = st.builds(
    lambda kind, price, vat, step: component(kind, price, vat=vat, step=step),
    st.sampled_from(KINDS),
    prices,
    rates,
    steps,
)
clocks = st.sampled_from(["00:00", "02:00", "02:30", "03:00", "06:00", "09:15", "22:00", "23:45"])
restrictions = st.fixed_dictionaries(
    {},
    optional={
        "min_kwh": st.sampled_from([0, 1, 5, 10]),
        "max_kwh": st.sampled_from([1, 5, 10, 20]),
        "min_duration": st.sampled_from([0, 900, 3600, 86_400]),
        "max_duration": st.sampled_from([900, 3600, 7200, 86_400]),
        "start_time": clocks,
        "end_time": clocks,
        "day_of_week": st.lists(st.sampled_from(naive.DAYS), min_size=1, max_size=6),
    },
)
unrestricted = st.lists(
    st.lists(components, min_size=1, max_size=4).map(lambda parts: element(*parts)), min_size=1, max_size=3
)
restricted = st.lists(
    st.builds(
        lambda parts, limits: element(*parts, **limits), st.lists(components, min_size=1, max_size=4), restrictions
    ),
    min_size=1,
    max_size=5,
)
rows = st.lists(
    st.tuples(st.sampled_from([15, 30, 45, 60, 240, 705]), st.dictionaries(st.sampled_from(KINDS[1:]), volumes)),
    min_size=1,
    max_size=6,
)


def charged(start: datetime, used: list[tuple[int, dict[str, str]]]) -> Json:
    """Periods one after the other, each so many minutes long."""
    periods = []
    for minutes, by_kind in used:
        periods.append(period(start.isoformat(), **by_kind))
        start += timedelta(minutes=minutes)
    return cdr(*periods, zone=AMSTERDAM, end_date_time=start.isoformat())


charges = st.builds(charged, st.sampled_from(STARTS), rows)


def fraction(ratio: Ratio | None) -> Fraction:
    assert ratio is not None
    return ratio.fraction


def costs(session: PricedSession) -> tuple[Fraction, Fraction]:
    return fraction(session.cost.net), fraction(session.cost.gross)


@many
@given(charges, restricted)
def test_a_second_opinion_comes_to_the_same_price(charge: Json, elements: list[Json]) -> None:
    owed = tariff(*elements)
    assert costs(priced(charge, owed)) == naive.price(charge, owed, AMSTERDAM)


@some
@given(charges, restricted, st.sampled_from(["NO", "YES", "N/A"]))
def test_the_uses_are_the_parts_and_the_parts_are_the_total(
    charge: Json, elements: list[Json], tax_included: str
) -> None:
    session = priced(charge, tariff(*elements, tax_included=tax_included))
    for side, whole in (("net", session.cost.net), ("gross", session.cost.gross)):
        amounts = [getattr(use.rate, side) for use in session.usage.uses()]
        parts = [getattr(cost, side) for cost in session.costs.values()]
        assert (whole is None) is (None in amounts) is (None in parts)
        if whole is not None:
            divisor = Fraction(session.plan.divisor)
            uses = [Fraction(use.billed) * Fraction(getattr(use.rate, side)) / divisor for use in session.usage.uses()]
            assert sum(uses, Fraction(0)) == sum(map(fraction, parts), Fraction(0)) == fraction(whole)


@some
@given(charges, restricted)
def test_the_lines_are_the_total_to_twenty_decimals_each(charge: Json, elements: list[Json]) -> None:
    session = priced(charge, tariff(*elements))
    lines = sum((Fraction(line.excl) for line in session.lines if line.excl is not None), Fraction(0))
    assert abs(lines - fraction(session.cost.net)) <= len(session.lines) * Fraction(1, 2 * 10**20)


@some
@given(charges, restricted)
def test_steps_add_less_than_a_step_and_to_one_line_of_energy_and_one_of_time(
    charge: Json, elements: list[Json]
) -> None:
    rounded_up = [line for line in priced(charge, tariff(*elements)).lines if line.step_added]
    for line in rounded_up:
        assert 0 < line.step_added < Decimal(line.step_size) / (1000 if line.unit == "kWh" else 3600)
    assert [line.unit for line in rounded_up].count("kWh") <= 1
    assert [line.unit for line in rounded_up].count("h") <= 1


@some
@given(charges, unrestricted, volumes)
def test_more_energy_never_costs_less(charge: Json, elements: list[Json], more: str) -> None:
    longer = copy.deepcopy(charge)
    longer["charging_periods"][-1]["dimensions"].append({"type": "ENERGY", "volume": Decimal(more)})
    less, greater = (costs(priced(one, tariff(*elements))) for one in (charge, longer))
    assert less[0] <= greater[0]
    assert less[1] <= greater[1]


@some
@given(charges, restricted)
def test_tax_is_never_negative(charge: Json, elements: list[Json]) -> None:
    for tax_included in ("NO", "N/A"):
        net, gross = costs(priced(charge, tariff(*elements, tax_included=tax_included)))
        assert 0 <= net <= gross
    total = priced(charge, tariff(*elements, tax_included="YES")).total
    assert total.excl is None or (total.incl is not None and 0 <= total.excl <= total.incl)


def halved(charge: Json, index: int) -> Json:
    """With the period cut in the middle, half of each volume in either half."""
    made = copy.deepcopy(charge)
    periods = made["charging_periods"]
    whole = periods[index]
    ends = periods[index + 1]["start_date_time"] if index + 1 < len(periods) else made["end_date_time"]
    starts_at, ends_at = (datetime.fromisoformat(text) for text in (whole["start_date_time"], ends))
    half = [{**one, "volume": one["volume"] / 2} for one in whole["dimensions"]]
    middle = (starts_at + (ends_at - starts_at) / 2).isoformat()
    periods[index : index + 1] = [
        {**whole, "dimensions": half},
        {**whole, "dimensions": half, "start_date_time": middle},
    ]
    return made


@many
@given(charges, restricted, st.integers(0, 5))
def test_a_period_cut_in_half_costs_the_same_unless_a_change_inside_it_was_said(
    charge: Json, elements: list[Json], place: int
) -> None:
    index, owed = place % len(charge["charging_periods"]), tariff(*elements)
    session = priced(charge, owed)
    if ("restriction_changes_in_period", f"$.charging_periods[{index}]") not in codes(session):
        assert costs(priced(halved(charge, index), owed)) == costs(session)


@some
@given(charges, restricted)
def test_split_at_every_threshold_nothing_changes_inside_a_period(charge: Json, elements: list[Json]) -> None:
    owed, split = tariff(*elements), RECOMMENDED.but(threshold_inside_period="split")
    session = priced(charge, owed, policy=split)
    assert "restriction_changes_in_period" not in [code for code, _ in codes(session)]
    if "restriction_changes_in_period" not in [code for code, _ in codes(priced(charge, owed))]:
        assert costs(session) == costs(priced(charge, owed))


@some
@given(charges, st.permutations(range(5)), st.data())
def test_the_order_of_elements_that_exclude_each_other_is_free(
    charge: Json, order: list[int], data: st.DataObject
) -> None:
    night = {"start_time": "22:00", "end_time": "06:00"}
    disjoint = [
        element(*data.draw(st.lists(components, min_size=1, max_size=4)), **limits)
        for limits in (
            {**night, "max_kwh": 5},
            {**night, "min_kwh": 5},
            {"start_time": "06:00", "end_time": "22:00", "day_of_week": ["SATURDAY", "SUNDAY"]},
            {"start_time": "06:00", "end_time": "22:00", "day_of_week": naive.DAYS[:5], "max_duration": 3600},
            {"start_time": "06:00", "end_time": "22:00", "day_of_week": naive.DAYS[:5], "min_duration": 3600},
        )
    ]
    shuffled = [disjoint[index] for index in order]
    assert costs(priced(charge, tariff(*disjoint))) == costs(priced(charge, tariff(*shuffled)))


@some
@given(charges, st.permutations(KINDS), st.data())
def test_the_order_of_elements_for_different_dimensions_is_free(
    charge: Json, kinds: list[str], data: st.DataObject
) -> None:
    elements = {kind: element(component(kind, data.draw(prices), step=data.draw(steps))) for kind in KINDS}
    one, other = (tariff(*(elements[kind] for kind in order)) for order in (KINDS, kinds))
    assert costs(priced(charge, one)) == costs(priced(charge, other))


def test_lines_keep_every_digit_of_a_long_volume() -> None:
    volume = "0.1000000000000000055511151231257827"  # a tenth, as binary has it
    session = priced(cdr(period("09:00", ENERGY=volume)), tariff(element(energy("3", step=0))))
    assert session.energy_kwh == Decimal(volume)
    assert [line.quantity for line in session.lines] == [Decimal(volume)]
    assert session.total.excl == Decimal("0.3000000000000000166533453693773481")
    assert session.lines[0].excl == session.total.excl


@many
@given(
    st.lists(st.integers(-(10**9), 10**9).map(lambda count: Decimal(count).scaleb(-4)), max_size=40),
    st.sampled_from(["EUR", "JPY", "KWD"]),
)
def test_lines_of_an_invoice_add_up_to_its_rounded_sum_and_are_off_by_a_cent_at_most(
    totals: list[Decimal], currency: str
) -> None:
    lines, smallest = rounding.on_invoice(totals, currency, Rounding.PER_INVOICE_HALF_UP), rounding.unit(currency)
    assert sum(lines, Decimal(0)) == HALF_UP.quantize(sum(totals, Decimal(0)), smallest)
    assert all(abs(line - total) <= smallest for line, total in zip(lines, totals, strict=True))
