"""The handshake as the one who answers, in every version: what both sides know afterwards, and who may do what when."""

import base64
from typing import Any

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries, Settings

from partners import routing
from partners.connections import services
from partners.connections.models import Connection, ConnectionState
from partners.parties.models import Party
from roaming.exchange.models import Exchange
from roaming.findings.models import Finding
from roaming.kernel import events
from roaming.ocpi.modules import interfaces_of
from roaming.ocpi.schema import transforms
from roaming.tariffs import services as tariffs
from tests import cast, wire
from tests.roaming.handshake import ALL, CREDENTIALS, VERSIONS, call, door, header, opens, register, role, works_with
from tests.roaming.platform import Platform, Said

ROOT = "http://127.0.0.1:8000/ocpi"


@pytest.mark.parametrize("version", ALL)
def test_the_handshake_gives_both_sides_what_they_need(
    version: str, planned: services.Added, nomad_platform: Platform
) -> None:
    """C1. V4."""
    cast.volta()
    token_c = register(planned, nomad_platform, version=version)
    nomad = Connection.objects.get(name="Nomad")
    assert (nomad.state, nomad.version, nomad.token_out) == (ConnectionState.REGISTERED, version, "nomad-B")
    assert nomad.endpoint("cdrs", "RECEIVER") == f"{nomad_platform.url}/receiver/cdrs"
    assert [asked.path for asked in nomad_platform.asked] == ["/versions", f"/{version}"]
    assert {header("nomad-B", plain=version == "2.1.1")} == {
        asked.headers["authorization"] for asked in nomad_platform.asked
    }
    assert not opens(planned.token)
    assert opens(token_c) and works_with(token_c, version)


def test_our_calls_back_carry_their_correlation_id_and_no_routing(
    planned: services.Added, nomad_platform: Platform
) -> None:
    """T101, T11: and every request an id of its own."""
    body = nomad_platform.credentials("nomad-B")
    call("POST", CREDENTIALS, planned.token, body, X_Correlation_ID="their-chain")
    assert {asked.headers["x-correlation-id"] for asked in nomad_platform.asked} == {"their-chain"}
    assert len({asked.headers["x-request-id"] for asked in nomad_platform.asked}) == 2
    assert not any(name.startswith("ocpi-") for asked in nomad_platform.asked for name in asked.headers)


@pytest.mark.parametrize("version", ["2.2.1", "2.3.0"])
def test_our_credentials_list_the_parties_of_our_own_back_ends(
    version: str, planned: services.Added, nomad_platform: Platform
) -> None:
    """C4, C9: GET tells the token that the caller uses."""
    cast.volta()
    token_c = register(planned, nomad_platform, version=version)
    status, envelope = call("GET", door(version), token_c)
    told = envelope["data"]
    assert (status, told["token"], told["url"]) == (200, token_c, f"{ROOT}/versions")
    assert {(one["role"], one["party_id"]) for one in told["roles"]} == {("CPO", "VLT"), ("EMSP", "VGO")}
    assert "hub_party_id" not in told


def test_as_a_hub_we_are_a_role_in_2_2_1_and_a_field_with_the_parties_behind_us_in_2_3_0(db: None) -> None:
    """T107: for our own back-end we are the hub in front of everybody."""
    cast.nomad()
    volta = services.add(
        partner_name="Volta", name="Volta", own=True, parties_hosted=[("NL", "VLT", "CPO")], at=cast.NOW
    )
    alone = call("GET", door("2.3.0"), volta.token)[1]["data"]
    assert (alone["hub_party_id"], [one["role"] for one in alone["roles"]]) == ("NLRBO", ["OTHER"])
    cast.agreement("NL*VLT", "DE*NMD")
    older, newer = (call("GET", door(version), volta.token)[1]["data"] for version in ("2.2.1", "2.3.0"))
    assert [(one["role"], one["country_code"], one["party_id"]) for one in older["roles"]] == [("HUB", "NL", "RBO")]
    assert "hub_party_id" not in older
    assert newer["hub_party_id"] == "NLRBO"
    assert [(one["role"], one["country_code"], one["party_id"]) for one in newer["roles"]] == [("EMSP", "DE", "NMD")]


