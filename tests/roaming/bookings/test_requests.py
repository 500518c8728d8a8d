"""An eMSP asks for a booking; the CPO's platform answers while it waits (B1)."""

from collections.abc import Iterator
from datetime import date
from typing import Any

import pytest

from partners.agreements import services as agreements
from partners.agreements.models import Agreement
from roaming.bookings.models import Booking
from tests import cast
from tests.roaming.bookings.objects import BOOKING, LIST, NEW, PLACE, at, booking, place, pushes, refused, request
from tests.roaming.calls import Caller
from tests.roaming.platform import Asked, Platform, Said, platform

pytestmark = pytest.mark.django_db


@pytest.fixture
def theirs(nomad_alone: None) -> Iterator[Platform]:
    with platform("CPO NL*PLD") as polders:
        polders.answering = pending
        cast.polder(url=polders.url, version=NEW)
        cast.agreement("NL*PLD", "DE*NMD")
        assert Caller("Polder Laden", NEW).put(PLACE, place()).status == 1000
        yield polders


@pytest.fixture
def nomad_alone() -> None:
    cast.nomad(url="http://nomad.invalid", version=NEW)
    cast.cleo(url="http://cleo.invalid", version=NEW)


def pending(asked: Asked) -> Said | None:
    """The CPO has it and will decide."""
    return Said(booking(), http=200) if asked.method == "POST" else None


def test_a_request_is_put_to_the_cpo_and_its_booking_answered_and_kept(theirs: Platform) -> None:
    """B1."""
    nomad = Caller("Nomad", NEW)
    reply = nomad.post(LIST, request())
    assert (reply.http, reply.status, reply.data) == (200, 1000, booking())
    (asked,) = [one for one in theirs.asked if one.method == "POST"]
    assert (asked.path, asked.body) == ("/sender/bookings", request())
    routing = ("ocpi-from-party-id", "ocpi-to-party-id")
    assert [asked.headers[name] for name in routing] == ["NMD", "PLD"]
    assert nomad.get(LIST).data == [booking()]
    assert Booking.objects.get().status == "PENDING"
    assert [push for push in pushes() if push[1] == "booking"] == []


def test_a_change_and_a_cancel_are_requests_of_the_same_id(theirs: Platform) -> None:
    """B1."""
    nomad = Caller("Nomad", NEW)
    nomad.post(LIST, request())
    canceled = {"cancellation_reason": "TRAFFIC", "who_canceled": "EMSP"}
    theirs.answering = lambda asked: Said(booking("RESERVED", last_updated=at(1)))
    assert nomad.post(LIST, request(canceled=canceled)).data["reservation_status"] == "RESERVED"
    assert theirs.asked[-1].body["canceled"] == canceled
    assert [row.status for row in Booking.objects.all()] == ["RESERVED"]


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        (Said(http=200, status=2001, message="No such place."), (200, 2001)),
        (Said(http=500, status=3000), (200, 3000)),
        (Said(raw=b"<html>", http=200), (200, 4000)),
        (Said({"id": "B1"}), (200, 3000)),
        (Said(booking(party_id="CLO", country_code="BE")), (200, 3000)),
        (Said(booking(request_id="ANOTHER")), (200, 3000)),
    ],
)
def test_what_the_cpo_says_otherwise_is_passed_on_and_nothing_is_kept(
    theirs: Platform, said: Said, expected: tuple[int, int]
) -> None:
    """T106."""
    theirs.answering = lambda asked: said
    reply = Caller("Nomad", NEW).post(LIST, request())
    assert (reply.http, reply.status) == expected
    assert Booking.objects.count() == 0


def test_a_cpo_that_is_down_is_a_timeout_of_the_hub(theirs: Platform) -> None:
    theirs.down()
    reply = Caller("Nomad", NEW).post(LIST, request())
    assert (reply.http, reply.status) == (200, 4002)


def test_a_cpo_without_the_interface_is_not_connected(nomad_alone: None) -> None:
    """Our own CPMS, for example: 4003."""
    cast.polder(version=NEW)
    cast.agreement("NL*PLD", "DE*NMD")
    Caller("Polder Laden", NEW).put(PLACE, place())
    assert Caller("Nomad", NEW).post(LIST, request()).status == 4003


