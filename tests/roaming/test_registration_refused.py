"""What a partner's registration is refused for, with which code, and that nothing came of it (C6 to C10)."""

from typing import Any

import pytest
from pytest_django import Settings

from partners.connections import selectors, services
from partners.connections.models import Connection, ConnectionState
from partners.parties.models import Party
from roaming.exchange.models import Exchange
from roaming.findings.models import Finding
from roaming.ocpi.errors import OcpiError
from roaming.registration import services as registration
from roaming.registration.models import Attempt, Outcome
from tests import cast
from tests.roaming.handshake import ALL, CREDENTIALS, VERSIONS, always, call, door, opens, register, role, works_with
from tests.roaming.platform import Platform, Said


def untouched() -> bool:
    """Whether nothing of a handshake is kept."""
    nomad = Connection.objects.get(name="Nomad")
    return (nomad.state, nomad.token_out, nomad.version, nomad.endpoints) == (ConnectionState.PLANNED, "", "", [])


UNUSABLE = [
    (Said(http=500, raw=b"<html>oops</html>"), 3001),
    (Said(http=401, status=2000), 3001),
    (Said(raw=b"{"), 3001),
    (Said(raw=b'["2.2.1"]'), 3001),
    (Said({"version": "2.2.1"}), 3001),
    (Said(http=302, headers={"Location": "http://127.0.0.1:1/"}), 3001),
    (Said([{"version": "2.0", "url": "http://127.0.0.1:1/"}, {"version": 3}, "x"]), 3002),
    (Said([]), 3002),
    (Said([{"version": "2.2.1", "url": "not a url"}]), 3001),
    (Said([{"version": "2.2.1", "url": "file:///etc/passwd"}]), 3001),
]


@pytest.mark.parametrize(("answer", "code"), UNUSABLE)
def test_a_platform_that_cannot_be_used_is_not_registered_and_its_token_stays_good(
    planned: services.Added, nomad_platform: Platform, answer: Said, code: int
) -> None:
    """C6, C7: 3001, or 3002 without our version."""
    nomad_platform.answering = always(answer)
    status, envelope = call("POST", CREDENTIALS, planned.token, nomad_platform.credentials("nomad-B"))
    assert (status, envelope["status_code"]) == (200, code), envelope
    assert len(envelope["status_message"]) > 20
    assert untouched()
    nomad_platform.answering = lambda asked: None
    register(planned, nomad_platform)


@pytest.mark.parametrize(("answer", "code"), UNUSABLE)
def test_a_put_that_fails_leaves_the_tokens_of_both_directions(
    planned: services.Added, nomad_platform: Platform, answer: Said, code: int
) -> None:
    """C6."""
    token_c = register(planned, nomad_platform)
    nomad_platform.answering = always(answer)
    _, envelope = call("PUT", CREDENTIALS, token_c, nomad_platform.credentials("nomad-B2"))
    assert envelope["status_code"] == code
    assert works_with(token_c) and Connection.objects.get().token_out == "nomad-B"


@pytest.mark.parametrize("version", ["2.2.1", "2.3.0"])
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
            {"identifier": "tokens", "role": ["SENDER"], "url": "http://x.example/"},
            {"identifier": 7, "role": "SENDER", "url": 8},
            None,
        ],
    ],
)
def test_missing_endpoints_are_3003(
    planned: services.Added, nomad_platform: Platform, endpoints: list[Any], version: str
) -> None:
    """C7, V5."""
    nomad_platform.answering = lambda asked: Said({"endpoints": endpoints}) if asked.path == f"/{version}" else None
    _, envelope = call("POST", door(version), planned.token, nomad_platform.credentials("nomad-B"))
    assert envelope["status_code"] == 3003 and "endpoint" in envelope["status_message"]
    assert untouched()


JUNK = ["http://a/\0b", "http://x.example/" + "x" * 255, "http://[bad/", "http://x.example:99999/", "http://a b/", "/t"]


@pytest.mark.parametrize("url", JUNK)
@pytest.mark.parametrize("identifier", ["credentials", "tokens"])
def test_an_address_that_we_need_and_cannot_use_is_3001_and_says_so(
    planned: services.Added, nomad_platform: Platform, url: str, identifier: str
) -> None:
    """C6: nothing is kept of it."""
    details = nomad_platform.details("2.2.1")
    details["endpoints"] = [
        {**entry, "url": url} if entry["identifier"] == identifier else entry for entry in details["endpoints"]
    ]
    nomad_platform.answering = lambda asked: Said(details) if asked.path == "/2.2.1" else None
    status, envelope = call("POST", CREDENTIALS, planned.token, nomad_platform.credentials("nomad-B"))
    assert (status, envelope["status_code"]) == (200, 3001)
    assert f"its address of {identifier} is not an absolute http(s) URL" in envelope["status_message"]
    assert untouched()
    nomad_platform.answering = lambda asked: None
    register(planned, nomad_platform)


