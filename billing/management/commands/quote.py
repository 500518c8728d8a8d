"""`manage.py quote`: what a charge would cost by a tariff in a file."""

import json
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.core.management.base import CommandParser

from billing import pricing
from billing.management import told
from billing.management.inputs import UnusableInput
from billing.management.pricing_command import PricingCommand, read_object, tariff_in
from billing.pricing.exact import plain
from billing.pricing.fields import number


class Command(PricingCommand):
    help = (
        "Say what a charge would cost. The car takes its energy at the given power, then stands there full until it is "
        "unplugged; above 43 kW the last fifth comes at half the power, if there is time. It needs no database."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("tariff", metavar="TARIFF.json", help="an OCPI Tariff; - reads standard input")
        parser.add_argument("--energy", required=True, metavar="KWH", help="what the car needs")
        parser.add_argument("--start", required=True, metavar="TIME", help="such as 2027-03-28T01:30:00+01:00")
        parser.add_argument("--duration", required=True, metavar="H:MM", help="how long it is plugged in")
        parser.add_argument("--power", required=True, metavar="KW", help="the most that car and station can do")
        parser.add_argument("--timezone", metavar="ZONE", help="where the tariff's hours are meant: Europe/Amsterdam")
        self.add_version(parser)
        parser.add_argument("--json", action="store_true", help="print the price as one JSON object")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            priced = _quoted(options)
        except pricing.PricingError as error:
            raise UnusableInput("quote", error.code, error.sentence, error.path) from error
        if options["json"]:
            self.stdout.write(json.dumps(pricing.as_json(priced), ensure_ascii=False, indent=2))
        else:
            zone = options["timezone"]
            self.stdout.write("\n".join(told.price(priced, zone, _charge(priced, zone))))


def _quoted(options: dict[str, Any]) -> pricing.PricedSession:
    """Raises PricingError."""
    data = read_object(options["tariff"])
    version = options["version"] or pricing.version_of(None, [data])
    return pricing.quote(
        tariff_in(data, version, options["tariff"]),
        energy_kwh=number(options["energy"], "$.energy_kwh"),
        starts_at=_moment(options["start"]),
        duration=pricing.read_duration(options["duration"]),
        max_power_kw=number(options["power"], "$.max_power_kw"),
        time_zone=options["timezone"],
        policy=pricing.of_version(version),
    )


def _moment(text: str) -> datetime:
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        raise pricing.Unreadable("bad_time", "$.starts_at", f"{text!r} is not a time as 2027-03-28T01:30Z.") from None


def _charge(priced: pricing.PricedSession, time_zone: str | None) -> str:
    cdr = priced.cdr
    zone = ZoneInfo(time_zone) if time_zone else cdr.starts_at.tzinfo
    assert cdr.ends_at is not None, "a quoted charge has an end"
    full = pricing.full_at(cdr)
    stands = f", full from {told.at(full, zone)}" if full is not None else ""
    what = f"{plain(priced.energy_kwh)} kWh by tariff {', '.join(priced.tariff_ids)}"
    return f"{what}, {told.at(cdr.starts_at, zone)} to {told.at(cdr.ends_at, zone)}{stands}"
