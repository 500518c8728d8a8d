"""Tokens: the cards and app accounts that may charge."""

from typing import Any

import django_filters
import django_tables2
from django.db.models import QuerySet
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404
from django.urls import reverse

from roaming.own_objects import kinds
from roaming.portal import cells, columns, filters
from roaming.portal.access import Page
from roaming.portal.columns import Cell
from roaming.portal.lists import ListPage
from roaming.portal.own_objects import doors
from roaming.tokens import selectors
from roaming.tokens.models import Token


def url(token: Token) -> str:
    return reverse("portal:token", args=[token.pk])


class TokenTable(django_tables2.Table):
    uid = Cell(lambda row: cells.link(url(row), row.ocpi_id, mono=True), "Token")
    type = Cell(lambda row: row.type, "Type")
    contract = Cell(lambda row: cells.mono(row.contract_id), "Contract")
    issuer = Cell(lambda row: cells.party(row.party), "eMSP")
    whitelist = Cell(lambda row: row.whitelist.lower().replace("_", " "), "Whitelist")
    valid = Cell(lambda row: cells.state("token", "valid" if row.valid else "invalid"), "State")
    updated = columns.when("Last updated", "last_updated")
    caption = "Tokens, newest first"


class TokenFilter(django_filters.FilterSet):
    q = filters.search("Token, contract", "ocpi_id__istartswith", "contract_id__istartswith")
    party = filters.party("eMSP", "EMSP")
    state = filters.choice("State", [("True", "Valid"), ("False", "Invalid")], field="valid")


class TokenList(ListPage):
    template = "portal/kept_list.html"
    title = "Tokens"
    lede = "Who may charge, as the eMSPs say."
    table_class = TokenTable
    filter_class = TokenFilter
    nothing = (
        "No token yet",
        "They arrive by OCPI once an eMSP is registered. Those of a party of ours without a back-end "
        "are added here, or imported from a file.",
    )

    def queryset(self) -> QuerySet[Token]:
        return selectors.list_for(self.user)

    def further(self) -> dict[str, Any]:
        return doors.of_list(self.user, kinds.TOKEN)


class TokenPage(Page):
    def get(self, request: HttpRequest, pk: int) -> HttpResponseBase:
        token = get_object_or_404(selectors.visible_to(self.user).select_related("party__connection__partner"), pk=pk)
        keeping = doors.of_page(self.user, kinds.TOKEN, token)
        return self.show("portal/token.html", token=token, data=token.data, keeping=keeping)
