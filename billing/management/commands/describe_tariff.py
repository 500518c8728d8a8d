"""`manage.py describe_tariff`: tariffs of files in words, as drivers read them."""

from typing import Any

from django.core.management.base import CommandError, CommandParser

from billing.management.inputs import UNUSABLE, UnusableInput, objects_of, read_json
from billing.management.pricing_command import PricingCommand
from billing.pricing import Unreadable, read_tariff, version_of
from billing.pricing.words import LANGUAGES, UnknownLanguage, describe


class Command(PricingCommand):
    help = (
        "Say in words what tariffs cost: JSON files with one tariff, a list of them, or a saved OCPI answer. No "
        "database is needed. Exit code 2: a file that cannot be used."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("files", nargs="+", metavar="FILE", help="a file to read; - for standard input")
        languages = f"one of {', '.join(LANGUAGES)}, with a country or without: nl, de-AT (default: %(default)s)"
        parser.add_argument("--locale", default="en", help=languages)
        self.add_version(parser)

    def handle(self, *args: Any, **options: Any) -> None:
        told = [self._told(file, options["locale"], options["version"]) for file in options["files"]]
        self.stdout.write("\n\n".join(told))

    def _told(self, file: str, locale: str, version: str | None) -> str:
        found = []
        for path, data in objects_of(read_json(file), file):
            try:
                tariff = read_tariff(data, version=version or version_of(None, [data]), path=path)
                found.append("\n".join([f"{tariff.id}:", *describe(tariff, locale)]))
            except Unreadable as error:
                raise UnusableInput(file, error.code, error.sentence, error.path) from error
            except UnknownLanguage as error:
                raise CommandError(str(error), returncode=UNUSABLE) from error
        return "\n\n".join(found)
