"""Charging profiles: set, asked for and cleared by eMSPs, kept as the station last planned them (section 5.1)."""

from datetime import datetime, timedelta
from typing import Any
from urllib.parse import quote

from django.db import transaction
from django.db.models import Q

from partners.routing import Receiver
from roaming.commands import addresses, orders, results
from roaming.commands.models import UNDER_WAY, Command, CommandType
from roaming.commands.orders import Asker, Declined, Order
from roaming.exchange import outbox
from roaming.ocpi.schema import wire
from roaming.ocpi.schema.values import parse_time
from roaming.profiles import selectors
from roaming.profiles.models import ActiveProfile
from roaming.sessions.models import Session

Data = dict[str, Any]

# An eMSP that asks more often than this for the profile of one session is told TOO_OFTEN.
ASKED_AGAIN_AFTER = timedelta(seconds=10)
# A plan is for the next minutes up to an hour; after that nobody needs it.
PLANNED_AHEAD = timedelta(hours=1)


def order(
    type: str,
    *,
    asker: Asker,
    session_id: str,
    response_url: str,
    body: Data | None = None,
    query: dict[str, str] | None = None,
    at: datetime,
) -> Order:
    """An order about the profile of a session of the asker's drivers. Raises Unfit and Declined."""
    addresses.check(asker.connection, response_url)
    session = orders.session_of(asker, session_id)
    if session is None:
        raise Declined("UNKNOWN_SESSION", f"“{session_id}” is no session of your drivers.")
    asked_before = selectors.asked_for_profile(asker.connection, session, since=at - ASKED_AGAIN_AFTER)
    repeated = Q(response_url=response_url, state__in=UNDER_WAY)
    if type == CommandType.GET_PROFILE and asked_before.exclude(repeated).exists():
        raise Declined("TOO_OFTEN", f"Ask for a profile once in {ASKED_AGAIN_AFTER.seconds} seconds.")
    return Order(
        type=type,
        cpo=session.party,
        emsp=session.emsp,
        tail=f"/{quote(session.ocpi_id, safe='')}",
        body=body or {},
        query=query or {},
        session=session,
        asker=asker.connection,
        response_url=response_url,
        correlation_id=asker.correlation_id,
    )


@transaction.atomic
def take_result(*, command: Command, result: Data, correlation_id: str = "", at: datetime) -> str:
    """Keep what came of a request, the profile that it tells included; a second result is not believed, nor its
    profile. As `commands.results.take`."""
    profile = result.get("profile")  # valid with ACCEPTED only (P1)
    first = not results.locked(command).result
    note = results.take(command=command, result=result, correlation_id=correlation_id, at=at)
    if first and profile is not None and command.session is not None:
        keep(session=command.session, profile=profile, at=at)
    return note


@transaction.atomic
def tell(*, session: Session, profile: Data, at: datetime) -> str:
    """The station changed its plan: keep it, and have those told who set a profile for the session (P2). Returns a
    sentence when nobody is told, "" otherwise."""
    if not keep(session=session, profile=profile, at=at):
        return "A newer profile of this session is known; this one was not kept."
    receivers = [receiver for receiver in selectors.setters_of(session) if _url(receiver)]
    for receiver in receivers:
        change = outbox.Change(
            module="chargingprofiles",
            kind="active_charging_profile",
            method="PUT",
            path="",
            body=wire.encode_text(profile),
            key=outbox.object_key("chargingprofiles", session.party, session.ocpi_id),
            url=f"{_url(receiver)}/{quote(session.ocpi_id, safe='')}",
            lapses_at=at + PLANNED_AHEAD,
        )
        outbox.enqueue_many(receivers=[receiver], owner=session.party, changes=[change], at=at)
    return "" if receivers else "It was kept; nobody set a profile for this session, so nobody is told."


def keep(*, session: Session, profile: Data, at: datetime) -> bool:
    """Keep the newest ActiveChargingProfile of a session; False, with nothing written, for an older one."""
    begins_at = parse_time(profile["start_date_time"])
    known, created = ActiveProfile.objects.select_for_update().get_or_create(
        session=session, defaults={"body": wire.encode_text(profile), "begins_at": begins_at, "received_at": at}
    )
    if created:
        return True
    if begins_at < known.begins_at:
        return False
    known.body, known.begins_at, known.received_at = wire.encode_text(profile), begins_at, at
    known.save(update_fields=["body", "begins_at", "received_at"])
    return True


def _url(receiver: Receiver) -> str:
    return (receiver.connection.endpoint("chargingprofiles", "SENDER") or "").rstrip("/")
