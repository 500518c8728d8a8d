"""Types of tokens that a partner's version lacks: it knows such a token as OTHER, and we know what it means."""

from datetime import timedelta
from typing import Any

import pytest

from roaming.exchange import delivery
from roaming.exchange import pull as pulling
from roaming.exchange.models import Push, PushState
from roaming.findings.models import Finding
from roaming.kernel import clock
from roaming.tokens.models import Token
from tests import cast, wire
from tests.roaming.calls import Caller
from tests.roaming.platform import Platform, Said, platform
from tests.roaming.test_every_version import LATER, newest

UID = "04A2B3C4D5E680"
ASK = f"/sender/tokens/{UID}/authorize"
TOLD = [("2.1.1", "APP_USER", "OTHER"), ("2.2.1", "APP_USER", "APP_USER"), ("2.2.1", "KEY FOB", "OTHER")]
TOLD += [("2.3.0", "KEY FOB", "KEY FOB")]


def between(version: str, theirs: Platform | None = None, *, of_cpo: bool = True) -> tuple[Caller, Caller]:
    """Polder and Nomad, of whom one speaks that version and has that platform, if any."""
    for name, party, older in (("Polder", "CPO NL*PLD", of_cpo), ("Nomad", "EMSP DE*NMD", not of_cpo)):
        url = theirs.url if theirs and older else f"http://{name}.invalid"
        cast.connection(name, party, version=version if older else "2.3.0", url=url)
    cast.agreement("NL*PLD", "DE*NMD")
    return Caller("Polder", version if of_cpo else "2.3.0"), Caller("Nomad", "2.3.0" if of_cpo else version)


def give(nomad: Caller, type_: str, **changes: Any) -> None:
    token = newest("token", type=type_, whitelist="ALWAYS", **changes)
    assert nomad.put(f"/receiver/tokens/DE/NMD/{UID}", token).http == 201


@pytest.mark.parametrize(("version", "type_", "told"), TOLD)
def test_a_push_names_the_type_that_its_body_says(db: None, version: str, type_: str, told: str) -> None:
    """K1: in 2.1.1 the address has none; what our own receiver is sent, it takes."""
    with platform("CPO NL*PLD") as theirs:
        _, nomad = between(version, theirs)
        give(nomad, type_)
        push = Push.objects.get(module="tokens")
        delivery.deliver_due(push.connection_id, push.next_attempt_at)
        (put,) = (asked for asked in theirs.asked if "tokens" in asked.path)
    push.refresh_from_db()
    assert (push.state, put.path) == (PushState.DELIVERED, f"/receiver/tokens/DE/NMD/{UID}")
    assert put.body["type"] == told
    assert put.query == ({} if version == "2.1.1" else {"type": told})


@pytest.mark.parametrize(("version", "type_", "told"), TOLD)
def test_a_token_is_authorized_by_the_type_that_the_cpo_was_told(db: None, version: str, type_: str, told: str) -> None:
    """K1, K3."""
    polder, nomad = between(version)
    give(nomad, type_)
    assert [token["type"] for token in polder.get("/sender/tokens").data] == [told]
    assert polder.post(f"{ASK}?type={told}").data["allowed"] == "ALLOWED"
    without = polder.post(ASK)
    assert (without.http, without.status) == ((200, 1000) if version == "2.1.1" else (404, 2004))
    assert polder.post(f"{ASK}?type=RFID").http == 404


def test_of_two_tokens_with_one_uid_the_card_is_meant_unless_the_type_says_otherwise(db: None) -> None:
    """K1: one eMSP, so there is nothing to ask back."""
    polder, nomad = between("2.1.1")
    give(nomad, "APP_USER", valid=False)
    give(nomad, "RFID")
    assert (polder.post(ASK).data["allowed"], polder.post(f"{ASK}?type=RFID").data["allowed"]) == ("ALLOWED", "ALLOWED")
    assert polder.post(f"{ASK}?type=OTHER").data["allowed"] == "BLOCKED"


