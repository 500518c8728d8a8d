"""Connections on the command line: planned, registered, rotated, ended, and what a person reads when it cannot be."""

import json
from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from partners.connections import selectors, services
from partners.connections.models import Connection, ConnectionState, TokenKind
from partners.parties.models import Party, PartyRole
from tests import cast
from tests.roaming.handshake import always, opens, register, to, works_with
from tests.roaming.platform import Platform, Said


def run(*arguments: str) -> str:
    """What a command prints."""
    out = StringIO()
    call_command(*arguments, stdout=out)
    return out.getvalue()


def told(*arguments: str) -> Any:
    return json.loads(run(*arguments, "--json"))


@pytest.mark.django_db
def test_a_connection_is_planned_with_parties_and_a_one_time_token() -> None:
    answer = told("add_connection", "--name", "Sim", "--role", "EMSP", "--role", "CPO", "--party", "de*sim")
    assert set(answer) == {"connection", "token", "versions_url"}
    assert answer["versions_url"] == "http://127.0.0.1:8000/ocpi/versions"
    found = selectors.by_token(answer["token"], cast.NOW)
    assert found is not None and found == selectors.find(answer["connection"])
    assert (found.state, found.token_in_kind, found.own) == (ConnectionState.PLANNED, TokenKind.REGISTRATION, False)
    assert [(party.code, party.role) for party in found.parties.all()] == [("DE*SIM", "CPO"), ("DE*SIM", "EMSP")]


@pytest.mark.django_db
@pytest.mark.parametrize("role", PartyRole.values)
def test_every_role_of_a_party_can_be_told(role: str) -> None:
    told("add_connection", "--name", "Sim", "--role", role.lower(), "--party", "DE*SIM", "--own")
    assert (Party.objects.get().role, Connection.objects.get().own) == (role, True)


@pytest.mark.django_db
def test_a_version_and_a_face_can_be_told() -> None:
    cast.volta()
    arguments = ["--name", "Sim", "--role", "EMSP", "--party", "DE*SIM", "--version", "2.1.1", "--face", "nl*vlt"]
    told("add_connection", *arguments)
    sim = Connection.objects.get(name="Sim")
    assert (sim.only_version, sim.face) == ("2.1.1", cast.party("NL*VLT", "CPO"))
    with pytest.raises(CommandError, match=r"nobody here hosts NL\*VGO on the other side"):
        told("add_connection", "--name", "Two", "--role", "EMSP", "--party", "DE*TWO", "--face", "NL*VGO")
    with pytest.raises(CommandError, match=r"invalid choice: '2\.2'"):
        told("add_connection", "--name", "Two", "--version", "2.2")
    assert not Connection.objects.filter(name="Two").exists()


@pytest.mark.django_db
def test_a_name_of_digits_would_be_taken_for_a_number() -> None:
    with pytest.raises(CommandError, match="needs a letter"):
        told("add_connection", "--name", "42")
    nomad = cast.nomad()
    assert selectors.find(str(nomad.pk)) == selectors.find(" NOMAD ") == nomad
    assert selectors.find("9" * 40) is None and selectors.find("") is None


@pytest.mark.parametrize("by", ["name", "number"])
def test_a_partner_that_gave_us_a_token_is_registered_with(
    planned: services.Added, nomad_platform: Platform, by: str
) -> None:
    """C14: the id is what add_connection printed, or its number."""
    name = "nomad" if by == "name" else str(planned.connection.pk)
    url = f"{nomad_platform.url}/versions"
    answer = told("register_connection", name, "--versions-url", url, "--token-a", "A", "--version", "2.2.1")
    assert (answer["connection"], answer["version"], answer["parties"]) == ("Nomad", "2.2.1", ["DE*NMD EMSP"])
    assert {"identifier": "cdrs", "role": "RECEIVER", "url": f"{nomad_platform.url}/receiver/cdrs"} in answer[
        "endpoints"
    ]


def test_each_step_is_said(planned: services.Added, nomad_platform: Platform) -> None:
    """C14."""
    url = f"{nomad_platform.url}/versions"
    lines = run("register_connection", "Nomad", "--versions-url", url, "--token-a", "A").splitlines()
    assert [line.partition(":")[0] for line in lines] == [
        "Their versions",
        "Their endpoints",
        "Credentials",
        "Registered",
    ]
    assert "2.3.0" in lines[-1] and "DE*NMD as EMSP" in lines[-1]


