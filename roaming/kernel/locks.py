"""PostgreSQL advisory locks, named by a sentence instead of a number."""

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connection


def _key(name: str) -> int:
    return int.from_bytes(hashlib.sha256(name.encode()).digest()[:8], "big", signed=True)


def hold(*names: str) -> None:
    """Wait for the locks `names` and keep them until the surrounding transaction ends. Several are taken in one order
    for everybody, so that no two wait for each other."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(key) FROM unnest(%s::bigint[]) key", [sorted(map(_key, names))])


def share(name: str) -> None:
    """Wait until nobody holds the lock `name`, and let nobody `try_hold` it until the surrounding transaction ends;
    others may share it meanwhile."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock_shared(%s)", [_key(name)])


def try_hold(name: str) -> bool:
    """Take the lock `name` until the surrounding transaction ends, or say at once that somebody else has it."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(%s)", [_key(name)])
        (taken,) = cursor.fetchone()
    return bool(taken)


@contextmanager
def alone(name: str) -> Iterator[bool]:
    """Keep the lock `name` over many transactions, for work that talks to a network; False when somebody else has it.

    The lock belongs to the database session and is gone with it, so a worker that dies leaves nothing locked.
    """
    key = _key(name)
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(%s)", [key])
        (taken,) = cursor.fetchone()
    try:
        yield bool(taken)
    finally:
        if taken:
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_advisory_unlock(%s)", [key])


def is_held(name: str) -> bool:
    """Whether somebody has the lock `name` now; by what `alone` or `hold` took it for."""
    key = _key(name) & 0xFFFFFFFFFFFFFFFF
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT EXISTS (SELECT FROM pg_locks WHERE locktype = 'advisory' AND granted AND objsubid = 1 "
            "AND classid = %s AND objid = %s "
            "AND database = (SELECT oid FROM pg_database WHERE datname = current_database()))",
            [key >> 32, key & 0xFFFFFFFF],
        )
        (held,) = cursor.fetchone()
    return bool(held)
