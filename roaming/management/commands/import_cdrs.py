"""Take in CDRs from a file."""

import json
import sys
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from partners.parties import selectors as parties
from roaming.cdrs import importing
from roaming.kernel import clock
from roaming.ocpi.schema import wire
from roaming.ocpi.versions import OFFERED


class Command(BaseCommand):
    help = (
        "Take in CDRs from a file, as if their owner had sent them: a JSON array, one JSON object per line, or a saved "
        "OCPI answer ({“data”: […]}). A CDR that is here already is counted, not stored again. Good CDRs are "
        "stored even when others in the file are refused; the exit code is 1 then."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", help="the file to read; - for standard input")
        parser.add_argument("--party", metavar="NL-VLT", help="refuse CDRs of any other owner")
        parser.add_argument(
            "--ocpi-version",
            default="2.2.1",
            choices=OFFERED,
            help="the version the file is written in (default: %(default)s)",
        )
        parser.add_argument(
            "--json", action="store_true", help='print {"read", "stored", "repeated", "refused", "errors"} only'
        )

    def handle(self, *args: Any, **options: Any) -> None:
        only = self._party(options["party"])
        found = self._entries(options["file"])
        outcome = importing.take(found, version=options["ocpi_version"], only=only, at=clock.now())
        counts = {
            "read": len(found),
            "stored": outcome.stored,
            "repeated": outcome.repeated,
            "refused": len(outcome.refused),
        }
        if options["json"]:
            errors = [
                {"index": refusal.number, "id": refusal.cdr_id, "violations": refusal.sentences}
                for refusal in outcome.refused
            ]
            self.stdout.write(json.dumps({**counts, "errors": errors}, ensure_ascii=False))
        else:
            self._tell(counts, outcome)
        if outcome.refused:
            sys.exit(1)

    def _tell(self, counts: dict[str, int], outcome: importing.Outcome) -> None:
        for refusal in outcome.refused:
            self.stderr.write(f"{refusal.number}. {refusal.cdr_id or 'without id'}: {'; '.join(refusal.sentences)}")
        self.stdout.write(
            "CDRs read: {read}, of them {stored} stored, {repeated} here already, {refused} refused.".format(**counts)
        )

    def _party(self, code: str | None) -> tuple[str, str] | None:
        try:
            return parties.parse(code) if code else None
        except ValueError as error:
            raise CommandError(str(error)) from error

    def _entries(self, name: str) -> list[importing.Entry]:
        try:
            content = sys.stdin.buffer.read() if name == "-" else Path(name).read_bytes()
        except OSError as error:
            raise CommandError(f"{name} cannot be read: {error.strerror}.") from error
        try:
            return importing.entries(content)
        except wire.NotJson as error:
            raise CommandError(f"{name} holds no CDRs. {error}") from error
