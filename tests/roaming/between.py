"""An eMSP's platform that asks and a CPO's that is asked, both on real sockets, and us between them."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from partners.connections.models import Connection
from roaming.commands.models import Command, Reservation
from roaming.exchange import delivery
from roaming.kernel import clock
from tests import cast, wire
from tests.roaming.calls import Caller, Reply
from tests.roaming.platform import Asked, Platform, Said, platform

ACCEPTED = {"result": "ACCEPTED", "timeout": 30}
_FURTHER = ("commands", "chargingprofiles")


def connect(name: str, *parties: str, to: Platform, version: str = "2.2.1", own: bool = False) -> Connection:
    """A registered connection with every module, whose platform is `to`."""
    connection = cast.connection(name, *parties, own=own, url=to.url)
    faces = [(module, role) for module in _FURTHER for role in ("SENDER", "RECEIVER")]
    further = [
        {"identifier": module, "role": role, "url": f"{to.url}/{role.lower()}/{module}"} for module, role in faces
    ]
    connection.endpoints = [*connection.endpoints, *further]
    connection.version = version
    connection.save(update_fields=["endpoints", "version"])
    return connection


@dataclass
class Middle:
    """Volta is the CPO, Nomad the eMSP; each calls us in its own version."""

    volta: Platform
    nomad: Platform
    volta_version: str = "2.2.1"
    nomad_version: str = "2.2.1"

    @property
    def cpo(self) -> Caller:
        return Caller("Volta", self.volta_version)

    @property
    def emsp(self) -> Caller:
        return Caller("Nomad", self.nomad_version)

    @property
    def response_url(self) -> str:
        """An address of Nomad's."""
        return f"{self.nomad.url}/results/17"

    def asked(self, module: str = "commands") -> list[Asked]:
        """What the CPO was asked to do."""
        return [asked for asked in self.volta.asked if asked.path.startswith(f"/receiver/{module}")]

    def told(self) -> list[Asked]:
        """What the eMSP was told of results."""
        return [asked for asked in self.nomad.asked if asked.path.startswith("/results/")]

    def ours(self) -> str:
        """The address that we gave the CPO with the last order."""
        last = (self.asked() + self.asked("chargingprofiles"))[-1]
        return str(last.query.get("response_url") or last.body["response_url"])

    def deliver(self) -> None:
        """What the worker would do now."""
        for connection in Connection.objects.all():
            delivery.deliver_due(connection.pk, clock.now())


@contextmanager
def middle(volta_version: str = "2.2.1", nomad_version: str = "2.2.1") -> Iterator[Middle]:
    """Both platforms, an agreement, Volta's location ZUIDPLEIN and a running session of a Nomad driver there."""
    with platform("CPO NL*VLT") as volta, platform("EMSP DE*NMD") as nomad:
        # 2.1.1 has one address for each module, and so none for a platform with both roles.
        ours = ("CPO NL*VLT",) if volta_version == "2.1.1" else ("CPO NL*VLT", "EMSP NL*VGO")
        connect("Volta", *ours, to=volta, own=True)
        connect("Nomad", "EMSP DE*NMD", to=nomad)
        cast.agreement("NL*VLT", "DE*NMD")
        caller = Caller("Volta")
        assert caller.put("/receiver/locations/NL/VLT/ZUIDPLEIN", wire.load("location_zuidplein")).http == 201
        assert caller.put("/receiver/sessions/NL/VLT/S-2026-10-14-0001", wire.load("session_running")).http == 201
        Connection.objects.filter(name="Volta").update(version=volta_version)
        Connection.objects.filter(name="Nomad").update(version=nomad_version)
        volta.answering = accepting(ACCEPTED if volta_version != "2.1.1" else {"result": "ACCEPTED"})
        yield Middle(volta, nomad, volta_version, nomad_version)


def accepting(answer: Any) -> Any:
    """A CPO that gives every order the same answer."""

    def answering(asked: Asked) -> Said | None:
        orders = ("/receiver/commands", "/receiver/chargingprofiles")
        return Said(answer) if asked.path.startswith(orders) else None

    return answering


def start(response_url: str, **fields: Any) -> dict[str, Any]:
    """A START_SESSION of Nomad's driver at ZP-1."""
    order = {"token": wire.load("token_nomad"), "location_id": "ZUIDPLEIN", "evse_uid": "ZP-1", "connector_id": "1"}
    return {"response_url": response_url, **order, "authorization_reference": "NMD-REF-1", **fields}


def reserve(response_url: str, **fields: Any) -> dict[str, Any]:
    """A RESERVE_NOW of Nomad's driver at ZP-1."""
    order = {"token": wire.load("token_nomad"), "location_id": "ZUIDPLEIN", "evse_uid": "ZP-1"}
    return {
        "response_url": response_url,
        **order,
        "reservation_id": "R-1",
        "expiry_date": "2027-01-01T10:00:00Z",
        **fields,
    }


def unlock(response_url: str, **fields: Any) -> dict[str, Any]:
    order = {"location_id": "ZUIDPLEIN", "evse_uid": "ZP-1", "connector_id": "1"}
    return {"response_url": response_url, **order, **fields}


def stop(response_url: str, **fields: Any) -> dict[str, Any]:
    return {"response_url": response_url, "session_id": "S-2026-10-14-0001", **fields}


ORDERS: dict[str, Callable[..., dict[str, Any]]] = {
    "START_SESSION": start,
    "STOP_SESSION": stop,
    "RESERVE_NOW": reserve,
    "UNLOCK_CONNECTOR": unlock,
}


def given(between: Middle, name: str = "START_SESSION", **fields: Any) -> Reply:
    """Our answer to a command of Nomad's."""
    return between.emsp.post(f"/receiver/commands/{name}", ORDERS[name](between.response_url, **fields))


def refused(between: Middle, reply: Reply, code: int, word: str) -> None:
    """Said with a code and a word, and nothing came of it."""
    assert (reply.http, reply.status) == (200, code)
    assert word in reply.message
    assert (between.asked(), Command.objects.count(), Reservation.objects.count()) == ([], 0, 0)
