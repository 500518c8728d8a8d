"""`manage.py quote`: what a charge would cost by a tariff in a file."""

import json
from collections.abc import Iterator, Mapping
from datetime import datetime, tzinfo
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from django.core.management.base import BaseCommand, CommandError, CommandParser

from billing import pricing
from billing.management.inputs import read_json
from billing.pricing import rounding
from billing.pricing.exact import at_least, plain, rounded
from billing.pricing.fields import number

VERSIONS = ("2.1.1", "2.2.1", "2.3.0")
UNUSABLE_INPUT = 2


class Command(BaseCommand):
    help = (
        "Say what a charge would cost. The car takes its energy at the given power, then stands there full until it is "
        "unplugged; above 43 kW the last fifth comes at half the power, if there is time. It needs no database."
    )
    requires_system_checks = ()

    def create_parser(self, prog_name: str, subcommand: str, **kwargs: Any) -> CommandParser:
        """Here `--version` is the one of OCPI, not of Django."""
        return super().create_parser(prog_name, subcommand, conflict_handler="resolve", **kwargs)

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("tariff", metavar="TARIFF.json", help="an OCPI Tariff; - reads standard input")
        parser.add_argument("--energy", required=True, metavar="KWH", help="what the car needs")
        parser.add_argument("--start", required=True, metavar="TIME", help="such as 2027-03-28T01:30:00+01:00")
        parser.add_argument("--duration", required=True, metavar="H:MM", help="how long it is plugged in")
        parser.add_argument("--power", required=True, metavar="KW", help="the most that car and station can do")
        parser.add_argument("--timezone", metavar="ZONE", help="where the tariff's hours are meant: Europe/Amsterdam")
        parser.add_argument("--version", choices=VERSIONS, help="the OCPI version of the tariff (default: any)")
        parser.add_argument("--json", action="store_true", help="print the price as one JSON object")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            priced = _quoted(options)
        except pricing.PricingError as error:
            raise CommandError(f"{error.code} at {error.path}: {error.sentence}", returncode=UNUSABLE_INPUT) from None
        if options["json"]:
            self.stdout.write(json.dumps(pricing.as_json(priced), ensure_ascii=False, indent=2))
        else:
            self.stdout.write("\n".join(_told(priced, options["timezone"])))


def _quoted(options: dict[str, Any]) -> pricing.PricedSession:
    """Raises PricingError."""
    version = options["version"]
    return pricing.quote(
        pricing.read_tariff(_of_version(read_json(options["tariff"]), version)),
        energy_kwh=number(options["energy"], "$.energy_kwh"),
        starts_at=_moment(options["start"]),
        duration=pricing.read_duration(options["duration"]),
        max_power_kw=number(options["power"], "$.max_power_kw"),
        time_zone=options["timezone"],
        policy=pricing.of_version(version) if version else pricing.RECOMMENDED,
    )


def _of_version(tariff: Any, version: str | None) -> Any:
    """Before 2.3.0 there are prices before tax only, and no field to say so."""
    older = version is not None and version < "2.3" and isinstance(tariff, Mapping)
    return {**tariff, "tax_included": "NO"} if older else tariff


def _moment(text: str) -> datetime:
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        raise pricing.Unreadable("bad_time", "$.starts_at", f"{text!r} is not a time as 2027-03-28T01:30Z.") from None


def _told(priced: pricing.PricedSession, time_zone: str | None) -> Iterator[str]:
    """Totals, the charge in a sentence, and a table of what is billed, each with its reason."""
    cdr = priced.cdr
    zone: tzinfo | None = ZoneInfo(time_zone) if time_zone else cdr.starts_at.tzinfo
    total = rounding.total(priced)
    yield f"{_amount(total.excl)} {priced.currency} before tax, {_amount(total.incl)} {priced.currency} after tax"
    yield _charge(cdr, priced, zone)
    rows = [("From", "What", "Measured", "Billed", "Price", "Before tax", "After tax")]
    rows += [_row(line, zone) for line in priced.lines]
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    reasons = ["", *(line.reason for line in priced.lines)]
    yield ""
    for row, reason in zip(rows, reasons, strict=True):
        yield "  ".join(
            cell.ljust(width) if column < 2 else cell.rjust(width)
            for column, (cell, width) in enumerate(zip(row, widths, strict=True))
        )
        if reason:
            yield f"    {reason}"
    for warning in priced.warnings:
        yield f"Note: {warning.message}"


def _charge(cdr: pricing.Cdr, priced: pricing.PricedSession, zone: tzinfo | None) -> str:
    assert cdr.ends_at is not None, "a quoted charge has an end"
    full = pricing.full_at(cdr)
    stands = f", full from {_at(full, zone)}" if full is not None else ""
    what = f"{plain(priced.energy_kwh)} kWh by tariff {', '.join(priced.tariff_ids)}"
    return f"{what}, {_at(cdr.starts_at, zone)} to {_at(cdr.ends_at, zone)}{stands}"


def _row(line: pricing.Line, zone: tzinfo | None) -> tuple[str, ...]:
    price = at_least(line.unit_price, 2)
    used = ("", "once", price)
    if line.unit != "session":
        measured, billed = _quantity(line.quantity), _quantity(line.billed)
        used = (f"{measured} {line.unit}", f"{billed} {line.unit}", f"{price}/{line.unit}")
    return (_at(line.starts_at, zone), line.dimension, *used, _amount(line.excl), _amount(line.incl))


def _at(moment: datetime, zone: tzinfo | None) -> str:
    return f"{moment.astimezone(zone):%Y-%m-%d %H:%M:%S %Z}"


def _quantity(value: Decimal) -> str:
    return plain(rounded(value, 4))


def _amount(value: Decimal | None) -> str:
    """To the four decimals of OCPI at most."""
    return "unknown" if value is None else at_least(Decimal(_quantity(value)), 2)
