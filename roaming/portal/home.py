"""Home: what waits for this person, and how the partners are."""

from datetime import datetime, timedelta
from typing import Any

from django.db.models import Count, QuerySet, Sum
from django.http import HttpRequest
from django.http.response import HttpResponseBase

from billing.disputes import selectors as disputes
from billing.disputes.models import DisputeState
from billing.invoices import selectors as invoices
from billing.invoices.models import InvoiceState
from partners.connections.models import Connection
from partners.people.permissions import Grant, may
from roaming.cdrs import selectors as cdrs
from roaming.cdrs.models import CdrState
from roaming.exchange import overview
from roaming.exchange import selectors as exchange
from roaming.exchange.models import PushState
from roaming.kernel import clock
from roaming.portal.access import Page
from roaming.sessions import selectors as sessions

_UNDELIVERED = (PushState.WAITING, PushState.RETRYING, PushState.DEAD)


class Home(Page):
    def get(self, request: HttpRequest) -> HttpResponseBase:
        at = clock.now()
        context: dict[str, Any] = {"at": at, "connections": _connections(at), **self._traffic(at)}
        if may(self.user, Grant.VIEW_MONEY):
            context |= self._money()
        return self.show("portal/home.html", **context)

    def _traffic(self, at: datetime) -> dict[str, Any]:
        pushes = exchange.pushes_for(self.user).order_by()
        counted = dict(pushes.filter(state__in=_UNDELIVERED).values_list("state").annotate(Count("id")))
        return {
            "undelivered": sum(counted.values()),
            "dead": counted.get(PushState.DEAD, 0),
            "charging": sessions.visible_to(self.user).filter(status="ACTIVE").count(),
            "received": cdrs.visible_to(self.user).filter(received_at__gte=at - timedelta(days=1)).count(),
        }

    def _money(self) -> dict[str, Any]:
        held = cdrs.list_for(self.user).filter(state=CdrState.HELD)
        contested = disputes.list_for(self.user).filter(state=DisputeState.OPEN)
        drafts = invoices.list_for(self.user).filter(state=InvoiceState.DRAFT)
        return {
            "held": cdrs.held_money(self.user),
            "held_newest": held[:8],
            "contested": contested.order_by("due_at")[:5],
            "contested_count": contested.count(),
            "contested_money": _per_currency(contested.order_by()),
            "drafts": drafts[:5],
            "drafts_count": drafts.count(),
        }


def _per_currency(contested: QuerySet[Any]) -> list[dict[str, Any]]:
    return list(contested.values("currency").annotate(total=Sum("amount")).order_by("currency"))


def _connections(at: datetime) -> QuerySet[Connection]:
    connections = Connection.objects.select_related("partner").prefetch_related("parties")
    return overview.standing(connections, at).order_by("-own", "name")
