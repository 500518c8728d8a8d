"""Bookings over OCPI (section 5.5): what can be booked and when, who booked it, and asking a CPO for it."""

import os
from pathlib import Path
from typing import Any

import pytest

from partners.connections.models import Connection
from roaming.bookings.models import FINAL, Booking, BookingLocation, BookingStatus, FreeSlot
from roaming.exchange import pull
from roaming.exchange.models import Push, PushState
from roaming.findings.models import Finding
from roaming.ocpi.schema import wire
from tests import cast
from tests.roaming.calls import Caller, Reply
from tests.roaming.platform import Asked, Platform, Said, platform

pytestmark = pytest.mark.django_db

NEW = "2.3.0"
PLACES, PLACE = "/sender/bookings/booking_locations", "/receiver/bookings/NL/PLD/booking_locations/BL1"
LIST, BOOKING = "/sender/bookings", "/receiver/bookings/NL/PLD/B1"
FOLDER = os.environ.get("OCPI_EXAMPLES")


@pytest.fixture
def polder() -> Caller:
    """Polder Laden has places to book; Nomad and Cleo speak 2.3.0 too, and Nomad has an agreement."""
    cast.polder(url="http://polder.invalid", version=NEW)
    cast.nomad(url="http://nomad.invalid", version=NEW)
    cast.cleo(url="http://cleo.invalid", version=NEW)
    cast.agreement("NL*PLD", "DE*NMD")
    return Caller("Polder Laden", NEW)


@pytest.fixture
def nomad(polder: Caller) -> Caller:
    return Caller("Nomad", NEW)


@pytest.fixture
def cleo(polder: Caller) -> Caller:
    return Caller("Cleo", NEW)


def slot(begin: str, end: str) -> dict[str, Any]:
    return {"start_date_time": f"2026-12-01T{begin}:00Z", "end_date_time": f"2026-12-01T{end}:00Z", "max_power": 50000}


def calendar(*slots: dict[str, Any], **fields: Any) -> dict[str, Any]:
    return {
        "id": "CAL1",
        "begin_from": "2026-12-01T00:00:00Z",
        "end_before": "2026-12-02T00:00:00Z",
        "available_timeslots": list(slots) or [slot("08:00", "10:00")],
        "last_updated": "2026-11-10T08:00:00Z",
        **fields,
    }


def place(**fields: Any) -> dict[str, Any]:
    return {
        "country_code": "NL",
        "party_id": "PLD",
        "id": "BL1",
        "location_id": "LOC1",
        "booking_option": {"evse_uid": "E1"},
        "calendars": [calendar()],
        "last_updated": "2026-11-10T08:00:00Z",
        **fields,
    }


def request(**fields: Any) -> dict[str, Any]:
    return {
        "country_code": "DE",
        "party_id": "NMD",
        "request_id": "RQ1",
        "location_id": "LOC1",
        "booking_location_id": "BL1",
        "period": {"start_date_time": "2026-12-01T08:00:00Z", "end_date_time": "2026-12-01T09:00:00Z"},
        "authorization_reference": "AUTH-1",
        **fields,
    }


def booking(status: str = "PENDING", **fields: Any) -> dict[str, Any]:
    received = {
        "request_status": "PENDING",
        "booking_request": request(),
        "request_received": "2026-11-20T09:00:00Z",
    }
    return {
        "country_code": "NL",
        "party_id": "PLD",
        "id": "B1",
        "request_id": "RQ1",
        "location_id": "LOC1",
        "period": {"start_date_time": "2026-12-01T08:00:00Z", "end_date_time": "2026-12-01T09:00:00Z"},
        "reservation_status": status,
        "authorization_reference": "AUTH-1",
        "booking_terms": {
            "supported_access_methods": ["TOKEN"],
            "change_until_minutes": 60,
            "cancel_until_minutes": 120,
        },
        "booking_requests": [received],
        "last_updated": "2026-11-20T09:00:00Z",
        **fields,
    }


def at(minute: int) -> str:
    return f"2026-11-20T09:{minute:02}:00Z"


