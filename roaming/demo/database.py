"""A database of its own for the demo: made anew each time, and never at the cost of somebody's data."""

from django.apps import apps
from django.conf import settings
from django.core.management import call_command
from django.db import connection
from django.db.backends.utils import CursorWrapper

from roaming.kernel import clock

MARK = "Made by the demo and remade by each one"


class DatabaseInUse(Exception):
    """The demo may not have this database; the text says why and what to do instead."""


def make_anew() -> str | None:
    """Migrate an empty schema, replacing what an earlier demo left.

    Data of another kind is moved aside where the database is embedded (the schema's new name is returned), and makes us
    refuse everywhere else. Raises DatabaseInUse.
    """
    kept = None
    with connection.cursor() as cursor:
        _refuse_company(cursor)
        if _may_go(cursor):
            cursor.execute("DROP SCHEMA IF EXISTS public CASCADE")
        elif settings.EMBEDDED:
            kept = f"kept_{clock.now():%Y%m%d_%H%M%S}"
            cursor.execute(f"ALTER SCHEMA public RENAME TO {kept}")
        else:
            raise DatabaseInUse(
                f"The database {connection.settings_dict['NAME']} holds data that no demo made, and the demo needs an "
                "empty one. Point DATABASE_URL to another database, or unset it to use the embedded one."
            )
        cursor.execute("CREATE SCHEMA public")
        cursor.execute(f"COMMENT ON SCHEMA public IS '{MARK}'")
    call_command("migrate", verbosity=0, interactive=False)
    return kept


def _refuse_company(cursor: CursorWrapper) -> None:
    cursor.execute(
        "SELECT count(*) FROM pg_stat_activity "
        "WHERE datname = current_database() AND pid <> pg_backend_pid() AND backend_type = 'client backend'"
    )
    if cursor.fetchone()[0]:
        raise DatabaseInUse(
            "Another process uses this database, perhaps a demo or a portal that is still running. Stop it first, or "
            "set VAR_DIR (or DATABASE_URL) to give this demo a database of its own."
        )


def _may_go(cursor: CursorWrapper) -> bool:
    """Whether the schema is an earlier demo's, or holds no data of a portal and no table that is not the portal's."""
    cursor.execute("SELECT obj_description(to_regnamespace('public')::oid, 'pg_namespace')")
    if cursor.fetchone()[0] == MARK:
        return True
    tables = set(connection.introspection.table_names(cursor))
    ours = {model._meta.db_table for model in apps.get_models(include_auto_created=True)} | {"django_migrations"}
    if not tables <= ours:
        return False
    filled = ("partners_user", "partners_partner", "roaming_cdr")
    return not any(_has_rows(cursor, table) for table in filled if table in tables)


def _has_rows(cursor: CursorWrapper, table: str) -> bool:
    cursor.execute(f"SELECT EXISTS (SELECT 1 FROM {table})")
    return bool(cursor.fetchone()[0])
