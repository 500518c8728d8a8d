"""A request that is to be refused, and what it did: the answer, what is stored, and the journal."""

from collections.abc import Iterable
from typing import Any

from django.apps import apps
from django.db import connection as database
from django.db.models import Model

from partners.connections.models import Connection
from partners.parties.models import Party
from roaming.commands.models import Command
from roaming.exchange.models import Exchange, Push
from roaming.findings.models import Finding
from roaming.ocpi.models import OcpiObject
from roaming.registration.models import Attempt
from tests.roaming.calls import Caller

KEPT: list[type[Model]] = [
    *(model for model in apps.get_models() if issubclass(model, OcpiObject)),
    Command,
    Push,
    Party,
    Connection,
    Finding,
    Attempt,
]


def kept() -> dict[str, Any]:
    """What is stored, by table, in one look. That somebody was heard is noted whatever it said."""
    tables = [model._meta.db_table for model in KEPT]
    row = "(to_jsonb(t) - 'last_heard_at')::text"
    looks = [f"SELECT '{table}', count(*), sum(hashtext({row})) FROM {table} t" for table in tables]
    with database.cursor() as cursor:
        cursor.execute(" UNION ALL ".join(looks))
        return {table: rows for table, *rows in cursor.fetchall()}


class Sent:
    """What a request did; `fault` says how that differs from what it should have done."""

    def __init__(self, who: str, version: str, method: str, url: str, body: Any = None, **routing: str) -> None:
        before, last = kept(), Exchange.objects.latest("id")
        self.reply = Caller(who, version, **routing)._send(method, f"/ocpi/{version}{url}", body)
        self.stored = [table for table, rows in kept().items() if rows != before[table]]
        self.journal = list(Exchange.objects.filter(id__gt=last.pk).values_list("connection__name", "http_status"))
        self.entry = (who, self.reply.http)

    def fault(self, http: tuple[int, ...], status: range, *said: str, purpose: Iterable[type[Model]] = ()) -> str:
        """`purpose` is what the refusal itself writes down."""
        reply, meant = self.reply, [model._meta.db_table for model in purpose]
        text = f"{reply.message} {reply.data or ''}"
        found = [
            f"HTTP {reply.http}, OCPI {reply.status}" if reply.http not in http or reply.status not in status else "",
            f"stored in {self.stored}" if self.stored != meant else "",
            f"journal: {self.journal}" if self.journal != [self.entry] else "",
            "no sentence" if not (reply.message or reply.data) else "",
            *(f"“{place}” is not said" for place in said if place not in text),
        ]
        return "; ".join(filter(None, found)) and f"{'; '.join(filter(None, found))}: {text[:300]}"
