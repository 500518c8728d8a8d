"""Keeping every question whether a driver may charge: one row each, whatever became of it."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from time import monotonic

from django.db import DatabaseError, InterfaceError, transaction
from django.db import connection as database

from partners.agreements.models import Agreement
from partners.connections.models import Connection
from roaming.ocpi.errors import OcpiError
from roaming.ocpi.schema.validation import Invalid
from roaming.ocpi.schema.wire import NotJson
from roaming.tokens.models import Authorization, OfflineCount, Outcome, Source, Token
from roaming.tokens.questions import Data, NotEnough, UnknownToken

logger = logging.getLogger(__name__)
_LONGEST_REASON = 500
_ENDS: tuple[tuple[tuple[type[Exception], ...], Outcome], ...] = (
    ((UnknownToken,), Outcome.UNKNOWN_TOKEN),
    ((NotEnough,), Outcome.NOT_ENOUGH),
    ((Invalid, NotJson, OcpiError), Outcome.INVALID),
)


class Attempt:
    """What becomes known of one question while it is answered."""

    def __init__(self, row: Authorization) -> None:
        self.row = row

    def asks_at(self, location: Data | None) -> None:
        """Where the driver stands, if the CPO says so (LocationReferences)."""
        if location is not None:
            self.row.location_id = location["location_id"]
            self.row.evse_uids = location.get("evse_uids") or []

    def is_about(self, agreement: Agreement, token: Token | None) -> None:
        row = self.row
        row.agreement, row.cpo, row.emsp, row.token = agreement, agreement.cpo, agreement.emsp, token

    def went_unanswered(self, why: str) -> None:
        """The eMSP was to be asked, and there is no answer of its."""
        self.row.problem = why

    def decided(self, source: Source, info: Data, reason: str) -> Data:
        """The AuthorizationInfo that the CPO gets, and who gave it for which reason."""
        row = self.row
        row.outcome, row.source, row.reason = info["allowed"].lower(), source, reason
        row.authorization_reference = info.get("authorization_reference") or ""
        return info

    def refused(self, source: Source) -> None:
        """Who made it end without an AuthorizationInfo; the error that is raised says why."""
        self.row.source = source


@contextmanager
def kept(
    connection: Connection, *, token_uid: str, token_type: str, version: str, correlation_id: str, at: datetime
) -> Iterator[Attempt]:
    """Write down what became of a question; whatever is raised inside goes on to the caller. Use it outside of
    transactions that may be rolled back."""
    row = Authorization(
        connection=connection,
        token_uid=token_uid[:36],
        token_type=token_type[:255],
        version=version,
        correlation_id=correlation_id,
        at=at,
    )
    started = monotonic()
    try:
        yield Attempt(row)
    except Exception as error:
        row.outcome = next((outcome for kinds, outcome in _ENDS if isinstance(error, kinds)), Outcome.FAILED)
        row.reason = "This platform failed; its log says why." if row.outcome == Outcome.FAILED else str(error)
        raise
    finally:
        row.duration_ms = round((monotonic() - started) * 1000)
        _write(row)


def _write(row: Authorization) -> None:
    """A row that cannot be written is logged and never breaks the answer that it tells of. Nor does the driver wait
    for the disk: what a crash of the database takes along is the last half second of these rows."""
    row.reason, row.problem = _storable(row.reason), _storable(row.problem)
    try:
        with transaction.atomic(), database.cursor() as cursor:
            cursor.execute("SET LOCAL synchronous_commit TO off")
            row.save(force_insert=True)
    except (DatabaseError, InterfaceError):
        logger.exception("The authorization of %s could not be kept", row.token_uid)


def _storable(sentence: str) -> str:
    """PostgreSQL's text takes no NUL, and what a partner says may be long."""
    return sentence[:_LONGEST_REASON].replace("\0", "\N{REPLACEMENT CHARACTER}")


def forget(*, before: datetime) -> int:
    """Delete attempts older than that, and what was counted on days before; how many attempts."""
    OfflineCount.objects.filter(date__lt=before.date()).delete()
    count, _ = Authorization.objects.filter(at__lt=before).delete()
    return count