def pushes(name: str = "Nomad") -> list[tuple[str, str, str]]:
    rows = Push.objects.filter(connection__name=name, module="bookings").order_by("id")
    return [(push.method, push.kind, push.path) for push in rows]


def found(code: str = "booking_status_out_of_order") -> list[str]:
    return list(Finding.objects.filter(code=code).values_list("sentence", flat=True))


def refused(reply: Reply) -> str:
    assert (reply.http, reply.status) == (200, 2001)
    return reply.message


class TestPlaces:
    def test_a_place_is_put_read_back_and_shown_where_an_agreement_opens_it(
        self, polder: Caller, nomad: Caller, cleo: Caller
    ) -> None:
        sent = place(note="kept")
        assert (polder.put(PLACE, sent).http, polder.put(PLACE, sent).http) == (201, 200)
        assert polder.get(PLACE).data == sent
        assert nomad.get(PLACES).data == [sent]
        assert nomad.get(f"{PLACES}/bl1").data == sent
        assert pushes() == [("PUT", "booking_location", "NL/PLD/booking_locations/BL1")]
        assert (cleo.get(PLACES).data, cleo.get(f"{PLACES}/BL1").http, cleo.get(PLACE).http) == ([], 404, 404)
        assert pushes("Cleo") == []

    def test_a_calendar_is_a_part_and_moves_its_place(self, polder: Caller, nomad: Caller) -> None:
        """B2."""
        polder.put(PLACE, place())
        later = calendar(slot("12:00", "14:00"), id="CAL2", last_updated="2026-11-11T08:00:00Z")
        assert polder.put(f"{PLACE}/CAL2", later).http == 201
        assert polder.get(f"{PLACE}/cal2").data == nomad.get(f"{PLACES}/BL1/CAL2").data == later
        whole = nomad.get(f"{PLACES}/BL1").data
        assert (len(whole["calendars"]), whole["last_updated"]) == (2, "2026-11-11T08:00:00Z")
        patch = {"available_timeslots": [slot("16:00", "18:00")], "last_updated": "2026-11-12T08:00:00Z"}
        assert polder.patch(f"{PLACE}/CAL2", patch).status == 1000
        assert nomad.get(f"{PLACES}/BL1/CAL2").data == {**later, **patch}
        assert nomad.get(f"{PLACES}/BL1").data["last_updated"] == "2026-11-12T08:00:00Z"
        assert len(pushes()) == 1  # the newest state of the place is what waits

    def test_an_older_calendar_is_answered_and_not_stored(self, polder: Caller) -> None:
        """T65."""
        polder.put(PLACE, place())
        old = calendar(slot("00:00", "01:00"), last_updated="2026-11-09T08:00:00Z")
        for reply in (polder.put(f"{PLACE}/CAL1", old), polder.patch(f"{PLACE}/CAL1", old)):
            assert (reply.status, "older" in reply.message) == (1000, True)
        assert polder.get(PLACE).data == place()

    def test_a_calendar_of_an_unknown_place_is_refused_and_no_stub_is_made(self, polder: Caller) -> None:
        for reply in (polder.put(f"{PLACE}/CAL1", calendar()), polder.patch(f"{PLACE}/CAL1", calendar())):
            assert (reply.http, reply.status) == (404, 2003)
        polder.put(PLACE, place())
        assert polder.patch(f"{PLACE}/NONE", {"last_updated": "2026-11-12T08:00:00Z"}).http == 404
        assert BookingLocation.objects.count() == 1

    def test_a_patch_needs_its_time_and_changes_only_what_it_names(self, polder: Caller) -> None:
        """B2, T62."""
        polder.put(PLACE, place())
        assert "$.last_updated" in refused(polder.patch(PLACE, {"tariff_ids": ["T1"]}))
        assert "$.last_updated" in refused(polder.patch(f"{PLACE}/CAL1", {"timeslot_increment": 15}))
        patch = {"tariff_ids": ["T1"], "last_updated": "2026-11-11T08:00:00Z"}
        assert polder.patch(PLACE, patch).status == 1000
        assert polder.get(PLACE).data == {**place(), **patch}

    @pytest.mark.parametrize(
        ("query", "listed"),
        [
            ({}, ["BL1", "BL2"]),
            ({"timeslot_from": "2026-12-01T09:00:00Z"}, ["BL1", "BL2"]),
            ({"timeslot_from": "2026-12-01T10:00:00Z"}, ["BL2"]),
            ({"timeslot_to": "2026-12-01T14:00:00Z"}, ["BL1"]),
            ({"timeslot_from": "2026-12-01T10:00:00Z", "timeslot_to": "2026-12-01T14:00:00Z"}, []),
            ({"timeslot_from": "2026-12-01T15:00:00Z", "timeslot_to": "2026-12-01T15:01:00Z"}, ["BL2"]),
        ],
    )
    def test_places_are_found_by_when_they_are_free(
        self, polder: Caller, nomad: Caller, query: dict[str, str], listed: list[str]
    ) -> None:
        polder.put(PLACE, place())
        other = place(id="BL2", calendars=[calendar(slot("14:00", "16:00"))])
        polder.put(PLACE.replace("BL1", "BL2"), other)
        reply = nomad.get(PLACES, **query)
        assert [one["id"] for one in reply.data] == listed
        assert reply.headers["X-Total-Count"] == str(len(listed))

    def test_a_time_that_is_none_is_refused_by_name(self, nomad: Caller) -> None:
        """T47."""
        assert "timeslot_from" in refused(nomad.get(PLACES, timeslot_from="tomorrow"))

    def test_the_next_page_keeps_the_times(self, polder: Caller, nomad: Caller) -> None:
        """T43."""
        for number in (1, 2):
            polder.put(PLACE.replace("BL1", f"BL{number}"), place(id=f"BL{number}"))
        first = nomad.get(PLACES, limit=1, timeslot_from="2026-12-01T00:00:00Z")
        link = first.headers["Link"].partition(">")[0].removeprefix("<")
        assert "timeslot_from=2026-12-01T00%3A00%3A00Z" in link
        assert [one["id"] for one in nomad.follow(link).data] == ["BL2"]

    def test_slots_go_with_their_calendars(self, polder: Caller) -> None:
        polder.put(PLACE, place())
        polder.put(PLACE, place(calendars=[], last_updated="2026-11-11T08:00:00Z"))
        assert FreeSlot.objects.count() == 0

    @pytest.mark.parametrize(
        ("change", "path"),
        [
            ({"location_id": None}, "$.location_id"),
            ({"calendars": [calendar(available_timeslots=[])]}, "$.calendars[0].available_timeslots"),
            ({"calendars": [calendar(), calendar()]}, "$.calendars[1].id"),
            ({"booking_option": {"evse_position": "LEFT"}}, "$.booking_option.evse_position"),
            ({"policy": {}}, "$.policy.reservation_required"),
            ({"id": "B" * 37}, "$.id"),
        ],
    )
    def test_what_is_no_place_is_refused(self, polder: Caller, change: dict[str, Any], path: str) -> None:
        assert path in refused(polder.put(PLACE, place(**change)))
        assert (BookingLocation.objects.count(), pushes()) == (0, [])

    def test_nobody_writes_the_place_of_another_and_nothing_is_deleted(self, polder: Caller, cleo: Caller) -> None:
        polder.put(PLACE, place())
        assert cleo.put(PLACE, place(location_id="STOLEN")).http == 404
        assert polder.delete(PLACE).http == 405
        assert polder.get(PLACE).data == place()


