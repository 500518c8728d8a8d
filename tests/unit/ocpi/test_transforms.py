"""From 2.2.1 to the newest shape and back: every amount exact, every loss written down."""

import copy
from decimal import Decimal
from typing import Any

import pytest

from roaming.ocpi.schema import transforms, validation, wire
from roaming.ocpi.schema.transforms import Loss, NotExpressible
from tests.wire import load


def newest(kind: str, name: str) -> dict[str, Any]:
    return transforms.upgrade("2.2.1", kind, load(name))


def down(kind: str, value: dict[str, Any]) -> tuple[dict[str, Any], list[Loss]]:
    """Downgraded to something that is valid there."""
    result, losses = transforms.downgrade("2.2.1", kind, value)
    validation.validate("2.2.1", kind, result)
    return result, losses


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ('{"excl_vat":9.05}', '{"before_taxes":9.05}'),
        ('{"excl_vat":9.05,"incl_vat":10.9505}', '{"before_taxes":9.05,"taxes":[{"name":"VAT","amount":1.9005}]}'),
        ('{"excl_vat":4.00,"incl_vat":4.00}', '{"before_taxes":4.00,"taxes":[{"name":"VAT","amount":0.00}]}'),
        ('{"excl_vat":0,"incl_vat":0}', '{"before_taxes":0,"taxes":[{"name":"VAT","amount":0}]}'),
        ('{"excl_vat":-9.05,"incl_vat":-10.9505}', '{"before_taxes":-9.05,"taxes":[{"name":"VAT","amount":-1.9005}]}'),
        (
            '{"excl_vat":1234567890123456.12345678901234567890123456789012,"incl_vat":1234567890123456.2234567890123456789012345678901299}',
            '{"before_taxes":1234567890123456.12345678901234567890123456789012,'
            '"taxes":[{"name":"VAT","amount":0.1000000000000000000000000000000099}]}',
        ),
        ('{"excl_vat":1.0,"note":"kept"}', '{"before_taxes":1.0,"note":"kept"}'),
    ],
)
def test_a_price_goes_up_and_comes_back_digit_for_digit(old: str, new: str) -> None:
    session = load("session_finished") | {"total_cost": wire.decode(old.encode())}
    upgraded = transforms.upgrade("2.2.1", "session", session)
    assert wire.encode_text(upgraded["total_cost"]) == new
    downgraded, losses = transforms.downgrade("2.2.1", "session", upgraded)
    assert wire.encode_text(downgraded["total_cost"]) == old
    assert losses == []


def test_a_null_incl_vat_is_no_tax() -> None:
    session = load("session_finished") | {"total_cost": {"excl_vat": 1, "incl_vat": None}}
    assert transforms.upgrade("2.2.1", "session", session)["total_cost"] == {"before_taxes": 1}


def test_every_price_of_a_cdr_and_its_tariffs_go_along() -> None:
    cdr = newest("cdr", "cdr_ac22")
    assert cdr["total_cost"] == {"before_taxes": Decimal("9.05"), "taxes": [vat("1.9005")]}
    assert cdr["total_fixed_cost"] == {"before_taxes": Decimal("0.35"), "taxes": [vat("0.0735")]}
    assert cdr["total_energy_cost"] == {"before_taxes": Decimal("7.80"), "taxes": [vat("1.6380")]}
    assert cdr["total_parking_cost"] == {"before_taxes": Decimal("0.90"), "taxes": [vat("0.1890")]}
    assert cdr["tariffs"][0]["tax_included"] == "NO"
    assert "excl_vat" not in wire.encode_text(cdr)


def vat(amount: str) -> dict[str, Any]:
    return {"name": "VAT", "amount": Decimal(amount)}


def test_a_tariff_of_2_2_1_excludes_tax_and_limits_keep_both_sides() -> None:
    tariff = newest("tariff", "tariff_dc150")
    assert tariff["tax_included"] == "NO"
    assert tariff["min_price"] == {"before_taxes": Decimal("1.00"), "after_taxes": Decimal("1.21")}
    assert down("tariff", tariff) == (load("tariff_dc150"), [])


