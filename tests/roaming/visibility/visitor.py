"""One platform that asks, and what every answer to it is held to."""

import random
import re
from functools import cached_property
from typing import Any

from tests.roaming.calls import Caller, Reply
from tests.roaming.visibility.oracle import Oracle
from tests.roaming.visibility.world import Thing, World

NOBODY, NOTHING = "ZZ*ZZZ", "never-heard-of"
_MARKER = re.compile(r"secret-\d{4}")
_CODE = re.compile(r"\b[A-Z]{2}\*[A-Z]{3}\b")


def found_in(data: Any) -> set[str]:
    """The markers in an answer."""
    return set(_MARKER.findall(str(data)))


class Visitor:
    """One platform of a world, speaking one version."""

    def __init__(self, world: World, platform: str, version: str, chance: random.Random) -> None:
        self.world = world
        self.version = version
        self.chance = chance
        self.platform = platform
        self.oracle = Oracle(world, platform)
        self.caller = Caller(platform, version)
        self.known = self.oracle.may_know(version)

    def opens(self, side: str, module: str) -> bool:
        return self.oracle.opens(side, module, self.version)

    def get(self, path: str, **query: Any) -> Reply:
        reply = self.caller.get(path, **query)
        self.harmless(reply, path)
        return reply

    def to(self, code: str) -> Caller:
        """Speaking to that party."""
        routing = {"OCPI_to_country_code": code[:2], "OCPI_to_party_id": code[3:]}
        return Caller(self.platform, self.version, **routing)

    def sent_by(self, code: str) -> Caller:
        """Speaking as that party."""
        routing = {"OCPI_from_country_code": code[:2], "OCPI_from_party_id": code[3:]}
        return Caller(self.platform, self.version, **routing)

    @cached_property
    def some_list(self) -> str:
        """A list that is there for it."""
        module = next(module for module in ("locations", "tokens") if self.opens("sender", module))
        return f"/sender/{module}"

    @cached_property
    def unaddressable(self) -> Reply:
        """What is said to a request for a party that does not exist."""
        return self.to(NOBODY).get(self.some_list)

    def meant(self, things: list[Thing]) -> list[Thing]:
        """In 2.1.1 those of the one party that we are for the platform."""
        face = self.oracle.face() if self.version == "2.1.1" else None
        return [thing for thing in things if face is None or thing.owner.code == face]

    def harmless(self, reply: Reply, asked: str = "") -> None:
        """No answer has the marker of anything that the platform may not know, nor names a party out of the blue."""
        assert found_in(reply.data) <= self.known
        assert not _MARKER.search(reply.message + str(reply.headers))
        named = set(_CODE.findall(reply.message)) - self.oracle.names() - {NOBODY}
        assert all(code in asked or code.replace("*", "/") in asked for code in named), reply.message
        assert reply.http < 500

    def same_as_nobody(self, reply: Reply, refused: Reply, name: str, *, instead: str = NOBODY) -> None:
        """The answer is word for word the one about what does not exist."""
        said, data = (
            re.sub(re.escape(name), instead, str(text), flags=re.IGNORECASE) for text in (reply.message, reply.data)
        )
        assert (reply.http, reply.status, said) == (refused.http, refused.status, refused.message)
        assert reply.status != 1000 or data == str(refused.data)
