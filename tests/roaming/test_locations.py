"""Locations, EVSEs and connectors over OCPI: whose they are, what a change moves, who hears of it."""

from typing import Any

import pytest
from pytest_django import DjangoAssertNumQueries

from partners.connections.models import Connection
from roaming.exchange.models import Push
from roaming.locations.models import Location
from tests import cast, wire
from tests.roaming.calls import Caller

URL = "/receiver/locations/NL/VLT/ZUIDPLEIN"
LATER = "2026-11-01T12:00:00Z"


@pytest.fixture
def zuidplein() -> dict[str, Any]:
    return wire.load("location_zuidplein")


@pytest.fixture
def ours(volta: Connection, zuidplein: dict[str, Any]) -> Caller:
    """Volta's back-end, which has put its location."""
    caller = Caller("Volta")
    assert caller.put(URL, zuidplein).http == 201
    return caller


def test_a_location_is_read_back_field_for_field_at_every_level(ours: Caller, zuidplein: dict[str, Any]) -> None:
    assert ours.get(URL).data == zuidplein
    assert ours.get(f"{URL}/ZP-2").data == zuidplein["evses"][1]
    assert ours.get(f"{URL}/ZP-2/2").data == zuidplein["evses"][1]["connectors"][1]


def test_what_is_not_there_is_404_with_2003_and_names_it(ours: Caller) -> None:
    for tail, name in (("X", "ZUIDPLEINX"), ("/ZP-9", "ZP-9"), ("/ZP-1/7", "7")):
        reply = ours.get(URL + tail)
        assert (reply.http, reply.status) == (404, 2003)
        assert name in reply.message


def test_a_put_replaces_the_whole_location(ours: Caller, zuidplein: dict[str, Any]) -> None:
    fresh = {name: value for name, value in zuidplein.items() if name not in ("name", "evses", "images")}
    fresh["last_updated"] = LATER
    reply = ours.put(URL, fresh)
    assert (reply.http, reply.status) == (200, 1000)
    assert ours.get(URL).data == fresh
    row = Location.objects.get()
    assert (row.name, row.evse_count) == ("", 0)


def test_fields_we_do_not_know_are_kept(ours: Caller, zuidplein: dict[str, Any]) -> None:
    odd = {**zuidplein, "volta_zone": {"x": [1, None]}, "last_updated": LATER}
    assert ours.put(URL, odd).status == 1000
    assert ours.get(URL).data == odd


def test_a_patch_changes_the_named_fields_only(ours: Caller, zuidplein: dict[str, Any]) -> None:
    assert ours.patch(URL, {"name": "Zuidplein Noord", "last_updated": LATER}).status == 1000
    assert ours.get(URL).data == {**zuidplein, "name": "Zuidplein Noord", "last_updated": LATER}


def test_a_changed_evse_moves_the_age_of_its_location(ours: Caller, zuidplein: dict[str, Any]) -> None:
    assert ours.patch(f"{URL}/ZP-1", {"status": "REMOVED", "last_updated": LATER}).status == 1000
    removed = {**zuidplein["evses"][0], "status": "REMOVED", "last_updated": LATER}
    assert ours.get(f"{URL}/ZP-1").data == removed
    whole = ours.get(URL).data
    assert whole == {**zuidplein, "evses": [removed, zuidplein["evses"][1]], "last_updated": LATER}
    assert Location.objects.get().evse_count == 1


def test_a_changed_connector_moves_the_age_of_everything_around_it(ours: Caller) -> None:
    assert ours.patch(f"{URL}/zp-2/2", {"tariff_ids": ["DC50"], "last_updated": LATER}).status == 1000
    whole = ours.get(URL).data
    assert whole["last_updated"] == whole["evses"][1]["last_updated"] == LATER
    assert whole["evses"][1]["connectors"][1]["tariff_ids"] == ["DC50"]
    assert whole["evses"][0]["last_updated"] == "2026-09-01T08:00:00Z"


def test_a_whole_that_changed_later_than_its_part_keeps_its_age(ours: Caller, zuidplein: dict[str, Any]) -> None:
    between = "2026-10-01T00:00:00Z"
    assert ours.patch(f"{URL}/ZP-2/1", {"max_amperage": 200, "last_updated": between}).status == 1000
    whole = ours.get(URL).data
    assert whole["evses"][1]["connectors"][0]["last_updated"] == between
    assert whole["evses"][1]["last_updated"] == zuidplein["evses"][1]["last_updated"]
    assert whole["last_updated"] == zuidplein["last_updated"]


