"""The side navigation: what people do, in groups; entries a role may not use are not shown; counts wait for this
user."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.urls import reverse
from django.utils.functional import SimpleLazyObject

from billing.disputes.models import DisputeState
from billing.disputes.selectors import list_for as disputes_for
from billing.invoices.models import InvoiceState
from billing.invoices.selectors import list_for as invoices_for
from partners.agreements.models import Agreement, AgreementState
from partners.parties import selectors as parties
from partners.people.permissions import Grant, may
from roaming.cdrs.models import CdrState
from roaming.cdrs.selectors import visible_to as cdrs_for
from roaming.exchange.models import PushState
from roaming.exchange.selectors import pushes_for
from roaming.kernel import clock


@dataclass(frozen=True)
class Entry:
    """One line of the navigation. `waiting` counts what waits for the user behind `waiting_query`."""

    label: str
    icon: str
    url_name: str
    grant: Grant = Grant.VIEW_ROAMING
    waiting: Callable[[Any], int] | None = None
    waiting_query: str = ""
    waiting_label: str = ""
    beside: tuple[str, ...] = ()  # where further pages of the same noun begin


def _held(user: Any) -> int:
    return cdrs_for(user).filter(state=CdrState.HELD).count()


def _dead(user: Any) -> int:
    """They wait for those who can do something about them."""
    return pushes_for(user).filter(state=PushState.DEAD).count() if may(user, Grant.HANDLE_TRAFFIC) else 0


def _open_disputes(user: Any) -> int:
    return disputes_for(user).filter(state=DisputeState.OPEN).count()


def _draft_agreements(user: Any) -> int:
    return Agreement.objects.filter(state=AgreementState.DRAFT).count()


def _draft_invoices(user: Any) -> int:
    return invoices_for(user).filter(state=InvoiceState.DRAFT).count()


GROUPS: list[tuple[str, list[Entry]]] = [
    ("", [Entry("Home", "home", "portal:home")]),
    (
        "Partners",
        [
            Entry("Partners", "partners", "portal:partners", beside=("/connections/", "/conformance/")),
            Entry(
                "Agreements",
                "agreements",
                "portal:agreements",
                Grant.VIEW_MONEY,
                _draft_agreements,
                "?state=draft",
                "draft agreements",
            ),
        ],
    ),
    (
        "Roaming",
        [
            Entry("Locations", "locations", "portal:locations"),
            Entry("Tariffs", "tariffs", "portal:tariffs", Grant.VIEW_MONEY),
            Entry("Tokens", "tokens", "portal:tokens"),
            Entry("Authorizations", "authorizations", "portal:authorizations"),
            Entry("Sessions", "sessions", "portal:sessions"),
            Entry("Commands", "commands", "portal:commands"),
            Entry("Bookings", "bookings", "portal:bookings"),
            Entry("Terminals", "payments", "portal:terminals"),
            Entry("CDRs", "cdrs", "portal:cdrs", Grant.VIEW_MONEY, _held, "?state=held", "held CDRs"),
            Entry("Findings", "findings", "portal:findings", Grant.VIEW_MONEY),
            Entry("Exchange", "pushes", "portal:queues", beside=("/pushes/",)),
            Entry(
                "Dead letters",
                "dead_letters",
                "portal:dead_letters",
                waiting=_dead,
                waiting_label="dead letters",
            ),
            Entry("Traffic", "traffic", "portal:traffic", beside=("/exchanges/",)),
        ],
    ),
    (
        "Billing",
        [
            Entry("Settlement", "settlement", "portal:settlement", Grant.VIEW_MONEY),
            Entry(
                "Invoices",
                "invoices",
                "portal:invoices",
                Grant.VIEW_MONEY,
                _draft_invoices,
                "?state=draft",
                "drafts to review",
            ),
            Entry("Invoice records", "invoice_records", "portal:records", Grant.VIEW_MONEY),
            Entry(
                "Disputes",
                "disputes",
                "portal:disputes",
                Grant.VIEW_MONEY,
                _open_disputes,
                "?state=open",
                "open disputes",
            ),
        ],
    ),
    (
        "House",
        [
            Entry("People", "people", "portal:people", Grant.MANAGE_PEOPLE),
            Entry("OCPI", "doors", "ocpi_docs"),
            Entry("Components", "components", "portal:components"),
        ],
    ),
]


def navigation(request: HttpRequest) -> dict[str, Any]:
    """Context for base.html; the counts are only made when a page draws the navigation."""
    return {
        "portal_name": settings.PORTAL_NAME,
        "clock_now": clock.now(),
        "navigation": SimpleLazyObject(lambda: _groups(request)),
        "our_parties": SimpleLazyObject(lambda: sorted({party.code for party in parties.ours()})),
    }


def _groups(request: HttpRequest) -> list[dict[str, Any]]:
    groups = []
    for title, entries in GROUPS:
        shown = [_shown(entry, request) for entry in entries if may(request.user, entry.grant)]
        if shown:
            groups.append({"title": title, "entries": shown})
    return groups


def _shown(entry: Entry, request: HttpRequest) -> dict[str, Any]:
    url = reverse(entry.url_name)
    home = entry.url_name == "portal:home"
    current = request.path == url if home else request.path.startswith((url, *entry.beside))
    waiting = entry.waiting(request.user) if entry.waiting else 0
    return {"entry": entry, "url": url, "current": current, "waiting": waiting}
