"""The ways from lists and pages of objects to where people keep our own: shown to those who may, where there is one."""

from dataclasses import dataclass
from typing import Any

from django.urls import reverse

from partners.connections.models import Connection
from partners.people.models import User
from partners.people.permissions import may
from partners.people.selectors import Entry
from roaming.ocpi.models import OcpiObject
from roaming.own_objects import selectors
from roaming.own_objects.kinds import LOCATION, TARIFF, Kind


def of_list(user: User, kind: Kind) -> dict[str, Any]:
    """Context of a list: where one is added and a file imported; nothing where we keep none ourselves."""
    if not selectors.parties_of(user, kind):
        return {}
    return {
        "keeping": {
            "noun": kind.name,
            "add": reverse(f"portal:{kind.name}_add"),
            "import": reverse(f"portal:{kind.module}_import"),
        }
    }


@dataclass(frozen=True)
class Keeping:
    """What a person may do with one of our own objects, and who did what. `elsewhere` is the back-end that keeps it
    instead."""

    trail: list[Entry]
    elsewhere: Connection | None = None
    edit: str = ""
    json: str = ""
    delete: str = ""
    evse: str = ""


def of_page(user: User, kind: Kind, row: OcpiObject) -> Keeping | None:
    """For the page of an object; None for a partner's."""
    connection = row.party.connection
    if not connection.own:
        return None
    trail = selectors.trail_of(kind, row)
    if not may(user, kind.grant) or selectors.is_deleted(row):
        return Keeping(trail)
    if not selectors.may_edit(user, kind, row):
        return Keeping(trail, elsewhere=connection)
    return Keeping(
        trail,
        edit=reverse(f"portal:{kind.name}_edit", args=[row.pk]),
        json=reverse(f"portal:{kind.name}_json", args=[row.pk]),
        delete=reverse("portal:tariff_delete", args=[row.pk]) if kind is TARIFF else "",
        evse=reverse("portal:location_evse", args=[row.pk]) if kind is LOCATION else "",
    )
