"""The life of a connection."""

import json
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.db import IntegrityError, connection

from partners.agreements.models import Agreement
from partners.connections import selectors, services
from partners.connections.models import Connection, ConnectionState, TokenKind
from partners.parties.models import Party
from partners.parties.services import PartyTaken
from partners.partners.models import Partner
from tests import cast

pytestmark = pytest.mark.django_db


def test_the_command_prints_a_one_time_token_that_identifies_the_connection() -> None:
    out = StringIO()
    call_command("add_connection", name="Sim", role=["EMSP"], party=["de*sim"], json=True, stdout=out)
    answer = json.loads(out.getvalue())
    assert set(answer) == {"connection", "token", "versions_url"}
    found = selectors.by_token(answer["token"], cast.NOW)
    assert found is not None and found.name == "Sim" == answer["connection"]
    assert found.token_in_kind == TokenKind.REGISTRATION
    assert found.state == ConnectionState.PLANNED
    assert [str(party) for party in found.parties.all()] == ["DE*SIM"]


def test_the_token_is_kept_as_a_hash_and_the_one_we_send_encrypted() -> None:
    nomad = cast.nomad(url="http://nomad.example")
    with connection.cursor() as cursor:
        cursor.execute("SELECT * FROM partners_connection")
        stored = str(cursor.fetchall())
    assert cast.token("Nomad") not in stored and "Nomad-gave-us-this" not in stored
    assert Connection.objects.get(pk=nomad.pk).token_out == "Nomad-gave-us-this"


def test_a_party_of_another_connection_cannot_be_taken_over() -> None:
    cast.nomad()
    with pytest.raises(PartyTaken, match=r"DE\*NMD as EMSP belongs to another connection"):
        services.add(partner_name="Thief", name="Thief", parties_hosted=[("DE", "NMD", "EMSP")], at=cast.NOW)
    assert not Connection.objects.filter(name="Thief").exists()
    assert Party.objects.count() == 1


def test_a_name_is_taken_in_any_letter_case() -> None:
    cast.nomad()
    with pytest.raises(CommandError, match="named “NOMAD” exists already"):
        call_command("add_connection", name="NOMAD", role=["EMSP"], party=["DE*NM2"])


@pytest.mark.parametrize("name", ["-5", "-Nomad", "--json", " - ", "-"])
def test_a_name_that_would_be_taken_for_an_option_is_refused(name: str) -> None:
    with pytest.raises(services.CannotAdd, match="does not begin with “-”"):
        services.add(partner_name="Nomad", name=name, at=cast.NOW)
    nomad = cast.nomad()
    with pytest.raises(services.CannotAdd, match="does not begin with “-”"):
        services.change(connection=nomad, name=name, only_version="", face=None, requests_per_minute=None)
    assert [found.name for found in Connection.objects.all()] == ["Nomad"]


@pytest.mark.parametrize("name", ["", "  ", "x" * 101, "No\nmad"])
def test_a_name_that_is_none_is_refused_with_a_sentence(name: str) -> None:
    for options in ({"name": name}, {"name": "Nomad", "partner": name or " "}):
        with pytest.raises(CommandError, match="A name is a line of 1 to 100 characters"):
            call_command("add_connection", role=["EMSP"], party=["DE*NMD"], **options)
    assert not Connection.objects.exists() and not Partner.objects.exists()


def test_a_party_without_a_role_and_a_role_without_a_party_are_refused_with_a_sentence() -> None:
    with pytest.raises(CommandError, match="Say with --role"):
        call_command("add_connection", name="Sim", party=["DE*SIM"])
    with pytest.raises(CommandError, match="Say with --party"):
        call_command("add_connection", name="Sim", role=["EMSP"])
    with pytest.raises(CommandError, match="is not a party"):
        call_command("add_connection", name="Sim", role=["EMSP"], party=["Germany"])
    assert not Connection.objects.exists()