@pytest.mark.parametrize(("version", "type_", "told"), TOLD)
def test_an_emsp_is_asked_with_a_type_of_its_version(db: None, version: str, type_: str, told: str) -> None:
    with platform("EMSP DE*NMD") as theirs:
        polder, _ = between(version, theirs, of_cpo=False)
        token = newest("token", type=type_, whitelist="NEVER")
        assert Caller("Nomad", "2.3.0").put(f"/receiver/tokens/DE/NMD/{UID}", token).http == 201
        theirs.answering = lambda _: Said({"allowed": "EXPIRED"})
        assert polder.post(f"{ASK}?type={type_.replace(' ', '%20')}").data["allowed"] == "EXPIRED"
        (question,) = theirs.asked
    assert question.query == {"type": told}


def test_a_type_may_be_as_long_as_the_enumeration_is_open(db: None) -> None:
    """T85: 255 characters, also where it is part of what identifies the object."""
    polder, nomad = between("2.3.0")
    give(nomad, "K" * 255)
    assert [token["type"] for token in polder.get("/sender/tokens").data] == ["K" * 255]
    assert Push.objects.get(module="tokens").object_key.endswith("K" * 255)


def test_a_platform_of_2_1_1_names_its_tokens_by_uid_only(db: None) -> None:
    """K1, K2: a token that is no card is read and changed all the same."""
    _, nomad = between("2.1.1", of_cpo=False)
    path = f"/receiver/tokens/DE/NMD/{UID}"
    card = nomad_card()
    assert nomad.put(path, card).http == 201
    assert nomad.get(path).data == card
    assert nomad.patch(path, {"valid": False, "last_updated": LATER}).status == 1000
    assert (Token.objects.get().type, Token.objects.get().valid) == ("OTHER", False)


def nomad_card() -> dict[str, Any]:
    """What is no RFID card, as 2.1.1 writes it."""
    return {
        "uid": UID,
        "type": "OTHER",
        "auth_id": "DE-NMD-C00012345-X",
        "issuer": "Nomad",
        "valid": True,
        "whitelist": "ALWAYS",
        "last_updated": "2026-05-04T07:15:00Z",
    }


def test_a_token_is_one_token_in_whatever_version_its_emsp_writes_it(db: None) -> None:
    """K1, T73: 2.2.1 has no word for a contract and calls it OTHER."""
    cast.nomad(version="2.3.0")
    path = "/receiver/tokens/DE/NMD/DENMDC00012345X"
    emaid = {**wire.load("token_nomad"), "type": "EMAID", "uid": "DENMDC00012345X"}
    assert Caller("Nomad", "2.3.0").put(f"{path}?type=EMAID", emaid).http == 201
    older = {**emaid, "type": "OTHER", "valid": False, "last_updated": LATER}
    assert Caller("Nomad").put(f"{path}?type=OTHER", older).http == 200
    assert Caller("Nomad").put(path, {**older, "last_updated": "2026-11-11T00:00:00Z"}).http == 200
    assert (
        Caller("Nomad").patch(path, {"type": "OTHER", "valid": False, "last_updated": "2026-11-12T00:00:00Z"}).http
        == 200
    )
    token = Token.objects.get()
    assert (token.type, token.data["type"], token.valid) == ("EMAID", "EMAID", False)


def test_a_pulled_list_of_an_older_version_makes_no_second_token_and_misses_none(db: None) -> None:
    """K1, T49."""
    with platform("EMSP DE*NMD") as theirs:
        nomad = cast.nomad(url=theirs.url)
        emaid = {**wire.load("token_nomad"), "type": "EMAID", "uid": "DENMDC00012345X"}
        path = "/receiver/tokens/DE/NMD/DENMDC00012345X?type=EMAID"
        assert Caller("Nomad", "2.3.0").put(path, emaid).http == 201
        theirs.lists["tokens"] = [{**emaid, "type": "OTHER", "valid": False, "last_updated": LATER}]
        pulling.pull(connection=nomad, at=clock.now() + timedelta(hours=1))
    token = Token.objects.get()
    assert (token.type, token.data["type"], token.valid) == ("EMAID", "EMAID", False)
    assert not Finding.objects.filter(code="no_longer_listed").exists()
