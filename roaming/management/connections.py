"""What the commands about one connection have in common: which one is meant, and in which version of OCPI."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from partners.connections import selectors
from partners.connections.models import Connection
from roaming.ocpi.versions import OFFERED
from roaming.registration.starting import Step


class ConnectionCommand(BaseCommand):
    """Its `--version` is that of OCPI; Django's own says `manage.py version`."""

    def create_parser(self, prog_name: str, subcommand: str, **options: Any) -> CommandParser:
        return super().create_parser(prog_name, subcommand, conflict_handler="resolve", **options)

    def take_version(self, parser: ArgumentParser, what: str) -> None:
        parser.add_argument("--version", default="", choices=OFFERED, help=what)

    def take_connection(self, parser: ArgumentParser, **options: Any) -> None:
        told = "its name, as add_connection gave it, or its number"
        parser.add_argument("connection", metavar="ID", help=told, **options)

    def find(self, name_or_id: str) -> Connection:
        """Raises CommandError."""
        connection = selectors.find(name_or_id)
        if connection is None:
            raise CommandError(f"There is no connection “{name_or_id}”; make it with add_connection first.")
        return connection

    def tell(self, step: Step) -> None:
        """Say one step of what is going on."""
        self.stdout.write(f"{step.title}: {step.answer}")

    def keep_quiet(self, step: Step) -> None:
        """With --json only the end is said."""
