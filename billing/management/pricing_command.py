"""What the commands that price have in common: they read files, ask no database, and end with a code that tells."""

import json
from collections.abc import Sequence
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from billing import pricing
from billing.management.inputs import UnusableInput, objects_of, read_json
from roaming.ocpi.versions import OFFERED


class PricingCommand(BaseCommand):
    """`--version` is that of OCPI; Django's own says `manage.py version`."""

    requires_system_checks: list[str] = []

    def create_parser(self, prog_name: str, subcommand: str, **options: Any) -> CommandParser:
        return super().create_parser(prog_name, subcommand, conflict_handler="resolve", **options)

    def execute(self, *args: Any, **options: Any) -> str | None:
        """Whoever asked for JSON gets the refusal as JSON too."""
        try:
            return super().execute(*args, **options)
        except UnusableInput as error:
            if options.get("json"):
                refusal = {"code": error.code, "path": error.path, "message": error.sentence, "file": error.file}
                self.stdout.write(json.dumps({"error": refusal}, ensure_ascii=False))
            raise

    def add_version(self, parser: CommandParser) -> None:
        parser.add_argument("--version", choices=OFFERED, help="the OCPI version of the files (default: guessed)")

    def add_charge(self, parser: CommandParser) -> None:
        """What prices a CDR or a Session."""
        parser.add_argument("--tariff", action="append", default=[], metavar="FILE", help="instead of those it carries")
        parser.add_argument("--timezone", metavar="ZONE", help="where it was, such as Europe/Amsterdam")
        parser.add_argument(
            "--reservation-expired", action="store_true", default=None, help="nobody came (default: guessed)"
        )
        parser.add_argument(
            "--reading", action="append", default=[], metavar="NAME=VALUE", help="read OCPI otherwise: flat=each"
        )
        self.add_version(parser)


def read_object(file: str) -> dict[str, Any]:
    """The one object of a file, or of a saved OCPI answer. Raises UnusableInput."""
    found = list(objects_of(read_json(file), file))
    if len(found) != 1:
        raise UnusableInput(file, "several_objects", f"There are {len(found)} objects; one is read.")
    return found[0][1]


def tariffs_for(cdr: dict[str, Any], files: Sequence[str], version: str | None, file: str) -> list[pricing.Tariff]:
    """Those of the files, else those that the CDR carries. Raises UnusableInput."""
    named = [(one, path, data) for one in files for path, data in objects_of(read_json(one), one)]
    carried = cdr.get("tariffs")
    if not files and isinstance(carried, list):
        named = [(file, f"$.tariffs[{index}]", data) for index, data in enumerate(carried)]
    return [tariff_in(data, version or guess(cdr, data), place, path) for place, path, data in named]


def tariff_in(data: Any, version: str, file: str, path: str = "$") -> pricing.Tariff:
    """Of an object in a file. Raises UnusableInput."""
    try:
        return pricing.read_tariff(data, version=version, path=path)
    except pricing.PricingError as error:
        raise UnusableInput(file, error.code, error.sentence, error.path) from error


def guess(cdr: Any, tariff: Any) -> str:
    """The version that is spelled like this: only 2.3.0 says whether prices include tax, only 2.1.1 when it stopped."""
    if isinstance(tariff, dict) and "tax_included" in tariff:
        return "2.3.0"
    if isinstance(cdr, dict) and "stop_date_time" in cdr:
        return "2.1.1"
    cost = cdr.get("total_cost") if isinstance(cdr, dict) else None
    return "2.3.0" if isinstance(cost, dict) and "before_taxes" in cost else "2.2.1"


def policy_of(readings: Sequence[str], version: str) -> pricing.PricingPolicy:
    """Of `name=value` texts. Raises UnusableInput."""
    chosen = dict(one.partition("=")[::2] for one in readings)
    try:
        return pricing.of_version(version).but(**chosen)
    except ValueError as error:
        raise UnusableInput("--reading", "unknown_reading", str(error)) from error