def test_a_new_evse_and_a_new_connector_are_created_below_what_is_there(
    ours: Caller, zuidplein: dict[str, Any]
) -> None:
    evse = {**zuidplein["evses"][0], "uid": "ZP-3", "evse_id": "NL*VLT*EZP3", "last_updated": LATER}
    assert ours.put(f"{URL}/ZP-3", evse).http == 201
    assert ours.put(f"{URL}/ZP-3", {**evse, "floor_level": "3"}).http == 200
    connector = {**evse["connectors"][0], "id": "2", "last_updated": LATER}
    assert ours.put(f"{URL}/ZP-3/2", connector).http == 201
    whole = ours.get(URL).data
    assert [found["uid"] for found in whole["evses"]] == ["ZP-1", "ZP-2", "ZP-3"]
    assert whole["evses"][2]["connectors"] == [*evse["connectors"], connector]
    assert whole["evses"][2]["floor_level"] == "3"


def test_nothing_is_created_below_an_unknown_parent(ours: Caller, zuidplein: dict[str, Any]) -> None:
    evse = zuidplein["evses"][0]
    for path, body in (
        ("/receiver/locations/NL/VLT/NOWHERE/ZP-1", evse),
        (f"{URL}/ZP-9/1", evse["connectors"][0]),
    ):
        assert (ours.put(path, body).http, ours.put(path, body).status) == (404, 2003)
    for path in ("/receiver/locations/NL/VLT/NOWHERE", f"{URL}/ZP-9", f"{URL}/ZP-1/9"):
        reply = ours.patch(path, {"last_updated": LATER})
        assert (reply.http, reply.status) == (404, 2003)
    assert Location.objects.count() == 1
    assert ours.get(URL).data == zuidplein


@pytest.mark.parametrize(
    ("tail", "patch", "named"),
    [
        ("", {"name": "Nieuw"}, "last_updated"),
        ("/ZP-1", {"status": "CHARGING"}, "last_updated"),
        ("", {"publish": None, "last_updated": LATER}, "publish"),
        ("", {"publish_allowed_to": [{"group_id": "X"}], "last_updated": LATER}, "publish_allowed_to"),
        ("/ZP-1", {"status": "charging", "last_updated": LATER}, "status"),
        ("/ZP-1/1", {"max_voltage": "230", "last_updated": LATER}, "max_voltage"),
        ("", {"id": "ANDERS", "last_updated": LATER}, "ANDERS"),
        ("/ZP-1", {"uid": "ZP-2", "last_updated": LATER}, "ZP-2"),
    ],
)
def test_a_patch_that_makes_no_sense_changes_nothing(
    ours: Caller, zuidplein: dict[str, Any], tail: str, patch: dict[str, Any], named: str
) -> None:
    reply = ours.patch(URL + tail, patch)
    assert (reply.http, reply.status) == (200, 2001)
    assert named in reply.message
    assert ours.get(URL).data == zuidplein


def test_an_older_state_is_answered_and_not_stored(ours: Caller, zuidplein: dict[str, Any]) -> None:
    older = {**zuidplein, "name": "Vroeger", "last_updated": "2026-01-01T00:00:00Z"}
    assert (ours.put(URL, older).http, ours.put(URL, older).status) == (200, 1000)
    assert ours.patch(f"{URL}/ZP-2", {"status": "BLOCKED", "last_updated": "2026-10-14T08:03:19Z"}).status == 1000
    assert ours.get(URL).data == zuidplein


def test_any_letter_case_of_owner_and_id_is_the_same_location(ours: Caller, zuidplein: dict[str, Any]) -> None:
    other_case = {**zuidplein, "country_code": "nl", "party_id": "Vlt", "id": "Zuidplein", "last_updated": LATER}
    assert ours.put("/receiver/locations/nl/vlt/zuidPLEIN", other_case).http == 200
    assert Location.objects.count() == 1
    assert ours.get(URL).data == other_case


def test_an_id_may_hold_a_space_and_a_star(volta: Connection, zuidplein: dict[str, Any]) -> None:
    odd = {**zuidplein, "id": "ZUID *PLEIN"}
    path = "/receiver/locations/NL/VLT/ZUID%20%2APLEIN"
    assert Caller("Volta").put(path, odd).http == 201
    assert Caller("Volta").get(path).data == odd


def test_url_and_body_must_name_the_same_location(volta: Connection, zuidplein: dict[str, Any]) -> None:
    for field, value in (("country_code", "DE"), ("party_id", "PLD"), ("id", "OTHER")):
        reply = Caller("Volta").put(URL, {**zuidplein, field: value})
        assert (reply.http, reply.status) == (200, 2001)
        assert field in reply.message
        assert value in reply.message
        assert str(zuidplein[field]) in reply.message
    assert not Location.objects.exists()


