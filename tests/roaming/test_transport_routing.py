"""Routing headers: read, checked against parties and agreements, answered, and obeyed."""

import pytest
from django.test import Client
from pytest_django import Settings

from partners.agreements import services as agreements
from partners.connections.models import Connection
from roaming.exchange.models import Push
from roaming.kernel import clock
from roaming.ocpi.client import OcpiClient
from roaming.tariffs.models import Tariff
from tests import cast, wire
from tests.roaming.calls import Caller, Reply
from tests.roaming.platform import Platform

LIST = "/sender/tariffs"
pytestmark = pytest.mark.django_db


@pytest.fixture
def two_cpos(nomad: Connection) -> None:
    """Volta and Polder each have a tariff that Nomad may read."""
    cast.polder(url="http://polder.invalid")
    cast.agreement("NL*PLD", "DE*NMD")
    for name, party in (("Volta", "VLT"), ("Polder Laden", "PLD")):
        tariff = {**wire.load("tariff_ac22"), "party_id": party, "id": f"{party}-22"}
        assert Caller(name).put(f"/receiver/tariffs/NL/{party}/{party}-22", tariff).http == 201


def said(word: str, code: str) -> dict[str, str]:
    return {f"OCPI_{word}_country_code": code[:2], f"OCPI_{word}_party_id": code[3:]}


def get(path: str = LIST, version: str = "2.2.1", name: str = "Nomad", **routing: str) -> Reply:
    return Caller(name, version, **routing).get(path)


def owners(reply: Reply) -> list[str]:
    return [tariff["party_id"] for tariff in reply.data]


def answered(reply: Reply) -> dict[str, str]:
    return {name.lower(): value for name, value in reply.headers.items() if name.lower().startswith("ocpi-")}


@pytest.mark.parametrize(("given", "kept"), [("their-chain", True), ("x" * 101, False), ("", False)])
def test_what_is_passed_on_keeps_the_correlation_id_of_the_request(nomad: Connection, given: str, kept: bool) -> None:
    """T12: if it fits; what nobody's request began, and each push of another request, has one of its own."""
    tariff = wire.load("tariff_ac22")
    path = f"/receiver/tariffs/NL/VLT/{tariff['id']}"
    Caller("Volta", X_Correlation_ID=given).put(path, tariff)
    sent = Push.objects.get()
    assert (sent.correlation_id == given) == kept and 0 < len(sent.correlation_id) <= 100
    Caller("Volta").put(path, tariff | {"currency": "SEK", "last_updated": "2026-11-30T00:00:00Z"})
    again = Push.objects.get()
    assert again.pk == sent.pk and again.correlation_id not in {given, sent.correlation_id}
    assert again.edition != sent.edition


@pytest.mark.parametrize("header", ["from_country_code", "from_party_id", "to_country_code", "to_party_id"])
def test_half_a_pair_is_refused_and_the_other_half_is_named(nomad: Connection, header: str) -> None:
    """T100."""
    reply = get(**{f"OCPI_{header}": "DE" if "country" in header else "NMD"})
    missing = "party-id" if "country" in header else "country-code"
    assert (reply.http, reply.status) == (200, 2001)
    assert reply.message == f"The header OCPI-{header.split('_')[0]}-{missing} is missing beside its other half."


@pytest.mark.parametrize("code", ["DEU*NMD", "DE*NOMA", "D1*NMD", "DE*N\xe9D"])
def test_a_header_that_is_no_party_is_refused_and_named(nomad: Connection, code: str) -> None:
    """T100: two letters, and three letters or digits."""
    country_code, party_id = code.split("*")
    for word in ("from", "to"):
        parts = {f"OCPI_{word}_country_code": country_code, f"OCPI_{word}_party_id": party_id}
        reply = get(**parts)
        assert (reply.http, reply.status) == (200, 2001)
        assert reply.message.startswith(f"The header OCPI-{word}-")


