"""The credentials handshake, both ways round: what is stored, what is refused, and that a refusal changes nothing."""

import base64
import json
from collections.abc import Iterator
from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.test import Client
from pytest_django import Settings

from partners.connections import selectors, services
from partners.connections.models import Connection, ConnectionState
from partners.parties.models import Party
from roaming.exchange.models import Exchange
from roaming.findings.models import Finding
from roaming.kernel import events
from roaming.ocpi.errors import OcpiError
from roaming.registration import services as registration
from roaming.server import running
from tests import cast
from tests.roaming.platform import Answering, Asked, Platform, Said, platform

VERSIONS = "/ocpi/versions"
CREDENTIALS = "/ocpi/2.2.1/credentials"


@pytest.fixture
def nomad_platform() -> Iterator[Platform]:
    with platform("EMSP DE*NMD") as running_platform:
        yield running_platform


@pytest.fixture
def planned(db: None) -> services.Added:
    """Nomad is announced and has its TOKEN_A."""
    return services.add(partner_name="Nomad", name="Nomad", parties_hosted=[("DE", "NMD", "EMSP")], at=cast.NOW)


def call(method: str, path: str, token: str, body: Any = None) -> tuple[int, dict[str, Any]]:
    headers = {"Authorization": f"Token {base64.b64encode(token.encode()).decode()}"}
    content = b"" if body is None else json.dumps(body).encode()
    response = Client().generic(method, path, content, content_type="application/json", headers=headers)
    return response.status_code, json.loads(response.content)


def register(added: services.Added, theirs: Platform, token_b: str = "nomad-B") -> str:
    """The handshake as Nomad does it; the token C it gets."""
    status, envelope = call("POST", CREDENTIALS, added.token, theirs.credentials(token_b))
    assert (status, envelope["status_code"]) == (200, 1000), envelope
    return str(envelope["data"]["token"])


def test_the_handshake_gives_both_sides_what_they_need(planned: services.Added, nomad_platform: Platform) -> None:
    cast.volta()
    status, versions = call("GET", VERSIONS, planned.token)
    assert (status, versions["data"]) == (200, [{"version": "2.2.1", "url": "http://127.0.0.1:8000/ocpi/2.2.1"}])
    token_c = register(planned, nomad_platform)
    nomad = Connection.objects.get(name="Nomad")
    assert (nomad.state, nomad.version, nomad.token_out) == (ConnectionState.REGISTERED, "2.2.1", "nomad-B")
    assert nomad.endpoint("cdrs", "RECEIVER") == f"{nomad_platform.url}/receiver/cdrs"
    assert [asked.path for asked in nomad_platform.asked] == ["/versions", "/2.2.1"]
    assert {asked.token for asked in nomad_platform.asked} == {"nomad-B"}
    assert not any(name.startswith("ocpi-") for asked in nomad_platform.asked for name in asked.headers)
    status, ours = call("GET", CREDENTIALS, token_c)
    assert status == 200 and ours["data"]["token"] == token_c
    assert {(role["role"], role["party_id"]) for role in ours["data"]["roles"]} == {("CPO", "VLT"), ("EMSP", "VGO")}
    assert ours["data"]["url"] == "http://127.0.0.1:8000/ocpi/versions"
    assert call("GET", VERSIONS, planned.token)[0] == 401
    assert call("GET", "/ocpi/2.2.1/sender/locations", token_c)[0] == 200


def test_no_token_of_the_handshake_reaches_the_journal(planned: services.Added, nomad_platform: Platform) -> None:
    token_c = register(planned, nomad_platform, "nomad-B-secret")
    assert Exchange.objects.filter(direction="out").count() == 2
    kept = " ".join(f"{row.request_body} {row.response_body} {row.url}" for row in Exchange.objects.all())
    assert "nomad-B-secret" not in kept and token_c not in kept and planned.token not in kept and "***" in kept


