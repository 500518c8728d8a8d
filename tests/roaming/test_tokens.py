"""Tokens over OCPI, and whether a driver may charge: the eMSP decides while we wait, its whitelist when it cannot."""

from collections.abc import Iterator
from typing import Any

import pytest

from partners.connections.models import Connection
from roaming.exchange import asking
from roaming.exchange.models import Exchange, Push
from roaming.ocpi import translation
from roaming.ocpi.schema import transforms
from roaming.ocpi.views import OcpiView
from roaming.tokens import selectors
from roaming.tokens.models import Token
from tests import cast, wire
from tests.roaming.calls import Caller
from tests.roaming.platform import Asked, Platform, Said, platform

URL = "/receiver/tokens/DE/NMD/04A2B3C4D5E680"
ASK = "/sender/tokens/04A2B3C4D5E680/authorize"
LATER = "2026-11-01T12:00:00Z"
HERE = {"location_id": "ZUIDPLEIN", "evse_uids": ["ZP-1"]}


@pytest.fixture
def card() -> dict[str, Any]:
    return wire.load("token_nomad")


@pytest.fixture
def theirs(nomad: Connection, card: dict[str, Any]) -> Caller:
    """Nomad, which has put its card and whose platform does not answer."""
    caller = Caller("Nomad")
    assert caller.put(URL, card).http == 201
    return caller


def whitelisted(theirs: Caller, card: dict[str, Any], whitelist: str, *, valid: bool = True) -> dict[str, Any]:
    changed = {**card, "whitelist": whitelist, "valid": valid, "last_updated": LATER}
    assert theirs.put(URL, changed).status == 1000
    return changed


def test_a_token_is_read_back_field_for_field_and_listed_for_the_cpo(
    theirs: Caller, cleo: Connection, card: dict[str, Any]
) -> None:
    assert theirs.get(URL).data == card
    assert Caller("Volta").get("/sender/tokens").data == [card]
    assert Caller("Cleo").get("/sender/tokens").data == []
    assert theirs.get("/sender/tokens").http == 404
    row = Token.objects.get()
    assert (row.type, row.contract_id, row.valid, row.whitelist) == (
        "RFID",
        "DE-NMD-C00012345-X",
        True,
        "ALLOWED_OFFLINE",
    )


def test_the_same_uid_as_card_and_as_app_are_two_tokens(theirs: Caller, card: dict[str, Any]) -> None:
    """K1, T73."""
    app = {**card, "type": "APP_USER", "contract_id": "DE-NMD-APP"}
    assert theirs.put(f"{URL}?type=APP_USER", app).http == 201
    assert theirs.get(URL).data == theirs.get(f"{URL}", type="RFID").data == card
    assert theirs.get(URL, type="APP_USER").data == theirs.get(URL, token_type="APP_USER").data == app
    blocked = {"valid": False, "last_updated": LATER}
    assert theirs.patch(f"{URL}?type=APP_USER", blocked).status == 1000
    assert (theirs.get(URL).data, theirs.get(URL, type="APP_USER").data) == (card, {**app, **blocked})


def test_a_put_without_type_in_the_url_goes_by_the_body_and_two_types_are_refused(
    theirs: Caller, card: dict[str, Any]
) -> None:
    """K1."""
    app = wire.load("token_nomad_app")
    assert theirs.put("/receiver/tokens/DE/NMD/app-7f3d2c10", app).http == 201
    assert theirs.get("/receiver/tokens/DE/NMD/app-7f3d2c10").status == 2004
    assert theirs.get("/receiver/tokens/DE/NMD/app-7f3d2c10?type=APP_USER").data == app
    reply = theirs.put(f"{URL}?type=APP_USER", card)
    assert (reply.http, reply.status) == (200, 2001)
    assert "RFID" in reply.message
    assert "APP_USER" in reply.message