@pytest.mark.parametrize("kind", ["location", "evse", "connector", "token", "version_details", "location_references"])
def test_what_is_the_same_in_both_versions_is_left_alone(kind: str) -> None:
    value = {"unknown": [1, {"a": None}]}
    assert transforms.upgrade("2.2.1", kind, value) == value
    assert transforms.downgrade("2.2.1", kind, value) == (value, [])


@pytest.mark.parametrize("kind", ["location", "tariff", "session", "cdr", "token", "credentials"])
def test_the_newest_version_is_left_alone(kind: str) -> None:
    value = {"anything": 1}
    assert transforms.upgrade("2.3.0", kind, value) == value
    assert transforms.downgrade("2.3.0", kind, value) == (value, [])


@pytest.mark.parametrize("version", ["2.0", "2.2", "3.0"])
def test_an_unknown_version_is_the_caller_s_fault(version: str) -> None:
    with pytest.raises(KeyError):
        transforms.upgrade(version, "cdr", {})
    with pytest.raises(KeyError):
        transforms.downgrade(version, "cdr", {})


@pytest.mark.parametrize(
    ("kind", "patch", "expected"),
    [
        ("session", {"kwh": 5}, {"kwh": 5}),
        ("session", {"total_cost": None}, {"total_cost": None}),
        ("session", {"total_cost": {"excl_vat": 2}}, {"total_cost": {"before_taxes": 2}}),
        ("session", {"total_cost": 2}, {"total_cost": 2}),
        ("session", {"total_cost": {"excl_vat": "2"}}, {"total_cost": {"excl_vat": "2"}}),
        ("session", {"total_cost": {"excl_vat": 2, "incl_vat": []}}, {"total_cost": {"excl_vat": 2, "incl_vat": []}}),
        ("location", {"name": "Zuidplein"}, {"name": "Zuidplein"}),
        ("cdr", {"tariffs": "none"}, {"tariffs": "none"}),
        ("cdr", {"tariffs": ["none"]}, {"tariffs": ["none"]}),
        ("credentials", {"roles": "none"}, {"roles": "none"}),
    ],
)
def test_a_partial_or_broken_body_is_upgraded_as_far_as_it_goes(
    kind: str, patch: dict[str, Any], expected: dict[str, Any]
) -> None:
    assert transforms.upgrade("2.2.1", kind, patch) == expected


LOCATION_230 = {
    "help_phone": "+31101234567",
    "parking_places": [
        {"id": "P1", "vehicle_types": ["VAN"], "restricted_to_type": False, "reservation_required": False}
    ],
    "parking_type": "ROOFTOP",
    "facilities": ["MALL", "SAUNA", "WIFI"],
    "publish": False,
    "publish_allowed_to": [{"uid": "04B7", "type": "EMAID"}],
}