def test_tokens_are_renewed_and_the_version_changed(planned: services.Added, nomad_platform: Platform) -> None:
    """C3, C12."""
    old = register(planned, nomad_platform)
    nomad_platform.token_c = "their-C2"
    assert told("rotate_connection", "Nomad") == {"connection": "Nomad", "version": "2.2.1"}
    assert told("rotate_connection", "Nomad", "--version", "2.3.0") == {"connection": "Nomad", "version": "2.3.0"}
    assert works_with(nomad_platform.asked[-1].body["token"], "2.3.0") and not opens(old)
    assert "good until they use the new one" in run("rotate_connection", "Nomad")


@pytest.mark.parametrize(
    ("answer", "why"),
    [
        (None, "They confirmed it."),
        (Said(http=500, raw=b"oops"), "They did not confirm it: The answer (HTTP 500) is not an OCPI envelope."),
        (Said(http=405, status=2000), "They did not confirm it: HTTP 405, OCPI 2000."),
    ],
)
def test_we_leave_whatever_they_answer_and_say_what_it_was(
    planned: services.Added, nomad_platform: Platform, answer: Said | None, why: str
) -> None:
    """C5."""
    token = register(planned, nomad_platform)
    if answer:
        nomad_platform.answering = always(answer)
    assert run("unregister_connection", "Nomad").strip().endswith(why)
    assert (nomad_platform.asked[-1].method, nomad_platform.asked[-1].path) == ("DELETE", "/credentials")
    nomad = Connection.objects.get()
    assert (nomad.state, nomad.token_out, nomad.endpoints) == (ConnectionState.PLANNED, "", [])
    assert not opens(token)
    with pytest.raises(CommandError, match="is not registered"):
        run("unregister_connection", "Nomad")


def test_we_leave_a_platform_that_is_gone(planned: services.Added, nomad_platform: Platform) -> None:
    """C5."""
    register(planned, nomad_platform)
    nomad_platform.down()
    assert "cannot be reached" in told("unregister_connection", "Nomad")["answer"]
    assert Connection.objects.get().state == ConnectionState.PLANNED


def test_we_leave_a_suspended_one_and_one_without_an_address(db: None) -> None:
    nomad = cast.nomad(url="http://nomad.invalid")
    services.suspend(connection=nomad)
    assert "no address" in told("unregister_connection", "Nomad")["answer"]
    assert Connection.objects.get().state == ConnectionState.PLANNED


@pytest.mark.parametrize("command", ["register_connection", "rotate_connection", "unregister_connection"])
def test_what_cannot_be_is_said_in_a_sentence(db: None, command: str) -> None:
    options = ["--versions-url", "http://x.example", "--token-a", "A"] if command == "register_connection" else []
    with pytest.raises(CommandError, match="make it with add_connection first"):
        run(command, "Nobody", *options)
    services.add(partner_name="Nomad", name="Nomad", at=cast.NOW)
    if command == "register_connection":
        for broken in ("", "A B", "tökên", "A" * 65):
            with pytest.raises(CommandError, match="--token-a must be"):
                run(command, "Nomad", "--versions-url", "http://x.example", "--token-a", broken)
        with pytest.raises(CommandError, match="not an absolute"):
            run(command, "Nomad", "--versions-url", "nonsense", "--token-a", "A")
    else:
        with pytest.raises(CommandError, match="Nomad is"):
            run(command, "Nomad")
    assert Connection.objects.get().state == ConnectionState.PLANNED


@pytest.mark.django_db
def test_two_parties_are_joined_by_an_agreement_in_force() -> None:
    cast.volta()
    told("add_connection", "--name", "Nomad", "--role", "EMSP", "--party", "DE*NMD")
    answer = told("add_agreement", "--cpo", "NL*VLT", "--emsp", "DE*NMD", "--from", "2026-01-01")
    assert (answer["cpo"], answer["emsp"], answer["state"]) == ("NL*VLT", "DE*NMD", "active")


def test_an_offered_token_is_withdrawn_by_a_person_who_asked_them(
    planned: services.Added, nomad_platform: Platform
) -> None:
    """C12."""
    token = register(planned, nomad_platform)
    nomad_platform.answering = to("PUT", Said(http=500, raw=b"oops"))
    with pytest.raises(CommandError, match="It is not known whether Nomad took our new token"):
        run("rotate_connection", "Nomad")
    with pytest.raises(CommandError, match="goes without --version"):
        run("rotate_connection", "Nomad", "--withdraw", "--version", "2.2.1")
    assert "Withdrawn: The token that they were offered last is dead" in run("rotate_connection", "Nomad", "--withdraw")
    with pytest.raises(CommandError, match="there is none to withdraw"):
        run("rotate_connection", "Nomad", "--withdraw", "--json")
    assert works_with(token)
    nomad_platform.answering = lambda asked: None
    assert told("rotate_connection", "Nomad")["version"] == "2.2.1"