def test_a_patch_invalidates_and_a_token_is_never_deleted(theirs: Caller, card: dict[str, Any]) -> None:
    """K2, T65."""
    assert theirs.patch(URL, {"valid": False, "last_updated": LATER}).status == 1000
    assert theirs.get(URL).data == {**card, "valid": False, "last_updated": LATER}
    assert theirs.delete(URL).http == 405
    assert theirs.patch(URL, {"valid": True, "last_updated": "2026-01-01T00:00:00Z"}).status == 1000
    assert theirs.get(URL).data["valid"] is False


def test_an_unknown_token_is_404_with_2004(theirs: Caller) -> None:
    for reply in (
        theirs.get("/receiver/tokens/DE/NMD/NOBODY"),
        theirs.patch("/receiver/tokens/DE/NMD/NOBODY", {"valid": False, "last_updated": LATER}),
    ):
        assert (reply.http, reply.status) == (404, 2004)
        assert "NOBODY" in reply.message


def test_a_cpo_does_not_write_tokens_not_even_its_own_code(theirs: Caller, card: dict[str, Any]) -> None:
    own = {**card, "country_code": "NL", "party_id": "VLT"}
    assert Caller("Volta").put("/receiver/tokens/NL/VLT/04A2B3C4D5E680", own).http == 404
    assert Caller("Volta").put(URL, card).http == 404


def test_letter_case_and_leading_zeros_are_kept(theirs: Caller, card: dict[str, Any]) -> None:
    """K8."""
    zeros = {**card, "uid": "0012aBcD"}
    assert theirs.put("/receiver/tokens/DE/NMD/0012aBcD", zeros).http == 201
    assert theirs.get("/receiver/tokens/de/nmd/0012ABCD").data == zeros
    assert theirs.get("/receiver/tokens/DE/NMD/12aBcD").http == 404


def test_a_token_is_pushed_with_its_type(theirs: Caller, volta: Connection) -> None:
    push = Push.objects.get()
    assert (push.connection, push.method, push.module) == (volta, "PUT", "tokens")
    assert push.path == "DE/NMD/04A2B3C4D5E680"
    theirs.patch(URL, {"valid": False, "last_updated": LATER})
    assert Push.objects.get().body == Token.objects.get().body


def test_the_portal_lists_tokens_with_their_owner(theirs: Caller) -> None:
    assert [str(row.party) for row in selectors.list_for(cast.person("Otto", "operator"))] == ["DE*NMD"]


# Authorization when the eMSP cannot be asked.


@pytest.mark.parametrize(
    ("whitelist", "valid", "allowed"),
    [
        ("ALWAYS", True, "ALLOWED"),
        ("ALWAYS", False, "BLOCKED"),
        ("ALLOWED", True, "ALLOWED"),
        ("ALLOWED", False, "BLOCKED"),
        ("ALLOWED_OFFLINE", True, "ALLOWED"),
        ("ALLOWED_OFFLINE", False, "BLOCKED"),
        ("NEVER", True, "NOT_ALLOWED"),
        ("NEVER", False, "NOT_ALLOWED"),
    ],
)
def test_without_the_emsp_the_whitelist_decides(
    theirs: Caller, card: dict[str, Any], whitelist: str, valid: bool, allowed: str
) -> None:
    """K5."""
    token = whitelisted(theirs, card, whitelist, valid=valid)
    reply = Caller("Volta").post(ASK, HERE)
    assert (reply.http, reply.status) == (200, 1000)
    assert (reply.data["allowed"], reply.data["token"]) == (allowed, token)
    assert reply.data.get("location") == (HERE if allowed == "ALLOWED" else None)


def test_no_location_is_echoed_when_none_was_asked(theirs: Caller, card: dict[str, Any]) -> None:
    """K3."""
    assert Caller("Volta").post(ASK).data == {"allowed": "ALLOWED", "token": card}