def test_what_2_2_1_cannot_say_about_a_location_is_dropped_and_written_down() -> None:
    location = load("location_zuidplein") | copy.deepcopy(LOCATION_230)
    location["images"][0]["category"] = "SELFIE"
    location["operator"]["logo"] = {"url": "https://volta.example/logo.svg", "category": "MASCOT", "type": "svg"}
    location["energy_mix"]["environ_impact"].append({"category": "NOISE", "amount": 3})
    location["evses"][0] |= {
        "parking": [{"parking_id": "P1"}],
        "accepted_service_providers": ["Nomad"],
        "capabilities": ["RFID_READER", "LEVITATION"],
        "parking_restrictions": ["TAXIS"],
    }
    location["evses"][0]["connectors"][0]["capabilities"] = ["ISO_15118_20_PLUG_AND_CHARGE"]
    location["evses"][1]["connectors"][1]["standard"] = "MCS"
    validation.validate("2.3.0", "location", location)
    result, losses = down("location", location)

    expected = load("location_zuidplein") | {
        "facilities": ["MALL", "WIFI"],
        "publish": False,
        "publish_allowed_to": [{"uid": "04B7", "type": "OTHER"}],
    }
    del expected["parking_type"]
    expected["images"][0]["category"] = "OTHER"
    expected["operator"]["logo"] = {"url": "https://volta.example/logo.svg", "category": "OTHER", "type": "svg"}
    expected["evses"][0] |= {"capabilities": ["RFID_READER"], "parking_restrictions": []}
    del expected["evses"][1]["connectors"][1]
    assert result == expected
    assert [str(loss.field) for loss in losses] == [
        "$.parking_places",
        "$.help_phone",
        "$.publish_allowed_to[0].type",
        "$.facilities",
        "$.images[0].category",
        "$.operator.logo.category",
        "$.energy_mix.environ_impact[1]",
        "$.evses[0].parking",
        "$.evses[0].accepted_service_providers",
        "$.evses[0].capabilities",
        "$.evses[0].parking_restrictions",
        "$.evses[0].connectors[0].capabilities",
        "$.evses[1].connectors[1]",
        "$.parking_type",
    ]
    assert losses[0].why == "does not exist in OCPI 2.2.1"
    assert losses[2].why == "EMAID does not exist in OCPI 2.2.1, sent as OTHER"
    assert losses[3].why == "SAUNA does not exist in OCPI 2.2.1"
    assert losses[12].why == "is of type MCS, which does not exist in OCPI 2.2.1"


def test_an_evse_goes_when_its_last_connector_goes() -> None:
    location = load("location_zuidplein")
    location["evses"][0]["connectors"][0]["standard"] = "SAE_J3400"
    result, losses = down("location", location)
    assert [evse["uid"] for evse in result["evses"]] == ["ZP-2"]
    assert losses == [
        ("$.evses[0].connectors[0]", "is of type SAE_J3400, which does not exist in OCPI 2.2.1"),
        ("$.evses[0]", "has no connector that OCPI 2.2.1 knows"),
    ]


def test_an_object_that_2_2_1_cannot_have_is_not_expressible() -> None:
    evse = load("location_zuidplein")["evses"][0]
    evse["connectors"][0]["standard"] = "MCS"
    with pytest.raises(NotExpressible, match=r"\$ is of type MCS, which does not exist in OCPI 2.2.1"):
        transforms.downgrade("2.2.1", "connector", evse["connectors"][0])
    with pytest.raises(NotExpressible, match=r"has no connector that OCPI 2.2.1 knows"):
        transforms.downgrade("2.2.1", "evse", evse)


@pytest.mark.parametrize(
    ("standard", "power", "sent"),
    [
        ("SAE_J3400", "DC", "TESLA_S"),
        ("MCS", "DC", "IEC_62196_T2_COMBO"),
        ("PLUG_OF_TOMORROW", "DC", "IEC_62196_T2_COMBO"),
        ("PLUG_OF_TOMORROW", "AC_3_PHASE", "IEC_62196_T2"),
    ],
)
def test_a_cdr_arrives_whatever_its_plug(standard: str, power: str, sent: str) -> None:
    cdr = newest("cdr", "cdr_dc150") | {"booking_id": "B-1"}
    cdr["cdr_location"] |= {"connector_standard": standard, "connector_power_type": power}
    cdr["cdr_token"] |= {"type": "EMAID"}
    result, losses = down("cdr", cdr)
    assert result["cdr_location"]["connector_standard"] == sent
    assert result["cdr_token"]["type"] == "OTHER"
    assert [loss.field for loss in losses] == ["$.booking_id", "$.cdr_token.type", "$.cdr_location.connector_standard"]


def test_several_taxes_become_one_sum() -> None:
    session = newest("session", "session_finished")
    session["total_cost"] = {
        "before_taxes": Decimal("10.00"),
        "taxes": [
            {"name": "GST", "percentage": 5, "account_number": "R123", "amount": Decimal("0.50")},
            {"name": "QST", "percentage": Decimal("9.975"), "amount": Decimal("0.9975")},
        ],
    }
    result, losses = down("session", session)
    assert result["total_cost"] == {"excl_vat": Decimal("10.00"), "incl_vat": Decimal("11.4975")}
    assert losses == [("$.total_cost.taxes", "only the sum of the taxes is sent, within incl_vat")]


