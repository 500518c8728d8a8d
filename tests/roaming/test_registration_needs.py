"""What a platform has to list depends on who of ours could use it; without it nothing begins, and nothing ends (C7)."""

from collections.abc import Iterator
from typing import Any

import pytest

from partners.connections import services
from partners.connections.models import Connection, ConnectionState
from roaming.findings.models import Finding
from roaming.kernel import clock
from roaming.ocpi.modules import Interface, offered_to
from roaming.registration import leaving, rotation
from roaming.registration.models import Attempt
from roaming.registration.starting import CannotRegister
from tests import cast
from tests.roaming.handshake import CREDENTIALS, call, opens, register, role, works_with
from tests.roaming.platform import Asked, Platform, Said, platform
from tests.roaming.test_registration_starting import start

LOCATIONS, TARIFFS, CDRS, TOKENS = ((module, "SENDER") for module in ("locations", "tariffs", "cdrs", "tokens"))


def listing(theirs: Platform, *interfaces: Interface) -> None:
    """From now on its details list these and credentials, in every version."""

    def answering(asked: Asked) -> Said | None:
        version = asked.path.strip("/")
        if version not in theirs.versions:
            return None
        door = {"identifier": "credentials", "role": "SENDER", "url": theirs._door(version)}
        listed = [
            {"identifier": module, "role": side, "url": f"{theirs.url}/{side.lower()}/{module}"}
            for module, side in interfaces
        ]
        return Said({"version": version, "endpoints": [door, *listed]})

    theirs.answering = answering


def announced(*roles: str) -> services.Added:
    """Nomad in these roles."""
    hosted = [("DE", "NMD", role) for role in roles]
    return services.add(partner_name="Nomad", name="Nomad", parties_hosted=hosted, at=cast.NOW)


def post(added: services.Added, theirs: Platform) -> dict[str, Any]:
    return call("POST", CREDENTIALS, added.token, theirs.credentials("nomad-B"))[1]


@pytest.fixture
def voltas_portal() -> Iterator[Platform]:
    """A portal like ours: it hosts a CPO and an eMSP, and lists the other halves of what the caller has, an eMSP."""
    with platform("CPO NL*VLT", "EMSP NL*VGO") as theirs:
        theirs.versions = ("2.2.1", "2.3.0")
        listing(theirs, *offered_to(["EMSP"], "2.2.1"))
        yield theirs


def test_two_portals_renew_their_tokens_change_the_version_and_begin_anew(db: None, voltas_portal: Platform) -> None:
    """C3, C7: Nomad's portal, an eMSP's, added Volta as a CPO, and learns on the way that it is an eMSP too."""
    cast.connection("Nomad", "EMSP DE*NMD", own=True)
    added = services.add(partner_name="Volta", name="Volta", parties_hosted=[("NL", "VLT", "CPO")], at=cast.NOW)
    volta = start(added.connection, voltas_portal, version="2.2.1")
    assert {party.code for party in volta.parties.all()} == {"NL*VLT", "NL*VGO"}
    for version in ("", "2.3.0", "2.2.1"):
        volta = rotation.rotate(connection=Connection.objects.get(name="Volta"), version=version, at=clock.now())
    assert len(voltas_portal.paths("PUT")) == 3
    leaving.unregister(connection=volta, at=clock.now())
    again = start(Connection.objects.get(name="Volta"), voltas_portal)
    assert (again.state, again.version) == (ConnectionState.REGISTERED, "2.3.0")
    assert not Finding.objects.exists()


