"""What the commands that price have in common: they read files, ask no database, and end with a code that tells."""

import json
from argparse import BooleanOptionalAction
from collections.abc import Sequence
from typing import Any, NamedTuple

from django.core.management.base import BaseCommand, CommandParser

from billing import pricing
from billing.management.inputs import UnusableInput, named_values, objects_of, read_json
from billing.pricing.spelling import VERSIONS


class PricingCommand(BaseCommand):
    """`--version` is that of OCPI, not of Django."""

    requires_system_checks: list[str] = []

    def create_parser(self, prog_name: str, subcommand: str, **options: Any) -> CommandParser:
        return super().create_parser(prog_name, subcommand, conflict_handler="resolve", **options)

    def execute(self, *args: Any, **options: Any) -> str | None:
        """Whoever asked for JSON gets the refusal as JSON too."""
        try:
            return super().execute(*args, **options)
        except UnusableInput as error:
            if options.get("json"):
                self.stdout.write(json.dumps({"error": error.as_json()}, ensure_ascii=False))
            raise

    def add_version(self, parser: CommandParser) -> None:
        parser.add_argument("--version", choices=VERSIONS, help="the OCPI version of the files (default: guessed)")

    def add_charge(self, parser: CommandParser) -> None:
        """What prices a CDR or a Session."""
        parser.add_argument("--tariff", action="append", default=[], metavar="FILE", help="instead of those it carries")
        parser.add_argument("--timezone", metavar="ZONE", help="where it was, such as Europe/Amsterdam")
        came = "nobody came, or somebody did (default: guessed)"
        parser.add_argument("--reservation-expired", action=BooleanOptionalAction, help=came)
        parser.add_argument(
            "--reading", action="append", default=[], metavar="NAME=VALUE", help="read OCPI otherwise: flat=each"
        )
        self.add_version(parser)


def read_object(file: str) -> dict[str, Any]:
    """The one object of a file, or of a saved OCPI answer. Raises UnusableInput."""
    found = list(objects_of(read_json(file), file))
    if len(found) != 1:
        said = f"There are {len(found)} objects; one is read." if found else "There is no object."
        raise UnusableInput(file, "several_objects" if found else "no_object", said)
    return found[0][1]


class Owed(NamedTuple):
    """What a charge is priced by: tariffs, and the OCPI version that they and the charge are read as."""

    tariffs: list[pricing.Tariff]
    version: str


def owed_for(cdr: dict[str, Any], files: Sequence[str], version: str | None, file: str) -> Owed:
    """By the tariffs of the files, else by those that the CDR carries. Raises UnusableInput."""
    found = _objects(files) if files else _carried(cdr, file)
    read_as = version or pricing.version_of(cdr, [data for _, _, data in found])
    return Owed(_read(found, read_as), read_as)


def tariffs_in(files: Sequence[str], version: str) -> list[pricing.Tariff]:
    """Raises UnusableInput."""
    return _read(_objects(files), version)


def _objects(files: Sequence[str]) -> list[tuple[str, str, Any]]:
    """With their files and paths."""
    return [(file, path, data) for file in files for path, data in objects_of(read_json(file), file)]


def _carried(cdr: dict[str, Any], file: str) -> list[tuple[str, str, Any]]:
    carried = cdr.get("tariffs")
    return [(file, f"$.tariffs[{i}]", data) for i, data in enumerate(carried)] if isinstance(carried, list) else []


def _read(found: Sequence[tuple[str, str, Any]], version: str) -> list[pricing.Tariff]:
    return [tariff_in(data, version, file, path) for file, path, data in found]


def tariff_in(data: Any, version: str, file: str, path: str = "$") -> pricing.Tariff:
    """Of an object in a file. Raises UnusableInput."""
    try:
        return pricing.read_tariff(data, version=version, path=path)
    except pricing.PricingError as error:
        raise UnusableInput(file, error.code, error.sentence, error.path) from error


def policy_of(readings: Sequence[str], version: str) -> pricing.PricingPolicy:
    """Of `name=value` texts. Raises UnusableInput."""
    try:
        return pricing.of_version(version).but(**named_values(readings))
    except ValueError as error:
        raise UnusableInput("--reading", "unknown_reading", str(error)) from error
