"""Places that can be booked, and when they are free (section 5.5)."""

from typing import Any

import pytest

from roaming.bookings.models import BookingLocation, FreeSlot
from tests.roaming.bookings.objects import PLACE, PLACES, calendar, found, place, pushes, refused, slot
from tests.roaming.calls import Caller

pytestmark = pytest.mark.django_db


def test_a_place_is_put_read_back_and_shown_where_an_agreement_opens_it(
    polder: Caller, nomad: Caller, cleo: Caller
) -> None:
    sent = place(note="kept")
    assert (polder.put(PLACE, sent).http, polder.put(PLACE, sent).http) == (201, 200)
    assert polder.get(PLACE).data == sent
    assert nomad.get(PLACES).data == [sent]
    assert nomad.get(f"{PLACES}/bl1").data == sent
    assert pushes() == [("PUT", "booking_location", "NL/PLD/booking_locations/BL1")]
    assert (cleo.get(PLACES).data, cleo.get(f"{PLACES}/BL1").http, cleo.get(PLACE).http) == ([], 404, 404)
    assert pushes("Cleo") == []


def test_a_calendar_is_a_part_and_moves_its_place(polder: Caller, nomad: Caller) -> None:
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


def test_an_older_calendar_is_answered_and_not_stored(polder: Caller) -> None:
    """T65."""
    polder.put(PLACE, place())
    old = calendar(slot("00:00", "01:00"), last_updated="2026-11-09T08:00:00Z")
    for reply in (polder.put(f"{PLACE}/CAL1", old), polder.patch(f"{PLACE}/CAL1", old)):
        assert (reply.status, "older" in reply.message) == (1000, True)
    assert polder.get(PLACE).data == place()


def test_a_calendar_of_an_unknown_place_is_refused_and_no_stub_is_made(polder: Caller) -> None:
    for reply in (polder.put(f"{PLACE}/CAL1", calendar()), polder.patch(f"{PLACE}/CAL1", calendar())):
        assert (reply.http, reply.status) == (404, 2003)
    polder.put(PLACE, place())
    assert polder.patch(f"{PLACE}/NONE", {"last_updated": "2026-11-12T08:00:00Z"}).http == 404
    assert BookingLocation.objects.count() == 1


def test_a_patch_needs_its_time_and_changes_only_what_it_names(polder: Caller) -> None:
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
    polder: Caller, nomad: Caller, query: dict[str, str], listed: list[str]
) -> None:
    polder.put(PLACE, place())
    other = place(id="BL2", calendars=[calendar(slot("14:00", "16:00"))])
    polder.put(PLACE.replace("BL1", "BL2"), other)
    reply = nomad.get(PLACES, **query)
    assert [one["id"] for one in reply.data] == listed
    assert reply.headers["X-Total-Count"] == str(len(listed))


def test_a_time_that_is_none_is_refused_by_name(nomad: Caller) -> None:
    """T47."""
    assert "timeslot_from" in refused(nomad.get(PLACES, timeslot_from="tomorrow"))


def test_the_next_page_keeps_the_times(polder: Caller, nomad: Caller) -> None:
    """T43."""
    for number in (1, 2):
        polder.put(PLACE.replace("BL1", f"BL{number}"), place(id=f"BL{number}"))
    first = nomad.get(PLACES, limit=1, timeslot_from="2026-12-01T00:00:00Z")
    link = first.headers["Link"].partition(">")[0].removeprefix("<")
    assert "timeslot_from=2026-12-01T00%3A00%3A00Z" in link
    assert [one["id"] for one in nomad.follow(link).data] == ["BL2"]


def test_slots_go_with_their_calendars(polder: Caller) -> None:
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
def test_what_is_no_place_is_refused(polder: Caller, change: dict[str, Any], path: str) -> None:
    assert path in refused(polder.put(PLACE, place(**change)))
    assert (BookingLocation.objects.count(), pushes()) == (0, [])


