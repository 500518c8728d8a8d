"""The modules of OCPI as a table: from which version on, and which roles have which side of it (V1 to V6).

What we offer a partner are the other halves of what its own parties have.
"""

from collections.abc import Iterable
from dataclasses import dataclass

Interface = tuple[str, str]  # (module identifier, SENDER or RECEIVER)

OPPOSITE = {"SENDER": "RECEIVER", "RECEIVER": "SENDER"}
# As other texts, and other versions of the same text, spell them (V6, H0).
_SPELLINGS = {"booking": "bookings", "clientinfo": "hubclientinfo"}


@dataclass(frozen=True)
class Module:
    """`senders` own the objects and serve GET, `receivers` are sent them; both are roles of parties.

    `routed`: requests carry routing headers, which those of a configuration module do not (T101).
    """

    identifier: str
    since: str
    senders: frozenset[str]
    receivers: frozenset[str]
    routed: bool = True

    def in_version(self, version: str) -> bool:
        return version >= self.since


def _roles(*names: str) -> frozenset[str]:
    return frozenset(names)


_EVERYBODY = _roles("CPO", "EMSP", "NAP", "NSP", "OTHER", "SCSP")

MODULES = (
    Module("locations", "2.1.1", _roles("CPO"), _roles("EMSP", "NAP", "NSP")),
    Module("tariffs", "2.1.1", _roles("CPO"), _roles("EMSP", "NSP")),
    Module("sessions", "2.1.1", _roles("CPO"), _roles("EMSP", "SCSP")),
    Module("cdrs", "2.1.1", _roles("CPO"), _roles("EMSP")),
    Module("tokens", "2.1.1", _roles("EMSP"), _roles("CPO")),
    Module("commands", "2.1.1", _roles("EMSP"), _roles("CPO")),
    Module("chargingprofiles", "2.2.1", _roles("EMSP", "SCSP"), _roles("CPO")),
    Module("hubclientinfo", "2.2.1", _roles("HUB"), _EVERYBODY, routed=False),
    Module("invoicereconciliation", "2.3.0", _roles("CPO", "EMSP"), _roles("CPO", "EMSP")),
    # A payment terminal provider has no role of its own in OCPI; it calls itself OTHER (Y3).
    Module("payments", "2.3.0", _roles("OTHER"), _roles("CPO")),
    Module("bookings", "2.3.0", _roles("CPO"), _roles("EMSP")),
)
_CHARGING = _roles("CPO", "EMSP", "NAP", "NSP", "SCSP")


def named(identifier: str) -> Module:
    """The module of that identifier, as we write it. Raises StopIteration for none of ours."""
    return next(module for module in MODULES if module.identifier == identifier)


def known_as(identifier: str) -> str:
    """The identifier as we write it, whatever letter case or spelling a partner uses."""
    lower = identifier.lower()
    return _SPELLINGS.get(lower, lower)


def interfaces_of(roles: Iterable[str], version: str) -> list[Interface]:
    """What a platform with parties of these roles can have in that version, sorted.

    A hub, and a platform whose parties say nothing about charging, can have everything.
    """
    present = frozenset(roles)
    known = present if present & _CHARGING or present == {"OTHER"} else _EVERYBODY | {"HUB"}
    if "HUB" in present:
        known = _EVERYBODY | {"HUB"}
    offered = [module for module in MODULES if module.in_version(version)]
    return sorted(
        {
            *((module.identifier, "SENDER") for module in offered if module.senders & known),
            *((module.identifier, "RECEIVER") for module in offered if module.receivers & known),
        }
    )


def offered_to(roles: Iterable[str], version: str) -> list[Interface]:
    """Our interfaces for a platform with parties of these roles."""
    return [(identifier, OPPOSITE[side]) for identifier, side in interfaces_of(roles, version)]