def test_a_partner_joined_to_a_third_one_through_us_is_told_of_it_beside_our_own_parties(db: None) -> None:
    """T107."""
    cast.volta()
    cast.polder()
    nomad = services.add(partner_name="Nomad", name="Nomad", parties_hosted=[("DE", "NMD", "EMSP")], at=cast.NOW)
    cast.agreement("NL*PLD", "DE*NMD")
    older, newer = (call("GET", door(version), nomad.token)[1]["data"] for version in ("2.2.1", "2.3.0"))
    assert [one["party_id"] for one in older["roles"]] == ["VLT", "VGO", "RBO"]
    assert ([one["party_id"] for one in newer["roles"]], newer["hub_party_id"]) == (["VLT", "VGO", "PLD"], "NLRBO")


@pytest.mark.parametrize(
    ("version", "changes"),
    [("2.2.1", {"roles": [role(role="HUB", party_id="HUB")]}), ("2.3.0", {"hub_party_id": "dehub"})],
)
def test_their_hub_is_remembered(
    version: str, changes: dict[str, Any], nomad_platform: Platform, planned: services.Added
) -> None:
    """T107."""
    sent = nomad_platform.credentials("B") | changes
    assert call("POST", door(version), planned.token, sent)[1]["status_code"] == 1000
    assert Connection.objects.get().hub_party_id == "DEHUB"


@pytest.mark.parametrize("version", ["2.2.1", "2.3.0"])
def test_a_role_that_nobody_knows_counts_as_other_and_keeps_its_name(
    version: str, planned: services.Added, nomad_platform: Platform
) -> None:
    """Y3."""
    sent = nomad_platform.credentials("B") | {"roles": [role(), role(role="PTP"), role(role="FLEET", party_id="FLT")]}
    assert call("POST", door(version), planned.token, sent)[1]["status_code"] == 1000
    found = {(party.code, party.role, party.role_named) for party in Party.objects.all()}
    assert found == {("DE*NMD", "EMSP", ""), ("DE*NMD", "OTHER", "PTP"), ("DE*FLT", "OTHER", "FLEET")}


def test_one_versions_url_lists_every_version_and_leads_to_its_details(planned: services.Added) -> None:
    """V1, V2."""
    _, envelope = call("GET", VERSIONS, planned.token)
    assert envelope["data"] == [{"version": version, "url": f"{ROOT}/{version}"} for version in ALL]
    for entry in envelope["data"]:
        details = call("GET", entry["url"].removeprefix("http://127.0.0.1:8000"), planned.token)[1]["data"]
        assert details["version"] == entry["version"]
        assert all(endpoint["url"].startswith(f"{ROOT}/{entry['version']}/") for endpoint in details["endpoints"])


@pytest.mark.parametrize("version", ["2.2.1", "2.3.0"])
@pytest.mark.parametrize("roles", [["EMSP"], ["CPO"], ["CPO", "EMSP"], ["NSP"], ["OTHER"], ["HUB"], []])
def test_details_list_the_other_halves_of_what_the_caller_has_each_once(
    db: None, roles: list[str], version: str
) -> None:
    """V2, V3, V6."""
    hosted = [("DE", "NMD", role) for role in roles]
    added = services.add(partner_name="Nomad", name="Nomad", parties_hosted=hosted, at=cast.NOW)
    endpoints = call("GET", f"/ocpi/{version}", added.token)[1]["data"]["endpoints"]
    found = [(entry["identifier"], entry["role"]) for entry in endpoints]
    opposite = {"SENDER": "RECEIVER", "RECEIVER": "SENDER"}
    expected = {(module, opposite[side]) for module, side in interfaces_of(roles, version)}
    assert found.count(("credentials", "SENDER")) == 1
    assert set(found) == expected | {("credentials", "SENDER")}
    assert len({entry["url"] for entry in endpoints}) == len(endpoints)


def test_the_platform_of_a_hub_is_offered_everything(planned: services.Added, nomad_platform: Platform) -> None:
    """T107: in 2.3.0 nothing but hub_party_id says that it is one."""
    sent = nomad_platform.credentials("B") | {"hub_party_id": "DEHUB"}
    token_c = call("POST", door("2.3.0"), planned.token, sent)[1]["data"]["token"]
    endpoints = call("GET", "/ocpi/2.3.0", token_c)[1]["data"]["endpoints"]
    found = {(entry["identifier"], entry["role"]) for entry in endpoints}
    assert {("locations", "RECEIVER"), ("locations", "SENDER"), ("hubclientinfo", "RECEIVER")} <= found


