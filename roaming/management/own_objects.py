"""What the commands about our own objects have in common: which noun, of which party."""

from argparse import ArgumentParser

from django.core.management.base import BaseCommand, CommandError

from partners.parties import selectors as parties
from partners.parties.models import Party
from roaming.own_objects.kinds import KINDS, Kind


class OwnObjectsCommand(BaseCommand):
    def take_noun_and_party(self, parser: ArgumentParser) -> None:
        parser.add_argument("noun", choices=sorted(KINDS), help="what the file holds")
        parser.add_argument("--party", required=True, metavar="NL*VGO", help="whose objects they are")

    def find(self, noun: str, code: str) -> tuple[Kind, Party]:
        """Raises CommandError."""
        kind = KINDS[noun]
        try:
            country_code, party_id = parties.parse(code)
        except ValueError as error:
            raise CommandError(str(error)) from error
        party = parties.find(country_code, party_id, kind.role)
        if party is None:
            raise CommandError(
                f"{country_code}*{party_id} is not known as {kind.role.label}; plan an own connection for it first: "
                f"manage.py add_connection --own --role {kind.role} --party '{country_code}*{party_id}' --name …"
            )
        return kind, party
