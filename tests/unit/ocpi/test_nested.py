"""Objects with parts of their own age: what stays, what is replaced, and how the age goes up."""

from typing import Any

import pytest

from roaming.ocpi import nested

INNER = nested.Level("connectors", "id", "connector")
OUTER = nested.Level("evses", "uid", "EVSE", below=INNER)


def aged(day: int, **fields: Any) -> dict[str, Any]:
    return {**fields, "last_updated": f"2026-11-{day:02}T00:00:00Z"}


def evse(uid: str, day: int, *connectors: dict[str, Any], **fields: Any) -> dict[str, Any]:
    return aged(day, uid=uid, **({"connectors": list(connectors)} if connectors else {}), **fields)


def test_the_age_goes_up_through_all_levels_and_never_back() -> None:
    """L2."""
    whole = aged(1, evses=[evse("A", 2, aged(5, id="1")), evse("B", 3)])
    assert nested.aged(OUTER, whole) == aged(5, evses=[evse("A", 5, aged(5, id="1")), evse("B", 3)])
    late = aged(9, evses=[evse("A", 2)])
    assert nested.aged(OUTER, late) == late
    assert nested.aged(OUTER, aged(1)) == aged(1)


def test_a_part_is_found_and_placed_in_any_letter_case() -> None:
    """T80."""
    whole = aged(3, evses=[evse("A", 1), evse("b", 2)])
    assert nested.find(OUTER, whole, "B") == evse("b", 2)
    assert nested.find(OUTER, aged(3), "B") is None
    assert nested.placed(OUTER, whole, evse("a", 4)) == aged(4, evses=[evse("a", 4), evse("b", 2)])
    assert nested.placed(OUTER, aged(3), evse("C", 2)) == aged(3, evses=[evse("C", 2)])


def test_younger_parts_stay_at_every_level_and_are_named() -> None:
    """T65."""
    stored = aged(8, evses=[evse("A", 8, status="X"), evse("B", 4, aged(4, id="1", power=1), aged(1, id="2"))])
    sent = aged(9, evses=[evse("a", 7), evse("B", 5, aged(3, id="1", power=2), aged(2, id="2")), evse("C", 1)])
    whole, kept = nested.with_younger(OUTER, sent, stored)
    assert kept == ["EVSE a", "connector 1 of EVSE B"]
    second = evse("B", 5, aged(4, id="1", power=1), aged(2, id="2"))
    assert whole == aged(9, evses=[evse("A", 8, status="X"), second, evse("C", 1)])


@pytest.mark.parametrize("sent", [aged(9), aged(9, evses=[]), aged(9, evses=None)])
def test_parts_that_are_not_sent_are_not_kept(sent: dict[str, Any]) -> None:
    """T60."""
    assert nested.with_younger(OUTER, sent, aged(8, evses=[evse("A", 8)])) == (sent, [])
