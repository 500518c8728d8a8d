"""PATCH: named fields are replaced, null empties, charging periods are appended."""

from decimal import Decimal
from typing import Any

import pytest

from roaming.ocpi.schema import transforms, validation
from roaming.ocpi.schema.validation import Invalid
from tests.wire import load

LATER = "2026-10-14T11:00:00Z"


def period(at: str) -> dict[str, Any]:
    return {"start_date_time": at, "dimensions": [{"type": "ENERGY", "volume": 1}]}


def test_only_named_fields_change() -> None:
    stored = load("token_nomad")
    patch = {"valid": False, "last_updated": LATER}
    assert transforms.merge_patch("token", stored, patch) == stored | patch
    assert stored == load("token_nomad")


def test_null_empties_an_optional_field() -> None:
    merged = transforms.merge_patch("token", load("token_nomad"), {"group_id": None, "last_updated": LATER})
    assert "group_id" not in merged
    validation.validate("2.2.1", "token", merged)


def test_null_for_a_required_field_makes_an_invalid_object() -> None:
    merged = transforms.merge_patch("token", load("token_nomad"), {"issuer": None, "last_updated": LATER})
    with pytest.raises(Invalid, match=r"^\$.issuer is required$"):
        validation.validate("2.2.1", "token", merged)


def test_an_object_inside_is_replaced_whole() -> None:
    patch = {"energy_contract": {"supplier_name": "Nordwind"}, "last_updated": LATER}
    assert transforms.merge_patch("token", load("token_nomad"), patch)["energy_contract"] == {
        "supplier_name": "Nordwind"
    }


def test_a_list_of_a_location_is_replaced() -> None:
    merged = transforms.merge_patch("location", load("location_zuidplein"), {"facilities": [], "last_updated": LATER})
    assert merged["facilities"] == []


def test_charging_periods_of_a_session_are_appended() -> None:
    stored = load("session_finished")
    patch = {"charging_periods": [period(LATER)], "last_updated": LATER}
    merged = transforms.merge_patch("session", stored, patch)
    assert merged["charging_periods"] == [*load("session_finished")["charging_periods"], period(LATER)]
    assert stored == load("session_finished")


@pytest.mark.parametrize("periods", [None, []])
def test_no_charging_periods_leave_them_as_they_were(periods: list[Any] | None) -> None:
    patch = {"kwh": 21, "charging_periods": periods, "last_updated": LATER}
    merged = transforms.merge_patch("session", load("session_finished"), patch)
    assert merged == load("session_finished") | {"kwh": 21, "last_updated": LATER}


@pytest.mark.parametrize("before", [{}, {"charging_periods": None}, {"charging_periods": []}])
def test_the_first_charging_periods_arrive_by_patch(before: dict[str, Any]) -> None:
    merged = transforms.merge_patch("session", before, {"charging_periods": [period(LATER)]})
    assert merged == {"charging_periods": [period(LATER)]}


def test_charging_periods_of_another_shape_are_left_for_validation() -> None:
    merged = transforms.merge_patch("session", load("session_finished"), {"charging_periods": {"a": 1}})
    with pytest.raises(Invalid, match=r"^\$.charging_periods must be a list, not an object$"):
        validation.validate("2.2.1", "session", merged)


@pytest.mark.parametrize(
    ("kind", "patch", "violations"),
    [
        ("token", [], ["$ must be an object, not a list"]),
        ("token", None, ["$ must be an object, not null"]),
        ("token", {}, ["$.last_updated is required"]),
        ("token", {"valid": False}, ["$.last_updated is required"]),
        ("token", {"last_updated": None}, ["$.last_updated is required, it cannot be null"]),
        ("token", {"valid": "no", "last_updated": LATER}, ["$.valid must be true or false, not a string"]),
        ("token", {"issuer": None, "last_updated": LATER}, ["$.issuer is required, it cannot be null"]),
        (
            "session",
            {"total_cost": {"before_taxes": 3}, "kwh": "3"},
            [
                "$.kwh must be a number, not a string",
                "$.total_cost.excl_vat is required (before_taxes belongs to OCPI 2.3.0)",
                "$.last_updated is required",
            ],
        ),
    ],
)
def test_a_patch_that_cannot_be_applied_is_refused(kind: str, patch: object, violations: list[str]) -> None:
    with pytest.raises(Invalid) as refusal:
        validation.validate_patch("2.2.1", kind, patch)
    assert [str(violation) for violation in refusal.value.violations] == violations


@pytest.mark.parametrize(
    ("kind", "patch"),
    [
        ("token", {"group_id": None, "last_updated": LATER}),
        ("session", {"charging_periods": [], "total_cost": {"excl_vat": Decimal("1.5")}, "last_updated": LATER}),
        ("connector", {"tariff_ids": ["AC22"], "last_updated": LATER}),
        ("evse", {"status": "REMOVED", "x_vendor": {"a": 1}, "last_updated": LATER}),
    ],
)
def test_a_patch_of_some_fields_is_fine(kind: str, patch: object) -> None:
    validation.validate_patch("2.2.1", kind, patch)


def test_a_patch_of_an_older_version_lands_in_the_newest_shape() -> None:
    stored = transforms.upgrade("2.2.1", "session", load("session_running"))
    patch = {"total_cost": {"excl_vat": Decimal("5.00"), "incl_vat": Decimal("6.05")}, "last_updated": LATER}
    merged = transforms.merge_patch("session", stored, transforms.upgrade("2.2.1", "session", patch))
    validation.validate("2.3.0", "session", merged)
    assert merged["total_cost"] == {
        "before_taxes": Decimal("5.00"),
        "taxes": [{"name": "VAT", "amount": Decimal("1.05")}],
    }
