"""`manage.py price`: what a charge costs, and why."""

import json
import sys
from typing import Any

from django.core.management.base import CommandError, CommandParser

from billing import pricing
from billing.management import batch, told
from billing.management.inputs import UNUSABLE, UnusableInput
from billing.management.pricing_command import PricingCommand, owed_for, policy_of, read_object


class Command(PricingCommand):
    help = (
        "Price a CDR or Session from a file by the tariffs that it carries, or by others. No database is needed. Exit "
        "code 0: priced; 1: some lines of a batch could not be priced; 2: it cannot be priced or the file not be used."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        what = parser.add_mutually_exclusive_group(required=True)
        what.add_argument("--cdr", metavar="FILE", help="a CDR or Session; - for standard input")
        what.add_argument("--batch", metavar="FILE", help="a case a line, see docs/pricing.md; - for standard input")
        parser.add_argument("--jobs", type=int, default=1, metavar="N", help="processes for a batch; 0 is all cores")
        parser.add_argument("--explain", action="store_true", help="in a batch: with the lines of each price")
        parser.add_argument("--json", action="store_true", help="print the price as one JSON object")
        self.add_charge(parser)

    def handle(self, *args: Any, **options: Any) -> None:
        _refuse_what_belongs_elsewhere(options)
        if options["batch"]:
            failed = batch.run(options["batch"], jobs=options["jobs"], explained=options["explain"])
            sys.exit(1 if failed else 0)
        priced = _priced(options)
        if options["json"]:
            self.stdout.write(json.dumps(pricing.as_json(priced), ensure_ascii=False, indent=2))
        else:
            self.stdout.write("\n".join(told.price(priced, options["timezone"])))


# By their defaults. A case of a batch says for itself what those of one charge say.
_OF_ONE: dict[str, Any] = {
    "tariff": [],
    "timezone": None,
    "version": None,
    "reading": [],
    "reservation_expired": None,
}
_OF_A_BATCH: dict[str, Any] = {"jobs": 1, "explain": False}


def _refuse_what_belongs_elsewhere(options: dict[str, Any]) -> None:
    """Nothing that is said is passed over in silence. Raises CommandError."""
    if options["jobs"] < 0:
        raise CommandError("--jobs: 0 for all cores, or how many processes.", returncode=UNUSABLE)
    wrong, beside = (_OF_ONE, "--batch") if options["batch"] else (_OF_A_BATCH, "--cdr")
    given = [f"--{name.replace('_', '-')}" for name, default in wrong.items() if options[name] != default]
    if given:
        said = "; each case says it for itself" if options["batch"] else ""
        raise CommandError(f"{', '.join(given)} and {beside} do not go together{said}.", returncode=UNUSABLE)


def _priced(options: dict[str, Any]) -> pricing.PricedSession:
    """Raises UnusableInput."""
    file = options["cdr"]
    data = read_object(file)
    owed = owed_for(data, options["tariff"], options["version"], file)
    try:
        return pricing.price(
            pricing.read_cdr(data),
            owed.tariffs,
            policy=policy_of(options["reading"], owed.version),
            time_zone=options["timezone"],
            reservation_expired=options["reservation_expired"],
        )
    except pricing.PricingError as error:
        raise UnusableInput(file, error.code, error.sentence, error.path) from error
