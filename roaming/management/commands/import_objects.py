"""Store our own locations, tariffs or tokens from a file."""

import json
import sys
from argparse import ArgumentParser
from pathlib import Path
from typing import Any, NamedTuple

from django.core.management.base import CommandError

from billing.own_tariffs import problems_of_file
from billing.pricing.linting import Problem
from partners.parties.models import Party
from roaming.kernel import clock
from roaming.management.own_objects import OwnObjectsCommand
from roaming.ocpi.versions import NEWEST_SHAPE, OFFERED
from roaming.own_objects import plans, reading, services
from roaming.own_objects.kinds import Kind
from roaming.own_objects.plans import Plan, Planned


class _Told(NamedTuple):
    """`stored` is None where nothing was to be stored."""

    plan: Plan
    problems: list[tuple[Planned, Problem]]
    stored: int | None

    def as_json(self) -> dict[str, Any]:
        problems = [
            {"row": one.row, "code": p.code, "severity": p.severity, "path": p.path, "message": p.message}
            for one, p in self.problems
        ]
        errors = [error._asdict() for error in self.plan.errors]
        return {**self.plan.counts, "stored": self.stored or 0, "errors": errors, "problems": problems}


class Command(OwnObjectsCommand):
    help = (
        "Store locations, tariffs or tokens of one of our own parties, that has no back-end, from a CSV or JSON file. "
        "All of the file is stored or nothing, unless --leave-out-errors is given; with errors the exit code is 1. "
        "Problems of tariffs are told and block nothing. "
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
            help='print {"new", "changed", "unchanged", "wrong", "stored", "errors", "problems"} only',
        )

    def handle(self, *args: Any, **options: Any) -> None:
        kind, party = self.find(options["noun"], options["party"])
        plan = self._plan(kind, party, options)
        stored = not options["dry_run"] and (options["leave_out_errors"] or not plan.errors)
        told = _Told(plan, list(problems_of_file(kind, plan.to_store)), len(plan.to_store) if stored else None)
        if options["json"]:
            self.stdout.write(json.dumps(told.as_json(), ensure_ascii=False))
        else:
            self._tell(told)
        if plan.errors:
            sys.exit(1)

    def _plan(self, kind: Kind, party: Party, options: dict[str, Any]) -> Plan:
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

    def _tell(self, told: _Told) -> None:
        for error in told.plan.errors:
            self.stderr.write(f"Row {error.row}: {error.sentence}")
        for one, problem in told.problems:
            self.stderr.write(f"Row {one.row}: {problem.severity} {problem.code} at {problem.path}: {problem.message}")
        counts = told.plan.counts
        self.stdout.write(
            "Of the file {new} new, {changed} changed, {unchanged} unchanged, {wrong} wrong.".format(**counts)
        )
        self.stdout.write(f"{told.stored} stored." if told.stored is not None else "Nothing was stored.")
