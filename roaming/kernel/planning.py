"""How PostgreSQL is to run our queries."""

from typing import Any

from django.db.backends.base.base import BaseDatabaseWrapper


def without_jit(connection: BaseDatabaseWrapper, **_: Any) -> None:
    """No just-in-time compiler: it is for reports of minutes. A page of a long list looks that costly to the planner,
    and compiling it takes a second before it is read in milliseconds."""
    with connection.cursor() as cursor:
        cursor.execute("SET jit = off")
