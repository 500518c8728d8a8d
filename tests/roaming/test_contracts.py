"""OCPI 2.1.1 names a token by its contract only: whose it is does not depend on what others put into their tokens."""

from typing import Any

import pytest

from partners.connections.models import Connection
from roaming.cdrs.models import Cdr
from roaming.findings.models import Finding
from roaming.sessions.models import Session
from tests import cast, wire
from tests.roaming.calls import Caller
from tests.roaming.test_every_version import spoken

LATER = "2026-11-01T00:00:00Z"
CARD: dict[str, Any] = wire.load("token_nomad")
SESSION = "/receiver/sessions/NL/PLD/S-2026-10-14-0001"


@pytest.fixture
def polder(db: None) -> Caller:
    """A CPO of 2.1.1 that drivers of both Nomad and a rival charge at."""
    cast.connection("Polder", "CPO NL*PLD", version="2.1.1", url="http://polder.invalid")
    cast.connection("Rival", "EMSP FR*RIV", url="http://rival.invalid")
    cast.nomad(url="http://nomad.invalid")
    for emsp in ("FR*RIV", "DE*NMD"):
        cast.agreement("NL*PLD", emsp)
    return Caller("Polder", "2.1.1")


def card_of_nomad(**fields: Any) -> None:
    assert Caller("Nomad").put(f"/receiver/tokens/DE/NMD/{CARD['uid']}", {**CARD, **fields}).http == 201


def card_of_rival(**fields: Any) -> None:
    card = {**CARD, "country_code": "FR", "party_id": "RIV", "uid": "RIVAL", **fields}
    assert Caller("Rival").put("/receiver/tokens/FR/RIV/RIVAL", card).http == 201


def listed(name: str, module: str = "sessions") -> int:
    return len(Caller(name).get(f"/sender/{module}").data)


@pytest.mark.parametrize("face", ["DE*NMD", ""])
def test_a_rival_with_the_same_contract_gets_nothing_when_the_rightful_card_is_blocked(
    polder: Caller, face: str
) -> None:
    """The face decides, or else the country and provider that the contract begins with."""
    chosen = cast.party(face, "EMSP") if face else None
    Connection.objects.filter(name="Polder").update(face=chosen)
    card_of_nomad(valid=False, last_updated=LATER)
    card_of_rival(valid=True)
    assert polder.put(SESSION, spoken("2.1.1", "session")).http == 201
    assert polder.post("/receiver/cdrs", spoken("2.1.1", "cdr")).http == 201
    assert str(Session.objects.get().emsp) == str(Cdr.objects.get().emsp) == "DE*NMD"
    assert (listed("Nomad"), listed("Rival"), listed("Rival", "cdrs")) == (1, 0, 0)


def test_a_rival_gets_nothing_either_when_the_rightful_emsp_never_sent_its_card(polder: Caller) -> None:
    card_of_rival()
    assert polder.put(SESSION, spoken("2.1.1", "session")).http == 201
    assert str(Session.objects.get().emsp) == "DE*NMD"


def test_a_contract_that_begins_otherwise_is_of_the_only_one_who_has_a_card_of_it(polder: Caller) -> None:
    card_of_rival(contract_id="BE-OLD-C00012345-X")
    assert polder.put(SESSION, {**spoken("2.1.1", "session"), "auth_id": "BE-OLD-C00012345-X"}).http == 201
    assert str(Session.objects.get().emsp) == "FR*RIV"
    assert not Finding.objects.exists()


def test_a_contract_of_two_emsps_that_names_neither_is_given_to_nobody_and_people_are_told(polder: Caller) -> None:
    contract = "BE-OLD-C00012345-X"
    card_of_nomad(contract_id=contract, valid=False)
    card_of_rival(contract_id=contract)
    sent = {**spoken("2.1.1", "session"), "auth_id": contract}
    assert polder.put(SESSION, sent).http == 201
    assert polder.put(SESSION, sent).http == 200
    assert polder.post("/receiver/cdrs", {**spoken("2.1.1", "cdr"), "auth_id": contract}).http == 201
    assert (Session.objects.get().emsp, Cdr.objects.get().emsp) == (None, None)
    assert (listed("Nomad"), listed("Rival")) == (0, 0)
    found = Finding.objects.filter(code="contract_of_several_emsps").order_by("id")
    assert [finding.subject.split()[0] for finding in found] == ["Session", "CDR"]
    assert "DE*NMD and FR*RIV" in found[0].sentence


def test_a_contract_of_two_emsps_that_names_nobody_at_all_is_refused(polder: Caller) -> None:
    card_of_nomad(contract_id="12345")
    card_of_rival(contract_id="12345")
    reply = polder.put(SESSION, {**spoken("2.1.1", "session"), "auth_id": "12345"})
    assert (reply.http, reply.status) == (200, 2001)
    assert "$.auth_id" in reply.message
    assert not Session.objects.exists()


def test_a_card_that_two_emsps_have_is_that_of_the_party_chosen_for_the_platform(polder: Caller) -> None:
    """K3: there are no routing headers in 2.1.1 to say which."""
    card_of_nomad()
    rivals = {**CARD, "country_code": "FR", "party_id": "RIV", "valid": False}
    Caller("Rival").put(f"/receiver/tokens/FR/RIV/{CARD['uid']}", rivals)
    ask = f"/sender/tokens/{CARD['uid']}/authorize"
    for face, allowed in (("DE*NMD", "ALLOWED"), ("FR*RIV", "BLOCKED")):
        Connection.objects.filter(name="Polder").update(face=cast.party(face, "EMSP"))
        assert polder.post(ask).data["allowed"] == allowed
    Connection.objects.filter(name="Polder").update(face=None)
    assert polder.post(ask).data["allowed"] == "BLOCKED"  # the first one joined: Rival
