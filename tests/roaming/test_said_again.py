"""What a partner sends again unchanged is the same, whatever has changed around it: its card, or its version."""

from decimal import Decimal
from typing import Any

import pytest

from roaming.cdrs.models import Cdr
from roaming.findings.models import Finding
from roaming.sessions.models import Session
from tests import cast
from tests.roaming.calls import Caller
from tests.roaming.test_every_version import LATER, newest, spoken

TOKENS = "/receiver/tokens/DE/NMD"
SESSION = "/receiver/sessions/NL/PLD/S-2026-10-14-0001"
NEW_CARD = {"uid": "04FFFFFFFFFF80", "last_updated": LATER}


@pytest.fixture
def polder(db: None) -> Caller:
    """Polder's platform, of 2.1.1; Nomad's drivers charge at its stations."""
    cast.connection("Polder", "CPO NL*PLD", version="2.1.1", url="http://polder.invalid")
    cast.connection("Nomad", "EMSP DE*NMD", version="2.3.0", url="http://nomad.invalid")
    cast.agreement("NL*PLD", "DE*NMD")
    return Caller("Polder", "2.1.1")


def give(**changes: Any) -> None:
    """Nomad gives its driver a card."""
    card = newest("token", **changes)
    assert Caller("Nomad", "2.3.0").put(f"{TOKENS}/{card['uid']}", card).http == 201


def change_card() -> None:
    """Nomad takes a driver's card away and gives him another one for the same contract."""
    gone = {"valid": False, "last_updated": LATER}
    assert Caller("Nomad", "2.3.0").patch(f"{TOKENS}/04A2B3C4D5E680", gone).status == 1000
    give(**NEW_CARD)


def test_a_cdr_of_2_1_1_is_the_same_after_the_card_of_its_contract_changed(polder: Caller) -> None:
    """D1: it names the contract only."""
    give()
    sent = spoken("2.1.1", "cdr")
    first = polder.post("/receiver/cdrs", sent)
    change_card()
    again = polder.post("/receiver/cdrs", sent)
    assert (first.http, again.http, again.status) == (201, 200, 1000)
    assert again.headers["Location"] == first.headers["Location"]
    assert (Cdr.objects.get().token_uid, Finding.objects.count()) == ("04A2B3C4D5E680", 0)
    assert polder.post("/receiver/cdrs", {**sent, "total_cost": 1}).status == 2001
    assert Finding.objects.get().code == "cdr_content_differs"


def test_a_session_of_2_1_1_keeps_the_card_that_it_began_with(polder: Caller) -> None:
    """T65: the same again is no other content of the same age."""
    give()
    sent = spoken("2.1.1", "session")
    assert polder.put(SESSION, sent).http == 201
    change_card()
    assert polder.put(SESSION, sent).http == 200
    assert polder.put(SESSION, {**sent, "kwh": 20, "last_updated": LATER}).status == 1000
    session = Session.objects.get()
    assert (session.token_uid, session.energy_kwh, Finding.objects.count()) == ("04A2B3C4D5E680", Decimal(20), 0)
    other = {**sent, "auth_id": "DE-NMD-OTHER", "last_updated": "2026-11-02T12:00:00Z"}
    assert polder.put(SESSION, other).status == 1000
    assert Session.objects.get().token_uid == "DE-NMD-OTHER"


def test_a_session_learns_its_card_that_came_after_it(polder: Caller) -> None:
    """2.1.1 names the contract only; until its token is known, one is made of it."""
    sent = spoken("2.1.1", "session")
    assert polder.put(SESSION, sent).http == 201
    give()
    polder.put(SESSION, sent)
    assert (Session.objects.get().token_uid, Finding.objects.count()) == ("DE-NMD-C00012345-X", 0)
    polder.put(SESSION, {**sent, "last_updated": LATER})
    assert Session.objects.get().token_uid == "04A2B3C4D5E680"


@pytest.mark.parametrize(("before", "after"), [("2.1.1", "2.2.1"), ("2.2.1", "2.3.0"), ("2.1.1", "2.3.0")])
def test_a_cdr_is_the_same_after_its_sender_moved_to_another_version(polder: Caller, before: str, after: str) -> None:
    """D1: what the older of the two versions can say is compared."""
    give()
    taxed = {"before_taxes": 9, "taxes": [{"name": "BTW", "account_number": None, "percentage": 21, "amount": 2}]}
    first = Caller("Polder", before).post("/receiver/cdrs", spoken(before, "cdr", total_cost=taxed))
    again = Caller("Polder", after).post("/receiver/cdrs", spoken(after, "cdr", total_cost=taxed))
    assert (first.http, again.http, again.status, Finding.objects.count()) == (201, 200, 1000, 0)
    dearer = spoken(after, "cdr", total_cost={**taxed, "before_taxes": 10})
    assert Caller("Polder", after).post("/receiver/cdrs", dearer).status == 2001
