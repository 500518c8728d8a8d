"""Reading payment terminals and captures: what a partner may see, what a user may see, and whose they are."""

from datetime import datetime
from typing import Any, TypeVar

from django.db.models import Exists, Q, QuerySet

from partners import routing
from partners.connections.models import Connection
from partners.parties import selectors as parties
from partners.parties.models import Party, PartyRole
from partners.people.models import User
from partners.people.permissions import Grant, may
from roaming.commands.models import Command, CommandType
from roaming.exchange import outbox
from roaming.exchange import selectors as exchange
from roaming.exchange.models import PushState
from roaming.ocpi.models import OcpiObject
from roaming.terminals.models import FinancialAdvice, Terminal

Code = tuple[str, str]
M = TypeVar("M", Terminal, FinancialAdvice)

# What follows the endpoint of the module, and how the outbox names the objects.
TERMINALS, ADVICES = "terminals", "financial-advice-confirmations"
TAILS: dict[type[OcpiObject], str] = {Terminal: TERMINALS, FinancialAdvice: ADVICES}


def visible_to_connection(model: type[M], connection: Connection, at: datetime) -> QuerySet[M]:
    """Terminals or captures at stations of the connection's CPOs, whose provider an active agreement joins to them."""
    return model._default_manager.filter(routing.terminals_visible_to(connection, at=at))


def by_id(rows: QuerySet[M], ocpi_id: str) -> M | None:
    """The one of that id; where several providers use it, the one we had first."""
    found = rows.filter(ocpi_id_upper=ocpi_id.upper()).select_related("party__connection", "cpo__connection")
    return found.order_by("id").first()


def provided_by(model: type[M], connection: Connection, ocpi_id: str) -> M | None:
    """The one of that id that a provider on the connection told us of."""
    return by_id(model._default_manager.filter(party__connection=connection), ocpi_id)


def provider_on(connection: Connection, named: Code | None) -> Party | None:
    """The payment terminal provider (role OTHER, Y3) that the platform is; where it is several, the one `named`."""
    hosted = list(parties.hosted(connection, PartyRole.OTHER).select_related("connection"))
    code = tuple(part.upper() for part in named or ())
    meant = [party for party in hosted if (party.country_code, party.party_id) == code]
    return next(iter(meant or hosted), None)


def cpo_meant(data: dict[str, Any], connection: Connection, addressed: Code | None, at: datetime) -> Party | None:
    """The CPO that an object of a provider is for: it says so, or the request does, or the charging that was started
    with its authorization reference, or there is only one that it can be for. Else None."""
    if data.get("country_code") and data.get("party_id"):
        return parties.find(data["country_code"], data["party_id"], PartyRole.CPO)
    named = parties.find(*addressed, PartyRole.CPO) if addressed else None
    return named or _started(data, connection) or _only_one(connection, at)


def _started(data: dict[str, Any], connection: Connection) -> Party | None:
    """Whom the platform asked to start a session with that authorization reference (Y2)."""
    reference = data.get("authorization_reference")
    if not reference:
        return None
    asked = Command.objects.filter(
        asker=connection, type=CommandType.START_SESSION, authorization_reference__iexact=reference
    )
    command = asked.select_related("cpo__connection").order_by("-id").first()
    return command.cpo if command is not None else None


def _only_one(connection: Connection, at: datetime) -> Party | None:
    found = list(routing.owners_visible_to(connection, role=PartyRole.CPO, at=at).select_related("connection")[:2])
    return found[0] if len(found) == 1 else None


def missed(model: type[M], connection: Connection, at: datetime) -> QuerySet[M]:
    """Those the CPO's platform may see and was not told of as they are now."""
    visible = visible_to_connection(model, connection, at).annotate(push_key=outbox.key_column(TAILS[model]))
    told = exchange.pushes_of_row(connection).exclude(state=PushState.DEAD)
    news = Q(~Exists(told)) | exchange.knows_older(connection)
    return visible.filter(news).select_related("party", "cpo__connection").order_by("id")


def list_for(user: User) -> QuerySet[Terminal]:
    """For lists and pages: with provider and CPO, newest first, without the body."""
    terminals = Terminal.objects.all() if may(user, Grant.VIEW_ROAMING) else Terminal.objects.none()
    return terminals.select_related("party__connection__partner", "cpo__connection__partner").defer("body")


def advices_for(user: User) -> QuerySet[FinancialAdvice]:
    """The same of captures, for those who may see money."""
    advices = FinancialAdvice.objects.all() if may(user, Grant.VIEW_MONEY) else FinancialAdvice.objects.none()
    return advices.select_related("party__connection__partner", "cpo__connection__partner").defer("body")
