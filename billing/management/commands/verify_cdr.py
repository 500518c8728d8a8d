"""`manage.py verify_cdr`: a CDR against our price, and against itself."""

import json
import sys
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

from django.core.management.base import CommandParser

from billing import pricing
from billing.management import told
from billing.management.inputs import FOUND, UnusableInput
from billing.management.pricing_command import PricingCommand, owed_for, policy_of, read_object, tariffs_in
from billing.pricing import rounding
from billing.pricing.fields import number


class Command(PricingCommand):
    help = (
        "Hold every total of a CDR against our price and against its own periods and times, and look for what would "
        "explain a difference. No database is needed. Exit code 0: it agrees; 1: it does not; 2: it cannot be priced "
        "or the file not be used."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("cdr", metavar="CDR.json", help="a CDR or Session; - for standard input")
        parser.add_argument("--other", action="append", default=[], metavar="FILE", help="a tariff it may have used")
        smallest = "let pass in the CDR's currency (default: the smallest unit of it)"
        parser.add_argument("--tolerance", metavar="MONEY", help=smallest)
        parser.add_argument("--json", action="store_true", help="print price and verdict as one JSON object")
        self.add_charge(parser)

    def handle(self, *args: Any, **options: Any) -> None:
        verdict = _verdict(options)
        if options["json"]:
            report = pricing.as_json(verdict.priced) | {"verdict": pricing.verdict_json(verdict)}
            self.stdout.write(json.dumps(report, ensure_ascii=False, indent=2))
        else:
            self.stdout.write("\n".join(_told(verdict)))
        if not verdict.agrees or verdict.contradictions:
            sys.exit(FOUND)


def _verdict(options: dict[str, Any]) -> pricing.Verdict:
    """Raises UnusableInput."""
    file = options["cdr"]
    data = read_object(file)
    owed = owed_for(data, options["tariff"], options["version"], file)
    try:
        return pricing.verify(
            pricing.read_billed(data),
            owed.tariffs,
            policy_of(options["reading"], owed.version),
            _tolerance(options["tolerance"]),
            versions=tariffs_in(options["other"], owed.version),
            time_zone=options["timezone"],
            reservation_expired=options["reservation_expired"],
        )
    except pricing.PricingError as error:
        raise UnusableInput(file, error.code, error.sentence, error.path) from error


def _tolerance(text: str | None) -> Decimal | None:
    """Raises UnusableInput."""
    if text is None:
        return None
    try:
        tolerance = number(text, "$.tolerance")
    except pricing.PricingError as error:
        raise UnusableInput("--tolerance", error.code, error.sentence) from error
    if tolerance < 0:
        raise UnusableInput("--tolerance", "negative_tolerance", f"{text} is below 0.")
    return tolerance


def _told(verdict: pricing.Verdict) -> Iterator[str]:
    if verdict.agrees:
        what = "What could be compared" if verdict.uncompared else "Every total"
        yield f"{what} agrees with ours: {told.both(rounding.due(verdict.priced), verdict.priced.currency)}."
    for difference in verdict.differences:
        yield f"{difference.kind}: {difference.sentence}"
    if verdict.explanation is not None:
        yield f"Would be explained by {verdict.explanation.change}: {verdict.explanation.sentence}"
    for other in verdict.alternatives:
        yield f"or by {other.change}: {other.sentence}"
    for sentence in verdict.uncompared:
        yield f"Note: {sentence}"
    for contradiction in verdict.contradictions:
        yield f"contradiction: {contradiction.sentence}"
    for warning in verdict.priced.warnings:
        yield f"Note: {warning.message}"
