"""A location that was public and no longer is: a partner of 2.1.1 cannot be told so, but shown nothing to charge at."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest

from partners.connections.models import Connection
from roaming.exchange import delivery
from roaming.exchange.models import Push, PushState
from roaming.kernel import clock
from tests import cast, wire
from tests.roaming.calls import Caller
from tests.roaming.platform import Asked, Platform, platform

pytestmark = pytest.mark.django_db

URL = "/receiver/locations/NL/VLT/ZUIDPLEIN"
FIRST, SECOND = "2026-11-11T00:00:00Z", "2026-11-12T00:00:00Z"


@dataclass(frozen=True)
class Partner:
    platform: Platform
    connection: Connection

    def told(self) -> list[Asked]:
        """What it is sent now."""
        before = len(self.platform.asked)
        delivery.deliver_due(self.connection.pk, clock.now())
        return self.platform.asked[before:]


@pytest.fixture
def nomad(request: pytest.FixtureRequest) -> Iterator[Partner]:
    with platform("EMSP DE*NMD") as running:
        cast.volta()
        connection = cast.connection("Nomad", "EMSP DE*NMD", url=running.url, version=request.param)
        cast.agreement("NL*VLT", "DE*NMD")
        yield Partner(running, connection)


@pytest.mark.parametrize("nomad", ["2.1.1"], indirect=True)
def test_its_evses_are_removed_at_a_partner_of_2_1_1_that_was_told_of_it(nomad: Partner) -> None:
    """L1, L5."""
    volta, zuidplein = Caller("Volta"), wire.load("location_zuidplein")
    volta.put(URL, zuidplein)
    (public,) = nomad.told()
    volta.patch(URL, {"publish": False, "name": "Geheim", "last_updated": FIRST})
    (private,) = nomad.told()
    assert (private.method, private.path) == (public.method, public.path)
    assert private.body["name"] == zuidplein["name"]  # what is new of a private location is nobody's business
    assert private.body["last_updated"] == FIRST
    gone = [{**evse, "status": "REMOVED", "last_updated": FIRST} for evse in public.body["evses"]]
    assert private.body["evses"] == gone
    volta.patch(URL, {"name": "Nog geheimer", "last_updated": SECOND})
    assert nomad.told() == []
    volta.patch(URL, {"publish": True, "last_updated": "2026-11-13T00:00:00Z"})
    (again,) = nomad.told()
    assert [evse["status"] for evse in again.body["evses"]] == [evse["status"] for evse in public.body["evses"]]


@pytest.mark.parametrize("nomad", ["2.1.1"], indirect=True)
def test_a_partner_of_2_1_1_that_was_not_told_of_it_hears_nothing(nomad: Partner) -> None:
    """L5."""
    Caller("Volta").put(URL, {**wire.load("location_zuidplein"), "publish": False})
    assert nomad.told() == []
    assert Push.objects.get().state == PushState.LAPSED


@pytest.mark.parametrize("nomad", ["2.2.1"], indirect=True)
def test_a_later_version_is_told_as_it_is(nomad: Partner) -> None:
    volta, private = Caller("Volta"), dict[str, Any](publish=False, last_updated=FIRST)
    volta.put(URL, wire.load("location_zuidplein"))
    nomad.told()
    volta.patch(URL, private)
    (told,) = nomad.told()
    assert told.body == {**wire.load("location_zuidplein"), **private}