class TestBookings:
    def test_a_booking_reaches_who_asked_for_it_and_nobody_else(
        self, polder: Caller, nomad: Caller, cleo: Caller
    ) -> None:
        assert polder.put(BOOKING, booking()).http == 201
        assert polder.get(BOOKING).data == booking()
        assert nomad.get(LIST).data == [booking()]
        assert pushes() == [("PUT", "booking", "NL/PLD/B1")]
        assert (cleo.get(LIST).data, cleo.get(BOOKING).http, pushes("Cleo")) == ([], 404, [])

    def test_the_tokens_say_whose_it_is_where_the_request_names_nobody_we_know(
        self, polder: Caller, nomad: Caller
    ) -> None:
        sent = booking()
        sent["booking_requests"][0]["booking_request"] = request(country_code="FR", party_id="XXX")
        token = {"country_code": "DE", "party_id": "NMD", "uid": "T1", "type": "RFID", "contract_id": "C1"}
        polder.put(BOOKING, {**sent, "booking_tokens": [token]})
        assert len(nomad.get(LIST).data) == 1

    def test_a_booking_beyond_the_agreement_is_not_shown(self, polder: Caller, nomad: Caller) -> None:
        period = {"start_date_time": "2025-12-01T08:00:00Z", "end_date_time": "2025-12-01T09:00:00Z"}
        assert polder.put(BOOKING, booking(period=period)).status == 1000
        assert (nomad.get(LIST).data, pushes()) == ([], [])

    def test_a_status_moves_as_the_table_says(self, polder: Caller) -> None:
        """B1."""
        polder.put(BOOKING, booking())
        for minute, status in enumerate(["RESERVED", "FULFILLED"], start=1):
            patch = {"reservation_status": status, "last_updated": at(minute)}
            assert polder.patch(BOOKING, patch).status == 1000
            assert polder.get(BOOKING).data == {**booking(), **patch}
        assert found() == []

    @pytest.mark.parametrize("final", sorted(FINAL))
    def test_a_final_status_stays_and_people_are_told(self, polder: Caller, nomad: Caller, final: str) -> None:
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

    def test_a_leap_of_the_status_is_kept_as_the_cpo_says_and_told(self, polder: Caller) -> None:
        polder.put(BOOKING, booking())
        polder.patch(BOOKING, {"reservation_status": "FULFILLED", "last_updated": at(1)})
        assert Booking.objects.get().status == BookingStatus.FULFILLED
        assert "as FULFILLED after it was PENDING" in found()[0]

    def test_an_older_patch_changes_nothing_and_one_without_time_is_refused(self, polder: Caller) -> None:
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
    def test_what_is_no_booking_is_refused(self, polder: Caller, change: dict[str, Any], path: str) -> None:
        assert path in refused(polder.put(BOOKING, booking(**change)))
        assert (Booking.objects.count(), pushes()) == (0, [])

    def test_the_type_before_the_party_is_no_address(self, polder: Caller) -> None:
        """B3: the definition holds, not the example."""
        polder.put(PLACE, place())
        assert polder.patch("/receiver/bookings/booking_locations/NL/PLD/BL1", {"last_updated": at(1)}).http == 404

    def test_older_versions_have_no_bookings(self, polder: Caller) -> None:
        """V6."""
        assert Caller("Nomad", "2.2.1").get(LIST).http == 404
        assert Caller("Polder Laden", "2.2.1").put(BOOKING, booking()).http == 404


