"""Tariffs over OCPI: replaced as a whole, gone when deleted, there again when put again."""

from typing import Any

import pytest

from partners.connections.models import Connection
from roaming.exchange.models import Push
from roaming.tariffs import selectors
from roaming.tariffs.models import Tariff
from tests import cast, wire
from tests.roaming.calls import Caller

URL = "/receiver/tariffs/NL/VLT/AC22"


@pytest.fixture
def ac22() -> dict[str, Any]:
    return wire.load("tariff_ac22")


def test_a_tariff_is_read_back_field_for_field(nomad: Connection, ac22: dict[str, Any]) -> None:
    ours = Caller("Volta")
    assert (ours.put(URL, ac22).http, ours.put(URL, ac22).http) == (201, 200)
    assert ours.get(URL).data == ac22
    assert Caller("Nomad").get("/sender/tariffs").data == [ac22]
    row = Tariff.objects.get()
    assert (row.currency, row.type, row.ends_at) == ("EUR", "REGULAR", None)


def test_a_put_replaces_and_what_is_absent_is_gone(volta: Connection, ac22: dict[str, Any]) -> None:
    """T60, R8."""
    ours = Caller("Volta")
    ours.put(URL, ac22)
    bare = {name: value for name, value in ac22.items() if name not in ("type", "tariff_alt_text", "start_date_time")}
    assert ours.put(URL, bare).status == 1000
    assert ours.get(URL).data == bare
    assert Tariff.objects.get().type == ""


def test_a_patch_does_not_exist(volta: Connection, ac22: dict[str, Any]) -> None:
    """4.4: of 2.1.1 only."""
    ours = Caller("Volta")
    ours.put(URL, ac22)
    reply = ours.patch(URL, {"currency": "USD", "last_updated": "2026-11-01T00:00:00Z"})
    assert (reply.http, reply.headers["Allow"]) == (405, "GET, PUT, DELETE")
    assert ours.get(URL).data == ac22


def test_a_deleted_tariff_is_gone_for_everybody_and_deleting_it_again_is_404(
    nomad: Connection, ac22: dict[str, Any]
) -> None:
    """R1."""
    ours, partner = Caller("Volta"), Caller("Nomad")
    ours.put(URL, ac22)
    deleted = ours.delete(URL)
    assert (deleted.http, deleted.status, deleted.data) == (200, 1000, None)
    assert (ours.get(URL).http, ours.delete(URL).http) == (404, 404)
    listed = partner.get("/sender/tariffs")
    assert (listed.data, listed.headers["X-Total-Count"]) == ([], "0")
    assert Tariff.objects.get().deleted_at is not None
    push = Push.objects.get()
    assert (push.method, push.path, push.body) == ("DELETE", "NL/VLT/AC22", "")


def test_a_tariff_put_after_its_deletion_is_there_again_unless_it_is_an_older_state(
    nomad: Connection, ac22: dict[str, Any]
) -> None:
    """T65: one of January that comes late does not revive it."""
    ours = Caller("Volta")
    ours.put(URL, ac22)
    ours.delete(URL)
    reply = ours.put(URL, {**ac22, "last_updated": "2020-01-01T00:00:00Z"})
    assert (reply.status, "older" in reply.message) == (1000, True)
    assert (ours.get(URL).http, Push.objects.get().method) == (404, "DELETE")
    assert ours.put(URL, ac22).status == 1000
    assert ours.get(URL).data == ac22
    assert Caller("Nomad").get("/sender/tariffs").data == [ac22]
    assert Push.objects.get().method == "PUT"


def test_deleting_an_unknown_tariff_is_404_and_names_it(volta: Connection) -> None:
    """R1."""
    reply = Caller("Volta").delete("/receiver/tariffs/NL/VLT/NEVER-SEEN")
    assert (reply.http, reply.status) == (404, 2000)
    assert "NEVER-SEEN" in reply.message


def test_two_owners_may_both_have_a_tariff_of_the_same_id(volta: Connection, ac22: dict[str, Any]) -> None:
    """T73."""
    cast.polder(url="http://polder.invalid")
    theirs = {**ac22, "party_id": "PLD", "currency": "CHF"}
    assert Caller("Volta").put(URL, ac22).http == 201
    assert Caller("Polder Laden").put("/receiver/tariffs/NL/PLD/AC22", theirs).http == 201
    assert Caller("Volta").get(URL).data == ac22
    assert Caller("Polder Laden").get("/receiver/tariffs/NL/PLD/AC22").data == theirs


def test_nobody_deletes_the_tariff_of_another_platform(nomad: Connection, ac22: dict[str, Any]) -> None:
    Caller("Volta").put(URL, ac22)
    assert Caller("Nomad").delete(URL).http == 404
    assert Caller("Volta").get(URL).data == ac22


def test_an_id_with_a_slash_is_found_again(volta: Connection, ac22: dict[str, Any]) -> None:
    odd = {**ac22, "id": "AC/22 *"}
    path = "/receiver/tariffs/NL/VLT/AC%2F22%20%2A"
    assert Caller("Volta").put(path, odd).http == 201
    assert Caller("Volta").get(path).data == odd


def test_prices_keep_every_digit(volta: Connection, ac22: dict[str, Any]) -> None:
    body = wire.raw("tariff_ac22").replace(b"0.3900", b"0.12345678901234567890")
    assert Caller("Volta").put(URL, body).status == 1000
    found = Caller("Volta").get(URL).data["elements"][0]["price_components"][1]["price"]
    assert str(found) == "0.12345678901234567890"


def test_prices_are_for_those_who_may_see_money(volta: Connection, ac22: dict[str, Any]) -> None:
    Caller("Volta").put(URL, ac22)
    assert selectors.list_for(cast.person("Ada", "finance")).count() == 1
    assert selectors.list_for(cast.person("Otto", "operator")).count() == 0