@pytest.mark.parametrize(
    ("roles", "sender", "receiver"),
    [
        (["EMSP"], {"locations", "tariffs", "sessions", "cdrs"}, {"tokens"}),
        (["CPO"], {"tokens"}, {"locations", "tariffs", "sessions", "cdrs"}),
        (["CPO", "EMSP"], {"locations", "tariffs", "sessions", "cdrs", "tokens"}, None),
        ([], {"locations", "tariffs", "sessions", "cdrs", "tokens"}, None),
    ],
)
def test_version_details_list_the_endpoints_for_the_roles_of_the_caller(
    db: None, roles: list[str], sender: set[str], receiver: set[str] | None
) -> None:
    added = services.add(
        partner_name="Nomad", name="Nomad", parties_hosted=[("DE", "NMD", role) for role in roles], at=cast.NOW
    )
    _, envelope = call("GET", "/ocpi/2.2.1", added.token)
    endpoints = envelope["data"]["endpoints"]
    assert {entry["identifier"] for entry in endpoints if entry["role"] == "SENDER"} - {"credentials"} == sender
    found = {entry["identifier"] for entry in endpoints if entry["role"] == "RECEIVER"}
    assert found == (sender if receiver is None else receiver)
    assert "credentials" in {entry["identifier"] for entry in endpoints}
    urls = {entry["url"] for entry in endpoints}
    assert len(urls) == len(endpoints) and all(url.startswith("http://127.0.0.1:8000/ocpi/2.2.1/") for url in urls)


def test_our_own_back_end_sees_us_as_a_hub(db: None) -> None:
    added = services.add(
        partner_name="Volta", name="Volta", own=True, parties_hosted=[("NL", "VLT", "CPO")], at=cast.NOW
    )
    _, envelope = call("GET", CREDENTIALS, added.token)
    assert [(role["role"], role["country_code"], role["party_id"]) for role in envelope["data"]["roles"]] == [
        ("HUB", "NL", "RBO")
    ]


def unusable(answer: Said) -> Answering:
    return lambda asked: answer


def to_post(answer: Said) -> Answering:
    return lambda asked: answer if asked.method == "POST" else None


@pytest.mark.parametrize(
    ("answer", "code"),
    [
        (Said(http=500, raw=b"<html>oops</html>"), 3001),
        (Said(http=401, status=2000), 3001),
        (Said(raw=b"{"), 3001),
        (Said(raw=b'["2.2.1"]'), 3001),
        (Said({"version": "2.2.1"}), 3001),
        (Said(http=302, headers={"Location": "http://127.0.0.1:1/"}), 3001),
        (Said([{"version": "2.1.1", "url": "http://127.0.0.1:1/"}, {"version": 3}, "x"]), 3002),
        (Said([]), 3002),
        (Said([{"version": "2.2.1", "url": "not a url"}]), 3001),
        (Said([{"version": "2.2.1", "url": "file:///etc/passwd"}]), 3001),
    ],
)
def test_a_platform_that_cannot_be_used_is_not_registered_and_its_token_stays_good(
    planned: services.Added, nomad_platform: Platform, answer: Said, code: int
) -> None:
    nomad_platform.answering = unusable(answer)
    status, envelope = call("POST", CREDENTIALS, planned.token, nomad_platform.credentials("nomad-B"))
    assert (status, envelope["status_code"]) == (200, code), envelope
    assert len(envelope["status_message"]) > 20
    assert Connection.objects.get().state == ConnectionState.PLANNED
    nomad_platform.answering = lambda asked: None
    register(planned, nomad_platform)


@pytest.mark.parametrize(
    "endpoints",
    [
        [],
        [{"identifier": "credentials", "role": "SENDER", "url": "http://x.example/"}],
        [{"identifier": "cdrs", "role": "RECEIVER", "url": "http://x.example/"}],
        [
            {"identifier": "credentials", "url": "http://x.example/"},
            {"identifier": "nltnm-tokens", "role": "SENDER", "url": "http://x.example/"},
            {"identifier": "cdrs", "role": "RECEIVER"},
            None,
        ],
    ],
)
def test_missing_endpoints_are_3003(planned: services.Added, nomad_platform: Platform, endpoints: list[Any]) -> None:
    nomad_platform.answering = lambda asked: Said({"endpoints": endpoints}) if asked.path == "/2.2.1" else None
    _, envelope = call("POST", CREDENTIALS, planned.token, nomad_platform.credentials("nomad-B"))
    assert envelope["status_code"] == 3003
    assert Connection.objects.get().state == ConnectionState.PLANNED


def test_a_platform_that_is_down_is_3001(planned: services.Added, nomad_platform: Platform) -> None:
    nomad_platform.down()
    status, envelope = call("POST", CREDENTIALS, planned.token, nomad_platform.credentials("nomad-B"))
    assert (status, envelope["status_code"]) == (200, 3001)
    assert Exchange.objects.filter(direction="out", http_status=None).count() == 1