def test_an_unknown_token_is_not_authorized(theirs: Caller, cleo: Connection) -> None:
    """K3."""
    for name, path in (
        ("Volta", "/sender/tokens/NOBODY/authorize"),
        ("Volta", f"{ASK}?type=APP_USER"),
        ("Cleo", ASK),
    ):
        reply = Caller(name).post(path, HERE)
        assert (reply.http, reply.status, reply.data) == (404, 2004, None)


def test_neither_hours_nor_a_state_nor_privacy_of_the_place_refuses_a_driver(
    theirs: Caller, card: dict[str, Any]
) -> None:
    """K4."""
    hours = {
        "twentyfourseven": False,
        "regular_hours": [{"weekday": 1, "period_begin": "08:00", "period_end": "08:01"}],
    }
    closed = {**wire.load("location_zuidplein"), "publish": False, "opening_times": hours, "last_updated": LATER}
    closed["evses"][0]["status"] = "OUTOFORDER"
    assert Caller("Volta").put("/receiver/locations/NL/VLT/ZUIDPLEIN", closed).http == 201
    assert Caller("Volta").post(ASK, HERE).data == {"allowed": "ALLOWED", "token": card, "location": HERE}


def test_a_contract_is_not_pushed_as_a_card(theirs: Caller, card: dict[str, Any]) -> None:
    """K6: an EMAID is asked about, never sent around."""
    Push.objects.all().delete()
    emaid = {**card, "uid": "DENMDC00012345X", "type": "EMAID"}
    emaid = transforms.upgrade("2.2.1", "token", emaid)
    path = "/receiver/tokens/DE/NMD/DENMDC00012345X?type=EMAID"
    nomad = Caller("Nomad", "2.3.0")
    assert nomad.put(path, emaid).http == 201
    assert nomad.patch(path, {"valid": False, "last_updated": LATER}).http == 200
    assert not Push.objects.exists()
    assert Caller("Volta").post("/sender/tokens/DENMDC00012345X/authorize?type=EMAID").data["allowed"] == "BLOCKED"


def test_a_broken_location_is_refused(theirs: Caller) -> None:
    reply = Caller("Volta").post(ASK, {"evse_uids": ["ZP-1"]})
    assert (reply.http, reply.status) == (200, 2001)
    assert "location_id" in reply.message


def test_of_two_issuers_of_one_uid_the_addressed_one_is_meant(theirs: Caller, card: dict[str, Any]) -> None:
    cast.connection("Hubert", "EMSP BE*HUB", url="http://hubert.invalid")
    cast.agreement("NL*VLT", "BE*HUB")
    other = {**card, "country_code": "BE", "party_id": "HUB", "valid": False}
    assert Caller("Hubert").put("/receiver/tokens/BE/HUB/04A2B3C4D5E680", other).http == 201
    undecided = Caller("Volta").post(ASK)
    assert (undecided.http, undecided.status) == (200, 2002)
    assert "BE*HUB" in undecided.message
    addressed = Caller("Volta", OCPI_to_country_code="be", OCPI_to_party_id="HUB").post(ASK)
    assert (addressed.data["allowed"], addressed.data["token"]) == ("BLOCKED", other)


# Authorization by the eMSP itself.


@pytest.fixture
def asked(volta: Connection) -> Iterator[Platform]:
    """Nomad's platform, up, with an agreement."""
    with platform("EMSP DE*NMD") as running:
        cast.nomad(url=running.url)
        cast.agreement("NL*VLT", "DE*NMD")
        yield running


def answer(info: dict[str, Any]) -> Any:
    def answering(asked: Asked) -> Said | None:
        return Said(info) if asked.path.endswith("/authorize") else None

    return answering


def saying(said: Said) -> Any:
    return lambda _: said


