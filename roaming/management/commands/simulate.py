"""A partner platform to test against, standing until Ctrl-C."""

import argparse
import signal
import sys
import time
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from roaming.ocpi.versions import OFFERED
from roaming.simulator.caller import CallFailed
from roaming.simulator.places import POLDERS
from roaming.simulator.platform import Platform
from roaming.simulator.wire import utc_now
from roaming.simulator.world import PartyCard, cpo_estate, emsp_estate


class Command(BaseCommand):
    help = """Runs one simulated partner platform that speaks OCPI over HTTP, with made-up stations and cards.

It needs no database. It can register itself with a portal (--register-at and --token), or be registered at: without
these options it prints its versions URL and a one-time registration token (TOKEN_A) to enter at the portal.
Stop it with Ctrl-C; what it was sent is forgotten then."""
    requires_system_checks = ()

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        parser.formatter_class = argparse.RawDescriptionHelpFormatter
        parser.add_argument("--party", default="DE*SIM", help="country and party id, like 'DE*SIM' (the default)")
        parser.add_argument(
            "--role", action="append", choices=["CPO", "EMSP"], help="give it twice for both (default: both)"
        )
        parser.add_argument(
            "--ocpi-version", default="2.2.1", choices=OFFERED, help="the version it speaks (default: 2.2.1)"
        )
        parser.add_argument("--name", default="Simulated partner", help="the company's name in its credentials")
        parser.add_argument("--port", type=int, default=0, help="port to listen on (default: a free one)")
        parser.add_argument("--seed", type=int, default=1, help="the same seed makes the same stations and cards")
        parser.add_argument("--tokens", type=int, default=50, help="how many cards an EMSP has (default: 50)")
        parser.add_argument("--register-at", metavar="URL", help="a portal's versions URL to register with at once")
        parser.add_argument("--token", help="the registration token (TOKEN_A) that the portal gave out")

    def handle(self, **options: Any) -> None:
        if bool(options["register_at"]) != bool(options["token"]):
            raise CommandError("--register-at and --token belong together: give both or none.")
        signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell starts background jobs with it ignored
        platform = _build(options)
        platform.start()
        try:
            self._introduce(platform, options)
            while True:
                time.sleep(3600)
        except CallFailed as failure:
            raise CommandError(str(failure)) from failure
        except KeyboardInterrupt:
            self.stdout.write("Stopped.")
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
    country_code, _, party_id = str(options["party"]).upper().partition("*")
    if len(country_code) != 2 or len(party_id) != 3:
        raise CommandError(f"{options['party']} is not a party. Write country and party id like DE*SIM.")
    cards = [PartyCard(country_code, party_id, role, options["name"]) for role in options["role"] or ["CPO", "EMSP"]]
    if options["ocpi_version"] == "2.1.1" and len(cards) > 1:
        raise CommandError("A platform of OCPI 2.1.1 is one party in one role; say with --role which.")
    try:
        platform = Platform(options["name"], cards, port=options["port"], version=options["ocpi_version"])
    except OSError as failure:
        raise CommandError(f"Port {options['port']} cannot be used: {failure.strerror}.") from failure
    for card in cards:
        if card.role == "CPO":
            platform.move_in(cpo_estate(card, POLDERS, seed=options["seed"], at=utc_now()))
        else:
            platform.move_in(emsp_estate(card, count=options["tokens"], seed=options["seed"], at=utc_now()))
    return platform
