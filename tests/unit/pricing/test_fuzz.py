"""Anything anywhere in a charge or a tariff is priced or refused, and never a crash."""

import json
from contextlib import suppress
from decimal import Decimal

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from billing import pricing
from billing.pricing import PricingError
from billing.pricing.cases import Cases
from tests.unit.pricing.cases import (
    AMSTERDAM,
    UNCOUNTABLE,
    Json,
    at,
    cdr,
    changed,
    element,
    energy,
    flat,
    parking,
    period,
    priced,
    tariff,
    time,
)

FULL_CDR = cdr(
    period("09:00", "FAIR", ENERGY="10", TIME="1", MAX_POWER="11"), period("10:00", PARKING_TIME="1"), zone=AMSTERDAM
)
FULL_TARIFF = tariff(
    element(energy("0.40", vat="21"), start_time="09:00", end_time="22:00", day_of_week=["MONDAY"], max_power=22),
    element(flat("1"), time("1", step=60), parking("2", vat="9"), min_duration=0, start_date="2020-01-01"),
    min_price={"before_taxes": Decimal(1), "after_taxes": Decimal(2)},
    start_date_time=at("00:00"),
)

FULL_CASE: Json = {"id": 1, "version": "2.3.0", "cdr": FULL_CDR, "tariff": FULL_TARIFF, "context": {"readings": {}}}


def _paths(data: object, path: str = "$") -> list[str]:
    """Every place in it."""
    if isinstance(data, dict):
        return [path, *(one for key, value in data.items() for one in _paths(value, f"{path}.{key}"))]
    if isinstance(data, list):
        return [path, *(one for index, value in enumerate(data) for one in _paths(value, f"{path}[{index}]"))]
    return [path]


junk = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.decimals()
    | st.text(max_size=8)
    | st.sampled_from([*UNCOUNTABLE, Decimal("1e39"), Decimal("-1e-39"), "2027-03-15T09:00:00", "00:00"]),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=4), inner, max_size=2),
    max_leaves=4,
)


@settings(max_examples=100, deadline=None)
@given(st.sampled_from(_paths(FULL_CDR)[1:]), junk)
@example("$.charging_periods[0].start_date_time", "0001-01-01T00:00:00")
@example("$.charging_periods[0].dimensions[0].volume", Decimal("-1e39"))
def test_a_cdr_with_anything_anywhere_is_priced_or_refused_and_never_crashes(path: str, value: object) -> None:
    assert_priced_or_refused(changed(FULL_CDR, path, value), FULL_TARIFF)


@settings(max_examples=100, deadline=None)
@given(st.sampled_from(_paths(FULL_TARIFF)[1:]), junk)
@example("$.elements[1].restrictions.min_duration", Decimal("1e39"))
@example("$.elements[0].price_components[0].vat", Decimal("1e39"))
def test_a_tariff_with_anything_anywhere_is_priced_or_refused_and_never_crashes(path: str, value: object) -> None:
    assert_priced_or_refused(FULL_CDR, changed(FULL_TARIFF, path, value))


@settings(max_examples=100, deadline=None)
@given(st.lists(st.tuples(st.sampled_from(_paths(FULL_CASE)[1:]), junk), min_size=2, max_size=2))
@example([("$.cdr.start_date_time", "2027-03-15T09:00:00"), ("$.cdr.charging_periods[0]", {})])
@example([("$.cdr.start_date_time", "2027-03-15T09:00:00"), ("$.cdr.charging_periods[1].dimensions", [1])])
def test_a_case_with_two_faults_is_answered_and_never_ends_the_batch(faults: list[tuple[str, object]]) -> None:
    case: Json = FULL_CASE
    for path, value in faults:
        with suppress(LookupError, TypeError, ValueError):  # the first fault may have taken its place away
            case = changed(case, path, value)
    answer, priced = Cases().answer(json.dumps(case, default=str).encode())
    assert ("error" in json.loads(answer)) is not priced


@settings(max_examples=100, deadline=None)
@given(junk)
def test_anything_at_all_is_refused(data: object) -> None:
    for read in (pricing.read_cdr, pricing.read_tariff, pricing.read_billed):
        with pytest.raises(PricingError):
            read(data)


def assert_priced_or_refused(charge: Json, owed: Json) -> None:
    try:
        session = priced(charge, owed)
    except PricingError as error:
        assert error.code.replace("_", "").isalpha()
        assert error.path.startswith("$")
    else:
        report = pricing.as_json(session)
        assert all(Decimal(amount).is_finite() for amount in report["rounded"].values() if amount is not None)