@pytest.mark.parametrize("taxes", [None, []])
def test_no_taxes_become_no_incl_vat(taxes: list[Any] | None) -> None:
    session = newest("session", "session_finished") | {"total_cost": {"before_taxes": 4, "taxes": taxes}}
    assert down("session", session)[0]["total_cost"] == {"excl_vat": 4}


def test_prices_with_tax_are_sent_without_it_where_the_rate_is_known() -> None:
    tariff = newest("tariff", "tariff_ac22") | {"tax_included": "YES", "preauthorize_amount": 25}
    components = tariff["elements"][0]["price_components"]
    components[0] |= {"price": Decimal("0.50")}
    components[1] |= {"price": Decimal("0.4719")}
    del components[2]["vat"]
    components.append({"type": "TIME", "price": 0, "step_size": 1})
    result, losses = down("tariff", tariff)
    sent = result["elements"][0]["price_components"]
    assert [str(component["price"]) for component in sent] == ["0.4132", "0.3900", "1.20", "0"]
    assert "tax_included" not in result
    assert losses == [
        ("$.preauthorize_amount", "does not exist in OCPI 2.2.1"),
        ("$.tax_included", "YES does not exist in OCPI 2.2.1, prices are sent without tax"),
        ("$.elements[0].price_components[2].price", "includes a tax of unknown rate and is sent as it is"),
    ]


def test_of_many_unknown_values_ten_are_named() -> None:
    odd = [f"SAUNA_{number}" for number in range(12)]
    location = load("location_zuidplein") | {"facilities": [*odd[:5], "WIFI", *odd[5:]]}
    result, losses = down("location", location)
    assert result["facilities"] == ["WIFI"]
    assert losses == [("$.facilities", f"{', '.join(odd[:10])} and 2 more does not exist in OCPI 2.2.1")]
    location["facilities"] = odd[:10]
    assert down("location", location)[1] == [
        ("$.facilities", f"{', '.join(odd[:10])} does not exist in OCPI 2.2.1"),
    ]


def test_a_tariff_of_a_cdr_that_has_no_price_left_goes_and_is_named() -> None:
    cdr = newest("cdr", "cdr_ac22")
    [tariff] = cdr["tariffs"]
    booking = {
        "price_components": [{"type": "FLAT", "price": 9, "step_size": 1}],
        "restrictions": {"booking": "BOOKING"},
    }
    result, losses = down("cdr", cdr | {"tariffs": [tariff | {"elements": [booking]}, tariff]})
    assert result["tariffs"] == load("cdr_ac22")["tariffs"]
    assert losses == [
        ("$.tariffs[0].elements[0]", "is for bookings, which do not exist in OCPI 2.2.1"),
        ("$.tariffs[0]", "has no price that OCPI 2.2.1 knows"),
    ]


def test_a_limit_has_no_amount_that_2_2_1_does_not_know() -> None:
    odd = load("tariff_kaal") | {"min_price": {"excl_vat": 1, "after_taxes": 2}}
    assert transforms.upgrade("2.2.1", "tariff", odd)["min_price"] == {"before_taxes": 1}
    odd["min_price"] |= {"incl_vat": 3}
    assert transforms.upgrade("2.2.1", "tariff", odd)["min_price"] == {"before_taxes": 1, "after_taxes": 3}


def test_a_price_without_any_tax_in_it_keeps_its_digits() -> None:
    tariff = newest("tariff", "tariff_ac22") | {"tax_included": "YES"}
    free = {"type": "ENERGY", "price": Decimal("0.123456"), "vat": Decimal("0.0"), "step_size": 1}
    tariff["elements"] = [{"price_components": [free]}]
    assert down("tariff", tariff)[0]["elements"] == [{"price_components": [free]}]


