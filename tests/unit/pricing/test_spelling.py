"""Which OCPI version files are read as when nobody says it."""

import pytest

from billing import pricing
from billing.pricing import version_of
from billing.pricing.cases import Cases
from roaming.ocpi.schema import wire
from tests.unit.pricing.both_ways import reported
from tests.unit.pricing.cases import Json, cdr, element, energy, period

OWED: Json = {"id": "T", "country_code": "NL", "currency": "EUR", "elements": [element(energy("0.5"))]}
OWNERLESS = {name: value for name, value in OWED.items() if name != "country_code"}
CHARGE = cdr(period("09:00", ENERGY="10"))
SPELLINGS = [
    (CHARGE, OWED, "2.2.1"),
    (CHARGE, OWNERLESS, "2.2.1"),
    (CHARGE, {**OWED, "tax_included": None}, "2.2.1"),
    (CHARGE, {**OWED, "tax_included": "NO"}, "2.3.0"),
    ({**CHARGE, "total_cost": {"before_taxes": 5}}, OWED, "2.3.0"),
    ({**CHARGE, "total_cost": {"excl_vat": 5}}, OWED, "2.2.1"),
    ({**CHARGE, "total_cost": 5}, OWED, "2.2.1"),
    ({**CHARGE, "stop_date_time": "2027-03-15T10:00:00Z", "total_cost": 5}, OWED, "2.1.1"),
    ({**CHARGE, "stop_date_time": None}, OWED, "2.2.1"),
    (None, OWED, "2.2.1"),
    (None, OWNERLESS, "2.1.1"),
    (None, {**OWNERLESS, "tax_included": "YES"}, "2.3.0"),
    (None, "no tariff", "2.2.1"),
]
# What a price without a rate costs after tax: 2.2.1 says that no tax applies, the others do not say.
AFTER_TAX = {"2.1.1": None, "2.2.1": "5", "2.3.0": None}


@pytest.mark.parametrize(("charge", "owed", "version"), SPELLINGS)
def test_a_version_is_told_by_its_fields(charge: Json | None, owed: object, version: str) -> None:
    assert version_of(charge, [owed]) == version


@pytest.mark.parametrize(("charge", "owed", "version"), [one for one in SPELLINGS if one[0] is not None])
def test_a_batch_reads_a_case_as_the_command_for_one_does(charge: Json, owed: Json, version: str) -> None:
    expected = AFTER_TAX[version]
    assert reported(charge, owed, version=None)["total_cost_incl_vat"] == expected
    cases = Cases()
    for case in ({"cdr": charge, "tariff": owed}, {"cdr": {**charge, "tariffs": [owed]}}):
        answer, priced = cases.answer(wire.encode({"id": 1, **case}))
        assert priced
        assert wire.decode(answer)["total_cost_incl_vat"] == expected  # type: ignore[index, call-overload]


def test_a_session_of_the_oldest_version_is_read_by_its_own_names() -> None:
    spelt = {"start_date_time": "start_datetime", "end_date_time": "end_datetime"}
    session = {spelt.get(name, name): value for name, value in CHARGE.items()}
    assert version_of(session, [OWED]) == "2.1.1"
    assert pricing.read_cdr(session) == pricing.read_cdr(CHARGE)
    answer, _ = Cases().answer(wire.encode({"version": "2.1.1", "cdr": session, "tariff": OWED}))
    assert wire.decode(answer)["total_cost_excl_vat"] == "5"  # type: ignore[index, call-overload]


def test_what_a_batch_needs_not_read_may_be_anything() -> None:
    line = wire.encode({"cdr": {**CHARGE, "total_cost": {"X": 1}}, "tariff": OWED}).replace(b'"X"', b'"\xff"')
    answer, priced = Cases().answer(line)
    assert (priced, wire.decode(answer)["total_cost_excl_vat"]) == (True, "5")  # type: ignore[index, call-overload]
