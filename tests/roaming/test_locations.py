"""Locations, EVSEs and connectors over OCPI: whose they are, what a change moves, who hears of it."""

from typing import Any

import pytest
from pytest_django import DjangoAssertNumQueries

from partners.connections.models import Connection
from roaming.exchange.models import Push
from roaming.findings.models import Finding
from roaming.locations import selectors
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


def long_ago(value: Any) -> Any:
    """The same, with all its parts, as it was on New Year's Day."""
    if isinstance(value, dict):
        return {
            name: "2026-01-01T00:00:00Z" if name == "last_updated" else long_ago(item) for name, item in value.items()
        }
    return [long_ago(item) for item in value] if isinstance(value, list) else value


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
    """T60."""
    fresh = {name: value for name, value in zuidplein.items() if name not in ("name", "evses", "images")}
    fresh["last_updated"] = LATER
    reply = ours.put(URL, fresh)
    assert (reply.http, reply.status) == (200, 1000)
    assert ours.get(URL).data == fresh
    row = Location.objects.get()
    assert (row.name, row.evse_count) == ("", 0)


def test_fields_we_do_not_know_are_kept(ours: Caller, zuidplein: dict[str, Any]) -> None:
    """T86."""
    odd = {**zuidplein, "volta_zone": {"x": [1, None]}, "last_updated": LATER}
    assert ours.put(URL, odd).status == 1000
    assert ours.get(URL).data == odd


def test_a_patch_changes_the_named_fields_only(ours: Caller, zuidplein: dict[str, Any]) -> None:
    """T61."""
    assert ours.patch(URL, {"name": "Zuidplein Noord", "last_updated": LATER}).status == 1000
    assert ours.get(URL).data == {**zuidplein, "name": "Zuidplein Noord", "last_updated": LATER}


def test_a_changed_evse_moves_the_age_of_its_location(ours: Caller, zuidplein: dict[str, Any]) -> None:
    """L1, L2: a removed EVSE stays readable."""
    assert ours.patch(f"{URL}/ZP-1", {"status": "REMOVED", "last_updated": LATER}).status == 1000
    removed = {**zuidplein["evses"][0], "status": "REMOVED", "last_updated": LATER}
    assert ours.get(f"{URL}/ZP-1").data == removed
    whole = ours.get(URL).data
    assert whole == {**zuidplein, "evses": [removed, zuidplein["evses"][1]], "last_updated": LATER}
    assert Location.objects.get().evse_count == 1


def test_a_changed_connector_moves_the_age_of_everything_around_it(ours: Caller) -> None:
    """L2."""
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
    """L4."""
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
    """T62, T63, T72."""
    reply = ours.patch(URL + tail, patch)
    assert (reply.http, reply.status) == (200, 2001)
    assert named in reply.message
    assert ours.get(URL).data == zuidplein


def test_an_older_state_is_answered_and_not_stored(ours: Caller, zuidplein: dict[str, Any]) -> None:
    """T65."""
    older = {**long_ago(zuidplein), "name": "Vroeger"}
    assert (ours.put(URL, older).http, ours.put(URL, older).status) == (200, 1000)
    assert ours.patch(f"{URL}/ZP-2", {"status": "BLOCKED", "last_updated": "2026-10-14T08:03:19Z"}).status == 1000
    assert ours.get(URL).data == zuidplein


def test_the_sender_of_an_older_state_is_told_so_at_every_level(ours: Caller, zuidplein: dict[str, Any]) -> None:
    """T65."""
    older = "2026-01-01T00:00:00Z"
    connector = zuidplein["evses"][1]["connectors"][0]
    for reply in (
        ours.put(URL, {**long_ago(zuidplein), "name": "Vroeger"}),
        ours.patch(URL, {"name": "Vroeger", "last_updated": older}),
        ours.put(f"{URL}/ZP-2", {**long_ago(zuidplein["evses"][1]), "status": "BLOCKED"}),
        ours.patch(f"{URL}/ZP-2", {"status": "BLOCKED", "last_updated": older}),
        ours.put(f"{URL}/ZP-2/1", {**connector, "max_voltage": 1, "last_updated": older}),
        ours.patch(f"{URL}/ZP-2/1", {"max_voltage": 1, "last_updated": older}),
    ):
        assert (reply.http, reply.status) == (200, 1000)
        assert "older than what is stored here" in reply.message
    assert ours.get(URL).data == zuidplein
    assert not Finding.objects.exists()


