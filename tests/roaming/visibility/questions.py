"""What others are asked on behalf of the platform: about a driver, a station, a session, a place, a terminal.

Nobody in these worlds can be asked anything, so that an order which may be put to its CPO ends in NOT_SUPPORTED, and
other questions in 4003.
"""

from typing import Any

from tests.roaming.calls import Reply
from tests.roaming.visibility.visitor import NOTHING, Visitor, found_in
from tests.roaming.visibility.world import CODES, IDS, Side, Thing

ORDERS: dict[str, tuple[str, dict[str, str]]] = {
    "2.2.1": ("START_SESSION", {}),
    "2.3.0": ("RESERVE_NOW", {"reservation_id": "R1", "expiry_date": "2026-11-21T00:00:00Z"}),
}


class Questions(Visitor):
    """About what it may see, or refused as about what nobody has."""

    def asking(self) -> None:
        if self.opens("sender", "tokens"):
            self.drivers()
        if self.version != "2.1.1" and self.opens("receiver", "commands"):
            self.commands()
            self.for_drivers()
        if self.opens("sender", "bookings"):
            self.bookings()
        if self.opens("sender", "payments"):
            self.activation()

    def drivers(self) -> None:
        refused = self.caller.post(f"/sender/tokens/{NOTHING}/authorize")
        for name in IDS:
            for type_ in ("RFID", "APP_USER"):
                self.authorize(name, type_, refused)
        if self.version == "2.3.0":
            for code in CODES:
                self.authorize_at(code, NOTHING, "RFID", refused)

    def authorize(self, name: str, type_: str, refused: Reply) -> None:
        tokens = self.oracle.listed("token")
        if self.version == "2.1.1" and self.platform in self.world.faces:
            tokens = [one for one in tokens if one.owner == self.world.faces[self.platform]]
        allowed = {one.marker for one in tokens if one.id.upper() == name.upper() and one.type == type_}
        spelled = self.chance.choice((name.upper(), name.lower()))
        reply = self.caller.post(f"/sender/tokens/{spelled}/authorize?type={type_}")
        self.harmless(reply)
        if allowed:
            assert found_in(reply.data) <= allowed and reply.status in (1000, 2002)
        else:
            reply = Reply(reply.http, reply.status, reply.message.replace(type_, "RFID"), reply.data, {})
            self.same_as_nobody(reply, refused, spelled, instead=NOTHING)
        if self.version != "2.1.1" and self.chance.random() < 0.3:
            self.authorize_at(self.chance.choice(CODES), spelled, type_, refused)

    def authorize_at(self, code: str, name: str, type_: str, refused: Reply) -> None:
        """Asked of one eMSP, which may know a token that we do not; only now that an agreement lets it be asked."""
        reply = self.to(code).post(f"/sender/tokens/{name}/authorize?type={type_}")
        self.harmless(reply, code)
        if not self.oracle.may_address(code):
            self.same_as_nobody(reply, self.unaddressable, code)
        elif not self.oracle.asks(code):
            reply = Reply(reply.http, reply.status, reply.message.replace(type_, "RFID"), reply.data, {})
            self.same_as_nobody(reply, refused, name, instead=NOTHING)

    def commands(self) -> None:
        """Starting, stopping, preferring: at a place or session of others as at one that nobody has."""
        places = {one.id.upper() for one in self.oracle.listed("location")}
        sessions = {one.id.upper() for one in self.oracle.listed("session")}
        # Of sessions at stations that it may use it is told that they are of somebody else's driver (M9).
        cpos = {one.owner for one in self.oracle.listed("location")}
        near = {one.id.upper() for one in self.world.things if one.kind == "session" and one.owner in cpos}
        for ask, open_ids in ((self.unlock, places), (self.stop, sessions | near), (self.prefer, sessions)):
            refused = ask(NOTHING)
            for name in IDS:
                reply = ask(name)
                self.harmless(reply)
                if name.upper() not in open_ids:
                    self.same_as_nobody(reply, refused, name, instead=NOTHING)

    @property
    def response_url(self) -> str:
        """An address of the platform itself; nobody listens there."""
        return f"http://{self.platform[-1]}.invalid/response"

    def unlock(self, name: str) -> Reply:
        body = {"response_url": self.response_url, "location_id": name, "evse_uid": "E1", "connector_id": "1"}
        return self.caller.post("/receiver/commands/UNLOCK_CONNECTOR", body)

    def stop(self, name: str) -> Reply:
        body = {"response_url": self.response_url, "session_id": name}
        return self.caller.post("/receiver/commands/STOP_SESSION", body)

    def prefer(self, name: str) -> Reply:
        return self.caller.put(f"/sender/sessions/{name}/charging_preferences", {"profile_type": "FAST"})

    def for_drivers(self) -> None:
        """For a driver of one eMSP, at stations that this one's agreements open and not just its sibling's."""
        for emsp, place in self.emsps_and("location"):
            reply = self.order(emsp, place)
            if self.may_ask(reply, emsp, place, "is no eMSP of your platform"):
                assert reply.status == 1000 and reply.data["result"] == "NOT_SUPPORTED", reply.message

    def emsps_and(self, kind: str) -> list[tuple[Side, Thing]]:
        """Each eMSP of the platform, also one that left, with one object of each CPO."""
        emsps = [side for side in self.world.sides if side.role == "EMSP" and side.platform == self.platform]
        places = {thing.owner: thing for thing in self.world.things if thing.kind == kind}
        return [(emsp, place) for emsp in emsps for place in places.values()]

    def may_ask(self, reply: Reply, emsp: Side, place: Thing, not_theirs: str) -> bool:
        """Whether that eMSP may ask there now; else it was refused."""
        code = place.owner.code
        self.harmless(reply, f"{emsp.code} {code}")
        if not self.oracle.may_address(code):
            self.same_as_nobody(reply, self.unaddressable, code)
        elif emsp.left:
            assert reply.status == 2001 and not_theirs in reply.message
        elif place.owner not in self.oracle.served(emsp):
            assert reply.status == 2003, reply.message
        else:
            return True
        return False

    def order(self, emsp: Side, place: Thing) -> Reply:
        command, further = ORDERS[self.version]
        token: dict[str, Any] = {"country_code": emsp.code[:2], "party_id": emsp.code[3:], "uid": "A1", "type": "RFID"}
        token |= {"contract_id": "C1", "issuer": "X", "valid": True, "whitelist": "NEVER"}
        token |= {"last_updated": "2026-11-01T00:00:00Z"}
        body = {"response_url": self.response_url, "token": token, "location_id": place.id, **further}
        return self.to(place.owner.code).post(f"/receiver/commands/{command}", body)

    def bookings(self) -> None:
        """A place is asked for by the eMSP that may use it, in its own name."""
        for emsp, place in self.emsps_and("booking_location"):
            reply = self.to(place.owner.code).post("/sender/bookings", booking(emsp, place.id))
            if self.may_ask(reply, emsp, place, "is not an eMSP of your platform"):
                assert reply.status == 4003, reply.message

    def activation(self) -> None:
        """A terminal is asked of the one provider that may serve its CPO, or of one of several that must be named."""
        cpo = next(side for side in self.oracle.mine if side.role == "CPO")
        body = {"country_code": cpo.code[:2], "party_id": cpo.code[3:], "last_updated": "2026-11-01T00:00:00Z"}
        reply = self.caller.post("/sender/payments/terminals/activate", body)
        self.harmless(reply)
        found = self.oracle.providers_at_work()
        if len(found) == 1:
            assert reply.status == 4003, reply.message
        else:
            named = {code for code in CODES if code in reply.message}
            assert (reply.status, named) == (2001, found)


def booking(emsp: Side, place_id: str) -> dict[str, Any]:
    code = {"country_code": emsp.code[:2], "party_id": emsp.code[3:]}
    period = {"start_date_time": "2026-11-20T09:45:00Z", "end_date_time": "2026-11-20T11:00:00Z"}
    asked = {"request_id": "Q1", "location_id": "A1", "booking_location_id": place_id, "period": period}
    return {**code, **asked, "authorization_reference": "X", "tokens": [], "access_information": []}
