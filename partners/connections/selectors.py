"""Finding connections by the token they show us, and by name."""

from django.db.models import Q, QuerySet

from partners.connections.models import Connection, ConnectionState
from roaming.kernel.crypto import token_hash


def by_token(token: str) -> Connection | None:
    """The connection that this plain credentials token identifies, or None. The index finds the hash, never the
    token. One that we offered while registering with them counts too."""
    digest = token_hash(token)
    return Connection.objects.filter(Q(token_in_hash=digest) | Q(token_offered_hash=digest)).first()


def by_name(name: str) -> Connection | None:
    return Connection.objects.filter(name__iexact=name.strip()).first()


def registered() -> QuerySet[Connection]:
    """Those we exchange data with now."""
    return Connection.objects.filter(state__in=[ConnectionState.REGISTERED, ConnectionState.OFFLINE])
