"""People, and the trail of who changed what."""

from collections.abc import Iterable

from django.db.models import Model, QuerySet
from pghistory.models import Events

from partners.people.models import User


def everybody() -> QuerySet[User]:
    return User.objects.order_by("name")


def trail() -> QuerySet[Events]:
    """Every recorded change of every tracked model, newest first, with the context (user, URL) it was made in."""
    return Events.objects.order_by("-pgh_created_at")


def trail_of(row: Model) -> Iterable[Events]:
    """The changes of one row, newest first: `pgh_label`, `pgh_diff`, `pgh_context` with the user's id."""
    return Events.objects.tracks(row).order_by("-pgh_created_at", "-pgh_id")
