"""The search of the top bar: one exact hit leads to its page, several are listed."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.db.models import Q
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import redirect

from billing.disputes import selectors as disputes
from billing.invoices import selectors as invoices
from partners.partners.models import Partner
from partners.people.permissions import Grant, may
from roaming.cdrs import selectors as cdrs
from roaming.locations import selectors as locations
from roaming.portal import cdrs as cdr_pages
from roaming.portal import disputes as dispute_pages
from roaming.portal import invoices as invoice_pages
from roaming.portal import locations as location_pages
from roaming.portal import partners as partner_pages
from roaming.portal import sessions as session_pages
from roaming.portal import tokens as token_pages
from roaming.portal.access import Page
from roaming.sessions import selectors as sessions
from roaming.tokens import selectors as tokens

MOST = 10


@dataclass(frozen=True)
class Hit:
    kind: str
    label: str
    about: str
    url: str


class Search(Page):
    def get(self, request: HttpRequest) -> HttpResponseBase:
        text = request.GET.get("q", "").replace("\0", "").strip()
        hits = find(self.user, text) if text else []
        if len(hits) == 1:
            return redirect(hits[0].url)
        return self.show("portal/search.html", search_text=text, hits=hits, most=MOST)


def find(user: Any, text: str) -> list[Hit]:
    """Whatever begins with `text` and the user may see, at most ten of a kind."""
    hits = [
        *_hits("Partner", Partner.objects.filter(name__icontains=text), partner_pages.url, str),
        *_hits("Location", locations.visible_to(user).filter(_id(text)), location_pages.url, _ocpi),
        *_hits("Token", tokens.visible_to(user).filter(_id(text)), token_pages.url, _ocpi),
        *_hits("Session", sessions.visible_to(user).filter(_id(text)), session_pages.url, _ocpi),
    ]
    if may(user, Grant.VIEW_MONEY):
        seen = cdrs.list_for(user).filter(_id(text) | Q(evse_id__iexact=text))
        hits += _hits("CDR", seen, cdr_pages.url, _ocpi)
        hits += _hits("Invoice", invoices.list_for(user).filter(number__istartswith=text), invoice_pages.url, str)
        hits += _hits("Dispute", disputes.list_for(user).filter(reference__istartswith=text), dispute_pages.url, str)
    return hits


def _id(text: str) -> Q:
    return Q(ocpi_id_upper__startswith=text.upper())


def _ocpi(row: Any) -> str:
    return str(row.ocpi_id)


def _hits(kind: str, rows: Any, url: Callable[[Any], str], label: Callable[[Any], str]) -> list[Hit]:
    return [Hit(kind, label(row), str(getattr(row, "party", "")), url(row)) for row in rows[:MOST]]
