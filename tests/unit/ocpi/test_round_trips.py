"""Where versions overlap, going there and back is standing still."""

from decimal import Decimal
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from roaming.ocpi.schema import transforms, validation
from roaming.ocpi.schema.from_221 import CDR_PRICES
from tests.wire import load

NUMBERS = st.integers(-(10**9), 10**9) | st.decimals(
    min_value=-(10**12), max_value=10**12, allow_nan=False, allow_infinity=False, places=4
)
UNKNOWN = st.dictionaries(
    st.text("xyz_", min_size=2, max_size=5), st.none() | st.text(max_size=3) | NUMBERS, max_size=2
)


def optional(required: dict[str, Any], extra: dict[str, Any]) -> st.SearchStrategy[dict[str, Any]]:
    return st.builds(lambda known, unknown: unknown | known, st.fixed_dictionaries(required, optional=extra), UNKNOWN)


PRICES = optional({"excl_vat": NUMBERS}, {"incl_vat": NUMBERS})
COMPONENTS = optional(
    {
        "type": st.sampled_from(["ENERGY", "FLAT", "PARKING_TIME", "TIME"]),
        "price": NUMBERS,
        "step_size": st.integers(0, 3600),
    },
    {"vat": st.sampled_from([None, 0, 21, Decimal("5.5")])},
)
RESTRICTIONS = optional({}, {"start_time": st.just("07:00"), "max_kwh": NUMBERS, "reservation": st.just("RESERVATION")})
ELEMENTS = optional({"price_components": st.lists(COMPONENTS, min_size=1, max_size=2)}, {"restrictions": RESTRICTIONS})
TARIFFS = st.builds(
    lambda changes: load("tariff_kaal") | changes,
    optional({"elements": st.lists(ELEMENTS, min_size=1, max_size=2)}, {"min_price": PRICES, "max_price": PRICES}),
)
PERIODS = optional(
    {
        "start_date_time": st.just("2026-10-14T08:03:20Z"),
        "dimensions": st.lists(
            optional({"type": st.sampled_from(["ENERGY", "TIME", "RESERVATION_TIME"]), "volume": NUMBERS}, {}),
            min_size=1,
            max_size=2,
        ),
    },
    {"tariff_id": st.just("kaal")},
)
SESSIONS = st.builds(
    lambda changes: load("session_finished") | changes,
    optional({}, {"total_cost": PRICES | st.none(), "charging_periods": st.lists(PERIODS, max_size=2)}),
)
CDRS = st.builds(
    lambda changes: load("cdr_ac22") | changes,
    optional(
        {"charging_periods": st.lists(PERIODS, min_size=1, max_size=2)},
        dict.fromkeys(CDR_PRICES, PRICES) | {"tariffs": st.lists(TARIFFS, max_size=2)},
    ),
)
OBJECTS = (
    st.tuples(st.just("tariff"), TARIFFS) | st.tuples(st.just("session"), SESSIONS) | st.tuples(st.just("cdr"), CDRS)
)


@settings(deadline=None)
@given(OBJECTS)
def test_what_a_partner_of_2_2_1_sent_comes_back_as_it_was(sent: tuple[str, dict[str, Any]]) -> None:
    kind, value = sent
    validation.validate("2.2.1", kind, value)
    newest = transforms.upgrade("2.2.1", kind, value)
    validation.validate("2.3.0", kind, newest)
    assert transforms.downgrade("2.2.1", kind, newest) == (value, [])


@settings(deadline=None)
@given(OBJECTS)
def test_what_both_versions_can_say_survives_a_downgrade(sent: tuple[str, dict[str, Any]]) -> None:
    kind, value = sent
    newest = transforms.upgrade("2.2.1", kind, value)
    older, losses = transforms.downgrade("2.2.1", kind, newest)
    assert losses == []
    assert transforms.upgrade("2.2.1", kind, older) == newest
