"""What holds for every charge and every tariff."""

from decimal import Decimal

from hypothesis import given, settings
from hypothesis import strategies as st

from billing.pricing import Cdr, Component, Dimension, Element, Tariff, TaxIncluded
from billing.pricing.exact import rounded
from tests.unit.pricing.charges import cdr, period, priced, tariff

KINDS = [str(kind) for kind in Dimension]
volumes = st.decimals(min_value=0, max_value=500, places=4)
prices = st.decimals(min_value=0, max_value=20, places=4)
rates = st.sampled_from([Decimal(0), Decimal(10), Decimal("19"), Decimal("21"), Decimal("25.5")])
steps = st.sampled_from([0, 1, 60, 300, 500, 600, 900, 1000, 3600])
components = st.builds(Component, kind=st.sampled_from(KINDS), price=prices, vat=rates, step_size=steps)
tariffs = st.builds(
    lambda parts, tax: tariff(*parts, tax_included=tax),
    st.lists(components, min_size=1, max_size=6),
    st.sampled_from(TaxIncluded),
)
charges = st.lists(st.tuples(volumes, volumes, volumes), min_size=1, max_size=5).map(
    lambda rows: cdr(
        *(
            period(after=hour, ENERGY=str(energy), TIME=str(time), PARKING_TIME=str(parking))
            for hour, (energy, time, parking) in enumerate(rows)
        )
    )
)


@settings(max_examples=50)
@given(charges, tariffs)
def test_the_lines_are_the_totals(charge: Cdr, owed: Tariff) -> None:
    outcome = priced(charge, owed)
    parts = outcome.totals
    whole = outcome.total_excl
    assert rounded(sum((line.amount for line in outcome.lines), Decimal(0)), 15) == rounded(whole, 15)
    assert rounded(parts.flat + parts.energy + parts.time + parts.parking, 15) == rounded(whole, 15)


@settings(max_examples=50)
@given(charges, tariffs)
def test_a_step_adds_less_than_itself(charge: Cdr, owed: Tariff) -> None:
    for line in priced(charge, owed).lines:
        a_unit = 1000 if line.unit == "kWh" else 3600
        step = Decimal(line.step_size) / a_unit
        assert line.measured <= line.billed
        assert line.billed == line.measured or line.billed < line.measured + step


@settings(max_examples=50)
@given(charges, tariffs, volumes)
def test_more_energy_never_costs_less(charge: Cdr, owed: Tariff, more: Decimal) -> None:
    longer = cdr(*charge.periods, period(after=9, ENERGY=str(more)))
    assert priced(longer, owed).total_excl >= priced(charge, owed).total_excl


@settings(max_examples=50)
@given(charges, st.permutations(KINDS), st.data())
def test_the_order_of_elements_for_different_dimensions_is_free(
    charge: Cdr, kinds: list[str], data: st.DataObject
) -> None:
    made = [Component(kind, data.draw(prices), data.draw(rates), data.draw(steps)) for kind in kinds]
    elements = [Element((one,)) for one in made]
    shuffled = data.draw(st.permutations(elements))
    one, other = (priced(charge, tariff(elements=tuple(order))) for order in (elements, shuffled))
    assert (one.total_excl, one.total_incl, one.totals) == (other.total_excl, other.total_incl, other.totals)
