"""A partner platform to test against, standing until Ctrl-C."""

import argparse
import json
import signal
import sys
import time
from types import FrameType
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from roaming.simulator import books, faults
from roaming.simulator.caller import CallFailed
from roaming.simulator.modules import ROLES, VERSIONS
from roaming.simulator.places import POLDERS
from roaming.simulator.platform import Platform
from roaming.simulator.wire import utc_now
from roaming.simulator.world import PartyCard, cpo_estate, emsp_estate


class Command(BaseCommand):
    help = """Runs one simulated partner platform that speaks OCPI over HTTP, with made-up stations and cards.

It needs no database. It can register itself with a portal (--register-at and --token), or be registered at: without
these options it prints its versions URL and a one-time registration token (TOKEN_A) to enter at the portal.
Its books are open at /books beside its versions URL: what it was sent, how often each CDR came, and what it did wrong.
Stop it with Ctrl-C; what it was sent is forgotten then, unless --json prints its books at the end.

Faults, for --faults NAME=SHARE,... (0.05 is 5 % of the calls it can happen to; "default" is a mixture of them):
"""
    help += "\n".join(f"  {fault:16} {what}" for fault, what in faults.CATALOGUE.items())
    requires_system_checks = ()

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        parser.formatter_class = argparse.RawDescriptionHelpFormatter
        parser.add_argument(
            "--party",
            action="append",
            metavar="PARTY",
            help="country and party id, like DE*SIM (the default), or NL*ONE:CPO with a role of its own; several times "
            "for a platform of several parties, such as a hub",
        )
        parser.add_argument(
            "--role", action="append", choices=ROLES, help="give it twice for two (default: CPO and EMSP)"
        )
        parser.add_argument(
            "--ocpi-version", default="2.2.1", choices=VERSIONS, help="the version it speaks (default: 2.2.1)"
        )
        parser.add_argument("--name", default="Simulated partner", help="the company's name in its credentials")
        parser.add_argument("--port", type=int, default=0, help="port to listen on (default: a free one)")
        parser.add_argument("--seed", type=int, default=1, help="the same seed makes the same stations and cards")
        parser.add_argument("--tokens", type=int, default=50, help="how many cards an EMSP has (default: 50)")
        parser.add_argument("--faults", default="", metavar="NAME=SHARE,...", help="what to do wrong, and how often")
        parser.add_argument(
            "--slow-seconds", type=float, default=faults.SLOW_SECONDS, help="how long a slow answer takes (default: 2)"
        )
        parser.add_argument("--json", action="store_true", help="when stopped, print the books as one JSON object")
        parser.add_argument("--register-at", metavar="URL", help="a portal's versions URL to register with at once")
        parser.add_argument("--token", help="the registration token (TOKEN_A) that the portal gave out")

    def handle(self, **options: Any) -> None:
        if bool(options["register_at"]) != bool(options["token"]):
            raise CommandError("--register-at and --token belong together: give both or none.")
        for number in (signal.SIGINT, signal.SIGTERM):  # SIGINT too: a shell starts background jobs with it ignored
            signal.signal(number, _interrupt)
        platform = _build(options)
        platform.start()
        try:
            self._introduce(platform, options)
            while True:
                time.sleep(3600)
        except CallFailed as failure:
            raise CommandError(str(failure)) from failure
        except KeyboardInterrupt:
            self.stdout.write(json.dumps(books.of(platform)) if options["json"] else "Stopped.")
        finally:
            platform.stop()

    def _introduce(self, platform: Platform, options: dict[str, Any]) -> None:
        self.stdout.write(f"{platform.name} listens. Versions URL: {platform.versions_url}")
        if options["register_at"]:
            platform.register_at(options["register_at"], options["token"])
            self.stdout.write(f"Registered at {options['register_at']}.")
        else:
            self.stdout.write(f"Registration token (TOKEN_A): {platform.invite()}")
        self.stdout.write("Stop with Ctrl-C.")
        sys.stdout.flush()


def _build(options: dict[str, Any]) -> Platform:
    cards = [card for party in options["party"] or ["DE*SIM"] for card in _cards(party, options)]
    if options["ocpi_version"] == "2.1.1" and len(cards) > 1:
        raise CommandError("A platform of OCPI 2.1.1 is one party in one role; say with --role which.")
    try:
        answers = faults.AnswerFaults(faults.shares(options["faults"]), options["seed"], options["slow_seconds"])
        platform = Platform(
            options["name"], cards, port=options["port"], version=options["ocpi_version"], faults=answers
        )
    except faults.NoSuchFault as failure:
        raise CommandError(f"--faults: {failure}") from failure
    except OSError as failure:
        raise CommandError(f"Port {options['port']} cannot be used: {failure.strerror}.") from failure
    for card in cards:
        if card.role == "CPO":
            platform.move_in(cpo_estate(card, POLDERS, seed=options["seed"], at=utc_now()))
        elif card.role == "EMSP":
            platform.move_in(emsp_estate(card, count=options["tokens"], seed=options["seed"], at=utc_now()))
    return platform


def _cards(party: str, options: dict[str, Any]) -> list[PartyCard]:
    """The party in its roles: the one after its colon, or those of --role."""
    code, _, role = party.upper().partition(":")
    country_code, _, party_id = code.partition("*")
    if len(country_code) != 2 or len(party_id) != 3 or (role and role not in ROLES):
        raise CommandError(f"{party} is not a party. Write country and party id like DE*SIM, or DE*SIM:CPO.")
    roles = [role] if role else options["role"] or ["CPO", "EMSP"]
    return [PartyCard(country_code, party_id, one, options["name"]) for one in roles]


def _interrupt(number: int, frame: FrameType | None) -> None:
    """Stop as with Ctrl-C: whoever ends us by SIGTERM gets a clean end too."""
    raise KeyboardInterrupt
