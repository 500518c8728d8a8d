"""Dead letters for who has no browser at hand: what they are, and all of them sent again."""

import json
from argparse import ArgumentParser
from typing import Any

from django.db.models import QuerySet

from roaming.exchange import dead_letters
from roaming.exchange.models import Push, PushState
from roaming.kernel import clock
from roaming.management.connections import ConnectionCommand


class Command(ConnectionCommand):
    help = (
        "List what could not be delivered and waits for a person, of one connection or of all. With --retry each is "
        "sent again that is still the newest state of its object. To repair or drop one, use the portal."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        self.take_connection(parser, nargs="?")
        parser.add_argument("--retry", action="store_true", help="send them again")
        parser.add_argument("--json", action="store_true", help="print one JSON object")

    def handle(self, *args: Any, **options: Any) -> None:
        dead = Push.objects.filter(state=PushState.DEAD).select_related("connection").defer("body").order_by("-pk")
        if options["connection"]:
            dead = dead.filter(connection=self.find(options["connection"]))
        if options["retry"]:
            self._retry(dead, options["json"])
        else:
            self._list(dead, options["json"])

    def _retry(self, dead: QuerySet[Push], as_json: bool) -> None:
        handled = dead_letters.retry_all(pushes=dead, by=None, at=clock.now())
        told = json.dumps({"sent": handled.count, "skipped": handled.skipped})
        self.stdout.write(told if as_json else handled.told("sent again"))

    def _list(self, dead: QuerySet[Push], as_json: bool) -> None:
        if as_json:
            self.stdout.write(json.dumps({"dead": [_row(push) for push in dead]}))
            return
        for push in dead:
            kind = push.get_failure_display()
            why = f"{kind}: {push.last_error}" if kind else push.last_error
            self.stdout.write(
                f"{push.pk}  {push.connection}  {push}  since {push.created_at:%Y-%m-%d %H:%M} UTC  {why}"
            )
        if not dead:
            self.stdout.write("No dead letters.")


def _row(push: Push) -> dict[str, Any]:
    return {
        "id": push.pk,
        "connection": push.connection.name,
        "module": push.module,
        "push": str(push),
        "created_at": push.created_at.isoformat(),
        "attempts": push.attempts,
        "failure": push.failure,
        "last_error": push.last_error,
    }
