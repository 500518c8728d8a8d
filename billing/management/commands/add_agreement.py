"""Join a CPO party and an eMSP party by an agreement."""

import json
from argparse import ArgumentParser, ArgumentTypeError
from collections.abc import Sequence
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import transaction

from billing import pricing
from billing.management.inputs import named_values
from partners.agreements import services as agreements
from partners.agreements.models import Agreement
from partners.parties import selectors as parties
from partners.parties.models import Party
from roaming.kernel import clock

# As many as the database holds.
_MOST_DAYS = 32_767


class Command(BaseCommand):
    help = (
        "Join a CPO party and an eMSP party by an agreement, in force at once unless --draft. From then on the two see "
        "each other's locations, tariffs and tokens, and their CDRs are checked and settled under its terms."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--cpo", required=True, metavar="NL-VLT", help="the party that owns the stations")
        parser.add_argument("--emsp", required=True, metavar="DE-SIM", help="the party that has the drivers")
        parser.add_argument(
            "--from", required=True, dest="starts", type=_date, metavar="DATE", help="first day, YYYY-MM-DD"
        )
        parser.add_argument("--until", type=_date, metavar="DATE", help="first day on which it no longer holds")
        self._add_terms(parser)
        parser.add_argument("--draft", action="store_true", help="only draft it; activate it in the portal")
        parser.add_argument("--json", action="store_true", help='print {"agreement", "state", "cpo", "emsp"} only')

    def _add_terms(self, parser: ArgumentParser) -> None:
        parser.add_argument("--currency", default="EUR", help="ISO 4217 code (default: EUR)")
        parser.add_argument("--tolerance", default="0.01", help="money per CDR we do not argue about (default: 0.01)")
        parser.add_argument(
            "--reading",
            action="append",
            default=[],
            metavar="NAME=VALUE",
            help="read OCPI otherwise where it leaves a choice: flat=each; can be repeated (see docs/pricing.md)",
        )
        parser.add_argument("--vat-rate", default="0", help="percent on the sum of an invoice (default: 0)")
        parser.add_argument("--vat-note", help="note printed with the VAT (default: Reverse charge when the rate is 0)")
        parser.add_argument("--payment-days", default=30, type=_days, help="days until an invoice is due (default: 30)")
        parser.add_argument(
            "--history-days",
            type=_days,
            metavar="DAYS",
            help="how long after its end sessions and CDRs can be read (default: without limit)",
        )
        parser.add_argument("--time-zone", default="Europe/Amsterdam", help="zone in which a month begins and ends")

    def handle(self, *args: Any, **options: Any) -> None:
        cpo, emsp = _party(options["cpo"], "CPO"), _party(options["emsp"], "EMSP")
        try:
            agreement = _agree(cpo, emsp, options)
        except agreements.CannotAgree as error:
            raise CommandError(str(error)) from error
        if options["json"]:
            answer = {"agreement": agreement.reference, "state": agreement.state, "cpo": cpo.code, "emsp": emsp.code}
            self.stdout.write(json.dumps(answer))
        else:
            self.stdout.write(f"{agreement.reference} between {cpo.code} and {emsp.code} is {agreement.state}.")


@transaction.atomic
def _agree(cpo: Party, emsp: Party, options: dict[str, Any]) -> Agreement:
    at = clock.now()
    vat_rate, vat_note = _decimal(options["vat_rate"], "--vat-rate"), options["vat_note"]
    if vat_note is None:
        vat_note = "" if vat_rate else "Reverse charge"
    agreement = agreements.draft(
        cpo=cpo,
        emsp=emsp,
        starts_date=options["starts"],
        ends_date=options["until"],
        at=at,
        currency=options["currency"].upper(),
        price_tolerance=_decimal(options["tolerance"], "--tolerance"),
        readings=_readings(options["reading"]),
        vat_rate=vat_rate,
        vat_note=vat_note,
        payment_days=options["payment_days"],
        history_days=options["history_days"],
        time_zone=options["time_zone"],
    )
    return agreement if options["draft"] else agreements.activate(agreement=agreement, at=at)


def _party(code: str, role: str) -> Party:
    try:
        country_code, party_id = parties.parse(code)
    except ValueError as error:
        raise CommandError(str(error)) from error
    party = parties.find(country_code, party_id, role)
    if party is None:
        raise CommandError(
            f"No connection hosts {country_code}*{party_id} as {role}. Add one first: "
            f"manage.py add_connection --name NAME --role {role} --party '{country_code}*{party_id}'"
        )
    return party


def _readings(texts: Sequence[str]) -> dict[str, str]:
    """Of NAME=VALUE; what is recommended is not said."""
    try:
        return pricing.departures(named_values(texts))
    except ValueError as error:
        raise CommandError(f"--reading: {error}") from error


def _decimal(text: str, option: str) -> Decimal:
    try:
        return Decimal(text)
    except InvalidOperation as error:
        raise CommandError(f"{option} must be a number such as 0.01, not “{text}”.") from error


def _days(text: str) -> int:
    if text.isascii() and text.isdigit() and int(text) <= _MOST_DAYS:
        return int(text)
    raise ArgumentTypeError(f"write a whole number of days from 0 to {_MOST_DAYS}, not “{text}”")


def _date(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise ArgumentTypeError(f"write a date like 2026-01-31, not “{text}”") from error
