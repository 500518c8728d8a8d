"""What we need a platform to list, by its roles and by who of ours could use it (C7)."""

from collections.abc import Iterable, Mapping

from partners import routing
from partners.connections.models import Connection
from partners.parties import selectors as parties
from roaming.ocpi.modules import Interface

# What must be readable at whoever owns it: pull has to be supported, push is a courtesy (T108).
_OWNED: dict[str, list[Interface]] = {
    "CPO": [("locations", "SENDER"), ("cdrs", "SENDER")],
    "EMSP": [("tokens", "SENDER")],
}
_USED_BY = {"CPO": "EMSP", "EMSP": "CPO"}


class Needs:
    """What we cannot do our work without at a platform with parties of `roles`."""

    def __init__(self, connection: Connection, roles: Iterable[str]) -> None:
        users = _users(connection)
        self._by_role = {role: _OWNED[role] for role in sorted(set(roles) & set(_OWNED)) if _USED_BY[role] in users}

    @property
    def interfaces(self) -> list[Interface]:
        return [interface for needed in self._by_role.values() for interface in needed]

    def missing(self, endpoints: Iterable[Mapping[str, str]]) -> list[Interface]:
        """What they do not list of it."""
        listed = {(entry["identifier"], entry["role"]) for entry in endpoints}
        return [interface for interface in self.interfaces if interface not in listed]

    def told(self, missing: Iterable[Interface]) -> str:
        """Half a sentence about those that are missing."""
        absent = list(missing)
        roles = [role for role, needed in self._by_role.items() if set(needed) & set(absent)]
        return f"what we need of {' and '.join(roles)}: {named(absent)}"

    def forbid(self, endpoints: Iterable[Mapping[str, str]]) -> bool:
        """Whether a registration is not to begin for what is missing.

        A role of which they list nothing is not open to us (yet): many list only what the parties they know of us can
        use. That is no hindrance as long as another role of theirs is open, and complete.
        """
        missing = self.missing(endpoints)
        lacking = [(needed, [one for one in needed if one in missing]) for needed in self._by_role.values()]
        begun = [absent for needed, absent in lacking if absent != needed]
        return any(begun) if begun else bool(missing)


def _users(connection: Connection) -> set[str]:
    """The roles of those for whom we read at the platform: parties of our own, and those of others that an agreement
    joins to it. Where we are nothing but a hub, and for our own back-ends, that may be anybody."""
    ours = set(parties.ours().exclude(connection=connection).values_list("role", flat=True))
    if connection.own or not ours:
        return set(_USED_BY)
    return ours | set(routing.joined_to(connection).values_list("role", flat=True))


def named(interfaces: Iterable[Interface]) -> str:
    """A list of interfaces for a sentence."""
    return ", ".join(one if one == "credentials" else f"{one} {role.lower()}" for one, role in interfaces)
