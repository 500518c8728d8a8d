"""Finding connections by the token they show us, and by name."""

from django.db.models import QuerySet

from partners.connections.models import Connection, ConnectionState
from roaming.kernel.crypto import token_hash


def by_token(token: str) -> Connection | None:
    """The connection that this plain credentials token identifies, or None. The index finds the hash, never the
    token."""
    return Connection.objects.filter(token_in_hash=token_hash(token)).first()


def by_name(name: str) -> Connection | None:
    return Connection.objects.filter(name__iexact=name.strip()).first()


def registered() -> QuerySet[Connection]:
    """Those we exchange data with now."""
    return Connection.objects.filter(state__in=[ConnectionState.REGISTERED, ConnectionState.OFFLINE])