class TestRequests:
    """An eMSP asks; the CPO's platform answers while it waits."""

    @pytest.fixture
    def theirs(self, nomad_alone: None) -> Any:
        with platform("CPO NL*PLD") as polders:
            polders.answering = self.pending
            cast.polder(url=polders.url, version=NEW)
            cast.agreement("NL*PLD", "DE*NMD")
            assert Caller("Polder Laden", NEW).put(PLACE, place()).status == 1000
            yield polders

    @pytest.fixture
    def nomad_alone(self) -> None:
        cast.nomad(url="http://nomad.invalid", version=NEW)
        cast.cleo(url="http://cleo.invalid", version=NEW)

    def pending(self, asked: Asked) -> Said | None:
        """The CPO has it and will decide."""
        return Said(booking(), http=200) if asked.method == "POST" else None

    def test_a_request_is_put_to_the_cpo_and_its_booking_answered_and_kept(self, theirs: Platform) -> None:
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

    def test_a_change_and_a_cancel_are_requests_of_the_same_id(self, theirs: Platform) -> None:
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
        self, theirs: Platform, said: Said, expected: tuple[int, int]
    ) -> None:
        """T106."""
        theirs.answering = lambda asked: said
        reply = Caller("Nomad", NEW).post(LIST, request())
        assert (reply.http, reply.status) == expected
        assert Booking.objects.count() == 0

    def test_a_cpo_that_is_down_is_a_timeout_of_the_hub(self, theirs: Platform) -> None:
        theirs.down()
        reply = Caller("Nomad", NEW).post(LIST, request())
        assert (reply.http, reply.status) == (200, 4002)

    def test_a_cpo_without_the_interface_is_not_connected(self, nomad_alone: None) -> None:
        """Our own CPMS, for example: 4003."""
        cast.polder(version=NEW)
        cast.agreement("NL*PLD", "DE*NMD")
        Caller("Polder Laden", NEW).put(PLACE, place())
        assert Caller("Nomad", NEW).post(LIST, request()).status == 4003

    def test_cleo_books_nothing(self, theirs: Platform) -> None:
        cleo = Caller("Cleo", NEW)
        own = cleo.post(LIST, request(country_code="BE", party_id="CLO"))
        assert (own.http, own.status) == (200, 2003)
        stolen = cleo.post(LIST, request())
        assert (stolen.http, stolen.status, "DE*NMD" in stolen.message) == (200, 2001, True)
        assert not [one for one in theirs.asked if one.method == "POST"]

    @pytest.mark.parametrize("change", [{"period": {}}, {"booking_location_id": None}, {"power_required": 1.5}])
    def test_what_is_no_request_is_refused_and_asks_nobody(self, theirs: Platform, change: dict[str, Any]) -> None:
        refused(Caller("Nomad", NEW).post(LIST, request(**change)))
        assert theirs.asked == []

    def test_an_unknown_place_is_2003(self, theirs: Platform) -> None:
        reply = Caller("Nomad", NEW).post(LIST, request(booking_location_id="NOWHERE"))
        assert (reply.http, reply.status, "NOWHERE" in reply.message) == (200, 2003, True)


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


