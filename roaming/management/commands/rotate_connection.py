"""Exchange new tokens with a registered partner."""

import json
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import CommandError

from partners.connections.models import Connection
from roaming.kernel import clock
from roaming.management.connections import ConnectionCommand
from roaming.registration import rotation
from roaming.registration.starting import CannotRegister, Report


class Command(ConnectionCommand):
    help = (
        "Exchange new credentials tokens with a registered platform; on the way both sides read each other's "
        "endpoints again, and --version moves to another version of OCPI. Whatever fails, the tokens in use stay good. "
        "The portal must be running and reachable for the platform at PORTAL_URL, because the platform calls back."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        self.take_connection(parser)
        self.take_version(parser, "the version of OCPI to go on in (default: the present one)")
        parser.add_argument(
            "--withdraw",
            action="store_true",
            help="renew nothing, but end the token that they were offered last, for they told you that they did not "
            "take it; tokens can be renewed again then. If they did take it, they are locked out",
        )
        parser.add_argument(
            "--json",
            action="store_true",
            help='print {"connection", "version"} only, with --withdraw {"connection", "answer"}',
        )

    def handle(self, *args: Any, **options: Any) -> None:
        connection = self.find(options["connection"])
        if options["withdraw"] and options["version"]:
            raise CommandError("--withdraw renews nothing, so it goes without --version.")
        report = self.keep_quiet if options["json"] else self.tell
        try:
            answer = _withdraw(connection, report) if options["withdraw"] else _rotate(connection, options, report)
        except CannotRegister as error:
            raise CommandError(str(error)) from error
        if options["json"]:
            self.stdout.write(json.dumps({"connection": connection.name, **answer}))


def _rotate(connection: Connection, options: dict[str, Any], report: Report) -> dict[str, str]:
    version = options["version"]
    rotated = rotation.rotate(connection=connection, version=version, at=clock.now(), report=report)
    return {"version": rotated.version}


def _withdraw(connection: Connection, report: Report) -> dict[str, str]:
    return {"answer": rotation.withdraw_offer(connection=connection, at=clock.now(), report=report)}