@pytest.mark.parametrize(
    ("ours", "theirs", "listed", "missing"),
    [
        ("EMSP", ["CPO"], [LOCATIONS], "CPO: cdrs sender"),
        ("EMSP", ["CPO"], [TARIFFS], "CPO: locations sender, cdrs sender"),
        ("CPO", ["EMSP"], [("cdrs", "RECEIVER")], "EMSP: tokens sender"),
        ("EMSP", ["CPO", "EMSP"], [TOKENS, CDRS], "CPO: locations sender"),
        ("", ["CPO"], [LOCATIONS], "CPO: cdrs sender"),
    ],
)
def test_without_what_we_need_nothing_begins_whoever_starts(
    db: None, nomad_platform: Platform, ours: str, theirs: list[str], listed: list[Interface], missing: str
) -> None:
    """C7: 3003 to who starts at ours; where we start, our credentials are not sent and people are told."""
    if ours:
        cast.connection("Volta", f"{ours} NL*VLT", own=True)
    added = announced(*theirs)
    nomad_platform.roles = tuple(f"{role} DE*NMD" for role in theirs)
    nomad_platform.versions = ("2.2.1",)
    listing(nomad_platform, *listed)
    envelope = post(added, nomad_platform)
    assert envelope["status_code"] == 3003
    assert f"do not list what we need of {missing}. Nothing was stored" in envelope["status_message"]
    with pytest.raises(CannotRegister, match=f"what we need of {missing}. Our credentials were not sent"):
        start(added.connection, nomad_platform)
    assert nomad_platform.paths("POST") == []
    finding = Finding.objects.get()
    assert finding.code == "endpoints_missing" and f"{missing}. Our credentials were not sent" in finding.sentence
    nomad = Connection.objects.get(name="Nomad")
    assert (nomad.state, nomad.token_out, nomad.endpoints) == (ConnectionState.PLANNED, "", [])
    assert opens(added.token)
    nomad_platform.answering = lambda asked: None
    register(added, nomad_platform)


@pytest.mark.parametrize("ours", ["EMSP", "NSP"])
def test_what_nobody_of_ours_could_use_is_not_needed(db: None, nomad_platform: Platform, ours: str) -> None:
    """C7: tokens are for a CPO, until an agreement joins one to them."""
    cast.connection("Volta", f"{ours} NL*VGO", own=True)
    added = announced("EMSP")
    nomad_platform.versions = ("2.2.1",)
    listing(nomad_platform, ("cdrs", "RECEIVER"))
    register(added, nomad_platform)
    assert not Finding.objects.exists()
    cast.polder()
    cast.agreement("NL*PLD", "DE*NMD")
    rotation.rotate(connection=Connection.objects.get(name="Nomad"), at=clock.now())
    assert "EMSP: tokens sender" in Finding.objects.get().sentence


def test_a_role_that_is_not_open_to_us_yet_does_not_keep_the_other_out(db: None, nomad_platform: Platform) -> None:
    """C7: a platform may list only what the parties that it knows of us can use; people are told what is missing."""
    cast.volta()
    added = announced("EMSP")
    nomad_platform.roles = ("EMSP DE*NMD", "CPO DE*NMD")
    listing(nomad_platform, TOKENS)
    envelope = post(added, nomad_platform)
    assert envelope["status_code"] == 1000, envelope
    assert "CPO: locations sender, cdrs sender" in Finding.objects.get().sentence
    assert "CPO: locations sender, cdrs sender" in Attempt.objects.get().answer


def test_one_that_is_registered_gets_new_tokens_though_something_is_missing_and_people_are_told_once(
    planned: services.Added, nomad_platform: Platform
) -> None:
    """C3, C7: in a rotation by either side, and in another version."""
    cast.volta()
    nomad_platform.versions = ("2.2.1", "2.3.0")
    token = register(planned, nomad_platform)
    listing(nomad_platform, ("cdrs", "RECEIVER"))
    put = call("PUT", CREDENTIALS, token, nomad_platform.credentials("nomad-B2"))[1]
    assert put["status_code"] == 1000 and works_with(put["data"]["token"])
    for version in ("", "2.3.0"):
        nomad = Connection.objects.get(name="Nomad")
        rotated = rotation.rotate(connection=nomad, version=version, at=clock.now())
    assert (rotated.version, rotated.token_out) == ("2.3.0", nomad_platform.token_c)
    told = {step["title"]: step["answer"] for step in Attempt.objects.filter(ours=True)[0].steps}
    assert told["Missing at theirs"].startswith("Nomad does not list what we need of EMSP: tokens sender.")
    assert Finding.objects.get().sentence == told["Missing at theirs"]


def test_of_our_own_back_end_we_need_what_anybody_could_use(db: None, nomad_platform: Platform) -> None:
    """C7: we are the hub in front of it."""
    added = services.add(
        partner_name="Volta", name="Volta", own=True, parties_hosted=[("NL", "VLT", "CPO")], at=cast.NOW
    )
    listing(nomad_platform, LOCATIONS)
    sent = nomad_platform.credentials("B") | {"roles": [role(role="CPO", country_code="NL", party_id="VLT")]}
    assert call("POST", CREDENTIALS, added.token, sent)[1]["status_code"] == 3003
    assert Connection.objects.get().state == ConnectionState.PLANNED