def test_prices_outside_any_tax_are_sent_without_vat() -> None:
    result, losses = down("tariff", newest("tariff", "tariff_ac22") | {"tax_included": "N/A"})
    assert all("vat" not in component for component in result["elements"][0]["price_components"])
    assert losses == [("$.tax_included", "N/A does not exist in OCPI 2.2.1, prices are sent without vat")]


def test_a_price_for_bookings_is_never_sent_as_a_price_for_everybody() -> None:
    tariff = newest("tariff", "tariff_ac22")
    booking = {
        "price_components": [{"type": "FLAT", "price": 9, "step_size": 1}],
        "restrictions": {"booking": "BOOKING"},
    }
    result, losses = down("tariff", tariff | {"elements": [booking, *tariff["elements"]]})
    assert result == load("tariff_ac22")
    assert losses == [("$.elements[0]", "is for bookings, which do not exist in OCPI 2.2.1")]
    with pytest.raises(NotExpressible, match="is for bookings"):
        transforms.downgrade("2.2.1", "tariff", tariff | {"elements": [booking]})


def test_dimensions_of_bookings_are_reservation_time() -> None:
    session = newest("session", "session_finished")
    session["charging_periods"][0]["dimensions"].append({"type": "RESERVATION_OVERTIME", "volume": Decimal("0.25")})
    result, losses = down("session", session)
    assert result["charging_periods"][0]["dimensions"][2] == {"type": "RESERVATION_TIME", "volume": Decimal("0.25")}
    assert [loss.field for loss in losses] == ["$.charging_periods[0].dimensions[2].type"]


def test_an_emaid_is_another_token() -> None:
    token = load("token_nomad") | {"type": "EMAID"}
    assert down("token", token) == (
        load("token_nomad") | {"type": "OTHER"},
        [("$.type", "EMAID does not exist in OCPI 2.2.1, sent as OTHER")],
    )
    info = {"allowed": "ALLOWED", "token": token}
    assert down("authorization_info", info)[1] == [
        ("$.token.type", "EMAID does not exist in OCPI 2.2.1, sent as OTHER")
    ]


def test_a_hub_is_a_role_in_2_2_1_and_a_field_in_2_3_0() -> None:
    hub = load("credentials_nomad")
    hub["roles"][0] |= {"role": "HUB", "country_code": "NL", "party_id": "HUB"}
    upgraded = transforms.upgrade("2.2.1", "credentials", hub)
    assert upgraded["hub_party_id"] == "NLHUB"
    assert down("credentials", upgraded) == (hub, [])


def test_a_hub_of_2_3_0_lists_only_itself_in_2_2_1() -> None:
    result, losses = down("credentials", load("credentials_nomad") | {"hub_party_id": "NLHUB"})
    assert result["roles"] == [
        {"role": "HUB", "party_id": "HUB", "country_code": "NL", "business_details": {"name": "NLHUB"}}
    ]
    assert "hub_party_id" not in result
    assert losses == [("$.roles", "the parties behind a hub are not listed in OCPI 2.2.1")]


def test_a_payment_provider_is_another_role() -> None:
    credentials = load("credentials_nomad")
    credentials["roles"][0]["role"] = "PTP"
    assert down("credentials", credentials)[1] == [
        ("$.roles[0].role", "PTP does not exist in OCPI 2.2.1, sent as OTHER")
    ]


@pytest.mark.parametrize(
    ("kind", "name"), [("cdr", "cdr_ac22"), ("tariff", "tariff_dc150"), ("session", "session_running")]
)
def test_the_input_is_never_changed(kind: str, name: str) -> None:
    old = load(name)
    new = transforms.upgrade("2.2.1", kind, old)
    assert old == load(name)
    kept = copy.deepcopy(new)
    transforms.downgrade("2.2.1", kind, new)
    assert new == kept


def test_a_location_is_not_changed_by_its_downgrade() -> None:
    location = load("location_zuidplein") | copy.deepcopy(LOCATION_230)
    kept = copy.deepcopy(location)
    transforms.downgrade("2.2.1", "location", location)
    assert location == kept
