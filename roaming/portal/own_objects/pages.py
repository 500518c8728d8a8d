"""Adding and changing our own tokens and locations by hand; tariffs and EVSEs have forms of their own beside."""

from collections.abc import Sequence
from typing import Any

from django.contrib import messages
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse

from partners.parties.models import Party
from partners.people.permissions import Grant
from roaming.kernel import clock
from roaming.ocpi.models import OcpiObject
from roaming.ocpi.schema.rules import Invalid
from roaming.own_objects import selectors, services
from roaming.own_objects.columns import Column
from roaming.own_objects.kinds import LOCATION, TOKEN, Kind
from roaming.own_objects.sheets.locations import LOCATION as LOCATION_COLUMNS
from roaming.own_objects.sheets.tokens import TOKEN as TOKEN_COLUMNS
from roaming.portal.forms import FormPage
from roaming.portal.own_objects.fields import ObjectForm

_COLUMNS: dict[str, Sequence[Column]] = {LOCATION.name: LOCATION_COLUMNS, TOKEN.name: TOKEN_COLUMNS}


class KeepPage(FormPage):
    """A page about one of our own objects of a kind (with pk), or a new one. What a back-end keeps leads back to its
    page, and without anybody to keep them for the page says so."""

    grant = edit_grant = Grant.KEEP_OBJECTS
    kind: Kind = TOKEN
    template = "portal/own_form.html"
    refusals: tuple[type[Exception], ...] = (services.CannotKeep, Invalid)

    @property
    def parties(self) -> list[Party]:
        return selectors.parties_of(self.user, self.kind)

    def row(self) -> OcpiObject | None:
        """The stored object; None to add one."""
        if "pk" not in self.kwargs:
            return None
        rows = self.kind.model._default_manager.select_related("party__connection__partner")
        return get_object_or_404(rows, pk=self.kwargs["pk"])

    def get(self, request: HttpRequest, **kwargs: Any) -> HttpResponseBase:
        return self._away() or super().get(request, **kwargs)

    def post(self, request: HttpRequest, **kwargs: Any) -> HttpResponseBase:
        return self._away() or super().post(request, **kwargs)

    def _away(self) -> HttpResponseBase | None:
        row = self.row()
        if row is None:
            return None if self.parties else self.show("portal/own_nobody.html", **self.crumbs(None))
        kept = selectors.may_edit(self.user, self.kind, row)
        if kept and not selectors.is_deleted(row):
            return None
        why = "is deleted; add it again" if kept else "is not kept here; its owner's platform is the truth of it"
        messages.error(self.request, f"This {self.kind.name} {why}.")
        return redirect(self.back())

    def back(self) -> str:
        if "pk" in self.kwargs:
            return reverse(f"portal:{self.kind.name}", args=[self.kwargs["pk"]])
        return reverse(f"portal:{self.kind.module}")

    def crumbs(self, row: OcpiObject | None) -> dict[str, Any]:
        return {"kind": self.kind, "row": row, "list_url": reverse(f"portal:{self.kind.module}")}

    def about(self) -> dict[str, Any]:
        row = self.row()
        title = f"Edit {self.kind.name} {row.ocpi_id}" if row else f"Add a {self.kind.name}"
        json = (
            reverse(f"portal:{self.kind.name}_json", args=[row.pk])
            if row
            else reverse(f"portal:{self.kind.name}_write")
        )
        return {"title": title, "lede": self.lede, "json_url": json, "two": True, **self.crumbs(row)}

    lede = "Partners who may see it are told at once."

    def keep(self, form: ObjectForm) -> str:
        """Store what was typed; the page of the object."""
        row = services.keep(
            kind=self.kind,
            party=form.party,
            data=form.result,
            by=self.user,
            at=clock.now(),
            seen=form.cleaned_data["seen"] if form.row else None,
        )
        return reverse(f"portal:{self.kind.name}", args=[row.pk])


class Keep(KeepPage):
    """Add (no pk) or change a token, or what is said of a location as a whole."""

    done = "Saved. Partners are told."

    def make_form(self, data: Any = None) -> ObjectForm:
        self.form = ObjectForm(
            data, kind=self.kind, columns=_COLUMNS[self.kind.name], parties=self.parties, row=self.row()
        )
        return self.form

    def save(self, cleaned: dict[str, Any]) -> str:
        return self.keep(self.form)
