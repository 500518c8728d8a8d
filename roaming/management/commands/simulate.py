"""A partner platform to test against, standing until Ctrl-C."""

import argparse
import json
import logging
import signal
import sys
import time
from types import FrameType
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from roaming.demo import trial
from roaming.demo.database import DatabaseInUse
from roaming.demo.waiting import StandsStill
from roaming.simulator import books, charges, faults
from roaming.simulator.caller import CallFailed, Refused
from roaming.simulator.modules import ROLES, VERSIONS
from roaming.simulator.places import POLDERS
from roaming.simulator.platform import Platform
from roaming.simulator.wire import Json, MovableClock, moment
from roaming.simulator.world import PartyCard, cpo_estate, emsp_estate

# What is said of one platform, and of none that --partners makes.
_OF_ONE = ("party", "role", "port", "clock", "register_at", "token")


class Command(BaseCommand):
    help = """Runs one simulated partner platform that speaks OCPI over HTTP, with made-up stations and cards.

It needs no database. It can register itself with a portal (--register-at and --token), or be registered at: without
these options it prints its versions URL and a one-time registration token (TOKEN_A) to enter at the portal.
Its books are open at /books beside its versions URL: what it was sent, how often each CDR came, and what it did wrong.
Stop it with Ctrl-C; what it was sent is forgotten then, unless --json prints its books at the end.

With --partners it plays --days of roaming of so many partner platforms against a portal made for it, each a process of
its own with a clock that runs fast, and compares what was injected with what the portal found. Such a portal needs a
database as the demo does: the embedded one without DATABASE_URL, else one that is empty or a demo's.

Faults, for --faults NAME=SHARE,... (0.05 is 5 % of the calls it can happen to; "default" is a mixture of them):
"""
    help += "\n".join(f"  {fault:18} {what}" for fault, what in faults.CATALOGUE.items())
    help += "\n\nFaults in what is sent, with --partners only; the share is of the charges:\n"
    help += "\n".join(f"  {fault.slug:18} {what}" for fault, what in charges.CATALOGUE.items())
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
        parser.add_argument(
            "--clock", metavar="TIME", help="the time it starts at, like 2026-10-01T08:00:00Z (default: now)"
        )
        parser.add_argument("--partners", type=int, help="play with so many partners, each a process of its own")
        parser.add_argument("--days", type=int, default=30, help="how many days --partners play (default: 30)")
        parser.add_argument("--json", action="store_true", help="when stopped, print the books as one JSON object")
        parser.add_argument("--register-at", metavar="URL", help="a portal's versions URL to register with at once")
        parser.add_argument("--token", help="the registration token (TOKEN_A) that the portal gave out")

    def handle(self, **options: Any) -> None:
        if bool(options["register_at"]) != bool(options["token"]):
            raise CommandError("--register-at and --token belong together: give both or none.")
        if options["partners"] is not None:
            self._play(_trial(options), as_json=options["json"])
        else:
            self._stand(_build(options), options)

    def _stand(self, platform: Platform, options: dict[str, Any]) -> None:
        """One platform, until somebody stops it."""
        _stop_by_signal()
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

    def _play(self, asked: trial.Trial, *, as_json: bool) -> None:
        """Some days with several platforms, and what came of them."""
        _stop_by_signal()
        logging.disable(logging.WARNING)
        try:
            found = trial.played(asked, self.stderr.write)
        except (DatabaseInUse, Refused, CallFailed, StandsStill) as failure:
            raise CommandError(str(failure)) from failure
        except KeyboardInterrupt:
            raise CommandError("Interrupted before the end; nothing is left running.") from None
        self.stdout.write(json.dumps(found) if as_json else _table(found))
        if not found["agrees"]:
            raise CommandError("What the portal found is not what was injected.")


def _trial(options: dict[str, Any]) -> trial.Trial:
    if of_one := [f"--{name.replace('_', '-')}" for name in _OF_ONE if options[name]]:
        raise CommandError(f"--partners makes platforms of its own; leave out {', '.join(of_one)}.")
    if not 2 <= options["partners"] <= trial.MOST_PARTNERS:
        raise CommandError(f"--partners: from 2, for roaming takes two, to {trial.MOST_PARTNERS}.")
    if not 1 <= options["days"] <= trial.MOST_DAYS:
        raise CommandError(f"--days: from 1 to {trial.MOST_DAYS}.")
    try:
        faults.mixture(options["faults"])
    except faults.NoSuchFault as failure:
        raise CommandError(f"--faults: {failure}") from failure
    return trial.Trial(**{name: options[name] for name in ("partners", "days", "seed", "faults", "slow_seconds")})


def _table(found: Json) -> str:
    """The comparison for people."""
    rows = [f"{'':44} {'injected':>12} {'found':>12}"]
    for line in found["compared"]:
        rows.append(f"{line['what']:44} {line['injected']!s:>12} {line['found']!s:>12}  {_verdict(line)}".rstrip())
    return "\n".join(rows)


def _verdict(line: Json) -> str:
    return "" if line["agrees"] else f"differs: {', '.join(line.get('differing', [])[:5])}"


def _build(options: dict[str, Any]) -> Platform:
    cards = [card for party in options["party"] or ["DE*SIM"] for card in _cards(party, options)]
    if options["ocpi_version"] == "2.1.1" and len(cards) > 1:
        raise CommandError("A platform of OCPI 2.1.1 is one party in one role; say with --role which.")
    clock = _clock(options["clock"])
    try:
        answers = faults.AnswerFaults(faults.shares(options["faults"]), options["seed"], options["slow_seconds"])
        platform = Platform(
            options["name"], cards, clock=clock, port=options["port"], version=options["ocpi_version"], faults=answers
        )
    except faults.NoSuchFault as failure:
        raise CommandError(f"--faults: {failure}") from failure
    except OSError as failure:
        raise CommandError(f"Port {options['port']} cannot be used: {failure.strerror}.") from failure
    for card in cards:
        if card.role == "CPO":
            platform.move_in(cpo_estate(card, POLDERS, seed=options["seed"], at=clock()))
        elif card.role == "EMSP":
            platform.move_in(emsp_estate(card, count=options["tokens"], seed=options["seed"], at=clock()))
    return platform


def _cards(party: str, options: dict[str, Any]) -> list[PartyCard]:
    """The party in its roles: the one after its colon, or those of --role."""
    code, _, role = party.upper().partition(":")
    country_code, _, party_id = code.partition("*")
    if len(country_code) != 2 or len(party_id) != 3 or (role and role not in ROLES):
        raise CommandError(f"{party} is not a party. Write country and party id like DE*SIM, or DE*SIM:CPO.")
    roles = [role] if role else options["role"] or ["CPO", "EMSP"]
    return [PartyCard(country_code, party_id, one, options["name"]) for one in roles]


def _clock(starts: str | None) -> MovableClock:
    """The platform's clock, which whoever directs it may move."""
    clock = MovableClock()
    try:
        clock.to(moment(starts) if starts else clock())
    except ValueError:
        raise CommandError(f"--clock: {starts} is not a time like 2026-10-01T08:00:00Z.") from None
    return clock


def _stop_by_signal() -> None:
    for number in (signal.SIGINT, signal.SIGTERM):  # SIGINT too: a shell starts background jobs with it ignored
        signal.signal(number, _interrupt)


def _interrupt(number: int, frame: FrameType | None) -> None:
    """Stop as with Ctrl-C: whoever ends us by SIGTERM gets a clean end too."""
    raise KeyboardInterrupt