def test_a_connection_limited_to_one_version_is_offered_that_one(nomad_platform: Platform, db: None) -> None:
    """C7, V1: what is not offered to it is 3002 there."""
    added = services.add(partner_name="Nomad", name="Nomad", only_version="2.2.1", at=cast.NOW)
    assert [entry["version"] for entry in call("GET", VERSIONS, added.token)[1]["data"]] == ["2.2.1"]
    assert call("GET", "/ocpi/2.3.0", added.token)[1]["status_code"] == 3002
    status, envelope = call("POST", door("2.3.0"), added.token, nomad_platform.credentials("B"))
    assert (status, envelope["status_code"]) == (200, 3002) and "2.2.1" in envelope["status_message"]
    assert nomad_platform.asked == []
    register(added, nomad_platform)


@pytest.mark.parametrize("spelling", ["base64", "plain"])
def test_the_versions_endpoint_takes_the_token_either_way(spelling: str, planned: services.Added) -> None:
    """T3."""
    headers = {"Authorization": header(planned.token, plain=spelling == "plain")}
    assert Client().get(VERSIONS, headers=headers).status_code == 200


def test_versions_and_details_need_a_token(planned: services.Added) -> None:
    """V4, T4."""
    wrong = base64.b64encode(b"nobody").decode()
    for path in (VERSIONS, "/ocpi/2.2.1", CREDENTIALS):
        for headers in ({}, {"Authorization": f"Token {wrong}"}, {"Authorization": f"Bearer {wrong}"}):
            assert Client().get(path, headers=headers).status_code == 401


def test_a_look_whether_we_are_alive_is_cheap(
    planned: services.Added, django_assert_num_queries: DjangoAssertNumQueries, settings: Settings
) -> None:
    """V7: who it is, when it was heard, and the journal."""
    opens(planned.token)
    with django_assert_num_queries(4):  # the last is the savepoint of the journal
        opens(planned.token)


@pytest.mark.parametrize("version", ALL)
def test_post_is_for_the_unregistered_and_put_and_delete_for_the_registered(
    version: str, planned: services.Added, nomad_platform: Platform
) -> None:
    """C2."""
    body = nomad_platform.credentials("nomad-B", version)
    for method, sent in (("PUT", body), ("DELETE", None), ("PATCH", {"token": "x"})):
        status, envelope = call(method, door(version), planned.token, sent)
        assert (status, envelope["status_code"]) == (405, 2000), method
    token_c = register(planned, nomad_platform, version=version)
    for method, sent in (("POST", body), ("PATCH", {"token": "x"})):
        status, envelope = call(method, door(version), token_c, sent)
        assert (status, envelope["status_code"]) == (405, 2000), method
    assert Connection.objects.get().token_out == "nomad-B"


def test_put_at_another_version_moves_there_and_back(planned: services.Added, nomad_platform: Platform) -> None:
    """C3."""
    token = register(planned, nomad_platform)
    for number, version in enumerate(("2.3.0", "2.1.1", "2.2.1")):
        sent = nomad_platform.credentials(f"B{number}", version)
        envelope = call("PUT", door(version), token, sent)[1]
        assert envelope["status_code"] == 1000, envelope
        token = envelope["data"]["token"]
        nomad = Connection.objects.get()
        assert (nomad.version, nomad.token_out) == (version, f"B{number}")
        assert works_with(token, version)


def test_put_reads_their_endpoints_again_and_new_tokens_alone_are_no_news(
    planned: services.Added, nomad_platform: Platform, monkeypatch: pytest.MonkeyPatch
) -> None:
    """C3: what changed is sent as after a registration, and nothing twice."""
    heard: list[Any] = []
    monkeypatch.setitem(events._subscribers, "connection.registered", [lambda **news: heard.append(news)])
    token = register(planned, nomad_platform)
    assert len(heard) == 1
    token = call("PUT", CREDENTIALS, token, nomad_platform.credentials("B2"))[1]["data"]["token"]
    assert len(heard) == 1
    details = nomad_platform.details("2.2.1")
    moved = [{**entry, "url": entry["url"] + "/v2"} for entry in details["endpoints"]]
    nomad_platform.answering = lambda asked: Said({"endpoints": moved}) if asked.path == "/2.2.1" else None
    call("PUT", CREDENTIALS, token, nomad_platform.credentials("B3"))
    assert len(heard) == 2
    assert Connection.objects.get().endpoint("cdrs", "RECEIVER") == f"{nomad_platform.url}/receiver/cdrs/v2"