@pytest.mark.parametrize("valid", [True, False])
@pytest.mark.parametrize("whitelist", ["ALLOWED", "ALLOWED_OFFLINE", "NEVER"])
def test_the_emsp_decides_whatever_we_know_of_the_token(
    asked: Platform, card: dict[str, Any], whitelist: str, valid: bool
) -> None:
    """K5: it is asked even about a token that is not valid; K3, S4: its reference is passed on."""
    token = whitelisted(Caller("Nomad"), card, whitelist, valid=valid)
    info = {"allowed": "ALLOWED", "token": token, "location": HERE, "authorization_reference": "NMD-AUTH-1"}
    asked.answering = answer({**info, "info": {"language": "de", "text": "Gute Fahrt"}})
    reply = Caller("Volta", X_Correlation_ID="one-driver").post(ASK, HERE)
    assert reply.data == {**info, "info": {"language": "de", "text": "Gute Fahrt"}}
    (request,) = asked.asked
    assert (request.method, request.path) == ("POST", ASK)
    assert (request.query, request.body) == ({"type": "RFID"}, HERE)
    assert request.headers["x-correlation-id"] == "one-driver"
    assert (request.headers["ocpi-to-party-id"], request.headers["ocpi-from-party-id"]) == ("NMD", "VLT")
    assert Exchange.objects.filter(direction="out", url__contains="authorize").count() == 1


def test_a_blocked_driver_is_an_answer_not_an_error(asked: Platform, card: dict[str, Any]) -> None:
    """K3."""
    Caller("Nomad").put(URL, card)
    asked.answering = answer({"allowed": "NO_CREDIT", "token": card})
    reply = Caller("Volta").post(ASK)
    assert (reply.http, reply.status, reply.data["allowed"]) == (200, 1000, "NO_CREDIT")


@pytest.mark.parametrize(("valid", "allowed"), [(True, "ALLOWED"), (False, "BLOCKED")])
def test_an_always_whitelisted_token_is_never_asked_about(
    asked: Platform, card: dict[str, Any], valid: bool, allowed: str
) -> None:
    """K5."""
    whitelisted(Caller("Nomad"), card, "ALWAYS", valid=valid)
    assert Caller("Volta").post(ASK).data["allowed"] == allowed
    assert asked.asked == []


def test_an_answer_without_the_token_gets_ours(asked: Platform, card: dict[str, Any]) -> None:
    Caller("Nomad").put(URL, card)
    asked.answering = answer({"allowed": "EXPIRED"})
    assert Caller("Volta").post(ASK).data == {"allowed": "EXPIRED", "token": card}


def test_an_emsp_that_forgot_its_token_makes_it_unknown(asked: Platform, card: dict[str, Any]) -> None:
    Caller("Nomad").put(URL, card)
    asked.answering = lambda asked: Said(http=404, status=2004, message="never heard")
    reply = Caller("Volta").post(ASK)
    assert (reply.http, reply.status, reply.data) == (404, 2004, None)


def test_an_emsp_that_needs_more_is_passed_on(asked: Platform, card: dict[str, Any]) -> None:
    """K3."""
    Caller("Nomad").put(URL, card)
    asked.answering = lambda asked: Said(status=2002, message="which EVSE?")
    reply = Caller("Volta").post(ASK)
    assert (reply.http, reply.status) == (200, 2002)
    assert "which EVSE?" in reply.message


@pytest.mark.parametrize(
    "said", [Said(http=500, status=3000), Said(raw=b"<html>"), Said({"allowed": "PERHAPS"}), Said(None)]
)
def test_an_emsp_that_talks_nonsense_is_an_emsp_that_cannot_be_asked(
    asked: Platform, card: dict[str, Any], said: Said
) -> None:
    whitelisted(Caller("Nomad"), card, "NEVER")
    asked.answering = lambda asked: said
    assert Caller("Volta").post(ASK).data["allowed"] == "NOT_ALLOWED"