def test_a_private_address_is_not_called_unless_allowed(
    planned: services.Added, nomad_platform: Platform, settings: Settings
) -> None:
    settings.ALLOW_PRIVATE_PARTNERS = False
    _, envelope = call("POST", CREDENTIALS, planned.token, nomad_platform.credentials("nomad-B"))
    assert envelope["status_code"] == 3001 and "public address" in envelope["status_message"]
    assert nomad_platform.asked == []


def role(**changes: Any) -> dict[str, Any]:
    usual = {"role": "EMSP", "country_code": "DE", "party_id": "NMD", "business_details": {"name": "Nomad"}}
    return {name: value for name, value in {**usual, **changes}.items() if value is not None}


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"token": None}, "token"),
        ({"token": ""}, "token"),
        ({"token": "with space"}, "token"),
        ({"token": "x" * 65}, "token"),
        ({"url": None}, "url"),
        ({"url": "ftp://x.example"}, "url"),
        ({"roles": []}, "roles"),
        ({"roles": None}, "roles"),
        ({"roles": "EMSP"}, "roles"),
        ({"roles": [role(role="emsp")]}, "role"),
        ({"roles": [role(country_code="DEU")]}, "country_code"),
        ({"roles": [role(business_details=None)]}, "business_details"),
        ({"roles": [role(), role(country_code="de")]}, "roles"),
    ],
)
def test_invalid_credentials_are_2001_naming_the_field_and_nobody_is_called(
    planned: services.Added, nomad_platform: Platform, change: dict[str, Any], field: str
) -> None:
    sent = {name: value for name, value in {**nomad_platform.credentials("B"), **change}.items() if value is not None}
    status, envelope = call("POST", CREDENTIALS, planned.token, sent)
    assert (status, envelope["status_code"]) == (200, 2001), envelope
    assert field in envelope["status_message"]
    assert nomad_platform.asked == [] and Connection.objects.get().state == ConnectionState.PLANNED


def test_a_party_of_another_platform_is_not_handed_over(planned: services.Added, nomad_platform: Platform) -> None:
    cast.volta()
    nomad_platform.roles = ("EMSP DE*NMD", "CPO NL*VLT")
    _, envelope = call("POST", CREDENTIALS, planned.token, nomad_platform.credentials("nomad-B"))
    assert envelope["status_code"] == 2001 and "NL*VLT" in envelope["status_message"]
    assert Party.objects.get(country_code="NL", party_id="VLT", role="CPO").connection.name == "Volta"
    nomad = Connection.objects.get(name="Nomad")
    assert nomad.state == ConnectionState.PLANNED and nomad.token_out == ""
    assert Finding.objects.get().code == "party_taken"


def test_post_is_for_the_unregistered_and_put_and_delete_for_the_registered(
    planned: services.Added, nomad_platform: Platform
) -> None:
    body = nomad_platform.credentials("nomad-B")
    assert call("PUT", CREDENTIALS, planned.token, body)[0] == 405
    assert call("DELETE", CREDENTIALS, planned.token)[0] == 405
    token_c = register(planned, nomad_platform)
    status, envelope = call("POST", CREDENTIALS, token_c, body)
    assert (status, envelope["status_code"]) == (405, 2000)
    assert Connection.objects.get().token_out == "nomad-B"


def test_put_rotates_both_tokens(planned: services.Added, nomad_platform: Platform) -> None:
    token_c = register(planned, nomad_platform)
    status, envelope = call("PUT", CREDENTIALS, token_c, nomad_platform.credentials("nomad-B2"))
    fresh = envelope["data"]["token"]
    assert status == 200 and fresh != token_c
    assert call("GET", VERSIONS, token_c)[0] == 401 and call("GET", VERSIONS, fresh)[0] == 200
    assert Connection.objects.get().token_out == "nomad-B2"
    assert nomad_platform.asked[-1].token == "nomad-B2"


def test_new_tokens_alone_send_nothing_again(
    planned: services.Added, nomad_platform: Platform, monkeypatch: pytest.MonkeyPatch
) -> None:
    heard: list[Any] = []
    monkeypatch.setitem(events._subscribers, "connection.registered", [lambda **news: heard.append(news)])
    token_c = register(planned, nomad_platform)
    assert len(heard) == 1
    _, envelope = call("PUT", CREDENTIALS, token_c, nomad_platform.credentials("nomad-B2"))
    assert len(heard) == 1
    moved = [{**entry, "url": entry["url"] + "/v2"} for entry in cast.endpoints(nomad_platform.url)]
    moved.append({"identifier": "credentials", "role": "SENDER", "url": "http://x.example/"})
    nomad_platform.answering = lambda asked: Said({"endpoints": moved}) if asked.path == "/2.2.1" else None
    call("PUT", CREDENTIALS, envelope["data"]["token"], nomad_platform.credentials("nomad-B3"))
    assert len(heard) == 2