@pytest.mark.parametrize("code", ["NL*VLT", "BE*CLO", "XX*XXX"])
def test_a_request_is_from_a_party_of_the_calling_platform(nomad: Connection, cleo: Connection, code: str) -> None:
    """T100, T6: whoever else it names is not its to speak for."""
    reply = get(**said("from", code))
    assert (reply.http, reply.status) == (200, 2001)
    assert reply.message == f"OCPI-from-country-code and OCPI-from-party-id: {code} is no party of your platform."
    tariff = Caller("Volta", **said("from", "DE*NMD")).put("/receiver/tariffs/NL/VLT/AC22", wire.load("tariff_ac22"))
    assert (tariff.http, tariff.status, Tariff.objects.count()) == (200, 2001, 0)


def test_parties_are_known_in_any_letter_case(nomad: Connection) -> None:
    """T80, T100, T102: and come back swapped, as they were spelled."""
    reply = get(**said("from", "de*nMd"), **said("to", "nl*Vlt"))
    assert reply.status == 1000
    assert answered(reply) == {
        "ocpi-to-country-code": "de",
        "ocpi-to-party-id": "nMd",
        "ocpi-from-country-code": "nl",
        "ocpi-from-party-id": "Vlt",
    }


def test_a_hub_speaks_under_its_own_name(nomad: Connection) -> None:
    """T103, T107: in 2.3.0 only hub_party_id names it."""
    assert get(**said("from", "NL*HUB")).status == 2001
    Connection.objects.filter(name="Nomad").update(hub_party_id="NLHUB")
    assert get(**said("from", "nl*hub")).status == 1000
    token = wire.load("token_nomad")
    pushed = Caller("Nomad", **said("from", "NL*HUB")).put(f"/receiver/tokens/DE/NMD/{token['uid']}", token)
    assert (pushed.http, pushed.status) == (201, 1000)


@pytest.mark.parametrize("code", ["NL*PLD", "BE*CLO", "XX*XXX"])
def test_an_unknown_receiver_is_4001_as_is_one_without_agreement(
    nomad: Connection, cleo: Connection, code: str
) -> None:
    """T106: nobody learns by it who else is connected."""
    cast.polder(url="http://polder.invalid")
    reply = get(**said("to", code))
    assert (reply.http, reply.status) == (200, 4001)
    sentence = f"no agreement joins {code} to a party of yours."
    assert reply.message == f"OCPI-to-country-code and OCPI-to-party-id: {sentence}"


def test_a_draft_joins_nobody_and_an_ended_agreement_still_does(nomad: Connection) -> None:
    cast.polder(url="http://polder.invalid")
    draft = cast.agreement("NL*PLD", "DE*NMD", active=False)
    assert get(**said("to", "NL*PLD")).status == 4001
    active = agreements.activate(agreement=draft, at=cast.NOW)
    agreements.end(agreement=active, ends_date=cast.NOW.date(), at=cast.NOW)
    assert get(**said("to", "NL*PLD")).status == 1000


def test_a_list_for_one_party_holds_its_objects_only(two_cpos: None) -> None:
    """T102, T42: and is counted so."""
    assert owners(get()) == ["VLT", "PLD"]
    for code in ("NL*VLT", "NL*PLD"):
        reply = get(**said("to", code))
        assert owners(reply) == [code[3:]]
        assert reply.headers["X-Total-Count"] == "1"


@pytest.mark.parametrize("spelling", ["NL*RBO", "nl*rbo"])
def test_a_list_from_the_hub_holds_what_everybody_has(two_cpos: None, settings: Settings, spelling: str) -> None:
    """T105: GET all; the owner is read from each object. T103: the hub answers under its own name."""
    settings.PORTAL_PARTY = "NL*RBO"
    reply = get(**said("from", "DE*NMD"), **said("to", spelling))
    assert owners(reply) == ["VLT", "PLD"]
    assert answered(reply)["ocpi-from-party-id"] == spelling[3:]


def test_a_push_to_the_hub_is_for_everybody_and_one_to_a_party_too(nomad: Connection) -> None:
    """T103, T104: agreements decide who is sent it, whoever is named."""
    tariff = wire.load("tariff_ac22")
    for routing in (said("to", "NL*RBO"), said("to", "DE*NMD"), {}):
        assert Caller("Volta", **routing).put("/receiver/tariffs/NL/VLT/AC22", tariff).status == 1000
    assert Tariff.objects.count() == 1