def test_nobody_writes_the_place_of_another_and_nothing_is_deleted(polder: Caller, cleo: Caller) -> None:
    polder.put(PLACE, place())
    assert cleo.put(PLACE, place(location_id="STOLEN")).http == 404
    assert polder.delete(PLACE).http == 405
    assert polder.get(PLACE).data == place()


def test_a_patched_place_is_as_young_as_the_calendar_in_it(polder: Caller, nomad: Caller) -> None:
    """B2: it is listed as changed since then."""
    polder.put(PLACE, place())
    younger = calendar(last_updated="2026-11-15T08:00:00Z")
    assert polder.patch(PLACE, {"calendars": [younger], "last_updated": "2026-11-11T08:00:00Z"}).status == 1000
    assert polder.get(PLACE).data == place(calendars=[younger], last_updated="2026-11-15T08:00:00Z")
    assert len(nomad.get(PLACES, date_from="2026-11-14T00:00:00Z").data) == 1


def test_a_patch_of_calendars_takes_none_away_and_a_put_does(polder: Caller) -> None:
    """T60, T61."""
    polder.put(PLACE, place())
    other = calendar(slot("12:00", "14:00"), id="CAL2", last_updated="2026-11-11T08:00:00Z")
    assert polder.patch(PLACE, {"calendars": [other], "last_updated": "2026-11-11T08:00:00Z"}).status == 1000
    assert polder.get(PLACE).data["calendars"] == [calendar(), other]
    assert FreeSlot.objects.count() == 2
    whole = place(calendars=[other], last_updated="2026-11-12T08:00:00Z")
    assert polder.put(PLACE, whole).status == 1000
    assert (polder.get(PLACE).data, FreeSlot.objects.count()) == (whole, 1)


@pytest.mark.parametrize("method", ["put", "patch"])
def test_a_younger_place_does_not_take_a_calendar_back_to_how_it_was(polder: Caller, method: str) -> None:
    """T65."""
    polder.put(PLACE, place())
    younger = calendar(slot("16:00", "18:00"), last_updated="2026-11-15T08:00:00Z")
    polder.put(f"{PLACE}/CAL1", younger)
    whole = place(tariff_ids=["T1"], last_updated="2026-11-16T08:00:00Z")
    reply = getattr(polder, method)(PLACE, whole)
    assert reply.message == "Calendar CAL1 is older than what is stored here and was kept as it is."
    assert polder.get(PLACE).data == {**whole, "calendars": [younger]}
    assert FreeSlot.objects.get().starts_at.hour == 16


def test_an_older_place_is_answered_and_not_stored(polder: Caller) -> None:
    """T65."""
    polder.put(PLACE, place())
    older = place(tariff_ids=["T1"], calendars=[], last_updated="2026-11-09T08:00:00Z")
    for reply in (polder.put(PLACE, older), polder.patch(PLACE, {**older, "calendars": None})):
        assert (reply.status, "older" in reply.message) == (1000, True)
    assert polder.get(PLACE).data == place()


def test_the_age_of_a_calendar_is_compared_with_its_own(polder: Caller) -> None:
    """T65: not with that of its place."""
    code = "same_age_other_content"
    polder.put(PLACE, place(last_updated="2026-11-15T08:00:00Z"))
    younger = calendar(timeslot_increment=15, last_updated="2026-11-15T08:00:00Z")
    assert polder.put(f"{PLACE}/CAL1", younger).message == "Success"
    assert found(code) == []
    polder.put(PLACE, place(calendars=[younger], last_updated="2026-11-16T08:00:00Z"))
    assert polder.put(f"{PLACE}/CAL1", {**younger, "timeslot_increment": 30}).message == "Success"
    (sentence,) = found(code)
    assert "changed calendar CAL1 of booking location “BL1” of NL*PLD" in sentence
    assert "different: timeslot_increment." in sentence
