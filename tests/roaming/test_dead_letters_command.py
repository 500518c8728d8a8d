"""`manage.py dead_letters`: what operators without a browser see and do."""

import json
from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from partners.connections.models import Connection
from roaming.exchange.models import PushState
from tests.roaming.test_dead_letters import change, dead, row


def said(*arguments: str) -> str:
    out = StringIO()
    call_command("dead_letters", *arguments, stdout=out)
    return out.getvalue()


def test_dead_letters_are_listed_and_sent_again(nomad: Connection) -> None:
    assert said() == "No dead letters.\n"
    push, older = dead(change(0)), dead(change(1))
    change(1, hour=1)
    assert f"{push.pk}  Nomad  PUT tariffs NL/VLT/T0  since 2026-11-20 09:42 UTC  Refused: HTTP 200" in said("Nomad")
    assert [one["id"] for one in json.loads(said("--json"))["dead"]] == [older.pk, push.pk]
    assert "No dead letters." in said("Volta")
    assert said("Nomad", "--retry").startswith("1 is sent again. 1 is out of date")
    assert (row(push)["state"], row(push)["handled_by_id"], row(older)["state"]) == (PushState.WAITING, None, "dead")
    assert json.loads(said("--retry", "--json"))["sent"] == 0
    with pytest.raises(CommandError, match="no connection “Nobody”"):
        said("Nobody")
