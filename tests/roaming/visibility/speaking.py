"""Whom a request says it is from and for: parties of its own platform, and those that are joined to it."""

from typing import Any

from roaming.ocpi.schema import wire
from tests import cast
from tests.roaming.visibility.guesses import receiver
from tests.roaming.visibility.visitor import NOBODY, Visitor
from tests.roaming.visibility.world import CODES, HUB, Side


class Speaking(Visitor):
    """For others as for nobody; as a sibling only of what is the sibling's."""

    def speaking(self) -> None:
        if self.version == "2.1.1":
            return
        refused = self.sent_by(NOBODY).get(self.some_list)
        for code in CODES:
            if self.version == "2.2.1":
                self.speak_as(code, refused)
            else:
                self.speak_to(code)
        if self.version == "2.3.0":
            for one, other in self.siblings():
                self.disagree(one, other)

    def speak_as(self, code: str, refused: Any) -> None:
        reply = self.sent_by(code).get(self.some_list, limit=1)
        self.harmless(reply, code)
        if self.oracle.may_speak_as(code):
            answerer = reply.headers.get("OCPI-from-country-code", "") + reply.headers.get("OCPI-from-party-id", "")
            assert (reply.status, answerer) == (1000, self.oracle.only_one_joined().replace("*", ""))
        else:
            self.same_as_nobody(reply, refused, code)

    def speak_to(self, code: str) -> None:
        reply = self.to(code).get(self.some_list, limit=1)
        self.harmless(reply, code)
        if self.oracle.may_address(code):
            assert reply.status == 1000
        else:
            self.same_as_nobody(reply, self.unaddressable, code)

    def siblings(self) -> list[tuple[Side, Side]]:
        """Parties of one role on the platform."""
        mine = self.oracle.mine
        return [(one, other) for one in mine for other in mine if one != other and one.role == other.role]

    def disagree(self, one: Side, other: Side) -> None:
        """What is written is one party's by URL, body and header, or nobody's; the hub may speak for all behind it."""
        module, name, body = owned_by(one)
        url = receiver(module, one.code, name)
        foreign = {**body, "country_code": other.code[:2], "party_id": other.code[3:]}
        for reply in (self.caller.put(url, foreign), self.sent_by(other.code).put(url, body)):
            assert reply.status == 2001 and "must name one owner everywhere" in reply.message
        if self.oracle.is_hub:
            assert self.sent_by(HUB).put(url, body).status == 1000


def owned_by(side: Side) -> tuple[str, str, dict[str, Any]]:
    """Something of the party as it is stored: its module, id and body."""
    from roaming.tariffs.models import Tariff
    from roaming.tokens.models import Token

    rows: Any = (Tariff if side.role == "CPO" else Token).objects.filter(party=cast.party(side.code, side.role))
    row = rows.order_by("id")[0]
    body = wire.decode(row.body.encode())
    assert isinstance(body, dict)
    return ("tariffs" if side.role == "CPO" else "tokens"), row.ocpi_id, body
