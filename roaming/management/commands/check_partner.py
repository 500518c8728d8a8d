"""Try a partner's platform against the specification, without changing anything there."""

import json
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import CommandError

from roaming.conformance import selectors, services, wording
from roaming.conformance.limits import NAMES, Limits
from roaming.conformance.models import Outcome
from roaming.kernel import clock
from roaming.management.connections import ConnectionCommand
from roaming.ocpi.listings import LISTINGS

_TOLD = 3


class Command(ConnectionCommand):
    help = (
        "Ask a registered partner for its versions, details, credentials and lists, and say for each check of the "
        "specification whether it holds, with the evidence. Only GET requests to the partner's own addresses are made. "
        "What it shows of the partner's quirks is kept with the connection. A partner that is left alone after "
        "failures is tried all the same, and no longer left alone once the run came to its end. Exits with 1 when a "
        "check failed or the run stopped early."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        self.take_connection(parser)
        parser.add_argument(
            "--module", action="append", default=[], choices=sorted(LISTINGS), help="only this list; may be given again"
        )
        parser.add_argument("--json", action="store_true", help="print the whole run as one JSON object")
        parser.add_argument(
            "--scheduled", action="store_true", help="nobody waits: leave a partner alone that failed lately"
        )
        usual = Limits.usual()
        for name in NAMES:
            most = f"at most so many (default {getattr(usual, name)})"
            parser.add_argument(f"--{name}", type=int, metavar="N", help=most)

    def handle(self, *args: Any, **options: Any) -> None:
        at = clock.now()
        limits = Limits.usual().but(**{name: options[name] for name in NAMES})
        if min(getattr(limits, name) for name in NAMES) < 1:
            raise CommandError("A limit is 1 or more.")
        try:
            run = services.plan(
                connection=self.find(options["connection"]),
                modules=options["module"],
                limits=limits,
                by=None,
                at=at,
                insists=not options["scheduled"],
            )
        except services.CannotCheck as error:
            raise CommandError(str(error)) from error
        services.execute(run=run, at=at, tell=(lambda text: None) if options["json"] else self._tell)
        self.stdout.write(json.dumps(wording.as_json(run)) if options["json"] else wording.as_text(run))
        found = selectors.rows(run)
        failed = selectors.groups(row for row in found if row.result.outcome == Outcome.FAILED)
        if run.reason or failed:
            told = " ".join(wording.line(one) for one in failed[:_TOLD])
            raise CommandError(f"{run.connection.name}: {wording.summary(found)}. {run.reason} {told}".strip())

    def _tell(self, text: str) -> None:
        self.stderr.write(f"{text} …")
