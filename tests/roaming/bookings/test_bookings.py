"""Bookings over OCPI (section 5.5): who booked, how a booking moves, who hears of it."""

from typing import Any

import pytest

from partners.connections.models import Connection
from roaming.bookings.models import FINAL, Booking, BookingStatus, FreeSlot
from roaming.exchange import pull
from roaming.exchange.models import Push, PushState
from tests import cast
from tests.roaming.bookings.objects import (
    BOOKING,
    LIST,
    NEW,
    PLACE,
    at,
    booking,
    found,
    place,
    pushes,
    refused,
    request,
)
from tests.roaming.calls import Caller
from tests.roaming.platform import platform

pytestmark = pytest.mark.django_db


def test_a_booking_reaches_who_asked_for_it_and_nobody_else(polder: Caller, nomad: Caller, cleo: Caller) -> None:
    assert polder.put(BOOKING, booking()).http == 201
    assert polder.get(BOOKING).data == booking()
    assert nomad.get(LIST).data == [booking()]
    assert pushes() == [("PUT", "booking", "NL/PLD/B1")]
    assert (cleo.get(LIST).data, cleo.get(BOOKING).http, pushes("Cleo")) == ([], 404, [])


def test_the_tokens_say_whose_it_is_where_the_request_names_nobody_we_know(polder: Caller, nomad: Caller) -> None:
    sent = booking()
    sent["booking_requests"][0]["booking_request"] = request(country_code="FR", party_id="XXX")
    token = {"country_code": "DE", "party_id": "NMD", "uid": "T1", "type": "RFID", "contract_id": "C1"}
    polder.put(BOOKING, {**sent, "booking_tokens": [token]})
    assert len(nomad.get(LIST).data) == 1


def test_a_booking_beyond_the_agreement_is_not_shown(polder: Caller, nomad: Caller) -> None:
    period = {"start_date_time": "2025-12-01T08:00:00Z", "end_date_time": "2025-12-01T09:00:00Z"}
    assert polder.put(BOOKING, booking(period=period)).status == 1000
    assert (nomad.get(LIST).data, pushes()) == ([], [])


def test_a_status_moves_as_the_table_says(polder: Caller) -> None:
    """B1."""
    polder.put(BOOKING, booking())
    for minute, status in enumerate(["RESERVED", "FULFILLED"], start=1):
        patch = {"reservation_status": status, "last_updated": at(minute)}
        assert polder.patch(BOOKING, patch).status == 1000
        assert polder.get(BOOKING).data == {**booking(), **patch}
    assert found() == []


@pytest.mark.parametrize("final", sorted(FINAL))
def test_a_final_status_stays_and_people_are_told(polder: Caller, nomad: Caller, final: str) -> None:
    """B1: answered with a note; like a completed session (S2)."""
    polder.put(BOOKING, booking(final))
    other = "RESERVED"
    replies = [
        polder.patch(BOOKING, {"reservation_status": other, "last_updated": at(1)}),
        polder.put(BOOKING, booking(other, last_updated=at(2))),
    ]
    for reply in replies:
        assert (reply.status, f"{final}, which is final" in reply.message) == (1000, True)
    assert nomad.get(LIST).data == [booking(final)]
    assert len(found()) == 1
    assert f"as {other} after it was {final}" in found()[0]
    # What else changes of it is taken.
    assert polder.put(BOOKING, booking(final, tariff_ids=["T1"], last_updated=at(3))).status == 1000
    assert nomad.get(LIST).data[0]["tariff_ids"] == ["T1"]


def test_a_leap_of_the_status_is_kept_as_the_cpo_says_and_told(polder: Caller) -> None:
    polder.put(BOOKING, booking())
    polder.patch(BOOKING, {"reservation_status": "FULFILLED", "last_updated": at(1)})
    assert Booking.objects.get().status == BookingStatus.FULFILLED
    assert "as FULFILLED after it was PENDING" in found()[0]