def test_a_failed_put_leaves_the_tokens_of_both_directions(planned: services.Added, nomad_platform: Platform) -> None:
    token_c = register(planned, nomad_platform)
    nomad_platform.answering = unusable(Said(http=503))
    _, envelope = call("PUT", CREDENTIALS, token_c, nomad_platform.credentials("nomad-B2"))
    assert envelope["status_code"] == 3001
    assert call("GET", VERSIONS, token_c)[0] == 200 and Connection.objects.get().token_out == "nomad-B"


def test_delete_ends_it_at_once_and_keeps_history(planned: services.Added, nomad_platform: Platform) -> None:
    token_c = register(planned, nomad_platform)
    assert call("DELETE", CREDENTIALS, token_c)[1]["status_code"] == 1000
    assert call("DELETE", CREDENTIALS, token_c)[0] == 401
    assert call("GET", VERSIONS, token_c)[0] == call("GET", VERSIONS, planned.token)[0] == 401
    nomad = Connection.objects.get()
    assert (nomad.state, nomad.token_out, nomad.reachable) == (ConnectionState.PLANNED, "", False)
    assert nomad.parties.count() == 1 and Exchange.objects.filter(connection=nomad).exists()
    again = services.new_registration_token(connection=nomad, at=cast.NOW)
    register(services.Added(nomad, again, ""), nomad_platform)


def test_a_token_withdrawn_while_the_partner_is_asked_registers_nothing(
    planned: services.Added, nomad_platform: Platform
) -> None:
    """What the second of two requests with one TOKEN_A meets (tests/races has the two)."""
    connection = selectors.by_token(planned.token)
    assert connection is not None
    services.new_registration_token(connection=planned.connection, at=cast.NOW)
    with pytest.raises(OcpiError, match="replaced or withdrawn"):
        registration.accept(
            connection=connection,
            token=planned.token,
            version="2.2.1",
            credentials=nomad_platform.credentials("nomad-B"),
            at=cast.NOW,
        )
    assert Connection.objects.get().state == ConnectionState.PLANNED


@pytest.mark.django_db(transaction=True)
def test_we_register_with_a_platform_that_calls_us_back(settings: Settings) -> None:
    cast.volta()
    planned = services.add(partner_name="Nomad", name="Nomad", at=cast.NOW)
    with running(worker=False, beat=False) as portal, platform("EMSP DE*NMD") as theirs:
        settings.PORTAL_URL = portal
        theirs.answering = lambda asked: call_back(theirs, asked)
        out = StringIO()
        call_command(
            "register_connection", "nomad", versions_url=f"{theirs.url}/versions", token="A", stdout=out, json=True
        )
    answer = json.loads(out.getvalue())
    assert (answer["connection"], answer["version"], answer["parties"]) == ("Nomad", "2.2.1", ["DE*NMD EMSP"])
    posted = next(asked for asked in theirs.asked if asked.method == "POST")
    assert posted.token == "A" and {role["party_id"] for role in posted.body["roles"]} == {"VLT", "VGO"}
    nomad = Connection.objects.get(name="Nomad")
    assert (nomad.state, nomad.token_out) == (ConnectionState.REGISTERED, theirs.token_c)
    found = selectors.by_token(posted.body["token"])
    assert found == nomad and (found.token_in_kind, found.token_offered_hash) == ("C", None)
    assert selectors.by_token(planned.token) is None


def call_back(theirs: Platform, asked: Asked) -> Said | None:
    """Like a real platform: read our versions and details with the token we offered, before answering."""
    if asked.path == "/credentials":
        import httpx2

        headers = {"Authorization": f"Token {base64.b64encode(asked.body['token'].encode()).decode()}"}
        versions = httpx2.get(asked.body["url"], headers=headers).json()
        details = httpx2.get(versions["data"][0]["url"], headers=headers).json()
        assert details["data"]["endpoints"]
    return None


@pytest.mark.parametrize(
    ("answer", "why"),
    [
        (Said(http=401, status=2000, message="who are you"), "who are you"),
        (Said([]), "No version in common"),
    ],
)
def test_the_command_says_why_it_could_not_register(db: None, answer: Said, why: str) -> None:
    services.add(partner_name="Nomad", name="Nomad", at=cast.NOW)
    with platform() as theirs:
        theirs.answering = unusable(answer)
        with pytest.raises(CommandError, match=why):
            call_command("register_connection", "Nomad", versions_url=f"{theirs.url}/versions", token="A")
    assert Connection.objects.get().state == ConnectionState.PLANNED


