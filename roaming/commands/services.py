"""Putting commands to CPOs while the asker waits, and keeping what they answer. What came of them is in results.py."""

import hashlib
import uuid
from datetime import datetime, timedelta
from time import monotonic
from typing import Any
from urllib.parse import urlencode

from django.conf import settings
from django.db import IntegrityError, transaction

from roaming.commands import addresses, results
from roaming.commands.catalogue import ACCEPTED, WAYS
from roaming.commands.models import UNDER_WAY, Command, CommandState, CommandType, Reservation
from roaming.commands.orders import Order, Reserving
from roaming.exchange.asking import Asking, NoAnswer, NotOffered, ask
from roaming.ocpi.client import Refused
from roaming.ocpi.schema import transforms, wire
from roaming.ocpi.schema.values import parse_time

Data = dict[str, Any]

# A partner that says a year is not waited for; no more than a day.
LONGEST_TIMEOUT_SECONDS = 86_400
SHORTEST_TIMEOUT_SECONDS = 5  # some say 0, and their results are on the way all the same


class Unanswered(Exception):
    """The CPO could not be asked, or gave no answer to pass on; `error` says what happened, `command` stays as told."""

    def __init__(self, command: Command, error: NoAnswer | Refused) -> None:
        super().__init__(str(error))
        self.command = command
        self.error = error


class UnderWay(Exception):
    """The same command, word for word, is being asked right now; its answer is not there yet."""


def send(order: Order, *, at: datetime) -> Command:
    """Put an order to the CPO and keep its answer: the command, accepted or refused.

    The same order again while the first is under way is not sent twice: it has the first one's answer. Raises
    Unanswered and UnderWay. Talks to the CPO, so it must not be called inside a transaction.
    """
    command, fresh = _write_down(order, at)
    if not fresh:
        return _as_answered(command)
    started = monotonic()
    try:
        said = _ask(command, order, at)
    except (NoAnswer, Refused) as error:
        _give_up(command, str(error))
        raise Unanswered(command, error) from error
    return _answered(command, said, at + timedelta(seconds=monotonic() - started))


def _write_down(order: Order, at: datetime) -> tuple[Command, bool]:
    """The new command; or the one under way that says the same, and False."""
    fingerprint = _fingerprint(order)
    try:
        with transaction.atomic():
            return _insert(order, fingerprint, at), True
    except IntegrityError:
        same = Command.objects.filter(asker=order.asker, fingerprint=fingerprint, state__in=UNDER_WAY).first()
        if same is None:
            raise UnderWay("The same command ended this very moment; send it again if you mean it.") from None
        return same, False


def _insert(order: Order, fingerprint: str, at: datetime) -> Command:
    body = order.body
    return Command.objects.create(
        type=order.type,
        asker=order.asker,
        by=order.by,
        cpo=order.cpo,
        emsp=order.emsp,
        location=order.location,
        session=order.session,
        reservation=_reservation(order, at),
        evse_uid=body.get("evse_uid", order.session.evse_uid if order.session else ""),
        connector_id=body.get("connector_id", ""),
        token_uid=body["token"]["uid"] if "token" in body else "",
        authorization_reference=body.get("authorization_reference", ""),
        body=wire.encode_text(order.kept),
        response_url=order.response_url,
        correlation_id=order.correlation_id[:100] or str(uuid.uuid4()),
        fingerprint=fingerprint,
        asked_at=at,
        # Should this process die while it asks: by then every answer has come or never will.
        due_at=at + timedelta(seconds=settings.PARTNER_TIMEOUT_SECONDS * 10),
    )


def _fingerprint(order: Order) -> str:
    """What was asked, word for word, the token and the address of the result included."""
    said = [order.type, order.cpo.pk, order.tail, order.body, order.query, order.response_url]
    return hashlib.sha256(wire.canonical({"said": said})).hexdigest()