def test_a_rotated_token_replaces_the_old_one_at_once() -> None:
    nomad = cast.nomad(url="http://nomad.example")
    fresh = services.new_registration_token(connection=nomad, at=cast.NOW)
    assert selectors.by_token(cast.token("Nomad"), cast.NOW) is None
    assert selectors.by_token(fresh, cast.NOW) == nomad
    nomad.refresh_from_db()
    assert nomad.state == ConnectionState.PLANNED


def test_unregistering_kills_both_tokens_and_keeps_the_parties() -> None:
    nomad = cast.nomad(url="http://nomad.example")
    services.unregister(connection=nomad, at=cast.NOW)
    nomad.refresh_from_db()
    assert selectors.by_token(cast.token("Nomad"), cast.NOW) is None
    assert nomad.token_out == "" and nomad.endpoints == [] and not nomad.reachable
    assert nomad.parties.count() == 1


def test_the_database_refuses_two_connections_with_one_token() -> None:
    nomad, cleo = cast.nomad(), cast.cleo()
    with pytest.raises(IntegrityError, match="partners_connection_token_identifies_one"):
        Connection.objects.filter(pk=cleo.pk).update(token_in_hash=nomad.token_in_hash)


def test_one_connection_of_2_1_1_is_not_planned_with_both_roles() -> None:
    """C1: its token could never work."""
    both = [("DE", "NMD", "EMSP"), ("DE", "NMD", "CPO")]
    with pytest.raises(CommandError, match=r"“Nomad” hosts both CPO and EMSP, .* gets two connections, one for each"):
        call_command("add_connection", name="Nomad", role=["CPO", "EMSP"], party=["DE*NMD"], version="2.1.1")
    assert not Connection.objects.exists() and not Partner.objects.exists()
    nomad = services.add(partner_name="Nomad", name="Nomad", parties_hosted=both, at=cast.NOW).connection
    with pytest.raises(services.CannotAdd, match="gets two connections"):
        services.change(connection=nomad, name="Nomad", only_version="2.1.1", face=None, requests_per_minute=None)
    assert Connection.objects.get().only_version == ""


@pytest.mark.parametrize("code", ["XX*GGH", "zz*abc", "UK*ABC", "XA*ABC", "QO*ABC"])
def test_a_party_of_no_country_is_not_declared(code: str) -> None:
    with pytest.raises(CommandError, match=rf"{code[:2].upper()} is no country\. Write the two letters"):
        call_command("add_connection", name="Nomad", role=["EMSP"], party=[code])
    nomad = services.add(partner_name="Nomad", name="Nomad", at=cast.NOW).connection
    with pytest.raises(services.CannotAdd, match="is no country"):
        services.host_parties(connection=nomad, codes=[(code[:2], code[3:], "EMSP")])
    assert not Party.objects.exists()


@pytest.mark.parametrize(("role", "partner"), [("EMSP", "Nomad"), ("EMSP", "Thief"), ("CPO", "Thief")])
def test_people_of_ours_are_told_which_connection_has_a_party(role: str, partner: str) -> None:
    """C10: partners are not."""
    cast.nomad()
    with pytest.raises(CommandError, match=r"belongs to another .*\. The connection “Nomad” has it\."):
        call_command("add_connection", name="Thief", partner=partner, role=[role], party=["DE*NMD"])
    assert Party.objects.get().connection.name == "Nomad"
    assert not Connection.objects.filter(name="Thief").exists()


@pytest.mark.parametrize("option", ["--payment-days", "--history-days"])
@pytest.mark.parametrize("days", ["-3", "1.5", "many", "40000"])
def test_days_of_an_agreement_are_refused_by_the_name_of_their_option(option: str, days: str) -> None:
    cast.volta()
    cast.nomad()
    arguments = ["--cpo", "NL*VLT", "--emsp", "DE*NMD", "--from", "2026-01-01"]
    with pytest.raises(CommandError, match=rf"argument {option}: write a whole number of days from 0 .* not “{days}”"):
        call_command("add_agreement", *arguments, f"{option}={days}")
    assert not Agreement.objects.exists()
