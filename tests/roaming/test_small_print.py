"""What the tables of OCPI say in passing: what informs and changes nothing, what may come late, what stays as it is."""

from datetime import timedelta
from typing import Any

import pytest

from partners.connections.models import Connection
from roaming.cdrs.models import Cdr
from roaming.findings.models import Finding
from roaming.tokens.models import Token
from tests import cast, wire
from tests.roaming.calls import Caller

PLACE = "/receiver/locations/NL/VLT/ZUIDPLEIN"
CARD = "/receiver/tokens/DE/NMD/04A2B3C4D5E680"
LATER = "2026-11-19T00:00:00Z"


@pytest.fixture
def ours(nomad: Connection) -> Caller:
    return Caller("Volta")


def test_a_schedule_of_statuses_informs_and_changes_no_status(ours: Caller) -> None:
    """L11: what was foretold of now is not what is; UNKNOWN, which a station is while it is offline, is taken too."""
    place = wire.load("location_zuidplein")
    foretold = {"period_begin": "2026-01-01T00:00:00Z", "period_end": "2027-01-01T00:00:00Z", "status": "BLOCKED"}
    place["evses"][0] |= {"status": "UNKNOWN", "status_schedule": [foretold]}
    assert ours.put(PLACE, place).http == 201
    shown = Caller("Nomad").get("/sender/locations/ZUIDPLEIN").data["evses"][0]
    assert (shown["status"], shown["status_schedule"]) == ("UNKNOWN", [foretold])


@pytest.mark.parametrize("later", [timedelta(), timedelta(days=60), timedelta(days=700)])
def test_a_cdr_may_come_at_any_time_after_its_session(ours: Caller, later: timedelta) -> None:
    """D14."""
    ended = cast.NOW - later
    times = {"start_date_time": f"{ended - timedelta(hours=2):%Y-%m-%dT%H:%M:%SZ}"}
    times |= {"end_date_time": f"{ended:%Y-%m-%dT%H:%M:%SZ}"}
    reply = ours.post("/receiver/cdrs", {**wire.load("cdr_ac22"), **times})
    assert (reply.http, reply.status, Finding.objects.count()) == (201, 1000, 0)


@pytest.mark.parametrize("unknown", [["start_date_time"], ["end_date_time"], ["start_date_time", "end_date_time"]])
def test_a_time_that_nobody_knows_is_taken_as_it_is(ours: Caller, unknown: list[str]) -> None:
    """D11: the beginning of 1970 says so."""
    sent = {**wire.load("cdr_ac22"), **dict.fromkeys(unknown, "1970-01-01T00:00:00Z")}
    reply = ours.post("/receiver/cdrs", sent)
    assert reply.http == 201, reply.message
    assert ours.follow(reply.headers["Location"]).data == sent
    assert Cdr.objects.get().raw_version == "2.2.1"


def test_a_group_is_kept_also_where_it_is_too_long_for_a_station(nomad: Connection) -> None:
    """K7: OCPP 1.x has twenty characters for it, OCPI has 36."""
    theirs, card = Caller("Nomad"), wire.load("token_nomad")
    refused = theirs.put(CARD, {**card, "group_id": "G" * 37})
    assert (refused.status, "$.group_id" in refused.message, Token.objects.count()) == (2001, True, 0)
    grouped: dict[str, Any] = {**card, "group_id": "G" * 36}
    assert theirs.put(CARD, grouped).http == 201
    assert Caller("Volta").get("/sender/tokens").data == [grouped]


def test_after_an_outage_everything_that_changed_since_can_be_pulled(ours: Caller) -> None:
    """T66: whoever missed pushes asks for what changed from a moment on."""
    for name, changed in (("before", "2026-11-01T11:59:59Z"), ("at once", "2026-11-01T12:00:00Z"), ("later", LATER)):
        tariff = {**wire.load("tariff_ac22"), "id": name, "last_updated": changed}
        assert ours.put(f"/receiver/tariffs/NL/VLT/{name.replace(' ', '%20')}", tariff).http == 201
    missed = Caller("Nomad").get("/sender/tariffs", date_from="2026-11-01T12:00:00Z")
    assert [tariff["id"] for tariff in missed.data] == ["at once", "later"]
