"""Register with a partner that handed us its versions URL and a one-time token."""

import json
import re
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import CommandError

from roaming.kernel import clock
from roaming.management.connections import ConnectionCommand
from roaming.registration import starting as registration

_TOKEN = re.compile(r"[!-~]{1,64}")


class Command(ConnectionCommand):
    help = (
        "Register one of our connections with its platform by the OCPI handshake: read its versions and endpoints, "
        "offer our credentials, keep theirs. The portal must be running and reachable for the platform at PORTAL_URL, "
        "because the platform calls back before it answers. When the platform is to register with us, use "
        "add_connection and hand over what it prints."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        self.take_connection(parser)
        parser.add_argument("--versions-url", required=True, help="the platform's versions URL")
        parser.add_argument("--token-a", required=True, help="the one-time token (TOKEN_A) the platform gave us")
        self.take_version(parser, "the version of OCPI to speak (default: the newest that both sides have)")
        parser.add_argument(
            "--json", action="store_true", help='print {"connection", "version", "endpoints", "parties"} only'
        )

    def handle(self, *args: Any, **options: Any) -> None:
        connection = self.find(options["connection"])
        if not _TOKEN.fullmatch(options["token_a"]):
            raise CommandError("--token-a must be 1 to 64 printable ASCII characters without spaces.")
        try:
            registered = registration.register(
                connection=connection,
                versions_url=options["versions_url"],
                token_a=options["token_a"],
                version=options["version"],
                at=clock.now(),
                report=self.keep_quiet if options["json"] else self.tell,
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