def test_cleo_books_nothing(theirs: Platform) -> None:
    cleo = Caller("Cleo", NEW)
    own = cleo.post(LIST, request(country_code="BE", party_id="CLO"))
    assert (own.http, own.status) == (200, 2003)
    stolen = cleo.post(LIST, request())
    assert (stolen.http, stolen.status, "DE*NMD" in stolen.message) == (200, 2001, True)
    assert not [one for one in theirs.asked if one.method == "POST"]


@pytest.mark.parametrize("change", [{"period": {}}, {"booking_location_id": None}, {"power_required": 1.5}])
def test_what_is_no_request_is_refused_and_asks_nobody(theirs: Platform, change: dict[str, Any]) -> None:
    refused(Caller("Nomad", NEW).post(LIST, request(**change)))
    assert theirs.asked == []


def test_an_unknown_place_is_2003(theirs: Platform) -> None:
    reply = Caller("Nomad", NEW).post(LIST, request(booking_location_id="NOWHERE"))
    assert (reply.http, reply.status, "NOWHERE" in reply.message) == (200, 2003, True)


def later(begin: str) -> dict[str, Any]:
    return {"start_date_time": f"{begin}T08:00:00Z", "end_date_time": f"{begin}T09:00:00Z"}


def test_a_time_after_the_end_of_the_agreement_is_refused_and_asks_nobody(theirs: Platform) -> None:
    """The eMSP would not hear of such a booking again."""
    nomad, ends = Caller("Nomad", NEW), date(2030, 1, 1)
    agreements.end(agreement=Agreement.objects.get(), ends_date=ends, at=cast.NOW)
    message = refused(nomad.post(LIST, request(period=later("2030-01-01"))))
    assert "$.period.start_date_time" in message
    assert "no agreement of DE*NMD with NL*PLD covers 2030-01-01T08:00:00Z" in message
    assert ([one for one in theirs.asked if one.method == "POST"], Booking.objects.count()) == ([], 0)
    assert nomad.post(LIST, request(period=later("2029-12-31"))).status == 1000


def test_what_was_booked_before_the_agreement_got_an_end_may_be_canceled(theirs: Platform) -> None:
    nomad = Caller("Nomad", NEW)
    agreements.end(agreement=Agreement.objects.get(), ends_date=date(2030, 1, 1), at=cast.NOW)
    canceled = {"cancellation_reason": "TRAFFIC", "who_canceled": "EMSP"}
    assert nomad.post(LIST, request(period=later("2030-01-01"), canceled=canceled)).status == 1000
    assert theirs.asked[-1].body["canceled"] == canceled


@pytest.mark.parametrize(
    ("stored", "answer", "note"),
    [
        (booking("CANCELED"), booking("RESERVED", last_updated=at(1)), "CANCELED, which is final"),
        (booking("RESERVED", last_updated=at(5)), booking("PENDING", last_updated=at(1)), "older than what is stored"),
    ],
)
def test_an_answer_that_is_not_kept_is_not_told_either(
    theirs: Platform, stored: dict[str, Any], answer: dict[str, Any], note: str
) -> None:
    """T65, B1: what the asker gets is what it reads afterwards."""
    nomad = Caller("Nomad", NEW)
    Caller("Polder Laden", NEW).put(BOOKING, stored)
    theirs.answering = lambda asked: Said(answer)
    reply = nomad.post(LIST, request())
    assert (reply.status, reply.data, note in reply.message) == (1000, stored, True)
    assert nomad.get(LIST).data == [stored]


def test_the_booking_of_another_is_not_shown_whatever_the_cpo_answers(theirs: Platform) -> None:
    others = booking("CANCELED")
    others["booking_requests"][0]["booking_request"] = request(country_code="BE", party_id="CLO")
    Caller("Polder Laden", NEW).put(BOOKING, others)
    theirs.answering = lambda asked: Said(booking("RESERVED", last_updated=at(1)))
    reply = Caller("Nomad", NEW).post(LIST, request())
    assert (reply.status, reply.data, "somebody else" in reply.message) == (3000, None, True)
    assert Caller("Polder Laden", NEW).get(BOOKING).data == others
