"""Registering with a partner that gave us a token: what we read, when we stop, and what is left after a failure."""

from time import sleep
from typing import Any

import pytest
from django.db import connection as database
from pytest_django import Settings

from partners.connections import services
from partners.connections.models import Connection, ConnectionState
from roaming.findings.models import Finding
from roaming.kernel import clock
from roaming.registration import starting as registration
from roaming.registration.models import Attempt, Outcome
from roaming.registration.starting import CannotRegister, Step
from roaming.server import running
from tests import cast
from tests.roaming.handshake import ALL, always, header, opens, register, to
from tests.roaming.platform import Answering, Asked, Platform, Said, platform


def start(connection: Connection, theirs: Platform, **options: Any) -> Connection:
    """Register with the platform by TOKEN_A "A"."""
    url = options.pop("versions_url", f"{theirs.url}/versions")
    return registration.register(connection=connection, versions_url=url, token_a="A", at=clock.now(), **options)


def calls_back(theirs: Platform) -> Answering:
    """Like a real platform: it reads our versions and details with the token we offer before it answers."""
    import httpx2

    def answer(asked: Asked) -> None:
        if asked.method in ("POST", "PUT") and asked.path.endswith("/credentials"):
            version = asked.path.strip("/").partition("/")[0] if asked.path.count("/") > 1 else "2.2.1"
            headers = {"Authorization": header(asked.body["token"], plain=version == "2.1.1")}
            listed = httpx2.get(asked.body["url"], headers=headers).json()["data"]
            url = next(entry["url"] for entry in listed if entry["version"] == version)
            assert httpx2.get(url, headers=headers).json()["data"]["endpoints"]

    return answer


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("version", ALL)
def test_we_register_with_a_platform_that_calls_us_back(version: str, settings: Settings) -> None:
    """C1, C14: each step is told."""
    cast.volta()
    planned = services.add(partner_name="Nomad", name="Nomad", parties_hosted=[("DE", "NMD", "EMSP")], at=cast.NOW)
    steps: list[Step] = []
    with running(worker=False, beat=False) as portal, platform("EMSP DE*NMD") as theirs:
        settings.PORTAL_URL = portal
        theirs.versions = ("2.0", version)
        theirs.answering = calls_back(theirs)
        registered = start(planned.connection, theirs, report=steps.append)
    posted = next(asked for asked in theirs.asked if asked.method == "POST")
    assert posted.spelled == header("A", plain=version == "2.1.1").removeprefix("Token ")
    told = posted.body.get("roles") or [posted.body]
    assert {role["party_id"] for role in told} == ({"VLT"} if version == "2.1.1" else {"VLT", "VGO"})
    assert (registered.state, registered.version) == (ConnectionState.REGISTERED, version)
    assert Connection.objects.get(name="Nomad").token_out == theirs.token_c
    assert opens(posted.body["token"]) and not opens(planned.token)
    assert [step.title for step in steps] == ["Their versions", "Their endpoints", "Credentials", "Registered"]


def test_the_newest_version_that_both_have_is_taken_unless_one_is_asked_for(
    planned: services.Added, nomad_platform: Platform
) -> None:
    """V5, C14."""
    assert start(planned.connection, nomad_platform, version="2.2.1").version == "2.2.1"
    again = Connection.objects.get()
    services.new_registration_token(connection=again, at=cast.NOW)
    assert start(again, nomad_platform).version == "2.3.0"


def test_a_version_that_cannot_be_is_refused_before_anybody_is_called(
    planned: services.Added, nomad_platform: Platform
) -> None:
    Connection.objects.update(only_version="2.2.1")
    planned.connection.refresh_from_db()
    with pytest.raises(CannotRegister, match="limited to OCPI"):
        start(planned.connection, nomad_platform, version="2.3.0")
    with pytest.raises(CannotRegister, match="not spoken here"):
        start(planned.connection, nomad_platform, version="9.9")
    assert nomad_platform.asked == []


def only(spelling: str) -> Answering:
    """A platform that takes TOKEN_A in one spelling, and 401 otherwise."""
    wanted = header("A", plain=spelling == "plain")
    return lambda asked: Said(http=401, status=2000) if asked.headers["authorization"] != wanted else None


@pytest.mark.parametrize(
    ("version", "spelling", "quirks"),
    [
        ("2.2.1", "base64", {}),
        ("2.2.1", "plain", {"plain_token": True}),
        ("2.3.0", "plain", {"plain_token": True}),
        ("2.1.1", "plain", {}),
        ("2.1.1", "base64", {"base64_token": True}),
    ],
)
def test_the_token_is_tried_both_ways_and_what_worked_is_remembered_where_the_version_says_otherwise(
    planned: services.Added, nomad_platform: Platform, version: str, spelling: str, quirks: dict[str, bool]
) -> None:
    """T2, T3: Base64 first."""
    nomad_platform.versions = (version,)
    nomad_platform.answering = only(spelling)
    start(planned.connection, nomad_platform)
    tried = [asked.spelled for asked in nomad_platform.asked if asked.path == "/versions"]
    assert tried[0] == header("A").removeprefix("Token ")
    assert nomad_platform.asked[-1].spelled == header("A", plain=spelling == "plain").removeprefix("Token ")
    assert Connection.objects.get().quirks == quirks