@pytest.mark.parametrize("version", ["2.2.1", "2.3.0"])
def test_a_party_that_put_lists_no_more_is_neither_written_nor_read_nor_sent_until_it_is_back(
    version: str, planned: services.Added, nomad_platform: Platform, monkeypatch: pytest.MonkeyPatch
) -> None:
    """C9: what it owns stays."""
    both = [role(), role(party_id="NMX")]
    sent = nomad_platform.credentials("B", version) | {"roles": both}
    token = call("POST", door(version), planned.token, sent)[1]["data"]["token"]
    cast.volta()
    cast.agreement("NL*VLT", "DE*NMX")
    tariff = transforms.upgrade("2.2.1", "tariff", wire.load("tariff_ac22"))
    tariffs.put(party=cast.party("NL*VLT", "CPO"), tariff_id=tariff["id"], data=tariff, at=cast.NOW)
    card = {**wire.load("token_nomad"), "party_id": "NMX"}
    path = f"/ocpi/{version}/receiver/tokens/DE/NMX/{card['uid']}"

    def may() -> tuple[bool, int, int]:
        written = call("PUT", path, token, card)[1]["status_code"] == 1000
        read = call("GET", f"/ocpi/{version}/sender/tariffs", token)[1]["data"]
        return written, len(read), len(routing.receivers_of(cast.party("NL*VLT", "CPO"), at=cast.NOW))

    assert may() == (True, 1, 1)
    token = call("PUT", door(version), token, sent | {"roles": [role()]})[1]["data"]["token"]
    assert may() == (False, 0, 0)
    assert Finding.objects.get().sentence.startswith("The credentials of Nomad list DE*NMX as EMSP no more.")
    heard: list[Any] = []
    monkeypatch.setitem(events._subscribers, "connection.registered", [lambda **news: heard.append(news)])
    token = call("PUT", door(version), token, sent)[1]["data"]["token"]
    assert (may(), len(heard), Finding.objects.count()) == ((True, 1, 1), 1, 1)


def test_a_party_of_ours_that_left_is_told_of_nowhere(planned: services.Added, nomad_platform: Platform) -> None:
    """C9: neither in our credentials nor as our face."""
    back_end = services.add(
        partner_name="Volta",
        name="Volta",
        own=True,
        parties_hosted=[("NL", "VLT", "CPO"), ("NL", "VGO", "EMSP")],
        at=cast.NOW,
    )
    cpo = role(role="CPO", country_code="NL", party_id="VLT")
    sent = nomad_platform.credentials("B") | {"roles": [cpo, role(country_code="NL", party_id="VGO")]}
    token = call("POST", CREDENTIALS, back_end.token, sent)[1]["data"]["token"]
    nomad = planned.connection
    services.change(
        connection=nomad,
        name="Nomad",
        only_version="",
        face=cast.party("NL*VGO", "EMSP"),
        requests_per_minute=None,
    )
    call("PUT", CREDENTIALS, token, sent | {"roles": [cpo]})
    told = call("GET", CREDENTIALS, planned.token)[1]["data"]
    assert [one["party_id"] for one in told["roles"]] == ["VLT"]
    face = routing.face_of(Connection.objects.get(name="Nomad"))
    assert face is not None and face.code == "NL*VLT"
    assert not routing.may_address(nomad, ("NL", "VGO"))


def test_moving_down_to_2_1_1_keeps_the_one_party_it_names(planned: services.Added, nomad_platform: Platform) -> None:
    """C9: several are kept only where they were declared for a platform that has always spoken 2.1.1."""
    sent = nomad_platform.credentials("B") | {"roles": [role(), role(party_id="NM2")]}
    token = call("POST", CREDENTIALS, planned.token, sent)[1]["data"]["token"]
    assert call("PUT", door("2.1.1"), token, nomad_platform.credentials("B2", "2.1.1"))[1]["status_code"] == 1000
    assert [(one.code, one.left_at is None) for one in Party.objects.order_by("id")] == [
        ("DE*NMD", True),
        ("DE*NM2", False),
    ]


