"""Exchange new tokens with a registered partner."""

import json
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import CommandError

from roaming.kernel import clock
from roaming.management.connections import ConnectionCommand
from roaming.registration import rotation
from roaming.registration.starting import CannotRegister


class Command(ConnectionCommand):
    help = (
        "Exchange new credentials tokens with a registered platform; on the way both sides read each other's "
        "endpoints again, and --version moves to another version of OCPI. Whatever fails, the tokens in use stay good. "
        "The portal must be running and reachable for the platform at PORTAL_URL, because the platform calls back."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        self.take_connection(parser)
        self.take_version(parser, "the version of OCPI to go on in (default: the present one)")
        parser.add_argument("--json", action="store_true", help='print {"connection", "version"} only')

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            rotated = rotation.rotate(
                connection=self.find(options["connection"]),
                version=options["version"],
                at=clock.now(),
                report=self.keep_quiet if options["json"] else self.tell,
            )
        except CannotRegister as error:
            raise CommandError(str(error)) from error
        if options["json"]:
            self.stdout.write(json.dumps({"connection": rotated.name, "version": rotated.version}))
