"""One exchange of the traffic journal: what was asked, and what was answered."""

from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404

from roaming.exchange import selectors
from roaming.portal.access import Page


class ExchangePage(Page):
    def get(self, request: HttpRequest, pk: int) -> HttpResponseBase:
        exchange = get_object_or_404(selectors.exchanges_for(self.user).defer(None), pk=pk)
        return self.show("portal/exchange.html", exchange=exchange)
