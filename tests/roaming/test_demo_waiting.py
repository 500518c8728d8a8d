"""When a demo and a trial take the portal to be done: nothing may slip through between two looks."""

from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection as database

from partners.agreements.models import Agreement
from partners.connections.models import Connection
from roaming.cdrs import services as cdrs
from roaming.cdrs.models import Cdr, CdrState, Via
from roaming.demo import waiting
from roaming.exchange.models import Push
from roaming.ocpi.schema import transforms
from tests import cast, wire

pytestmark = pytest.mark.django_db


@pytest.fixture
def cdr(nomad: Connection) -> Cdr:
    """Of Volta, charged by a driver of Nomad; it waits to be judged."""
    raw = wire.load("cdr_ac22")
    return cdrs.receive(
        party=cast.party("NL*VLT", "CPO"),
        raw=b"{}",
        version="2.2.1",
        data=transforms.upgrade("2.2.1", "cdr", raw),
        connection=None,
        via=Via.IMPORT,
        at=cast.NOW,
    ).cdr


def test_a_cdr_that_is_accepted_between_two_questions_is_counted_by_its_state_or_by_its_push(cdr: Cdr) -> None:
    agreement, asked = Agreement.objects.get(), []

    def accepted_meanwhile(execute: Callable[..., Any], sql: str, *rest: Any) -> Any:
        answer = execute(sql, *rest)
        asked.append(sql)
        if len(asked) == 1:
            cdrs.move(cdr=cdr, to=CdrState.ACCEPTED, reason="As agreed.", agreement=agreement, at=cast.NOW)
        return answer

    with database.execute_wrapper(accepted_meanwhile):
        assert waiting.left_to_do() > 0
    assert waiting.left_to_do() == Push.objects.count() == 1
