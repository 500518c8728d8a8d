"""The tokens that a platform shows us: one offered while we register or rotate, the current one, and the one before.

While tokens change hands two of ours are good at once, so that nobody is locked out whichever side fails half way
(decision 0008). All of them are kept as hashes only.
"""

from datetime import datetime, timedelta

from django.conf import settings

from partners.connections.models import Connection, TokenKind
from roaming.kernel.crypto import new_token, token_hash

NOTHING_OFFERED: dict[str, str | None] = {"token_offered_hash": None, "token_offered_until": None}
NOTHING_BEFORE: dict[str, str | None] = {"token_previous_hash": None, "token_previous_until": None}
NOTHING_BESIDE = {**NOTHING_OFFERED, **NOTHING_BEFORE}


class CannotOffer(Exception):
    """The connection was registered, left or given new tokens meanwhile, or may hold an offer; the text says so."""


def overlap() -> timedelta:
    """How long a token lives on beside the one that follows it."""
    return timedelta(hours=settings.TOKEN_OVERLAP_HOURS)


def offer(*, connection: Connection, at: datetime) -> str:
    """A further token for the platform, returned once. Those that it has stay good beside it.

    Raises CannotOffer when the connection is not as `connection` has it in memory, or `refuse_second` does.
    """
    refuse_second(connection=connection, at=at)
    token = new_token()
    stamps = {"token_offered_hash": token_hash(token), "token_offered_until": at + overlap()}
    unchanged = Connection.objects.filter(
        pk=connection.pk, token_in_hash=connection.token_in_hash, token_in_kind=connection.token_in_kind
    )
    if not unchanged.update(**stamps):
        raise CannotOffer(f"{connection} exchanged credentials with us meanwhile; look at it again.")
    _remember(connection, stamps)
    return token


def refuse_second(*, connection: Connection, at: datetime) -> None:
    """Raises CannotOffer while a platform that is registered may have taken an offered token: a second one would kill
    the one that it holds."""
    until = (
        Connection.objects.filter(pk=connection.pk, token_in_kind=TokenKind.CREDENTIALS, token_offered_until__gt=at)
        .values_list("token_offered_until", flat=True)
        .first()
    )
    if until:
        raise CannotOffer(
            f"It is not known whether {connection} took the token that it was offered last. A further one would end "
            f"that one, so none is offered before {until:%d %b %H:%M} UTC, before it calls us with that "
            "token, or before somebody who asked them withdraws it."
        )


def withdraw(*, connection: Connection, token: str) -> None:
    """They did not take the offered token: it is dead, and nothing else changed."""
    offered = Connection.objects.filter(pk=connection.pk, token_offered_hash=token_hash(token))
    if offered.update(**NOTHING_OFFERED):
        _remember(connection, NOTHING_OFFERED)


def withdraw_offered(*, connection: Connection) -> bool:
    """The same for the token that was offered last, which a person says they did not take. False where none is offered
    to one that is registered; a token that they have used since is theirs, and is not touched."""
    offered = Connection.objects.filter(
        pk=connection.pk, token_in_kind=TokenKind.CREDENTIALS, token_offered_hash__isnull=False
    )
    withdrawn = bool(offered.update(**NOTHING_OFFERED))
    if withdrawn:
        _remember(connection, NOTHING_OFFERED)
    return withdrawn


def used(*, connection: Connection, token: str, for_data: bool) -> None:
    """They called with `token`. The first use of a new token ends the one before it.

    An offered token is theirs as soon as they exchange data with it (`for_data`); reading our versions with it is only
    how they look at us before they take it.
    """
    shown = token_hash(token)
    if shown == connection.token_in_hash and connection.token_previous_hash:
        _change(connection, {"token_in_hash": shown}, NOTHING_BEFORE)
    elif shown == connection.token_offered_hash and for_data and connection.token_in_kind == TokenKind.CREDENTIALS:
        taken = {"token_in_hash": shown, **NOTHING_OFFERED, **NOTHING_BEFORE}
        _change(connection, {"token_offered_hash": shown}, taken)


def _change(connection: Connection, expected: dict[str, str], stamps: dict[str, str | None]) -> None:
    """Compare and set; when somebody was first there is nothing left to do."""
    if Connection.objects.filter(pk=connection.pk, **expected).update(**stamps):
        _remember(connection, stamps)


def _remember(connection: Connection, stamps: dict[str, object] | dict[str, str | None]) -> None:
    for name, value in stamps.items():
        setattr(connection, name, value)