def _reservation(order: Order, at: datetime) -> Reservation | None:
    """The eMSP's reservation at that location, which the same id there means again (M7)."""
    if not isinstance(order.reservation, Reserving):
        return order.reservation
    assert order.emsp is not None and order.location is not None
    reservation, _ = Reservation.objects.get_or_create(
        emsp=order.emsp,
        location=order.location,
        ocpi_id_upper=order.reservation.ocpi_id.upper(),
        defaults={
            "ocpi_id": order.reservation.ocpi_id,
            "expires_at": order.reservation.expires_at,
            "reserved_at": at,
        },
    )
    return reservation


def _renew(row: Command) -> None:
    """The CPO accepted the reservation: only now it lasts until what was asked for last."""
    reservation = row.reservation
    if row.type != CommandType.RESERVE_NOW or reservation is None:
        return
    asked = wire.decode(row.body.encode())
    assert isinstance(asked, dict)
    reservation.expires_at, reservation.reserved_at = parse_time(asked["expiry_date"]), row.asked_at
    reservation.save(update_fields=["expires_at", "reserved_at"])


def _as_answered(command: Command) -> Command:
    if command.state == CommandState.ASKED:
        raise UnderWay("This command is being put to the CPO right now; wait for the answer to your first request.")
    return command


def _ask(command: Command, order: Order, at: datetime) -> Data:
    """The CPO's answer in the newest shape, or NOT_SUPPORTED where its platform has no such thing."""
    way, version = WAYS[command.type], command.cpo.connection.version
    if version and version < way.since:
        sentence = f"The platform of {command.cpo.code} speaks OCPI {version}, which has no such command."
        return answer_of(command.type, "NOT_SUPPORTED", sentence)
    try:
        answer: Data = ask(_question(command, order), at=at)
        return answer
    except (NotOffered, transforms.NotExpressible) as error:
        return answer_of(command.type, "NOT_SUPPORTED", str(error))


def _question(command: Command, order: Order) -> Asking:
    way, response_url = WAYS[command.type], addresses.ours(command)
    body = {**order.body, "response_url": response_url}
    if command.reservation is not None:
        body["reservation_id"] = command.reservation.our_id
    return Asking(
        to_party=order.cpo,
        from_party=order.emsp or order.cpo,  # at stations of our own we ask in the CPO's own name
        module=way.module,
        role="RECEIVER",
        method=way.method,
        tail=order.tail if way.body else f"{order.tail}?{urlencode({**order.query, 'response_url': response_url})}",
        body=(way.body, body) if way.body else None,
        answer=way.answer,
        correlation_id=command.correlation_id,
    )


def answer_of(type: str, result: str, sentence: str = "") -> Data:
    """An answer of our own (newest shape) to a command of that type: nothing will follow."""
    message = {"message": [{"language": "en", "text": sentence[:512]}]} if sentence else {}
    with_words = WAYS[type].answer == "command_response"
    return {"result": result, "timeout": 0, **(message if with_words else {})}


@transaction.atomic
def _give_up(command: Command, why: str) -> None:
    row = results.locked(command)
    if row.state == CommandState.ASKED:
        results.move(row, CommandState.UNANSWERED, problem=why[:500])
    command.refresh_from_db()


@transaction.atomic
def _answered(command: Command, said: Data, at: datetime) -> Command:
    """Keep the answer. A result that overtook it is passed on only now (M2)."""
    row = results.locked(command)
    seconds = min(max(int(said["timeout"]), SHORTEST_TIMEOUT_SECONDS), LONGEST_TIMEOUT_SECONDS)
    row.answer, row.answer_body = said["result"], wire.encode_text(said)
    row.answered_at, row.timeout_seconds = at, seconds
    row.save(update_fields=["answer", "answer_body", "answered_at", "timeout_seconds"])
    if row.state != CommandState.ASKED:
        return row  # it took so long that it counts as failed
    if row.answer != ACCEPTED:
        return results.move(row, CommandState.REFUSED)
    results.move(row, CommandState.ACCEPTED, due_at=at + timedelta(seconds=seconds))
    _renew(row)
    if row.result:
        results.settle(row, at)
    return row
