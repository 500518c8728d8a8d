"""The specification's own examples over HTTP, from the folder that OCPI_EXAMPLES names."""

import os
from pathlib import Path
from typing import Any

import pytest

from roaming.bookings.models import Booking, BookingLocation
from roaming.ocpi.schema import wire
from tests.roaming.bookings.objects import BOOKING, PLACE, booking, calendar, place, refused
from tests.roaming.calls import Caller

FOLDER = os.environ.get("OCPI_EXAMPLES")
pytestmark = [
    pytest.mark.django_db,
    pytest.mark.skipif(not FOLDER, reason="the specification's examples are not given: OCPI_EXAMPLES"),
]


def example(name: str) -> Any:
    return wire.decode((Path(FOLDER or ".") / "2.3.0" / f"{name}.json").read_bytes())


@pytest.mark.parametrize("name", ["booking_patch_example_status_update", "booking_patch_example_evse_uid"])
def test_a_booking_is_patched(polder: Caller, name: str) -> None:
    polder.put(BOOKING, booking(last_updated="2025-03-23T12:00:00Z"))
    patch = example(name)
    assert polder.patch(BOOKING, patch).status == 1000
    assert polder.get(BOOKING).data == {**booking(), **patch}


def test_a_booking_of_five_letters_and_a_place_of_99_seconds_are_refused(polder: Caller) -> None:
    """B4: the tables hold."""
    assert "$.party_id" in refused(polder.put(BOOKING, {**example("booking_example"), "id": "B1"}))
    sent = {**example("booking_location_example"), "id": "BL1", "party_id": "PLD"}
    assert "$.booking_option.evse_position" in refused(polder.put(PLACE, sent))
    assert (Booking.objects.count(), BookingLocation.objects.count()) == (0, 0)


def test_terms_without_what_they_require_and_a_calendar_of_99_seconds_are_refused(polder: Caller) -> None:
    polder.put(
        PLACE, place(last_updated="2024-01-01T00:00:00Z", calendars=[calendar(last_updated="2024-01-01T00:00:00Z")])
    )
    refused(polder.patch(PLACE, example("booking_location_patch_example_terms")))
    refused(polder.patch(f"{PLACE}/CAL1", example("booking_location_patch_example_calendar")))
    assert polder.get(PLACE).data["last_updated"] == "2024-01-01T00:00:00Z"