def test_we_do_not_offer_credentials_to_a_platform_without_endpoints(db: None) -> None:
    services.add(partner_name="Nomad", name="Nomad", at=cast.NOW)
    with platform() as theirs:
        theirs.answering = lambda asked: Said({"endpoints": []}) if asked.path == "/2.2.1" else None
        with pytest.raises(CommandError, match="endpoint"):
            call_command("register_connection", "Nomad", versions_url=f"{theirs.url}/versions", token="A")
        assert theirs.paths("POST") == []


def test_credentials_refused_or_broken_at_their_side_register_nothing(db: None) -> None:
    services.add(partner_name="Nomad", name="Nomad", at=cast.NOW)
    with platform() as theirs:
        for said, why in [
            (Said(http=405, status=2000, message="registered already"), "registered already"),
            (Said({"token": "C"}), "roles"),
            (Said(None), "not valid"),
        ]:
            theirs.answering = to_post(said)
            with pytest.raises(CommandError, match=why):
                call_command("register_connection", "Nomad", versions_url=f"{theirs.url}/versions", token="A")
    assert Connection.objects.get().state == ConnectionState.PLANNED


@pytest.mark.parametrize(
    "said",
    [Said(http=500, raw=b"oops"), Said(http=405, status=2000), Said({"token": "C"}), None],
    ids=["they fail", "they refuse", "their credentials are broken", "they claim a foreign party"],
)
def test_a_failed_registration_of_ours_leaves_the_token_they_had_from_us_and_no_other(
    planned: services.Added, nomad_platform: Platform, said: Said | None
) -> None:
    cast.volta()
    nomad_platform.roles = ("EMSP DE*NMD", "CPO NL*VLT")
    nomad_platform.answering = to_post(said or Said(nomad_platform.credentials("C")))
    with pytest.raises(registration.CannotRegister):
        registration.register(
            connection=planned.connection, versions_url=f"{nomad_platform.url}/versions", token_a="A", at=cast.NOW
        )
    offered = nomad_platform.asked[-1].body["token"]
    assert call("GET", VERSIONS, offered)[0] == 401
    assert call("GET", VERSIONS, planned.token)[0] == 200
    nomad_platform.answering, nomad_platform.roles = (lambda asked: None), ("EMSP DE*NMD",)
    register(planned, nomad_platform)


def test_what_we_offered_is_good_for_versions_only_until_they_answer(planned: services.Added) -> None:
    offered = services.offer_token(connection=planned.connection)
    assert call("GET", VERSIONS, offered)[0] == call("GET", VERSIONS, planned.token)[0] == 200
    assert call("GET", "/ocpi/2.2.1/sender/locations", offered)[0] == 401
    services.withdraw_offer(connection=planned.connection, token="another one")
    assert call("GET", VERSIONS, offered)[0] == 200
    services.withdraw_offer(connection=planned.connection, token=offered)
    assert call("GET", VERSIONS, offered)[0] == 401


def test_a_partner_that_registers_with_us_while_we_register_with_it_ends_our_attempt(
    planned: services.Added, nomad_platform: Platform
) -> None:
    offered = services.offer_token(connection=planned.connection)
    register(planned, nomad_platform)
    assert call("GET", VERSIONS, offered)[0] == 401
    with pytest.raises(services.CannotOffer, match="registered already"):
        services.offer_token(connection=planned.connection)
    stale = planned.connection  # still planned in memory, like that of a command started before
    with pytest.raises(registration.CannotRegister, match="registered already"):
        registration.register(connection=stale, versions_url=f"{nomad_platform.url}/versions", token_a="A", at=cast.NOW)
    assert Connection.objects.get().state == ConnectionState.REGISTERED


def test_an_unknown_or_registered_connection_is_told_apart(db: None) -> None:
    cast.nomad(url="http://nomad.invalid")
    with pytest.raises(CommandError, match="add_connection"):
        call_command("register_connection", "Nobody", versions_url="http://x.example", token="A")
    for broken in ("", "A B", "tökên", "A" * 65):
        with pytest.raises(CommandError, match="--token must be"):
            call_command("register_connection", "Nomad", versions_url="http://x.example", token=broken)
    with pytest.raises(CommandError, match="registered already"):
        call_command("register_connection", "Nomad", versions_url="http://x.example", token="A")