@pytest.mark.parametrize("whitelist", ["ALLOWED", "ALLOWED_OFFLINE"])
def test_an_emsp_that_was_heard_and_refuses_is_not_overruled_by_the_whitelist(
    asked: Platform, card: dict[str, Any], whitelist: str
) -> None:
    """K5: the whitelist is for an eMSP that cannot be reached."""
    token = whitelisted(Caller("Nomad"), card, whitelist)
    for said in (Said(http=404, status=2000), Said(http=404, raw=b"<html>")):
        asked.answering = saying(said)
        reply = Caller("Volta").post(ASK, HERE)
        assert (reply.http, reply.status, reply.data) == (404, 2004, None)
    for said in (Said(http=404, status=2003, message="no such place"), Said(status=2001, message="no such place")):
        asked.answering = saying(said)
        reply = Caller("Volta").post(ASK, HERE)
        assert (reply.http, reply.status, reply.data["allowed"]) == (200, 1000, "NOT_ALLOWED")
        assert reply.data["token"] == token
        assert "no such place" in reply.data["info"]["text"]


@pytest.mark.parametrize(
    "said",
    [
        Said(http=401, status=2000),
        Said(http=503, status=2000),
        Said(status=3000),
        Said(status=4002),
        Said(http=400, raw=b"<html>"),
        Said({"allowed": "PERHAPS"}),
    ],
)
def test_an_emsp_that_does_not_speak_of_the_driver_leaves_it_to_the_whitelist(
    asked: Platform, card: dict[str, Any], said: Said
) -> None:
    """K5: our token is not taken there, a fault of theirs, or no answer at all."""
    whitelisted(Caller("Nomad"), card, "ALLOWED_OFFLINE")
    asked.answering = lambda _: said
    assert Caller("Volta").post(ASK).data["allowed"] == "ALLOWED"


def test_an_emsp_whose_version_lacks_the_words_is_an_emsp_that_cannot_be_asked(
    asked: Platform, card: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """K5."""
    Caller("Nomad").put(URL, card)
    monkeypatch.setattr(translation, "told", _no_words)
    monkeypatch.setattr(OcpiView, "outgoing", lambda _, __, answer: answer)
    reply = Caller("Volta").post(ASK, HERE)
    assert (reply.http, reply.status, reply.data["allowed"]) == (200, 1000, "ALLOWED")
    assert asked.asked == []


def _no_words(*_: Any) -> Any:
    raise transforms.NotExpressible("no such place")


def test_an_emsp_that_keeps_others_waiting_is_not_asked(
    asked: Platform, card: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(asking, "_turns", {})
    monkeypatch.setattr(asking, "ASKED_AT_ONCE", 0)
    monkeypatch.setattr(asking, "TURN_SECONDS", 0.01)
    Caller("Nomad").put(URL, card)
    assert Caller("Volta").post(ASK).data["allowed"] == "ALLOWED"
    assert asked.asked == []


def test_a_turn_is_given_back_whatever_the_emsp_answers(
    asked: Platform, card: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(asking, "_turns", {})
    monkeypatch.setattr(asking, "ASKED_AT_ONCE", 1)
    monkeypatch.setattr(asking, "TURN_SECONDS", 0.01)
    Caller("Nomad").put(URL, card)
    said = iter([Said(http=500, status=3000), Said(http=404, status=2004), Said({"allowed": "BLOCKED"})])
    asked.answering = lambda _: next(said)
    for _ in range(3):
        Caller("Volta").post(ASK)
    assert len(asked.asked) == 3


def test_a_token_never_sent_to_us_is_asked_about_when_its_emsp_is_addressed(
    asked: Platform, card: dict[str, Any]
) -> None:
    asked.answering = answer({"allowed": "ALLOWED", "token": card})
    assert Caller("Volta").post(ASK).status == 2004
    addressed = Caller("Volta", OCPI_to_country_code="DE", OCPI_to_party_id="NMD").post(ASK)
    assert addressed.data == {"allowed": "ALLOWED", "token": card}
