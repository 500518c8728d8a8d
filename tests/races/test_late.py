"""Two that belong together and arrive at the same moment, each in a transaction of its own: they find each other."""

from collections.abc import Callable
from typing import Any

import pytest

from roaming.cdrs.models import Cdr
from roaming.commands import results
from roaming.commands.models import Command, CommandState
from roaming.exchange.models import Push
from roaming.sessions.models import Session
from tests import cast, wire
from tests.races.threads import at_once
from tests.roaming.between import given, middle
from tests.roaming.calls import Caller, Reply

pytestmark = pytest.mark.django_db(transaction=True)
ROUNDS = 6


def telling(number: int) -> list[Callable[[], Reply]]:
    """A session, its CDR and the credit of that, each told by a request of its own."""
    caller = Caller("Volta")
    session = {**wire.load("session_running"), "id": f"S-{number}"}
    cdr = {**wire.load("cdr_ac22"), "id": f"C-{number}", "session_id": f"s-{number}"}
    named = {"id": f"C-{number}-C", "credit_reference_id": f"c-{number}", "session_id": f"S-{number}"}
    credit: dict[str, Any] = {**wire.load("cdr_ac22_credit"), **named}
    return [
        lambda: caller.put(f"/receiver/sessions/NL/VLT/S-{number}", session),
        lambda: caller.post("/receiver/cdrs", cdr),
        lambda: caller.post("/receiver/cdrs", credit),
    ]


def test_a_session_its_cdr_and_the_credit_of_that_at_once_are_linked() -> None:
    cast.volta()
    for number in range(ROUNDS):
        replies = at_once(*telling(number))
        assert [reply.http for reply in replies] == [201, 201, 201]
    assert Session.objects.filter(has_cdr=True).count() == ROUNDS
    for cdr in Cdr.objects.select_related("known_session", "credited"):
        assert cdr.known_session is not None
        assert cdr.known_session.ocpi_id == f"S-{cdr.ocpi_id.split('-')[1]}"
        assert cdr.credit == (cdr.credited is not None)


def test_changes_of_a_session_and_its_cdr_at_once_do_not_wait_for_each_other() -> None:
    cast.volta()
    caller, url = Caller("Volta"), "/receiver/sessions/NL/VLT/S-0"
    assert telling(0)[0]().http == 201
    patches = [
        lambda: caller.patch(url, {"authorization_reference": "NEW", "last_updated": "2026-10-14T09:30:00Z"}),
        lambda: caller.patch(url, {"kwh": 12, "last_updated": "2026-10-14T09:31:00Z"}),
    ]
    replies = at_once(*patches, *telling(0)[1:])
    assert {reply.status for reply in replies} == {1000}
    assert (Session.objects.get().has_cdr, Cdr.objects.filter(known_session=None).count()) == (True, 0)


def test_a_result_that_comes_twice_while_the_time_runs_out_is_told_once() -> None:
    """M2, M3: whichever is first holds."""
    with middle() as both:
        given(both)
        url, command = both.ours(), Command.objects.get()
        at_once(
            lambda: both.cpo.tell(url, {"result": "ACCEPTED"}),
            lambda: both.cpo.tell(url, {"result": "FAILED"}),
            lambda: results.time_out_due(at=command.due_at),
        )
        command.refresh_from_db()
        push = Push.objects.get(module="commands")
        told = {CommandState.SUCCEEDED: "ACCEPTED", CommandState.FAILED: "FAILED", CommandState.TIMED_OUT: "TIMEOUT"}
        assert told[CommandState(command.state)] in push.body
        assert command.result in ("ACCEPTED", "FAILED")