def test_other_content_of_the_same_age_is_found_once_at_every_level(ours: Caller, zuidplein: dict[str, Any]) -> None:
    """T65: it is stored, and people are told what differs."""
    evse, whole = zuidplein["evses"][0], {**zuidplein, "name": "Anders"}
    changed = [
        ours.put(URL, whole),
        ours.patch(f"{URL}/ZP-1", {"status": "BLOCKED", "last_updated": evse["last_updated"]}),
        ours.patch(f"{URL}/ZP-1", {"status": "CHARGING", "last_updated": evse["last_updated"]}),
        ours.put(f"{URL}/ZP-1/1", {**evse["connectors"][0], "max_voltage": 231}),
    ]
    assert {(reply.status, reply.message) for reply in changed} == {(1000, "Success")}
    assert ours.get(URL).data["name"] == "Anders"
    assert ours.get(f"{URL}/ZP-1").data["status"] == "CHARGING"
    sentences = [finding.sentence for finding in Finding.objects.order_by("id")]
    expected = [
        "changed location “ZUIDPLEIN” of NL*VLT and left its last_updated as it was; different: name.",
        "changed EVSE ZP-1 of location “ZUIDPLEIN” of NL*VLT and left its last_updated as it was; different: status.",
        "changed connector 1 of EVSE ZP-1 of location “ZUIDPLEIN” of NL*VLT and left its last_updated as it was; "
        "different: max_voltage.",
    ]
    assert len(sentences) == len(expected)
    assert all(part in sentence for part, sentence in zip(expected, sentences, strict=True))


def test_a_location_is_never_older_than_its_parts_whatever_its_sender_says(
    nomad: Connection, zuidplein: dict[str, Any]
) -> None:
    """L2, L3: also for PUT."""
    zuidplein["evses"][1]["connectors"][0]["last_updated"] = LATER
    ours = Caller("Volta")
    assert ours.put(URL, zuidplein).http == 201
    whole = ours.get(URL).data
    assert whole["last_updated"] == whole["evses"][1]["last_updated"] == LATER
    assert whole["evses"][0]["last_updated"] == zuidplein["evses"][0]["last_updated"]
    assert len(Caller("Nomad").get("/sender/locations", date_from=LATER).data) == 1
    latest = "2026-11-02T12:00:00Z"
    zuidplein["evses"][0] |= {"status": "CHARGING", "last_updated": latest}
    assert ours.put(URL, zuidplein).message == "Success"  # its own time is older still, its EVSE is not
    assert ours.get(URL).data["last_updated"] == latest


def test_an_evse_is_never_older_than_its_connectors(ours: Caller, zuidplein: dict[str, Any]) -> None:
    """L2."""
    evse = zuidplein["evses"][0]
    evse["connectors"][0]["last_updated"] = LATER
    assert ours.put(f"{URL}/ZP-1", evse).status == 1000
    whole = ours.get(URL).data
    assert whole["evses"][0]["last_updated"] == whole["last_updated"] == LATER


def test_an_evse_that_is_in_two_places_is_found(ours: Caller, zuidplein: dict[str, Any]) -> None:
    """L10: a uid names one EVSE of a CPO; removed ones do not count, and other CPOs may use it."""
    elsewhere = {**zuidplein, "id": "ELDERS", "evses": [{**zuidplein["evses"][0], "uid": "zp-1"}]}
    gone = {**elsewhere["evses"][0], "status": "REMOVED", "last_updated": LATER}
    path = "/receiver/locations/NL/VLT/ELDERS"
    cast.polder()
    theirs = {**elsewhere, "party_id": "PLD"}
    assert Caller("Polder Laden").put("/receiver/locations/NL/PLD/ELDERS", theirs).http == 201
    assert ours.put(path, {**elsewhere, "evses": [gone]}).http == 201
    assert not Finding.objects.exists()
    assert ours.put(path, {**elsewhere, "last_updated": "2026-11-03T00:00:00Z"}).status == 1000
    assert ours.patch(f"{path}/ZP-1", {"status": "CHARGING", "last_updated": "2026-11-04T00:00:00Z"}).status == 1000
    finding = Finding.objects.get(code="evse_uid_in_two_places")
    assert "NL*VLT has an EVSE “ZP-1” at location “ELDERS” and at “ZUIDPLEIN”" in finding.sentence
    assert ours.get(f"{path}/ZP-1").data["status"] == "CHARGING"


def test_a_country_of_two_letters_is_kept_and_found(ours: Caller, zuidplein: dict[str, Any]) -> None:
    """L12."""
    for day in (3, 4):
        sent = zuidplein | {"country": "NL", "last_updated": f"2026-11-0{day}T00:00:00Z", "name": f"Zuidplein {day}"}
        assert ours.put(URL, sent).status == 1000
    assert (ours.get(URL).data["country"], Finding.objects.get().code) == ("NL", "country_of_two_letters")


