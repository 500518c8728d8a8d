"""What a CPO asks about a token, and why it may get no AuthorizationInfo."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from partners import routing
from partners.connections.models import Connection
from roaming.tokens import types

Data = dict[str, Any]


class UnknownToken(Exception):
    """Nobody whom the asking CPO may ask knows this token."""


class NotEnough(Exception):
    """The question lacks something that the answer depends on (OCPI 2002); the text says what."""


@dataclass(frozen=True)
class Question:
    """What a CPO on `connection` wants to know. `location` is a LocationReferences (newest shape), if any.

    `token_type` is what the token is called in `version`, the one that the CPO asks in; None when it does not say.
    `asker` is the party that the request is from, if it says so. `issuer` is the one party (country code, party id)
    that the request can be for, if that is settled; where it is not and several have the token, it is the one that
    `likely_issuer` finds.
    """

    connection: Connection
    token_uid: str
    token_type: str | None
    version: str
    location: Data | None = None
    asker: routing.Code | None = None
    issuer: routing.Code | None = None
    likely_issuer: Callable[[], routing.Code | None] = lambda: None
    correlation_id: str = ""

    def __str__(self) -> str:
        return f"{self.token_type or types.DEFAULT} token “{self.token_uid}”"
