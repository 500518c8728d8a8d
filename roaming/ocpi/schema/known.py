"""What an object of OCPI 2.1.1 leaves out and only the platform knows. Handed to the transforms by their caller."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

Json = dict[str, Any]


def _nothing(_: str) -> Json | None:
    return None


@dataclass(frozen=True)
class Known:
    """`owner` is (country_code, party_id) of the object's owner, `issuer` the eMSP on the other side.

    `role` is that of a party whose credentials and endpoints do not say it: CPO or EMSP.
    `token` finds a Token by its contract, `location` a Location by its id, both in the newest shape and in any letter
    case; None when there is none.
    """

    owner: tuple[str, str] | None = None
    issuer: tuple[str, str] | None = None
    role: str | None = None
    token: Callable[[str], Json | None] = _nothing
    location: Callable[[str], Json | None] = _nothing


NOTHING = Known()
