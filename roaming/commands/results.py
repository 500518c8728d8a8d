"""What came of commands: told by the CPO at our address and passed on to the asker, or nothing in time."""

from datetime import datetime, timedelta
from typing import Any

from django.db import transaction

from partners.routing import Receiver
from roaming.commands import selectors
from roaming.commands.catalogue import ACCEPTED, CANCELED_RESERVATION, WAYS
from roaming.commands.models import MOVES, UNDER_WAY, Command, CommandState, CommandType
from roaming.exchange import outbox
from roaming.findings import services as findings
from roaming.findings.models import Severity
from roaming.kernel import states
from roaming.ocpi.schema import wire

Data = dict[str, Any]

# How long after the timeout a result is still worth telling the asker.
GRACE = timedelta(minutes=5)
_BATCH = 200
_SETTLED = (CommandState.SUCCEEDED, CommandState.FAILED, CommandState.CANCELED)


def locked(command: Command) -> Command:
    """The command as it is now, locked until the transaction ends."""
    row: Command = _rows().select_for_update(of=("self",)).get(pk=command.pk)
    return row


def _rows() -> Any:
    return Command.objects.select_related("cpo__connection", "emsp__connection", "asker", "reservation")


def move(row: Command, to: str, **stamps: Any) -> Command:
    """One step of the table of states."""
    return states.move(row, to=to, moves=MOVES, **stamps)


@transaction.atomic
def take(*, command: Command, result: Data, correlation_id: str = "", at: datetime) -> str:
    """Keep what the CPO says came of it (newest shape), and have the asker told, once (M2, M3).

    The same result again changes nothing; another one is not believed, but for a reservation that is canceled later
    (M7). Returns a sentence when nobody is told, "" otherwise.
    """
    row = locked(command)
    if row.result:
        return _once_more(row, result, at)
    row.result, row.result_body = result["result"], wire.encode_text(result)
    row.result_at, row.result_correlation_id = at, correlation_id[:100]
    row.save(update_fields=["result", "result_body", "result_at", "result_correlation_id"])
    if row.state == CommandState.ACCEPTED:
        settle(row, at)
    return "" if row.state in (CommandState.ASKED, *_SETTLED) else "It came too late, or after a refusal, and was kept."


def settle(row: Command, at: datetime) -> None:
    """End a command whose result is there, and have the asker told.

    The result may have been faster than the answer, so that it is the one to wait for.
    """
    at = max(at, row.result_at or at)
    canceled = row.type == CommandType.RESERVE_NOW and row.result == CANCELED_RESERVATION
    if canceled:
        move(row, CommandState.CANCELED, canceled_at=at)
    else:
        move(row, CommandState.SUCCEEDED if row.result == ACCEPTED else CommandState.FAILED)
    _tell(row, row.result_body, selectors.result_key(row), at)


def _once_more(row: Command, result: Data, at: datetime) -> str:
    if wire.canonical(result) == wire.canonical(row.result_data):
        return "This result is known."
    if row.type == CommandType.RESERVE_NOW and result["result"] == CANCELED_RESERVATION:
        return _canceled(row, result, at)
    findings.record_once(
        code="command_second_result",
        severity=Severity.NOTE,
        title="A second result of a command",
        sentence=f"{row.cpo.code} told the result of {row} twice, and not the same; the first one holds.",
        expected=row.result,
        actual=result["result"],
        connection=row.cpo.connection,
        subject=f"commands {row.key}",
        at=at,
    )
    return f"The result of this command was {row.result} already; that holds."


def _canceled(row: Command, result: Data, at: datetime) -> str:
    """The CPO takes a reservation back that it made."""
    if row.state != CommandState.SUCCEEDED:
        return "The reservation was not, or is no longer, in force."
    move(row, CommandState.CANCELED, canceled_at=at)
    _tell(row, wire.encode_text(result), selectors.cancellation_key(row), at)
    return ""


def time_out_due(*, at: datetime) -> int:
    """Count as failed what had no result within its timeout, and tell the asker once (M3); how many were due."""
    due = list(selectors.due(at).values_list("pk", flat=True)[:_BATCH])
    return sum(_time_out(pk, at) for pk in due)


@transaction.atomic
def _time_out(pk: int, at: datetime) -> bool:
    row = _rows().select_for_update(of=("self",), skip_locked=True).filter(pk=pk, state__in=UNDER_WAY).first()
    if row is None:
        return False
    if row.result:
        settle(row, at)  # the CPO did it; only our answer to the asker was lost, with the process that was to give it
        return True
    move(row, CommandState.TIMED_OUT)
    if word := WAYS[row.type].at_timeout:
        _tell(row, wire.encode_text({"result": word}), selectors.result_key(row), at)
    return True


def _tell(row: Command, result: str, key: str, at: datetime) -> None:
    """Have the result POSTed to the asker; a person looks at the page instead. An eMSP that left is told nothing."""
    if row.asker is None or row.emsp is None or not row.emsp.reachable:
        return
    way, until = WAYS[row.type], max(row.due_at, at) + GRACE
    if key == selectors.cancellation_key(row) and row.reservation is not None:
        until = max(until, row.reservation.expires_at)
    outbox.enqueue_to(
        url=row.response_url,
        receiver=Receiver(row.asker, row.emsp),
        sender=row.cpo,
        module=way.module,
        kind=way.result,
        body=result,
        key=key,
        lapses_at=until,
        correlation_id=row.correlation_id,
        at=at,
    )