def test_nobody_writes_or_reads_back_the_locations_of_another_platform(
    ours: Caller, nomad: Connection, cleo: Connection, zuidplein: dict[str, Any]
) -> None:
    for name in ("Nomad", "Cleo"):
        outsider = Caller(name)
        for reply in (
            outsider.put(URL, {**zuidplein, "name": "Mine", "last_updated": LATER}),
            outsider.patch(URL, {"name": "Mine", "last_updated": LATER}),
            outsider.get(URL),
        ):
            assert reply.http == 404
            assert 2000 <= reply.status < 3000
            assert "NL*VLT" in reply.message
    assert ours.get(URL).data == zuidplein


def test_a_location_is_never_deleted_or_posted(ours: Caller, zuidplein: dict[str, Any]) -> None:
    assert ours.delete(URL).http == 405
    assert ours.post(URL, zuidplein).http == 405
    assert ours.delete(f"{URL}/ZP-1").http == 405


def test_two_evses_of_one_uid_are_refused(volta: Connection, zuidplein: dict[str, Any]) -> None:
    zuidplein["evses"][1]["uid"] = "zp-1"
    reply = Caller("Volta").put(URL, zuidplein)
    assert (reply.http, reply.status) == (200, 2001)
    assert "$.evses[1].uid" in reply.message
    assert not Location.objects.exists()


def test_a_partner_reads_what_an_agreement_opens_and_the_outsider_nothing(
    ours: Caller, nomad: Connection, cleo: Connection, zuidplein: dict[str, Any]
) -> None:
    partner = Caller("Nomad")
    listed = partner.get("/sender/locations")
    assert (listed.data, listed.headers["X-Total-Count"]) == ([zuidplein], "1")
    assert partner.get("/sender/locations/zuidplein").data == zuidplein
    assert partner.get("/sender/locations/ZUIDPLEIN/ZP-1").data == zuidplein["evses"][0]
    assert partner.get("/sender/locations/ZUIDPLEIN/ZP-1/1").data == zuidplein["evses"][0]["connectors"][0]
    outsider = Caller("Cleo")
    assert outsider.get("/sender/locations").data == []
    assert (outsider.get("/sender/locations/ZUIDPLEIN").http, ours.get("/sender/locations").data) == (404, [])


def test_a_date_filtered_list_has_a_location_whose_part_changed(ours: Caller, nomad: Connection) -> None:
    partner = Caller("Nomad")
    assert partner.get("/sender/locations", date_from=LATER).data == []
    ours.patch(f"{URL}/ZP-1", {"status": "CHARGING", "last_updated": LATER})
    assert len(partner.get("/sender/locations", date_from=LATER).data) == 1
    assert partner.get("/sender/locations", date_to=LATER).data == []


def test_every_change_is_pushed_as_the_whole_location_to_whom_the_agreement_names(
    nomad: Connection, cleo: Connection, zuidplein: dict[str, Any]
) -> None:
    ours = Caller("Volta")
    ours.put(URL, zuidplein)
    push = Push.objects.get()
    assert (push.connection, push.method, push.module) == (nomad, "PUT", "locations")
    assert (push.path, str(push.from_party), str(push.to_party)) == ("NL/VLT/ZUIDPLEIN", "NL*VLT", "DE*NMD")
    ours.patch(f"{URL}/ZP-1", {"status": "CHARGING", "last_updated": LATER})
    assert Push.objects.get().body == Location.objects.get().body


def test_a_repeated_or_older_location_is_not_pushed_again(nomad: Connection, zuidplein: dict[str, Any]) -> None:
    ours = Caller("Volta")
    ours.put(URL, zuidplein)
    Push.objects.all().delete()
    ours.put(URL, zuidplein)
    ours.put(URL, {**zuidplein, "last_updated": "2026-01-01T00:00:00Z"})
    ours.put(f"{URL}/ZP-1", zuidplein["evses"][0])
    assert not Push.objects.exists()


def test_a_put_takes_a_handful_of_queries(
    nomad: Connection, zuidplein: dict[str, Any], django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    ours = Caller("Volta")
    ours.put(URL, zuidplein)
    with django_assert_max_num_queries(12):
        ours.put(URL, {**zuidplein, "name": "Zuid", "last_updated": LATER})


def test_the_portal_lists_a_location_with_its_owner(ours: Caller) -> None:
    from roaming.locations import selectors

    assert [str(row.party) for row in selectors.list_for(cast.person("Otto"))] == ["NL*VLT"]