def test_an_older_patch_changes_nothing_and_one_without_time_is_refused(polder: Caller) -> None:
    """B2, T65."""
    polder.put(BOOKING, booking(last_updated=at(5)))
    assert "older" in polder.patch(BOOKING, {"reservation_status": "RESERVED", "last_updated": at(1)}).message
    assert "$.last_updated" in refused(polder.patch(BOOKING, {"reservation_status": "RESERVED"}))
    assert polder.get(BOOKING).data == booking(last_updated=at(5))
    assert polder.patch(BOOKING.replace("B1", "NONE"), {"last_updated": at(1)}).http == 404


@pytest.mark.parametrize(
    ("change", "path"),
    [
        ({"reservation_status": "BOOKED"}, "$.reservation_status"),
        ({"booking_requests": []}, "$.booking_requests"),
        ({"period": {"start_date_time": "2026-12-01T08:00:99Z"}}, "$.period.start_date_time"),
        ({"booking_terms": {}}, "$.booking_terms.supported_access_methods"),
        ({"party_id": "POLDER"}, "$.party_id"),
    ],
)
def test_what_is_no_booking_is_refused(polder: Caller, change: dict[str, Any], path: str) -> None:
    assert path in refused(polder.put(BOOKING, booking(**change)))
    assert (Booking.objects.count(), pushes()) == (0, [])


def test_the_type_before_the_party_is_no_address(polder: Caller) -> None:
    """B3: the definition holds, not the example."""
    polder.put(PLACE, place())
    assert polder.patch("/receiver/bookings/booking_locations/NL/PLD/BL1", {"last_updated": at(1)}).http == 404


def test_older_versions_have_no_bookings(polder: Caller) -> None:
    """V6."""
    assert Caller("Nomad", "2.2.1").get(LIST).http == 404
    assert Caller("Polder Laden", "2.2.1").put(BOOKING, booking()).http == 404


def test_places_and_bookings_are_pulled() -> None:
    with platform("CPO NL*PLD") as polders:
        polders.lists |= {"bookings/booking_locations": [place()], "bookings": [booking(), booking("LOST")]}
        polder: Connection = cast.polder(url=polders.url, version=NEW)
        counts = pull.pull(connection=polder, at=cast.NOW)
        assert (counts["booking_locations"].new, counts["bookings"].new, counts["bookings"].broken) == (1, 1, 1)
        again = pull.pull(connection=polder, at=cast.NOW)
    assert (again["booking_locations"].known, again["bookings"].known) == (1, 1)
    assert FreeSlot.objects.count() == 1


def test_an_agreement_opens_the_places_that_are_there_and_open_bookings(polder: Caller) -> None:
    cleo = cast.party("BE*CLO", "EMSP")
    polder.put(PLACE, place())
    mine = booking()
    mine["booking_requests"][0]["booking_request"] = request(country_code="BE", party_id="CLO")
    polder.put(BOOKING, mine)
    polder.put(BOOKING.replace("B1", "B2"), {**mine, "id": "B2", "reservation_status": "REJECTED"})
    assert pushes("Cleo") == []
    cast.agreement("NL*PLD", "BE*CLO")
    news = [("PUT", "booking_location", "NL/PLD/booking_locations/BL1"), ("PUT", "booking", "NL/PLD/B1")]
    assert pushes("Cleo") == news
    assert Push.objects.filter(connection=cleo.connection, state=PushState.WAITING).count() >= 2


def test_an_emsp_that_is_known_later_gets_its_booking(polder: Caller) -> None:
    sent = booking()
    sent["booking_requests"][0]["booking_request"] = request(country_code="FR", party_id="AIR")
    polder.put(BOOKING, sent)
    assert [row.emsp for row in Booking.objects.all()] == [None]
    cast.connection("Air", "EMSP FR*AIR", url="http://air.invalid", version=NEW)
    assert Caller("Air", NEW).get(LIST).data == []
    cast.agreement("NL*PLD", "FR*AIR")
    assert Caller("Air", NEW).get(LIST).data == [sent]
    assert pushes("Air") == [("PUT", "booking", "NL/PLD/B1")]
    assert pushes() == []
