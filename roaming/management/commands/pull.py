"""Fetch what partners list: locations, tariffs, sessions and CDRs of CPOs, tokens of eMSPs."""

import json
from argparse import ArgumentParser, ArgumentTypeError
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from partners.connections import selectors as connections
from partners.connections.models import Connection
from roaming.exchange import pull as pulling
from roaming.exchange.pulls import CannotPull
from roaming.exchange.timetable import MODULES
from roaming.kernel import clock


class Command(BaseCommand):
    help = (
        "Read the lists that partners offer and store what is new in them, as the hourly task does. Without a name, "
        "all registered connections are asked. Broken objects are kept as findings; the others are stored. Exits with "
        "1 when a list could not be read to its end."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("name", nargs="*", help="the connection, as add_connection named it; may be given again")
        parser.add_argument(
            "--module", action="append", choices=sorted(MODULES), help="only this list; may be given again"
        )
        parser.add_argument(
            "--since",
            type=_moment,
            metavar="DATE",
            help="only objects changed since this day or time in UTC (default: the last pull, at first everything)",
        )
        parser.add_argument(
            "--full", action="store_true", help="read whole lists, whatever changed, and find what is gone from them"
        )
        parser.add_argument("--json", action="store_true", help="print one JSON object: connection, module, counts")

    def handle(self, *args: Any, **options: Any) -> None:
        result = {connection.name: self._pull(connection, options) for connection in _chosen(options["name"])}
        if options["json"]:
            self.stdout.write(json.dumps(result))
        errors = [
            f"{name}, {module}: {counts['error']}"
            for name, modules in result.items()
            for module, counts in modules.items()
            if counts["error"]
        ]
        if errors:
            raise CommandError("Not everything could be read. " + " ".join(errors))

    def _pull(self, connection: Connection, options: dict[str, Any]) -> dict[str, dict[str, Any]]:
        try:
            counts = pulling.pull(
                connection=connection,
                modules=options["module"],
                since=options["since"],
                full=options["full"],
                at=clock.now(),
            )
        except CannotPull as error:
            raise CommandError(str(error)) from error
        if not options["json"]:
            for module, count in counts.items():
                told = f"{count.new} new, {count.known} known, {count.ignored} of others, {count.broken} broken"
                more = {"older": count.older, "gone": count.gone}
                told += "".join(f", {number} {word}" for word, number in more.items() if number)
                self.stdout.write(f"{connection.name}, {module}: {told}")
        return {module: asdict(count) for module, count in counts.items()}


def _chosen(names: list[str]) -> list[Connection]:
    if not names:
        return [connection for connection in connections.registered() if connection.reachable]
    found = []
    for name in names:
        connection = connections.by_name(name)
        if connection is None:
            raise CommandError(f"There is no connection “{name}”.")
        found.append(connection)
    return found


def _moment(text: str) -> datetime:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as error:
        raise ArgumentTypeError(f"write a day or time like 2026-01-31 or 2026-01-31T12:00, not “{text}”") from error
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment
