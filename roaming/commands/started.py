"""Which charging a command led to: the one that carries its reference (S4), wherever place and time allow it.

The session or CDR may come long before the result of the command, or long after it. Where a CPO sends no reference
back, the one session that is alike may be shown as what it probably was; that is a guess and never stored.
"""

from datetime import timedelta
from typing import Any

from django.db.models import Q, QuerySet

from roaming.cdrs.models import Cdr
from roaming.commands.models import Command, CommandState, CommandType
from roaming.kernel import events
from roaming.sessions.models import Session

STARTING = (CommandType.START_SESSION, CommandType.RESERVE_NOW)
# Some eMSPs give every command the same reference: charging that begins later than that is another driver's.
_LONGEST = timedelta(days=1)
# The clock of a CPO, against ours.
_CLOCKS = timedelta(minutes=5)
_CAME_TO_NOTHING = (CommandState.REFUSED, CommandState.FAILED, CommandState.CANCELED)


def subscribe() -> None:
    """Hear of sessions that are new here."""
    events.subscribe("session.known", session_known)


def session_known(*, session: Session, before: dict[str, Any]) -> None:
    """A session is new here, or has another reference than `before`: it is linked to the commands that led to it."""
    led = [command.pk for command in _with_reference(session).filter(session=None) if _fits(command, session)]
    Command.objects.filter(pk__in=led, session=None).update(session=session)


def leading_to(charging: Session | Cdr) -> list[Command]:
    """The commands that led to a session, or to a CDR: to its session, or to it alone where that never came or says
    nothing of them; oldest first."""
    session = charging if isinstance(charging, Session) else charging.known_session
    led = list(_linked_to(session).order_by("id")) if session is not None else []
    if led or charging == session:
        return led
    return [command for command in _with_reference(charging).filter(session=None) if _fits(command, charging)]


def cdrs_of(command: Command) -> list[Cdr]:
    """The CDRs of the charging that a command led to, oldest first: of its session, or with its reference."""
    if command.type not in STARTING:
        return []
    if command.session is not None:
        return list(command.session.cdrs.defer("body", "raw").order_by("id"))
    same = Cdr.objects.filter(
        party=command.cpo,
        emsp=command.emsp,
        authorization_reference__iexact=command.authorization_reference,
    )
    found = same.exclude(authorization_reference="").defer("body", "raw").order_by("id")
    return [cdr for cdr in found if _fits(command, cdr)]


def probably(command: Command) -> Session | None:
    """The session that a command led to, as far as one can tell without a reference: the only one with that token at
    that place, begun within the command's time, that no other command is as likely to have led to."""
    session = _only(_sessions_like(command)) if _is_unclear(command) else None
    return session if session is not None and _only(_commands_like(session)) == command else None


def probably_led_to(session: Session) -> Command | None:
    """The same, from the session's side."""
    if session.authorization_reference or session.emsp is None or _linked_to(session).exists():
        return None
    command = _only(_commands_like(session))
    return command if command is not None and _only(_sessions_like(command)) == session else None


def _with_reference(charging: Session | Cdr) -> QuerySet[Command]:
    """The commands of the charging's eMSP that gave its CPO the reference it carries."""
    named = Command.objects.filter(
        cpo=charging.party,
        emsp=charging.emsp,
        emsp__isnull=False,
        type__in=STARTING,
        authorization_reference__iexact=charging.authorization_reference,
    )
    return named.exclude(authorization_reference="").select_related("location", "reservation").order_by("id")


def _fits(command: Command, charging: Session | Cdr) -> bool:
    """Whether charging with the command's reference can be what it led to: there, not over before, begun in time."""
    there = command.location is not None and command.location.ocpi_id_upper == charging.location_id.upper()
    until = command.reservation.expires_at if command.reservation is not None else command.asked_at
    not_over = charging.ended_at is None or charging.ended_at >= command.asked_at - _CLOCKS
    return there and not_over and charging.started_at <= until + _LONGEST


def _is_unclear(command: Command) -> bool:
    """Whether a command may have led to a session that says nothing of it."""
    started = command.type == CommandType.START_SESSION and command.state not in _CAME_TO_NOTHING
    return started and command.session is None and command.location is not None and bool(command.token_uid)


def _sessions_like(command: Command) -> QuerySet[Session]:
    assert command.location is not None, "a START_SESSION has one"
    same_evse = Q(evse_uid__iexact=command.evse_uid) if command.evse_uid else Q()
    alike = Session.objects.filter(
        same_evse,
        party=command.cpo,
        emsp=command.emsp,
        token_uid__iexact=command.token_uid,
        location_id__iexact=command.location.ocpi_id,
        authorization_reference="",
        started_at__gte=command.asked_at - _CLOCKS,
        started_at__lte=command.due_at + _CLOCKS,
    )
    return alike.exclude(commands__type__in=STARTING).select_related("party", "emsp").defer("body")


def _commands_like(session: Session) -> QuerySet[Command]:
    alike = Command.objects.filter(
        Q(evse_uid="") | Q(evse_uid__iexact=session.evse_uid),
        cpo=session.party,
        emsp=session.emsp,
        token_uid__iexact=session.token_uid,
        location__ocpi_id_upper=session.location_id.upper(),
        type=CommandType.START_SESSION,
        session=None,
        asked_at__lte=session.started_at + _CLOCKS,
        due_at__gte=session.started_at - _CLOCKS,
    )
    return alike.exclude(state__in=_CAME_TO_NOTHING).select_related("location")


def _linked_to(session: Session) -> QuerySet[Command]:
    return Command.objects.filter(session=session, type__in=STARTING)


def _only(found: QuerySet[Any]) -> Any:
    """The one that is found; None where there are none or several."""
    several = list(found.order_by("id")[:2])
    return several[0] if len(several) == 1 else None
