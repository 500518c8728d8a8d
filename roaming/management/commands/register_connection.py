"""Register with a partner that handed us its versions URL and a one-time token."""

import json
import re
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from partners.connections import selectors as connections
from roaming.kernel import clock
from roaming.registration import services as registration

_TOKEN = re.compile(r"[!-~]{1,64}")


class Command(BaseCommand):
    help = (
        "Register one of our connections with its platform by the OCPI handshake: read its versions and endpoints, "
        "offer our credentials, keep theirs. The portal must be running and reachable for the platform at PORTAL_URL, "
        "because the platform calls back before it answers. When the platform is to register with us, use "
        "add_connection and hand over what it prints."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("name", help="the connection, as add_connection named it")
        parser.add_argument("--versions-url", required=True, help="the platform's versions URL")
        parser.add_argument("--token", required=True, help="the one-time token (TOKEN_A) the platform gave us")
        parser.add_argument(
            "--json", action="store_true", help='print {"connection", "version", "endpoints", "parties"} only'
        )

    def handle(self, *args: Any, **options: Any) -> None:
        connection = connections.by_name(options["name"])
        if connection is None:
            raise CommandError(f"There is no connection “{options['name']}”; make it with add_connection first.")
        if not _TOKEN.fullmatch(options["token"]):
            raise CommandError("--token must be 1 to 64 printable ASCII characters without spaces.")
        try:
            registered = registration.register(
                connection=connection,
                versions_url=options["versions_url"],
                token_a=options["token"],
                at=clock.now(),
                report=(lambda step: None) if options["json"] else self._tell,
            )
        except registration.CannotRegister as error:
            raise CommandError(str(error)) from error
        if options["json"]:
            answer = {
                "connection": registered.name,
                "version": registered.version,
                "endpoints": registered.endpoints,
                "parties": [f"{party.code} {party.role}" for party in registered.parties.all()],
            }
            self.stdout.write(json.dumps(answer))
            return
        self.stdout.write(f"Connection “{registered.name}” is registered with OCPI {registered.version}.")

    def _tell(self, step: registration.Step) -> None:
        self.stdout.write(f"{step.title}: {step.answer}")
