"""End the registration with a partner."""

import json
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import CommandError

from roaming.kernel import clock
from roaming.management.connections import ConnectionCommand
from roaming.registration import leaving
from roaming.registration.starting import CannotRegister


class Command(ConnectionCommand):
    help = (
        "Tell a platform by OCPI that we leave (DELETE credentials), and end the registration here whatever it "
        "answers: the tokens of both sides are dead, what was exchanged stays."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        self.take_connection(parser)
        parser.add_argument("--json", action="store_true", help='print {"connection", "answer"} only')

    def handle(self, *args: Any, **options: Any) -> None:
        connection = self.find(options["connection"])
        try:
            answer = leaving.unregister(connection=connection, at=clock.now())
        except CannotRegister as error:
            raise CommandError(str(error)) from error
        self.stdout.write(json.dumps({"connection": connection.name, "answer": answer}) if options["json"] else answer)