@pytest.mark.parametrize(
    ("tail", "patch", "fault"),
    [
        ("/ZP-1", {"connectors": []}, "$.connectors"),
        ("/ZP-1/1", {"standard": None}, "$.standard"),
    ],
)
def test_what_only_the_merged_part_shows_is_named_as_it_was_sent(
    tail: str, patch: dict[str, Any], fault: str, ours: Caller
) -> None:
    """T63."""
    reply = ours.patch(f"{URL}{tail}", patch | {"last_updated": "2026-11-30T00:00:00Z"})
    assert reply.status == 2001 and fault in reply.message and "evses" not in reply.message


def test_without_an_operator_that_of_the_credentials_is_meant(ours: Caller, zuidplein: dict[str, Any]) -> None:
    """L7."""
    row = Location.objects.select_related("party").get()
    assert selectors.operator_of(row, zuidplein | {"operator": {"name": "Stadslader"}}) == "Stadslader"
    assert selectors.operator_of(row, zuidplein | {"operator": None}) == "Volta"
    row.party.business_details = {}
    assert selectors.operator_of(row, zuidplein | {"operator": None}) == ""


def test_a_connector_may_have_several_tariffs(ours: Caller, nomad: Connection) -> None:
    """L8: in 2.1.1 the first is told."""
    assert ours.patch(f"{URL}/ZP-2/2", {"tariff_ids": ["DC50", "ADHOC"], "last_updated": LATER}).status == 1000
    path = "/sender/locations/ZUIDPLEIN/ZP-2/2"
    assert Caller("Nomad").get(path).data["tariff_ids"] == ["DC50", "ADHOC"]
    assert Caller("Nomad", "2.1.1").get(path).data["tariff_id"] == "DC50"


def test_a_private_location_goes_to_whom_an_agreement_opens_it_and_says_who_may_see_it(nomad: Connection) -> None:
    """L5: partners need it to let drivers charge; in 2.1.1, where all would be public, it is left out."""
    private = wire.load("location_dijkhuis") | {"party_id": "VLT"}
    assert Caller("Volta").put("/receiver/locations/NL/VLT/dijkhuis", private).http == 201
    assert Caller("Nomad").get("/sender/locations").data == [private]
    older = Caller("Nomad", "2.1.1")
    assert (older.get("/sender/locations").data, older.get("/sender/locations/dijkhuis").http) == ([], 404)


def test_null_empties_what_is_optional_and_nothing_else(ours: Caller, zuidplein: dict[str, Any]) -> None:
    """T64."""
    bare = {name: value for name, value in zuidplein.items() if name not in ("name", "operator")}
    assert ours.patch(URL, {"name": None, "operator": None, "last_updated": LATER}).status == 1000
    assert ours.get(URL).data == {**bare, "last_updated": LATER}
    for required in ("address", "last_updated"):
        nulled = {"last_updated": "2026-12-01T00:00:00Z", required: None}
        for reply in (ours.patch(URL, nulled), ours.put(URL, {**zuidplein, **nulled})):
            assert (reply.http, reply.status) == (200, 2001)
            assert required in reply.message
    assert ours.put(URL, {**zuidplein, "name": None, "images": None, "last_updated": LATER}).status == 1000
    assert Location.objects.get().name == ""


def test_any_letter_case_of_owner_and_id_is_the_same_location(ours: Caller, zuidplein: dict[str, Any]) -> None:
    """T80."""
    other_case = {**zuidplein, "country_code": "nl", "party_id": "Vlt", "id": "Zuidplein", "last_updated": LATER}
    assert ours.put("/receiver/locations/nl/vlt/zuidPLEIN", other_case).http == 200
    assert Location.objects.count() == 1
    assert ours.get(URL).data == other_case


def test_an_id_may_hold_a_space_and_a_star(volta: Connection, zuidplein: dict[str, Any]) -> None:
    """T75."""
    odd = {**zuidplein, "id": "ZUID *PLEIN"}
    path = "/receiver/locations/NL/VLT/ZUID%20%2APLEIN"
    assert Caller("Volta").put(path, odd).http == 201
    assert Caller("Volta").get(path).data == odd