def test_a_versions_endpoint_that_takes_both_says_nothing_about_the_rest(
    planned: services.Added, nomad_platform: Platform
) -> None:
    """T3: in 2.1.1 the token is sent as it is as soon as the version is known."""
    nomad_platform.versions = ("2.1.1",)
    strict = only("plain")
    nomad_platform.answering = lambda asked: None if asked.path == "/versions" else strict(asked)
    start(planned.connection, nomad_platform)
    assert [asked.path for asked in nomad_platform.asked] == ["/versions", "/2.1.1", "/2.1.1/credentials"]
    assert Connection.objects.get().quirks == {}


@pytest.mark.parametrize(
    ("answer", "why"),
    [
        (Said(http=401, status=2000, message="who are you"), "who are you"),
        (Said([]), "No version in common"),
        (Said(raw=b"<html>"), "not an OCPI envelope"),
        (Said(http=500, raw=b""), "HTTP 500"),
    ],
)
def test_a_platform_that_cannot_be_read_is_not_sent_our_credentials(
    planned: services.Added, nomad_platform: Platform, answer: Said, why: str
) -> None:
    """C6."""
    nomad_platform.answering = always(answer)
    with pytest.raises(CannotRegister, match=why):
        start(planned.connection, nomad_platform)
    assert nomad_platform.paths("POST") == []
    assert Connection.objects.get().state == ConnectionState.PLANNED and opens(planned.token)
    attempt = Attempt.objects.get()
    assert (attempt.ours, attempt.outcome) == (True, Outcome.FAILED) and why in attempt.answer


@pytest.mark.parametrize(
    ("party", "absent"),
    [("EMSP", ["tokens sender"]), ("CPO", ["locations sender", "cdrs sender"])],
)
def test_we_do_not_post_when_what_we_need_is_missing_and_say_what(
    db: None, nomad_platform: Platform, party: str, absent: list[str]
) -> None:
    """C7."""
    added = services.add(partner_name="Nomad", name="Nomad", parties_hosted=[("DE", "NMD", party)], at=cast.NOW)
    receivers = [one for one in nomad_platform.details("2.2.1")["endpoints"] if one["role"] == "RECEIVER"]
    nomad_platform.versions = ("2.2.1",)
    nomad_platform.answering = lambda asked: Said({"endpoints": receivers}) if asked.path == "/2.2.1" else None
    with pytest.raises(CannotRegister) as refusal:
        start(added.connection, nomad_platform)
    assert f"need of {party}: {', '.join(absent)}" in str(refusal.value)
    assert nomad_platform.paths("POST") == [] and opens(added.token)


def test_2_1_1_is_not_begun_with_a_partner_whose_role_nobody_knows(db: None, nomad_platform: Platform) -> None:
    added = services.add(partner_name="Nomad", name="Nomad", at=cast.NOW)
    with pytest.raises(CannotRegister, match="No party was announced"):
        start(added.connection, nomad_platform, version="2.1.1")
    assert nomad_platform.paths("POST") == []


@pytest.mark.parametrize(
    ("said", "why", "taken_back"),
    [
        (Said(http=405, status=2000, message="registered already"), "registered already", False),
        (Said(status=3001, message="we cannot reach you"), "we cannot reach you", False),
        (Said(http=500, raw=b"oops"), "not an OCPI envelope", False),
        (Said({"token": "C"}), "not valid.*roles", True),
        (Said({"token": "with space"}), "not valid", False),
        (Said(None), "not valid", False),
        (Said([{"token": "C"}]), "not valid", False),
        (None, "claim a party of somebody else", True),
    ],
)
def test_credentials_that_come_to_nothing_leave_nothing_at_either_side(
    planned: services.Added, nomad_platform: Platform, said: Said | None, why: str, taken_back: bool
) -> None:
    """C6, C10: the offered token is dead, theirs is good, and where they think that we are registered they are told."""
    cast.volta()
    nomad_platform.roles = ("EMSP DE*NMD", "CPO NL*VLT")
    if said:
        nomad_platform.answering = to("POST", said)
    with pytest.raises(CannotRegister, match=why):
        start(planned.connection, nomad_platform, version="2.2.1")
    offered = next(asked for asked in nomad_platform.asked if asked.method == "POST").body["token"]
    assert not opens(offered) and opens(planned.token)
    undone = [asked.token for asked in nomad_platform.asked if asked.method == "DELETE"]
    assert undone == ([(said.data["token"] if said else nomad_platform.token_c)] if taken_back else [])
    nomad = Connection.objects.get(name="Nomad")
    assert (nomad.state, nomad.token_out, nomad.endpoints) == (ConnectionState.PLANNED, "", [])
    assert Finding.objects.filter(code="party_taken").count() == (0 if said else 1)
    nomad_platform.answering, nomad_platform.roles = (lambda asked: None), ("EMSP DE*NMD",)
    register(planned, nomad_platform)