def test_junk_that_we_do_not_need_is_skipped(planned: services.Added, nomad_platform: Platform) -> None:
    """T25."""
    details = nomad_platform.details("2.2.1")
    usual = len(details["endpoints"])
    details["endpoints"] += [{"identifier": "cdrs", "role": "RECEIVER", "url": url} for url in JUNK]
    names = ["", "x" * 51, "nul\0", "two words", "ü"]
    details["endpoints"] += [{"identifier": name, "role": "SENDER", "url": "http://x.example/"} for name in names]
    nomad_platform.answering = lambda asked: Said(details) if asked.path == "/2.2.1" else None
    register(planned, nomad_platform)
    assert len(Connection.objects.get().endpoints) == usual


@pytest.mark.parametrize("url", JUNK)
def test_details_whose_address_cannot_be_used_are_3001(
    planned: services.Added, nomad_platform: Platform, url: str
) -> None:
    """C6."""
    listed = [{"version": "nul\0", "url": "http://x.example/"}, {"version": "2.2.1", "url": url}]
    nomad_platform.answering = always(Said(listed))
    _, envelope = call("POST", CREDENTIALS, planned.token, nomad_platform.credentials("nomad-B"))
    assert envelope["status_code"] == 3001 and "details of 2.2.1 is not an" in envelope["status_message"]
    nomad_platform.answering = always(Said(listed[:1]))
    _, envelope = call("POST", CREDENTIALS, planned.token, nomad_platform.credentials("nomad-B"))
    assert envelope["status_code"] == 3002 and "offers none" in envelope["status_message"]


def test_identifiers_are_read_in_any_letter_case_and_both_spellings(
    planned: services.Added, nomad_platform: Platform
) -> None:
    """V6, V3: the role of credentials means nothing."""
    listed = [
        {"identifier": "Credentials", "role": "whatever", "url": "http://x.example/c"},
        {"identifier": "Booking", "role": "RECEIVER", "url": "http://x.example/b"},
        {"identifier": "TOKENS", "role": "SENDER", "url": "http://x.example/t"},
    ]
    nomad_platform.answering = lambda asked: Said({"endpoints": listed}) if asked.path == "/2.3.0" else None
    register(planned, nomad_platform, version="2.3.0")
    nomad = Connection.objects.get()
    assert nomad.endpoint("bookings", "RECEIVER") == "http://x.example/b"
    assert nomad.endpoint("tokens", "SENDER") == "http://x.example/t"


def test_a_platform_that_is_down_is_3001(planned: services.Added, nomad_platform: Platform) -> None:
    """C6."""
    nomad_platform.down()
    status, envelope = call("POST", CREDENTIALS, planned.token, nomad_platform.credentials("nomad-B"))
    assert (status, envelope["status_code"]) == (200, 3001)
    assert Exchange.objects.filter(direction="out", http_status=None).count() == 1
    assert untouched() and opens(planned.token)


@pytest.mark.parametrize(
    "url",
    ["http://127.0.0.1:9/v", "http://localhost/v", "http://10.1.2.3/v", "http://[::1]/v", "http://169.254.169.254/"],
)
def test_a_private_address_is_not_called_unless_allowed(planned: services.Added, url: str, settings: Settings) -> None:
    """T109."""
    settings.ALLOW_PRIVATE_PARTNERS = False
    sent = {"token": "B", "url": url, "roles": [role()]}
    _, envelope = call("POST", CREDENTIALS, planned.token, sent)
    assert envelope["status_code"] == 3001 and "not a public address" in envelope["status_message"]
    assert untouched() and opens(planned.token)


def test_a_private_address_behind_a_public_one_is_not_called_either(
    planned: services.Added, nomad_platform: Platform, settings: Settings
) -> None:
    """T109: versions may lead anywhere."""
    nomad_platform.answering = lambda asked: Said([{"version": "2.2.1", "url": "gopher://127.0.0.1/"}])
    _, envelope = call("POST", CREDENTIALS, planned.token, nomad_platform.credentials("B"))
    assert envelope["status_code"] == 3001 and "not an absolute http(s) URL" in envelope["status_message"]


