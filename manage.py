#!/usr/bin/env python
"""Command line of the portal: `manage.py help` lists what it can do."""

import os
import sys

import psycopg
from environs import EnvError

WRONG_SETTINGS = 2


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "roaming.settings")
    from django.core.management import execute_from_command_line
    from django.db import DatabaseError

    from roaming.kernel.embedded_postgres import EmbeddedUnavailable

    try:
        execute_from_command_line(sys.argv)
    except (EnvError, EmbeddedUnavailable) as error:
        print(f"{error}\nEvery setting is told in docs/configuration.md.", file=sys.stderr)
        sys.exit(WRONG_SETTINGS)
    except DatabaseError as error:
        sentence = _about_the_database(error.__cause__)
        if sentence is None or "--traceback" in sys.argv:
            raise
        sys.exit(sentence)


def _about_the_database(cause: BaseException | None) -> str | None:
    """What a person can do about a database that is not up to date, or not there; None when it is our own fault."""
    match cause:
        case psycopg.errors.UndefinedTable() | psycopg.errors.UndefinedColumn():
            return "The database is not up to date. Bring it up to date with: manage.py migrate"
        case psycopg.OperationalError(sqlstate=None):
            return f"The database of DATABASE_URL cannot be used: {str(cause).splitlines()[0]}"
    return None


if __name__ == "__main__":
    main()
