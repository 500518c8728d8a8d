"""Commands at once: a result that overtakes the answer, and an order that is given twice."""

from typing import Any

import pytest
from django.db import connection

from roaming.commands.models import Command, CommandState
from tests.races.threads import at_once
from tests.roaming.between import (
    given,
    middle,
)
from tests.roaming.calls import Reply
from tests.roaming.platform import Said

pytestmark = pytest.mark.django_db(transaction=True)


def test_a_result_may_overtake_the_answer() -> None:
    """M2. The CPO tells the result while we still wait for its answer; the eMSP hears both, in their order."""
    with middle() as both:
        told: list[Reply] = []

        def answering(asked: Any) -> Said | None:
            if asked.path.startswith("/receiver/commands"):
                told.append(both.cpo.tell(asked.body["response_url"], {"result": "ACCEPTED"}))
                both.deliver()
                connection.close()
                return Said({"result": "ACCEPTED", "timeout": 30})
            return None

        both.volta.answering = answering
        assert given(both).data == {"result": "ACCEPTED", "timeout": 30}
        assert [(reply.status, reply.message) for reply in told] == [(1000, "Success")]
        command = Command.objects.get()
        assert (command.state, command.answer, command.result) == (CommandState.SUCCEEDED, "ACCEPTED", "ACCEPTED")
        assert both.told() == []
        both.deliver()
        assert [asked.body for asked in both.told()] == [{"result": "ACCEPTED"}]


def test_a_result_that_overtook_a_refusal_is_kept_and_not_told() -> None:
    """M2."""
    with middle() as both:

        def answering(asked: Any) -> Said | None:
            if asked.path.startswith("/receiver/commands"):
                both.cpo.tell(asked.body["response_url"], {"result": "FAILED"})
                connection.close()
                return Said({"result": "REJECTED", "timeout": 0})
            return None

        both.volta.answering = answering
        assert given(both).data["result"] == "REJECTED"
        both.deliver()
        command = Command.objects.get()
        assert (command.state, command.result, both.told()) == (CommandState.REFUSED, "FAILED", [])


def test_two_same_orders_at_once_reach_the_cpo_once() -> None:
    with middle() as both:
        replies = at_once(lambda: given(both), lambda: given(both))
        assert len(both.asked()) == 1
        assert {reply.status for reply in replies} <= {1000, 2000}
        assert Command.objects.count() == 1
