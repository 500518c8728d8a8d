"""Write our own locations, tariffs or tokens as CSV."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import CommandError

from roaming.management.own_objects import OwnObjectsCommand
from roaming.own_objects import selectors, table


class Command(OwnObjectsCommand):
    help = "Write the locations, tariffs or tokens of a party as the CSV file that import_objects reads."

    def add_arguments(self, parser: ArgumentParser) -> None:
        self.take_noun_and_party(parser)
        parser.add_argument("file", help="the file to write; - for standard output")

    def handle(self, *args: Any, **options: Any) -> None:
        kind, party = self.find(options["noun"], options["party"])
        text = table.write(kind.sheet.names, selectors.all_of(kind, party))
        if options["file"] == "-":
            self.stdout.write(text, ending="")
            return
        try:
            Path(options["file"]).write_bytes(text.encode())
        except OSError as error:
            raise CommandError(f"{options['file']} cannot be written: {error.strerror}.") from error
