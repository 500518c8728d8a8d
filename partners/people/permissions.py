"""What each role may do, in one table. Doors ask `may(user, Grant.X)`; nobody compares roles by hand."""

from enum import StrEnum
from typing import Any

from partners.people.models import Role


class Grant(StrEnum):
    VIEW_ROAMING = "view roaming data"
    VIEW_MONEY = "view prices, disputes and invoices"
    EDIT_PARTNERS = "edit partners, agreements and connections"
    HANDLE_TRAFFIC = "retry pushes, register and pull"
    KEEP_OBJECTS = "keep our own locations and tokens by hand and from files"
    KEEP_TARIFFS = "keep our own tariffs by hand and from files"
    HELP_DRIVERS = "unlock connectors and stop sessions"
    DECIDE_CDRS = "accept, reject and dispute CDRs"
    SETTLE = "settle periods and issue invoices"
    MANAGE_PEOPLE = "manage people and read the trail"


_EVERYBODY = frozenset({Grant.VIEW_ROAMING})

GRANTS: dict[str, frozenset[Grant]] = {
    Role.OPERATOR: _EVERYBODY | {Grant.HANDLE_TRAFFIC, Grant.KEEP_OBJECTS, Grant.HELP_DRIVERS},
    Role.ACCOUNT_MANAGER: _EVERYBODY
    | {
        Grant.VIEW_MONEY,
        Grant.EDIT_PARTNERS,
        Grant.HANDLE_TRAFFIC,
        Grant.KEEP_OBJECTS,
        Grant.KEEP_TARIFFS,
        Grant.HELP_DRIVERS,
        Grant.DECIDE_CDRS,
    },
    Role.FINANCE: _EVERYBODY | {Grant.VIEW_MONEY, Grant.DECIDE_CDRS, Grant.SETTLE},
    Role.ADMINISTRATOR: frozenset(Grant),
}


def may(user: Any, grant: Grant) -> bool:
    """Whether `user` (a signed-in person or an anonymous visitor) has `grant`."""
    return bool(user.is_authenticated and user.is_active and grant in GRANTS.get(user.role, frozenset()))
