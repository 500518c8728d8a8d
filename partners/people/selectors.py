"""People, and the trail of who changed what."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Model, QuerySet
from pghistory.models import Events

from partners.people.models import User


@dataclass(frozen=True)
class Entry:
    """One recorded change, ready to be shown: `changes` are (field, before, after)."""

    at: datetime
    who: str
    what: str
    row: str
    changes: list[tuple[str, Any, Any]]


def everybody() -> QuerySet[User]:
    return User.objects.order_by("name")


def trail() -> QuerySet[Events]:
    """Every recorded change of every tracked model, newest first, with the context (user, URL) it was made in."""
    return Events.objects.order_by("-pgh_created_at", "-pgh_id")


def trail_of(row: Model) -> list[Entry]:
    """The changes of one row, newest first."""
    events: Any = Events.objects
    return told(events.tracks(row).order_by("-pgh_created_at", "-pgh_id"))


def told(events: Iterable[Any]) -> list[Entry]:
    """Recorded changes as people read them; one query for all names."""
    found = list(events)
    ids = {context["user"] for event in found if (context := event.pgh_context) and context.get("user")}
    names = dict(User.objects.filter(pk__in=ids).values_list("pk", "name")) if ids else {}
    return [_entry(event, names) for event in found]


def _entry(event: Any, names: dict[int, str]) -> Entry:
    context = event.pgh_context or {}
    who = names.get(context.get("user") or 0, "the system")
    changes = [(field, old, new) for field, (old, new) in (event.pgh_diff or {}).items()]
    label = {"insert": "added", "update": "changed"}.get(event.pgh_label, event.pgh_label.replace("_", " "))
    model = str(event.pgh_obj_model).rpartition(".")[2]
    return Entry(at=event.pgh_created_at, who=who, what=label, row=f"{model} {event.pgh_obj_id}", changes=changes)