def test_url_and_body_must_name_the_same_location(volta: Connection, zuidplein: dict[str, Any]) -> None:
    """T71, T72."""
    for field, value in (("country_code", "DE"), ("party_id", "PLD"), ("id", "OTHER")):
        reply = Caller("Volta").put(URL, {**zuidplein, field: value})
        assert (reply.http, reply.status) == (200, 2001)
        assert field in reply.message
        assert value in reply.message
        assert str(zuidplein[field]) in reply.message
    assert not Location.objects.exists()


def test_a_routing_header_that_names_another_owner_is_refused_and_named(
    ours: Caller, zuidplein: dict[str, Any]
) -> None:
    """T71, T100."""
    as_emsp = Caller("Volta", OCPI_from_country_code="NL", OCPI_from_party_id="VGO")
    later = {**zuidplein, "name": "Anders", "last_updated": LATER}
    part = {"status": "CHARGING", "last_updated": LATER}
    for reply in (
        as_emsp.put(URL, later),
        as_emsp.patch(URL, {"name": "Anders", "last_updated": LATER}),
        as_emsp.patch(f"{URL}/ZP-1", part),
        as_emsp.get(URL),
    ):
        assert (reply.http, reply.status, reply.data) == (200, 2001, None)
        assert "NL*VLT in the URL, NL*VGO in the routing header OCPI-from" in reply.message
    assert ours.get(URL).data == zuidplein
    as_cpo = Caller("Volta", OCPI_from_country_code="nl", OCPI_from_party_id="vlt")
    assert as_cpo.put(URL, later).status == 1000


def test_nobody_writes_or_reads_back_the_locations_of_another_platform(
    ours: Caller, nomad: Connection, cleo: Connection, zuidplein: dict[str, Any]
) -> None:
    """T71."""
    for name in ("Nomad", "Cleo"):
        outsider = Caller(name)
        for reply in (
            outsider.put(URL, {**zuidplein, "name": "Mine", "last_updated": LATER}),
            outsider.patch(URL, {"name": "Mine", "last_updated": LATER}),
            outsider.get(URL),
        ):
            assert reply.http == 404
            assert 2000 <= reply.status < 3000
            assert "NL*VLT" in reply.message or name == "Nomad"
    assert ours.get(URL).data == zuidplein


def test_a_location_is_never_deleted_or_posted(ours: Caller, zuidplein: dict[str, Any]) -> None:
    """L1."""
    assert ours.delete(URL).http == 405
    assert ours.post(URL, zuidplein).http == 405
    assert ours.delete(f"{URL}/ZP-1").http == 405


def test_two_evses_of_one_uid_are_refused(volta: Connection, zuidplein: dict[str, Any]) -> None:
    """L10."""
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
    """L3."""
    partner = Caller("Nomad")
    assert partner.get("/sender/locations", date_from=LATER).data == []
    ours.patch(f"{URL}/ZP-1", {"status": "CHARGING", "last_updated": LATER})
    assert len(partner.get("/sender/locations", date_from=LATER).data) == 1
    assert partner.get("/sender/locations", date_to=LATER).data == []


def test_a_change_is_pushed_to_whom_the_agreement_names(
    nomad: Connection, cleo: Connection, zuidplein: dict[str, Any]
) -> None:
    ours = Caller("Volta")
    ours.put(URL, zuidplein)
    push = Push.objects.get()
    assert (push.connection, push.method, push.module) == (nomad, "PUT", "locations")
    assert (push.path, str(push.from_party), str(push.to_party)) == ("NL/VLT/ZUIDPLEIN", "NL*VLT", "DE*NMD")
    ours.patch(f"{URL}/ZP-1", {"physical_reference": "7", "last_updated": LATER})
    assert Push.objects.get().body == Location.objects.get().body


def test_a_repeated_or_older_location_is_not_pushed_again(nomad: Connection, zuidplein: dict[str, Any]) -> None:
    ours = Caller("Volta")
    ours.put(URL, zuidplein)
    Push.objects.all().delete()
    ours.put(URL, zuidplein)
    ours.put(URL, long_ago({**zuidplein, "name": "Vroeger"}))
    ours.put(f"{URL}/ZP-1", zuidplein["evses"][0])
    assert not Push.objects.exists()


def test_a_put_takes_a_handful_of_queries(
    nomad: Connection, zuidplein: dict[str, Any], django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    ours = Caller("Volta")
    ours.put(URL, zuidplein)
    with django_assert_max_num_queries(13):
        ours.put(URL, {**zuidplein, "name": "Zuid", "last_updated": LATER})


def test_the_portal_lists_a_location_with_its_owner(ours: Caller) -> None:
    assert [str(row.party) for row in selectors.list_for(cast.person("Otto"))] == ["NL*VLT"]
