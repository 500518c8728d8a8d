"""What others are asked on behalf of the platform: about a driver, a station, a session."""

from tests.roaming.calls import Reply
from tests.roaming.visibility.visitor import NOTHING, Visitor, found_in
from tests.roaming.visibility.world import CODES, IDS


class Questions(Visitor):
    """About what it may see, or refused as about what nobody has."""

    def asking(self) -> None:
        refused = self.caller.post(f"/sender/tokens/{NOTHING}/authorize")
        for name in IDS:
            for type_ in ("RFID", "APP_USER"):
                self.authorize(name, type_, refused)
        if self.version != "2.1.1":
            self.commands()

    def authorize(self, name: str, type_: str, refused: Reply) -> None:
        tokens = self.oracle.listed("token")
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
            self.authorize_at(self.chance.choice(CODES), spelled, type_)

    def authorize_at(self, code: str, name: str, type_: str) -> None:
        path = f"/sender/tokens/{name}/authorize?type={type_}"
        reply = self.to(code).post(path)
        self.harmless(reply, code)
        if not self.oracle.may_address(code):
            self.same_as_nobody(reply, self.unaddressable, code)

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