@pytest.mark.skipif(not FOLDER, reason="the specification's examples are not given: OCPI_EXAMPLES")
class TestSpecification:
    """Its own examples over HTTP, from the folder that OCPI_EXAMPLES names."""

    def example(self, name: str) -> Any:
        return wire.decode((Path(FOLDER or ".") / "2.3.0" / f"{name}.json").read_bytes())

    @pytest.mark.parametrize("name", ["booking_patch_example_status_update", "booking_patch_example_evse_uid"])
    def test_a_booking_is_patched(self, polder: Caller, name: str) -> None:
        polder.put(BOOKING, booking(last_updated="2025-03-23T12:00:00Z"))
        patch = self.example(name)
        assert polder.patch(BOOKING, patch).status == 1000
        assert polder.get(BOOKING).data == {**booking(), **patch}

    def test_a_booking_of_five_letters_and_a_place_of_99_seconds_are_refused(self, polder: Caller) -> None:
        """B4: the tables hold."""
        assert "$.party_id" in refused(polder.put(BOOKING, {**self.example("booking_example"), "id": "B1"}))
        sent = {**self.example("booking_location_example"), "id": "BL1", "party_id": "PLD"}
        assert "$.booking_option.evse_position" in refused(polder.put(PLACE, sent))
        assert (Booking.objects.count(), BookingLocation.objects.count()) == (0, 0)

    def test_terms_without_what_they_require_and_a_calendar_of_99_seconds_are_refused(self, polder: Caller) -> None:
        polder.put(
            PLACE, place(last_updated="2024-01-01T00:00:00Z", calendars=[calendar(last_updated="2024-01-01T00:00:00Z")])
        )
        refused(polder.patch(PLACE, self.example("booking_location_patch_example_terms")))
        refused(polder.patch(f"{PLACE}/CAL1", self.example("booking_location_patch_example_calendar")))
        assert polder.get(PLACE).data["last_updated"] == "2024-01-01T00:00:00Z"
