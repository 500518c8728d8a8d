"""OCPI 2.1.1 knows one party on each side, and no roles: who is who is decided here (C1, V2)."""

import pytest

from partners.connections import services
from partners.connections.models import Connection, ConnectionState
from tests import cast
from tests.roaming.handshake import call, door, opens, register
from tests.roaming.platform import Platform

DOOR = door("2.1.1")


def add(*parties: tuple[str, str, str], **options: object) -> services.Added:
    return services.add(partner_name="Nomad", name="Nomad", parties_hosted=parties, at=cast.NOW, **options)  # type: ignore[arg-type]


def test_its_party_has_the_role_that_was_declared(planned: services.Added, nomad_platform: Platform) -> None:
    """C1: and keeps the business details that it sent."""
    register(planned, nomad_platform, version="2.1.1")
    party = Connection.objects.get().parties.get()
    assert (party.code, party.role, party.business_details) == ("DE*NMD", "EMSP", {"name": "DE*NMD"})


def test_the_details_list_each_module_once_and_without_a_role(planned: services.Added) -> None:
    """V2, V6."""
    endpoints = call("GET", "/ocpi/2.1.1", planned.token)[1]["data"]["endpoints"]
    modules = [entry["identifier"] for entry in endpoints]
    assert sorted(modules) == ["cdrs", "commands", "credentials", "locations", "sessions", "tariffs", "tokens"]
    assert all(set(entry) == {"identifier", "url"} for entry in endpoints)
    urls = {entry["identifier"]: entry["url"] for entry in endpoints}
    assert urls["cdrs"].endswith("/2.1.1/sender/cdrs") and urls["tokens"].endswith("/2.1.1/receiver/tokens")


@pytest.mark.parametrize(
    ("parties", "why"),
    [
        ((), "No party was announced"),
        ((("DE", "NMX", "EMSP"),), "DE*NMD was not announced"),
        ((("DE", "NMD", "EMSP"), ("DE", "NMC", "CPO")), "gets two connections"),
        ((("DE", "NMD", "EMSP"), ("DE", "NMD", "CPO")), "gets two connections"),
        ((("DE", "NMD", "OTHER"),), "No party was announced"),
    ],
)
def test_a_party_whose_role_nobody_knows_is_refused(
    db: None, parties: tuple[tuple[str, str, str], ...], why: str, nomad_platform: Platform
) -> None:
    """C8: with a sentence that says what to do."""
    added = add(*parties)
    status, envelope = call("POST", DOOR, added.token, nomad_platform.credentials("B", "2.1.1"))
    assert (status, envelope["status_code"]) == (200, 2001)
    assert why in envelope["status_message"]
    assert nomad_platform.asked == [] and Connection.objects.get().state == ConnectionState.PLANNED
    assert opens(added.token)


def test_a_connection_with_both_roles_is_shown_no_module_that_would_mean_two(db: None) -> None:
    """V2."""
    added = add(("DE", "NMD", "EMSP"), ("DE", "NMC", "CPO"))
    endpoints = call("GET", "/ocpi/2.1.1", added.token)[1]["data"]["endpoints"]
    assert [entry["identifier"] for entry in endpoints] == ["credentials"]


def test_two_connections_are_one_partner_with_both_roles(db: None) -> None:
    """C9: the same code in two roles."""
    for role in ("CPO", "EMSP"):
        services.add(partner_name="Nomad", name=f"Nomad {role}", parties_hosted=[("DE", "NMD", role)], at=cast.NOW)
    assert Connection.objects.filter(partner__name="Nomad").count() == 2


def test_we_show_the_one_party_on_the_other_side(planned: services.Added) -> None:
    """C4: the first of ours, the one that an agreement joins to it, the one that was chosen."""
    told = call("GET", DOOR, planned.token)[1]["data"]
    assert (told["country_code"], told["party_id"]) == ("NL", "RBO")  # nobody else is there to be shown
    cast.volta()
    told = call("GET", DOOR, planned.token)[1]["data"]
    assert set(told) == {"token", "url", "business_details", "country_code", "party_id"}
    assert (told["party_id"], told["business_details"]) == ("VLT", {"name": "Volta"})
    cast.polder()
    cast.agreement("NL*PLD", "DE*NMD")
    assert call("GET", DOOR, planned.token)[1]["data"]["party_id"] == "PLD"
    Connection.objects.filter(name="Nomad").update(face=cast.party("NL*VLT", "CPO"))
    assert call("GET", DOOR, planned.token)[1]["data"]["party_id"] == "VLT"


def test_a_face_is_never_a_party_of_the_platform_itself(planned: services.Added) -> None:
    with pytest.raises(services.CannotAdd, match="a party of Nomad itself"):
        services.change(
            connection=planned.connection,
            name="Nomad",
            only_version="",
            face=planned.connection.parties.get(),
            requests_per_minute=None,
        )
    assert Connection.objects.get().face is None


def test_credentials_of_a_later_version_are_2001_here_and_the_other_way(
    planned: services.Added, nomad_platform: Platform
) -> None:
    """C8."""
    assert call("POST", DOOR, planned.token, nomad_platform.credentials("B", "2.2.1"))[1]["status_code"] == 2001
    assert (
        call("POST", door("2.2.1"), planned.token, nomad_platform.credentials("B", "2.1.1"))[1]["status_code"] == 2001
    )
    assert nomad_platform.asked == []