@pytest.mark.parametrize("version", ["2.2.1", "2.3.0"])
def test_people_are_told_when_a_platform_becomes_a_hub(
    version: str, planned: services.Added, nomad_platform: Platform
) -> None:
    """T107: it keeps its parties, for a hub lists not all of them."""
    token = register(planned, nomad_platform, version=version)
    sent = nomad_platform.credentials("B2", version)
    hub = {"roles": [role(role="HUB", party_id="HUB")]} if version == "2.2.1" else {"hub_party_id": "DEHUB"}
    token = call("PUT", door(version), token, sent | hub)[1]["data"]["token"]
    call("PUT", door(version), token, sent | hub)
    assert Finding.objects.get().sentence.startswith("Nomad now says that it is the hub DEHUB.")
    assert Party.objects.get(role="EMSP").left_at is None


@pytest.mark.parametrize("version", ["2.2.1", "2.3.0"])
@pytest.mark.parametrize("code", ["VLT", "RBO"])
def test_nobody_takes_the_name_of_another_company_in_any_role(
    version: str, code: str, planned: services.Added, nomad_platform: Platform
) -> None:
    """C10: NL*VLT is Volta's CPO, NL*RBO the portal."""
    cast.volta()
    usual = nomad_platform.credentials("B", version)
    claims: list[dict[str, Any]] = [
        {"roles": [role(), role(role=one, country_code="NL", party_id=code)]} for one in ("EMSP", "NSP")
    ]
    claims.append(
        {"roles": [role(role="HUB", country_code="NL", party_id=code)]}
        if version == "2.2.1"
        else {"hub_party_id": f"NL{code}"}
    )
    for claim in claims:
        status, envelope = call("POST", door(version), planned.token, usual | claim)
        assert (status, envelope["status_code"]) == (200, 2001), claim
        assert f"NL*{code}" in envelope["status_message"]
    assert Party.objects.filter(connection=planned.connection).exclude(country_code="DE", party_id="NMD").count() == 0
    assert set(Finding.objects.values_list("code", flat=True)) == {"party_taken"}
    assert call("POST", door(version), planned.token, usual)[1]["status_code"] == 1000


def test_a_connection_limited_to_one_version_gets_3002_at_the_others(
    planned: services.Added, nomad_platform: Platform
) -> None:
    """C7: everywhere; but one that is to leave its version works until it has left."""
    token = register(planned, nomad_platform)
    Connection.objects.update(only_version="2.2.1")
    for path in ("", "/credentials", "/sender/locations"):
        asked = [call("GET", f"/ocpi/{version}{path}", token)[1]["status_code"] for version in ALL]
        assert asked == [3002, 1000, 3002], path
    Connection.objects.update(only_version="2.3.0")
    assert works_with(token, "2.2.1") and works_with(token, "2.3.0")
    assert call("GET", "/ocpi/2.1.1/sender/locations", token)[1]["status_code"] == 3002


@pytest.mark.parametrize("version", ALL)
def test_delete_ends_it_at_once_and_keeps_history(
    version: str, planned: services.Added, nomad_platform: Platform
) -> None:
    """C5."""
    token = register(planned, nomad_platform, version=version)
    fresh = call("PUT", door(version), token, nomad_platform.credentials("B2", version))[1]["data"]["token"]
    assert call("DELETE", door(version), token)[1]["status_code"] == 1000
    assert call("DELETE", door(version), fresh)[0] == 401
    assert not any(opens(one) for one in (token, fresh, planned.token))
    nomad = Connection.objects.get()
    assert (nomad.state, nomad.token_out, nomad.reachable) == (ConnectionState.PLANNED, "", False)
    assert nomad.parties.count() == 1 and Exchange.objects.filter(connection=nomad).exists()
    again = services.new_registration_token(connection=nomad, at=cast.NOW)
    register(services.Added(nomad, again, ""), nomad_platform, version=version)


def test_spec_codes_may_differ_from_those_in_evse_and_contract_ids(
    planned: services.Added, nomad_platform: Platform
) -> None:
    """C13: a party's code is taken as it is, in any letter case."""
    sent = nomad_platform.credentials("B") | {"roles": [role(country_code="de", party_id="nmd")]}
    assert call("POST", CREDENTIALS, planned.token, sent)[1]["status_code"] == 1000
    assert [party.code for party in Connection.objects.get().parties.all()] == ["DE*NMD"]
