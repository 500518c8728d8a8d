"""The whole machine on real sockets: web, worker and beat of ours, and a partner's platform."""

import base64
import time
from collections.abc import Callable

import httpx2
import pytest

from roaming.exchange import policy
from roaming.exchange.models import Push, PushState
from roaming.ocpi.schema import wire as json
from roaming.server import running
from tests import cast, wire
from tests.roaming.platform import Platform, platform

pytestmark = pytest.mark.django_db(transaction=True)


def put_location(portal: str, last_updated: str) -> None:
    changed = {"name": f"Zuidplein as of {last_updated}", "last_updated": last_updated}
    body = json.encode({**wire.load("location_zuidplein"), **changed})
    token = base64.b64encode(cast.token("Volta").encode()).decode()
    headers = {"Authorization": f"Token {token}", "Content-Type": "application/json"}
    url = f"{portal}/ocpi/2.2.1/receiver/locations/NL/VLT/ZUIDPLEIN"
    assert httpx2.put(url, content=body, headers=headers).json()["status_code"] == 1000


def eventually(condition: Callable[[], bool], seconds: float = 15) -> None:
    until = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < until, "it did not happen in time"
        time.sleep(0.05)


def seen(theirs: Platform) -> list[str]:
    return [asked.body["last_updated"] for asked in theirs.asked if asked.method == "PUT"]


def test_a_change_reaches_the_partner_also_after_an_outage(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(policy, "_FIRST_SECONDS", 0.5)
    with platform("EMSP DE*NMD") as theirs, running() as portal:
        cast.volta()
        cast.nomad(url=theirs.url)
        cast.agreement("NL*VLT", "DE*NMD")
        put_location(portal, "2026-11-01T00:00:00Z")
        eventually(lambda: seen(theirs) == ["2026-11-01T00:00:00Z"])
        theirs.down()
        put_location(portal, "2026-11-02T00:00:00Z")
        eventually(lambda: Push.objects.filter(state=PushState.RETRYING).exists())
        put_location(portal, "2026-11-03T00:00:00Z")
        theirs.up()
        eventually(lambda: seen(theirs)[1:] == ["2026-11-03T00:00:00Z"])
        eventually(lambda: not Push.objects.exclude(state=PushState.DELIVERED).exists())