def test_a_platform_that_goes_down_while_it_is_told_leaves_nothing_here(
    planned: services.Added, nomad_platform: Platform
) -> None:
    """C6."""

    def dies(asked: Asked) -> Said | None:
        if asked.method == "POST":
            return Said({"token": "C"})
        return Said(http=503) if asked.method == "DELETE" else None

    nomad_platform.answering = dies
    with pytest.raises(CannotRegister):
        start(planned.connection, nomad_platform)
    told = {step["title"]: step["answer"] for step in Attempt.objects.get().steps}
    assert "could not be told" in told["Taken back"]
    assert "ask them to end that" in Attempt.objects.get().answer
    assert Connection.objects.get().state == ConnectionState.PLANNED


@pytest.mark.parametrize(
    "said", [Said({"token": "C-of-theirs"}, http=500, status=3000), Said({"token": "C-of-theirs"}, status=9)]
)
def test_a_registration_that_they_may_hold_is_taken_back_where_their_answer_has_a_token(
    planned: services.Added, nomad_platform: Platform, said: Said
) -> None:
    """C6, T3: in the spelling that they take."""
    strict = only("plain")
    nomad_platform.versions = ("2.2.1",)

    def answering(asked: Asked) -> Said | None:
        if asked.method == "DELETE":
            return None
        return strict(asked) or (said if asked.method == "POST" else None)

    nomad_platform.answering = answering
    with pytest.raises(CannotRegister):
        start(planned.connection, nomad_platform)
    undone = [asked.spelled for asked in nomad_platform.asked if asked.method == "DELETE"]
    assert undone == (["C-of-theirs"] if said.http == 500 else [])
    assert opens(planned.token)


def test_after_no_answer_people_are_told_that_they_may_hold_us_for_registered(
    planned: services.Added, nomad_platform: Platform, settings: Settings
) -> None:
    """C6."""
    settings.PARTNER_TIMEOUT_SECONDS = 0.3
    nomad_platform.answering = lambda asked: sleep(0.8) if asked.method == "POST" else None
    with pytest.raises(CannotRegister, match=r"They may hold us for registered now.* Try again with the same"):
        start(planned.connection, nomad_platform)
    assert "did not answer within 0.3 seconds" in Attempt.objects.get().answer
    assert Connection.objects.get().state == ConnectionState.PLANNED and opens(planned.token)


def test_a_fault_of_ours_after_their_answer_is_taken_back_too(
    planned: services.Added, nomad_platform: Platform
) -> None:
    """C6: what they say of themselves is valid, and cannot be stored."""
    body = nomad_platform.credentials("C-of-theirs")
    body["roles"][0]["business_details"]["more"] = "nul\0"
    nomad_platform.answering = to("POST", Said(body))
    with pytest.raises(CannotRegister, match="its log says why"):
        start(planned.connection, nomad_platform, version="2.2.1")
    assert [asked.token for asked in nomad_platform.asked if asked.method == "DELETE"] == ["C-of-theirs"]
    assert Connection.objects.get().state == ConnectionState.PLANNED and opens(planned.token)


@pytest.mark.django_db(transaction=True)
def test_a_partner_that_registers_with_us_while_we_register_with_it_ends_our_attempt(
    planned: services.Added, nomad_platform: Platform
) -> None:
    """C11: what it began holds."""

    def overtakes(asked: Asked) -> None:
        if asked.method == "POST":
            nomad_platform.answering = lambda asked: None
            register(planned, nomad_platform, "by-their-own")
            database.close()

    nomad_platform.answering = overtakes
    with pytest.raises(CannotRegister, match="meanwhile; that holds"):
        start(planned.connection, nomad_platform)
    assert Connection.objects.get().token_out == "by-their-own"


def test_one_that_is_registered_is_not_registered_again(planned: services.Added, nomad_platform: Platform) -> None:
    """C2, also on old knowledge."""
    register(planned, nomad_platform)
    asked = len(nomad_platform.asked)
    with pytest.raises(CannotRegister, match="registered already"):
        start(Connection.objects.get(), nomad_platform)
    assert len(nomad_platform.asked) == asked
    with pytest.raises(CannotRegister, match="meanwhile"):
        start(planned.connection, nomad_platform)
    assert nomad_platform.paths("POST") == []


def test_a_private_address_is_not_called_unless_allowed(planned: services.Added, settings: Settings) -> None:
    """T109."""
    settings.ALLOW_PRIVATE_PARTNERS = False
    with platform() as theirs:
        with pytest.raises(CannotRegister, match="not a public address"):
            start(planned.connection, theirs)
        assert theirs.asked == []
    for url in ("http://10.0.0.1/v", "http://[::ffff:127.0.0.1]/v", "ftp://nomad.example/v", "nonsense", ""):
        with pytest.raises(CannotRegister, match="cannot be used"):
            start(planned.connection, theirs, versions_url=url)
    assert opens(planned.token)
