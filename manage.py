#!/usr/bin/env python
"""Command line of the portal: `manage.py help` lists what it can do."""

import os
import sys

from environs import EnvError

WRONG_SETTINGS = 2


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "roaming.settings")
    from django.core.management import execute_from_command_line

    from roaming.kernel.embedded_postgres import EmbeddedUnavailable

    try:
        execute_from_command_line(sys.argv)
    except (EnvError, EmbeddedUnavailable) as error:
        print(f"{error}\nEvery setting is told in docs/configuration.md.", file=sys.stderr)
        sys.exit(WRONG_SETTINGS)


if __name__ == "__main__":
    main()
