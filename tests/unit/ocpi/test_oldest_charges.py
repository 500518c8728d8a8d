"""Tariffs, tokens, sessions and CDRs between OCPI 2.1.1 and the newest shape."""

import copy
from decimal import Decimal
from typing import Any

import pytest

from roaming.ocpi.schema import transforms, validation, wire
from roaming.ocpi.schema.transforms import NotExpressible
from tests.unit.ocpi import oldest
from tests.unit.ocpi.oldest import AT, fields, kept, newest, told

Json = dict[str, Any]


def test_a_price_that_2_1_1_cannot_restrict_is_not_sent() -> None:
    tariff = newest("tariff", oldest.tariff())
    plain = copy.deepcopy(tariff["elements"][0])
    tariff["elements"] = [
        plain | {"restrictions": {"reservation": "RESERVATION"}},
        plain | {"restrictions": {"min_current": 16, "max_power": 11}},
        plain | {"restrictions": {"max_kwh": 5, "min_current": None}},
    ]
    back, losses = told("tariff", tariff)
    assert back["elements"] == [plain | {"restrictions": {"max_kwh": 5}}]
    assert [(field, why) for field, why in losses] == [
        ("$.elements[0]", "is restricted by reservation, which OCPI 2.1.1 does not know"),
        ("$.elements[1]", "is restricted by min_current, which OCPI 2.1.1 does not know"),
    ]
    with pytest.raises(NotExpressible, match="is restricted by reservation"):
        transforms.downgrade("2.1.1", "tariff", tariff | {"elements": tariff["elements"][:1]})


def test_a_tariff_of_a_cdr_that_has_no_price_left_goes_and_is_named() -> None:
    cdr = newest("cdr", oldest.cdr())
    [tariff] = cdr["tariffs"]
    reserved = tariff["elements"][0] | {"restrictions": {"reservation": "RESERVATION"}}
    back, losses = told("cdr", cdr | {"tariffs": [tariff | {"elements": [reserved]}, tariff]})
    assert back == oldest.cdr()
    assert losses == [
        ("$.tariffs[0].elements[0]", "is restricted by reservation, which OCPI 2.1.1 does not know"),
        ("$.tariffs[0]", "has no price that OCPI 2.1.1 knows"),
    ]


def test_what_2_1_1_cannot_say_about_a_tariff_is_written_down() -> None:
    back, losses = told("tariff", kept("tariff", "tariff_dc150") | {"tax_included": "YES", "type": "REGULAR"})
    assert back["elements"][0]["price_components"][0]["price"] == Decimal("0.4876")  # 0.59 with 21 % VAT
    assert {"$.type", "$.min_price", "$.tax_included", "$.elements[0].price_components[0].vat"} <= set(fields(losses))


@pytest.mark.parametrize("kind", ["APP_USER", "AD_HOC_USER", "EMAID", "TOKEN_OF_TOMORROW"])
def test_a_token_is_rfid_or_other(kind: str) -> None:
    token = newest("token", oldest.token()) | {"type": kind, "group_id": "G", "default_profile_type": "GREEN"}
    back, losses = told("token", token)
    assert back == oldest.token(type="OTHER")
    assert sorted(fields(losses)) == ["$.default_profile_type", "$.group_id", "$.type"]


def test_amounts_are_plain_numbers_without_tax() -> None:
    up = newest("session", oldest.session())
    assert up["total_cost"] == {"before_taxes": Decimal("1.76")}
    up["total_cost"] |= {"taxes": [{"name": "VAT", "amount": Decimal("0.37")}]}
    back, losses = told("session", up)
    assert back["total_cost"] == Decimal("1.76")
    assert losses == [("$.total_cost", "is sent without its taxes, as in OCPI 2.1.1")]


def test_an_amount_keeps_its_digits() -> None:
    up = newest("session", oldest.session(total_cost=Decimal("1.7600")))
    assert '"total_cost":1.7600' in wire.encode_text(told("session", up)[0])


