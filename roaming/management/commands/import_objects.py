"""Store our own locations, tariffs or tokens from a file."""

import json
import sys
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import CommandError

from roaming.kernel import clock
from roaming.management.own_objects import OwnObjectsCommand
from roaming.ocpi.versions import NEWEST_SHAPE, OFFERED
from roaming.own_objects import plans, reading, services
from roaming.own_objects.plans import Plan


class Command(OwnObjectsCommand):
    help = (
        "Store locations, tariffs or tokens of one of our own parties, that has no back-end, from a CSV or JSON file. "
        "All of the file is stored or nothing, unless --leave-out-errors is given; with errors the exit code is 1. "
        "docs/own-objects.md tells the columns."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        self.take_noun_and_party(parser)
        parser.add_argument("file", help="the file to read; - for standard input")
        parser.add_argument("--dry-run", action="store_true", help="only say what would happen")
        parser.add_argument(
            "--leave-out-errors", action="store_true", help="store the good objects even when others have errors"
        )
        parser.add_argument(
            "--ocpi-version",
            default=NEWEST_SHAPE,
            choices=OFFERED,
            help="the version that a JSON file is written in (default: %(default)s)",
        )
        parser.add_argument(
            "--json",
            action="store_true",
            help='print {"new", "changed", "unchanged", "wrong", "stored", "errors"} only',
        )

    def handle(self, *args: Any, **options: Any) -> None:
        plan = self._plan(options)
        stored = not options["dry_run"] and (options["leave_out_errors"] or not plan.errors)
        self._tell(plan, stored, options["json"])
        if plan.errors:
            sys.exit(1)

    def _plan(self, options: dict[str, Any]) -> Plan:
        kind, party = self.find(options["noun"], options["party"])
        content, version, at = self._content(options["file"]), options["ocpi_version"], clock.now()
        try:
            if options["dry_run"]:
                return plans.plan(kind, party, reading.text_of(content), version=version, at=at)
            return services.store(
                kind=kind,
                party=party,
                name=Path(options["file"]).name,
                content=content,
                version=version,
                leave_out=options["leave_out_errors"],
                by=None,
                at=at,
            )
        except (services.CannotKeep, reading.NotReadable) as error:
            raise CommandError(str(error)) from error

    def _content(self, name: str) -> bytes:
        try:
            return sys.stdin.buffer.read() if name == "-" else Path(name).read_bytes()
        except OSError as error:
            raise CommandError(f"{name} cannot be read: {error.strerror}.") from error

    def _tell(self, plan: Plan, stored: bool, as_json: bool) -> None:
        if as_json:
            errors = [error._asdict() for error in plan.errors]
            told = {**plan.counts, "stored": len(plan.to_store) if stored else 0, "errors": errors}
            self.stdout.write(json.dumps(told, ensure_ascii=False))
            return
        for error in plan.errors:
            self.stderr.write(f"Row {error.row}: {error.sentence}")
        self.stdout.write(
            "Of the file {new} new, {changed} changed, {unchanged} unchanged, {wrong} wrong.".format(**plan.counts)
        )
        self.stdout.write(f"{len(plan.to_store)} stored." if stored else "Nothing was stored.")