def test_what_is_pushed_for_a_party_that_is_not_connected_is_stored_all_the_same(nomad: Connection) -> None:
    """T106: 4003 is for what would have to be passed on at once."""
    Connection.objects.filter(name="Nomad").update(state="suspended")
    caller = Caller("Volta", **said("to", "DE*NMD"))
    assert caller.put("/receiver/tariffs/NL/VLT/AC22", wire.load("tariff_ac22")).http == 201


def test_the_answer_says_who_answers_where_only_one_can_be_meant(nomad: Connection) -> None:
    """T100, T104, T107: open routing."""
    assert answered(get(**said("from", "DE*NMD"))) == {
        "ocpi-to-country-code": "DE",
        "ocpi-to-party-id": "NMD",
        "ocpi-from-country-code": "NL",
        "ocpi-from-party-id": "VLT",
    }
    assert answered(get()) == {}
    cast.polder(url="http://polder.invalid")
    cast.agreement("NL*PLD", "DE*NMD")
    assert "ocpi-from-party-id" not in answered(get(**said("from", "DE*NMD")))


def test_refusals_come_back_swapped_too(nomad: Connection) -> None:
    """T100."""
    reply = get("/sender/locations/NO-SUCH", **said("from", "DE*NMD"), **said("to", "NL*VLT"))
    assert reply.http == 404
    assert answered(reply)["ocpi-to-party-id"] == "NMD" and answered(reply)["ocpi-from-party-id"] == "VLT"


@pytest.mark.parametrize("path", ["/credentials", "/sender/hubclientinfo", ""])
def test_configuration_modules_neither_read_nor_answer_them(nomad: Connection, path: str) -> None:
    """T101."""
    reply = get(path, **said("from", "XX*XXX"), **said("to", "YY*YYY"))
    assert (reply.status, answered(reply)) == (1000, {})


def test_in_2_1_1_they_do_not_exist_and_a_list_is_of_the_one_party_that_we_are(two_cpos: None) -> None:
    """T100, T107: there we have one face for each platform."""
    reply = get(version="2.1.1", **said("from", "XX*XXX"), **said("to", "NL*PLD"))
    assert (reply.status, len(reply.data), reply.headers["X-Total-Count"]) == (1000, 1, "1")
    assert answered(reply) == {}
    for code in ("NL*VLT", "NL*PLD"):
        Connection.objects.filter(name="Nomad").update(face=cast.party(code, "CPO"))
        assert [tariff["id"] for tariff in get(version="2.1.1").data] == [f"{code[3:]}-22"]


def test_of_a_location_with_the_id_of_another_the_addressed_one_is_shown(two_cpos: None) -> None:
    """T73, T102: and none of somebody else."""
    for name, party in (("Volta", "VLT"), ("Polder Laden", "PLD")):
        location = {**wire.load("location_zuidplein"), "party_id": party, "name": name}
        assert Caller(name).put(f"/receiver/locations/NL/{party}/ZUIDPLEIN", location).http == 201
    for code, name in (("NL*VLT", "Volta"), ("NL*PLD", "Polder Laden")):
        assert get("/sender/locations/zuidplein", **said("to", code)).data["name"] == name
    assert get("/sender/locations/ZUIDPLEIN", **said("to", "NL*VGO")).status == 2003


@pytest.mark.parametrize(("version", "expected"), [("2.2.1", 4), ("2.3.0", 4), ("2.1.1", 0)])
def test_we_send_them_from_2_2_on(nomad: Connection, nomad_platform: Platform, version: str, expected: int) -> None:
    """T100, T101."""
    nomad.version = version
    parties = {"to_party": cast.party("DE*NMD", "EMSP"), "from_party": cast.party("NL*VLT", "CPO")}
    OcpiClient(nomad, clock.now()).get(f"{nomad_platform.url}/anything", **parties)
    headers = nomad_platform.asked[-1].headers
    assert len([name for name in headers if name.startswith("ocpi-")]) == expected


def test_a_stranger_is_a_stranger_whatever_it_says(nomad: Connection) -> None:
    """T4: who is not known is told nothing about parties."""
    headers = {name.replace("_", "-"): value for name, value in said("to", "XX*XXX").items()}
    assert Client().get(f"/ocpi/2.2.1{LIST}", headers=headers).status_code == 401
