"""Finding connections by the token they show us, by name, and by number."""

from datetime import datetime

from django.db.models import Q, QuerySet

from partners.connections.models import Connection, ConnectionState
from roaming.kernel.crypto import token_hash


def by_token(token: str, at: datetime) -> Connection | None:
    """The connection that this plain token identifies at `at`, or None. The index finds the hash, never the token.

    Beside the current token one that we offered while registering or rotating, and the one before, are good for a time.
    """
    return Connection.objects.filter(_opened_by(token_hash(token), at)).first()


def _opened_by(digest: str, at: datetime) -> Q:
    return (
        Q(token_in_hash=digest)
        | Q(token_offered_hash=digest, token_offered_until__gt=at)
        | Q(token_previous_hash=digest, token_previous_until__gt=at)
    )


def opened_by(connection: Connection, token: str, at: datetime) -> bool:
    """Whether `token` is good at `at` for that very connection, as the database has it now."""
    return Connection.objects.filter(_opened_by(token_hash(token), at), pk=connection.pk).exists()


def by_name(name: str) -> Connection | None:
    return Connection.objects.filter(name__iexact=name.strip()).first()


def find(name_or_id: str) -> Connection | None:
    """The connection of that name, or else of that number; no name is a number."""
    text = name_or_id.strip()
    if text.isascii() and text.isdigit():
        return Connection.objects.filter(pk=min(int(text), _LARGEST_ID)).first()
    return by_name(text)


_LARGEST_ID = 2**63 - 1


def registered() -> QuerySet[Connection]:
    """Those we exchange data with now."""
    return Connection.objects.filter(state__in=[ConnectionState.REGISTERED, ConnectionState.OFFLINE])