@pytest.mark.parametrize("version", ["2.2.1", "2.3.0"])
@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"token": None}, "token"),
        ({"token": ""}, "token"),
        ({"token": "with space"}, "token"),
        ({"token": "tab\t"}, "token"),
        ({"token": "tök"}, "token"),
        ({"token": "x" * 65}, "token"),
        ({"token": 7}, "token"),
        ({"url": None}, "url"),
        ({"url": "ftp://x.example"}, "url"),
        ({"url": "http://x.example/" + "x" * 255}, "url"),
        ({"roles": []}, "roles"),
        ({"roles": None}, "roles"),
        ({"roles": "EMSP"}, "roles"),
        ({"roles": ["EMSP"]}, "roles"),
        ({"roles": [role(role="emsp")]}, "role"),
        ({"roles": [role(role="ptp")]}, "role"),
        ({"roles": [role(role=None)]}, "role"),
        ({"roles": [role(role=7)]}, "role"),
        ({"roles": [role(role="X" * 51)]}, "role"),
        ({"roles": [role(country_code="DEU")]}, "country_code"),
        ({"roles": [role(party_id="N_D")]}, "party_id"),
        ({"roles": [role(business_details=None)]}, "business_details"),
        ({"roles": [role(), role(country_code="de")]}, "roles"),
    ],
)
def test_invalid_credentials_are_2001_naming_the_field_and_nobody_is_called(
    planned: services.Added, nomad_platform: Platform, change: dict[str, Any], field: str, version: str
) -> None:
    """C8, T7."""
    sent = {name: value for name, value in {**nomad_platform.credentials("B"), **change}.items() if value is not None}
    status, envelope = call("POST", door(version), planned.token, sent)
    assert (status, envelope["status_code"]) == (200, 2001), envelope
    assert field in envelope["status_message"]
    assert nomad_platform.asked == [] and untouched()


@pytest.mark.parametrize("body", [None, [], "x", 7, {}])
@pytest.mark.parametrize("version", ALL)
def test_what_is_no_credentials_object_at_all_is_refused(planned: services.Added, version: str, body: Any) -> None:
    """C8, T30: no body is 400, another value 2001."""
    status, envelope = call("POST", door(version), planned.token, body)
    assert (status, envelope["status_code"]) == (400 if body is None else 200, 2001)
    assert untouched() and opens(planned.token)


def test_a_party_of_another_platform_is_not_handed_over(planned: services.Added, nomad_platform: Platform) -> None:
    """C10."""
    cast.volta()
    nomad_platform.roles = ("EMSP DE*NMD", "CPO NL*VLT")
    for _ in range(2):
        _, envelope = call("POST", CREDENTIALS, planned.token, nomad_platform.credentials("nomad-B"))
        assert envelope["status_code"] == 2001 and "NL*VLT" in envelope["status_message"]
    assert Party.objects.get(country_code="NL", party_id="VLT", role="CPO").connection.name == "Volta"
    assert untouched() and opens(planned.token)
    assert Finding.objects.get().code == "party_taken"  # once, however often it is tried


def test_a_token_withdrawn_while_the_partner_is_asked_registers_nothing(
    planned: services.Added, nomad_platform: Platform
) -> None:
    """C11: what the second of two requests with one TOKEN_A meets (tests/races has the two)."""
    connection = selectors.by_token(planned.token, cast.NOW)
    assert connection is not None
    services.new_registration_token(connection=planned.connection, at=cast.NOW)
    with pytest.raises(OcpiError, match="replaced or withdrawn"):
        registration.accept(
            connection=connection,
            token=planned.token,
            version="2.2.1",
            sent=nomad_platform.credentials("nomad-B"),
            at=cast.NOW,
        )
    assert untouched()


def test_every_attempt_is_remembered_with_its_end(planned: services.Added, nomad_platform: Platform) -> None:
    """C14: also those that the partner started."""
    call("POST", CREDENTIALS, planned.token, {"token": "B"})
    nomad_platform.answering = always(Said(http=503))
    call("POST", CREDENTIALS, planned.token, nomad_platform.credentials("B"))
    nomad_platform.answering = lambda asked: None
    token_c = register(planned, nomad_platform)
    call("DELETE", CREDENTIALS, token_c)
    told = [(one.method, one.outcome, one.ours) for one in Attempt.objects.order_by("id")]
    failed, done = Outcome.FAILED, Outcome.DONE
    assert told == [
        ("POST", failed, False),
        ("POST", failed, False),
        ("POST", done, False),
        ("DELETE", done, False),
    ]
    first, second, third, _ = Attempt.objects.order_by("id")
    assert "$.url is required" in first.answer and "503" in second.answer and "2.2.1" in third.answer
    assert VERSIONS  # the calls of each are on its page: see tests/portal/test_connections.py
