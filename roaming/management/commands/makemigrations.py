"""`manage.py makemigrations`, which does not start the embedded database just to look at its history."""

import warnings
from typing import Any

from django.core.management.commands import makemigrations

from roaming.kernel import embedded_postgres


class Command(makemigrations.Command):
    def handle(self, *args: Any, **options: Any) -> None:
        with warnings.catch_warnings(), embedded_postgres.attach_only():
            warnings.filterwarnings("ignore", "Got an error checking a consistent migration history")
            super().handle(*args, **options)
