"""Our own doors, tried as a partner would try them: full marks in every version."""

from collections.abc import Iterator
from typing import Any

import pytest
from pytest_django import Settings

from partners.agreements.models import Agreement
from partners.connections.models import Connection
from roaming import server
from roaming.cdrs import services as cdrs
from roaming.cdrs.models import CdrState, Via
from roaming.conformance import services, wording
from roaming.conformance.models import Outcome
from roaming.kernel import clock
from roaming.locations import services as locations
from roaming.ocpi.modules import offered_to
from roaming.ocpi.schema import transforms, wire
from roaming.ocpi.versions import OFFERED, endpoint_url
from roaming.sessions import services as sessions
from roaming.tariffs import services as tariffs
from roaming.tokens import services as tokens
from tests import cast
from tests.wire import load

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def portal(transactional_db: None, settings: Settings) -> Iterator[str]:
    """Our portal on a real socket, with Volta's stations and Volta Go's cards; Nomad and Polder are joined to them."""
    with server.running(worker=False, beat=False) as url:
        settings.PORTAL_URL = url
        cast.volta()
        cast.nomad()
        cast.polder()
        cast.agreement("NL*PLD", "NL*VGO")
        furnish(cast.agreement("NL*VLT", "DE*NMD"))
        yield url


def furnish(agreement: Agreement) -> None:
    """What Nomad and Polder may read: stations, prices and cards; and what Nomad's drivers charged."""
    volta, volta_go, nomad = cast.party("NL*VLT", "CPO"), cast.party("NL*VGO", "EMSP"), cast.party("DE*NMD", "EMSP")
    at = cast.NOW
    for number in range(3):
        last = {"last_updated": f"2026-10-0{number + 1}T10:00:00Z"}
        location = newest("location", "location_zuidplein", id=f"L{number}", **last)
        locations.put(party=volta, location_id=f"L{number}", data=location, at=at)
        tariff = newest("tariff", "tariff_ac22", id=f"T{number}", **last)
        tariffs.put(party=volta, tariff_id=f"T{number}", data=tariff, at=at)
        token = newest("token", "token_volta_go", uid=f"0{number}", **last)
        tokens.put(party=volta_go, token_uid=token["uid"], token_type=token["type"], data=token, at=at)
        session = newest("session", "session_finished", id=f"S{number}", location_id="L0", **last)
        sessions.put(party=volta, session_id=f"S{number}", data=session, at=at)
        cdr = newest("cdr", "cdr_ac22", id=f"C{number}", **last)
        received = cdrs.receive(
            party=volta,
            raw=wire.encode(cdr),
            version="2.3.0",
            data=cdr,
            connection=volta.connection,
            via=Via.PUSH,
            at=at,
        )
        cdrs.move(cdr=received.cdr, to=CdrState.ACCEPTED, reason="It fits.", at=at, agreement=agreement)
    card = newest("token", "token_nomad")
    tokens.put(party=nomad, token_uid=card["uid"], token_type=card["type"], data=card, at=at)


def newest(kind: str, name: str, **fields: Any) -> dict[str, Any]:
    return transforms.upgrade("2.2.1", kind, {**load(name), **fields})


def ourselves(portal: str, name: str, roles: list[str], version: str) -> Connection:
    """Our platform as `name` knows it: the same token, our addresses."""
    us = cast.connection(f"Us as {name} sees us", url=portal)
    us.version, us.versions_url, us.token_out = version, f"{portal}/ocpi/versions", cast.token(name)
    us.endpoints = [
        {"identifier": module, "role": side, "url": endpoint_url(version, module, side)}
        for module, side in offered_to(roles, version)
    ]
    us.save()
    return us


@pytest.mark.parametrize("version", OFFERED)
@pytest.mark.parametrize(("name", "roles"), [("Nomad", ["EMSP"]), ("Polder Laden", ["CPO"])])
def test_our_own_doors_pass_everything(portal: str, name: str, roles: list[str], version: str) -> None:
    us = ourselves(portal, name, roles, version)
    run = services.plan(connection=us, by=None, at=clock.now())
    services.execute(run=run, at=clock.now())
    bad = run.results.filter(outcome__in=[Outcome.FAILED, Outcome.WARNING, Outcome.SKIPPED])
    print(wording.as_text(run))
    assert [f"{one.module}: {one.title}: {one.sentence} {one.actual}" for one in bad] == []