def test_a_patch_of_a_session_needs_no_location() -> None:
    patch = {"kwh": 5, "total_cost": 2, "end_datetime": AT, "charging_periods": [oldest.period(("ENERGY", 1))]}
    validation.validate_patch("2.1.1", "session", patch)
    assert newest("session", patch) == {
        "kwh": 5,
        "total_cost": {"before_taxes": 2},
        "end_date_time": AT,
        "charging_periods": [oldest.period(("ENERGY", 1))],
    }
    down = {"kwh": 5, "total_cost": {"before_taxes": 2}, "end_date_time": AT, "last_updated": AT}
    assert transforms.downgrade("2.1.1", "session", down)[0] == {
        "kwh": 5,
        "total_cost": 2,
        "end_datetime": AT,
        "last_updated": AT,
    }


def test_a_session_authorized_by_command_or_reserved_is_told_as_near_as_it_gets() -> None:
    """S3."""
    session = newest("session", oldest.session()) | {"auth_method": "COMMAND", "status": "RESERVATION"}
    back, losses = told("session", session)
    assert (back["auth_method"], back["status"]) == ("AUTH_REQUEST", "PENDING")
    assert fields(losses) == ["$.auth_method", "$.status"]


def test_a_flat_fee_comes_back_though_it_is_no_dimension_later() -> None:
    periods = [oldest.period(("FLAT", 1)), oldest.period(("ENERGY", 4), ("FLAT", 1))]
    up = newest("cdr", oldest.cdr(charging_periods=periods))
    assert [period["dimensions"] for period in up["charging_periods"]] == [
        [{"type": "TIME", "volume": 0}],
        [{"type": "ENERGY", "volume": 4}],
    ]
    validation.validate("2.3.0", "cdr", up)
    assert told("cdr", up)[0]["charging_periods"] == periods


@pytest.mark.parametrize(
    "came",
    [
        *(7, [], [{"type": "FLAT"}], [{"type": "MAX_POWER", "volume": 1}]),
        [{"type": "ENERGY", "volume": 999}, {"type": "TIME", "volume": 1}],
        [{"type": "FLAT", "volume": 1}],
    ],
)
def test_dimensions_that_somebody_slipped_in_are_not_passed_on(came: object) -> None:
    cdr = newest("cdr", oldest.cdr())
    cdr["charging_periods"][0]["dimensions_in_2_1_1"] = came
    assert told("cdr", cdr)[0] == oldest.cdr()


def test_periods_of_dimensions_that_2_1_1_lacks_go_and_a_cdr_keeps_one() -> None:
    """D6."""
    reserved = {"start_date_time": AT, "dimensions": [{"type": "RESERVATION_TIME", "volume": 1}]}
    session = newest("session", oldest.session()) | {"charging_periods": [reserved]}
    back, losses = told("session", session)
    assert back["charging_periods"] == []
    gone = ["$.charging_periods[0].dimensions[0]", "$.charging_periods[0]"]
    assert fields(losses) == gone
    cdr = newest("cdr", oldest.cdr()) | {"charging_periods": [reserved]}
    back, losses = told("cdr", cdr)
    assert back["charging_periods"] == [oldest.period(("TIME", 0))]
    assert fields(losses) == [*gone, "$.charging_periods"]


@pytest.mark.parametrize("name", ["credit", "home_charging_compensation"])
def test_a_cdr_that_is_owed_to_the_other_side_is_never_told_as_a_charge(name: str) -> None:
    """D3, D12."""
    cdr = newest("cdr", oldest.cdr()) | {name: True, "credit_reference_id": "C-0"}
    with pytest.raises(NotExpressible, match=rf"\$.{name} is true, and in OCPI 2.1.1 every CDR is a charge"):
        transforms.downgrade("2.1.1", "cdr", cdr)
    back, losses = told("cdr", newest("cdr", oldest.cdr()) | {name: False})
    assert (back, losses) == (oldest.cdr(), [])


def test_a_cdr_of_2_1_1_is_never_a_credit() -> None:
    up = newest("cdr", oldest.cdr(credit=True, home_charging_compensation="yes", credit_reference_id="C-0"))
    assert not {"credit", "home_charging_compensation", "credit_reference_id"} & up.keys()
