"""One authorization reference on its whole way: from the eMSP's word to the CDR that it pays."""

from typing import Any

import pytest

from partners.agreements.models import Agreement
from roaming.cdrs import services as cdrs
from roaming.cdrs.models import Cdr, CdrState
from tests import cast, wire
from tests.roaming.between import Middle, accepting, given, middle
from tests.roaming.calls import Caller
from tests.roaming.platform import Said

pytestmark = pytest.mark.django_db
SESSION = "S-2026-10-14-0002"


def charge(cpo: Caller, reference: str) -> None:
    """Volta's station charges under that reference, and its CDR is accepted here."""
    named: dict[str, Any] = {"authorization_reference": reference}
    session = {**wire.load("session_running"), "id": SESSION, **named}
    assert cpo.put(f"/receiver/sessions/NL/VLT/{SESSION}", session).http == 201
    cdr = {**wire.load("cdr_ac22"), "session_id": SESSION, **named}
    assert cpo.post("/receiver/cdrs", cdr).http == 201
    agreement = Agreement.objects.get()
    cdrs.move(cdr=Cdr.objects.get(), to=CdrState.ACCEPTED, reason="As agreed.", agreement=agreement, at=cast.NOW)


def references_told(both: Middle) -> set[str]:
    """What the eMSP is told of the session and the CDR, by push and in its lists."""
    both.deliver()
    bodies = [
        asked.body for asked in both.nomad.asked if asked.path.startswith(("/receiver/sessions", "/receiver/cdrs"))
    ]
    bodies = [body for body in bodies if SESSION in (body["id"], body.get("session_id"))]
    lists = both.emsp.get("/sender/sessions").data + both.emsp.get("/sender/cdrs").data
    found = bodies + [one for one in lists if SESSION in (one["id"], one.get("session_id"))]
    assert len(found) == 4
    return {one["authorization_reference"] for one in found}


def test_the_reference_of_an_authorization_comes_back_in_session_and_cdr() -> None:
    """S4."""
    with middle() as both:
        token = wire.load("token_nomad")
        assert both.emsp.put(f"/receiver/tokens/DE/NMD/{token['uid']}", token).http == 201
        answer = {"allowed": "ALLOWED", "token": token, "authorization_reference": "NMD-WORD-7"}
        both.nomad.answering = lambda asked: Said(answer) if asked.path.endswith("/authorize") else None
        said = both.cpo.post(f"/sender/tokens/{token['uid']}/authorize").data["authorization_reference"]
        charge(both.cpo, said)
        assert references_told(both) == {"NMD-WORD-7"}


def test_the_reference_of_a_command_comes_back_in_session_and_cdr() -> None:
    """S4."""
    with middle() as both:
        both.volta.answering = accepting({"result": "ACCEPTED", "timeout": 30})
        assert given(both, "START_SESSION").data["result"] == "ACCEPTED"
        charge(both.cpo, both.asked()[-1].body["authorization_reference"])
        assert references_told(both) == {"NMD-REF-1"}
