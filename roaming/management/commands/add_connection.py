"""Plan a connection and get the one-time token that its platform registers with."""

import json
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import CommandError

from partners.connections import services as connections
from partners.parties import selectors as parties
from partners.parties.models import Party, PartyRole
from partners.parties.services import PartyTaken
from roaming.kernel import clock
from roaming.management.connections import ConnectionCommand


class Command(ConnectionCommand):
    help = (
        "Plan a connection to an OCPI platform: a partner's, or one of our own back-ends (--own). Prints the versions "
        "URL and the one-time token to hand to the platform's engineers; the token is not shown again. When the "
        "platform gave us a token instead, go on with register_connection."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--name", required=True, help="what the connection is called, for example “Nomad”")
        parser.add_argument("--partner", help="the company behind it, when its name differs; made when unknown")
        parser.add_argument(
            "--role",
            action="append",
            default=[],
            type=str.upper,
            choices=PartyRole.values,
            help="what its parties are; give it twice for a platform that is both",
        )
        parser.add_argument(
            "--party", action="append", default=[], metavar="NL-VLT", help="a party it hosts; may be given again"
        )
        parser.add_argument("--own", action="store_true", help="this is a back-end of our own company")
        self.take_version(parser, "limit it to one version of OCPI (default: the newest that both sides have)")
        parser.add_argument(
            "--face", metavar="NL-VLT", help="the party that we are for it in OCPI 2.1.1, which knows one only"
        )
        parser.add_argument("--json", action="store_true", help='print {"connection", "token", "versions_url"} only')

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            added = self._add(options)
        except (connections.CannotAdd, PartyTaken, ValueError) as error:
            raise CommandError(str(error)) from error
        if options["json"]:
            answer = {"connection": added.connection.name, "token": added.token, "versions_url": added.versions_url}
            self.stdout.write(json.dumps(answer))
            return
        self.stdout.write(f"Connection “{added.connection.name}” is planned.")
        self.stdout.write(f"Versions URL:    {added.versions_url}")
        self.stdout.write(f"One-time token:  {added.token}")
        self.stdout.write("Give both to the platform; it registers by OCPI credentials. The token is not shown again.")

    def _add(self, options: dict[str, Any]) -> connections.Added:
        roles = list(dict.fromkeys(options["role"]))
        return connections.add(
            partner_name=options["partner"] or options["name"],
            name=options["name"],
            own=options["own"],
            parties_hosted=_hosted(options["party"], roles),
            only_version=options["version"],
            face=_face(options["face"], roles) if options["face"] else None,
            at=clock.now(),
        )


def _hosted(codes: list[str], roles: list[str]) -> list[tuple[str, str, str]]:
    if codes and not roles:
        raise CommandError("Say with --role whether the parties are CPO, EMSP or both.")
    if roles and not codes:
        raise CommandError("Say with --party who has that role, like NL-VLT; or leave --role to their credentials.")
    return [(*parties.parse(code), role) for code in codes for role in roles]


def _face(code: str, roles: list[str]) -> Party:
    """The party of that code on the other side of what the connection hosts."""
    opposite = {"CPO": "EMSP", "EMSP": "CPO"}
    for role in [opposite[role] for role in roles if role in opposite] or list(opposite):
        found = parties.find(*parties.parse(code), role)
        if found is not None:
            return found
    raise CommandError(f"--face: nobody here hosts {code} on the other side. Add its connection first.")
