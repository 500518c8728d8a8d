"""One EVSE of one of our own locations, with its connectors."""

from collections.abc import Mapping
from typing import Any

from django import forms

from roaming.locations import parts
from roaming.ocpi.models import OcpiObject
from roaming.own_objects.kinds import LOCATION, Data
from roaming.own_objects.sheets.locations import CONNECTOR, EVSE
from roaming.portal.own_objects.fields import ColumnsForm, ObjectForm
from roaming.portal.own_objects.pages import KeepPage

_BLANK = 2  # forms for further connectors


class ConnectorForm(ColumnsForm):
    """A connector that is there, which may be taken away, or room for one, which may stay empty."""

    def __init__(self, data: Any, *, onto: Data, prefix: str) -> None:
        super().__init__(data, columns=CONNECTOR, onto=onto, prefix=prefix, may_be_blank=not onto)
        if onto:
            self.fields["gone"] = forms.BooleanField(label="Take this connector away", required=False)

    @property
    def counts(self) -> bool:
        """Whether there is a connector after this."""
        return not self.cleaned_data.get("gone") and (bool(self.onto) or self.has_changed())


class EvseForm(ObjectForm):
    """An EVSE of `row`, the one of `uid` or a new one."""

    def __init__(self, data: Any, *, row: OcpiObject, uid: str) -> None:
        location = row.data
        self.evse = parts.evse_of(location, uid) or {} if uid else {}
        super().__init__(data, kind=LOCATION, columns=(), parties=(), row=row)
        self.evse_form = ColumnsForm(data, columns=EVSE, onto=self.evse, prefix="evse")
        there = parts.CONNECTORS.of(self.evse)
        rooms = [*there, *[{} for _ in range(_BLANK if there else _BLANK + 1)]]
        self.connectors = [
            ConnectorForm(data, onto=onto, prefix=f"connector{number}") for number, onto in enumerate(rooms)
        ]

    def built(self) -> tuple[Data, dict[str, tuple[ColumnsForm, str]]]:
        """The location with this EVSE in it; connectors that are taken away are gone from it."""
        for form in (self.evse_form, *self.connectors):
            if not form.is_valid():
                self._incomplete()
        index = self._index()
        path = f"$.evses[{index}]"
        evse, places = self.evse_form.filled(self.evse, path)
        found = [form for form in self.connectors if form.counts]
        evse["connectors"] = []
        for number, form in enumerate(found):
            connector, more = form.filled(form.onto, f"{path}.connectors[{number}]")
            evse["connectors"].append(connector)
            places |= more
        if not found and evse.get("status") != "REMOVED":
            self.add_error(None, "An EVSE has one connector at least; fill one in.")
        others = parts.EVSES.of(self.onto)
        return {**self.onto, "evses": [*others[:index], evse, *others[index + 1 :]]}, places

    def check(self, places: Mapping[str, tuple[ColumnsForm, str]]) -> None:
        if not self.errors:
            super().check(places)
        if any(form.errors for form in (self.evse_form, *self.connectors)):
            self._incomplete()

    def _incomplete(self) -> None:
        if not self.non_field_errors():
            self.add_error(None, "Something of the EVSE or of its connectors has to be mended.")

    def _index(self) -> int:
        uids = [evse["uid"].upper() for evse in parts.EVSES.of(self.onto)]
        return uids.index(self.evse["uid"].upper()) if self.evse else len(uids)


class KeepEvse(KeepPage):
    """Change the EVSE that the address names as `?evse=`, or add one."""

    kind = LOCATION
    template = "portal/own_evse.html"
    done = "Saved. Partners are told."

    def make_form(self, data: Any = None) -> EvseForm:
        row = self.row()
        assert row is not None
        self.form = EvseForm(data, row=row, uid=self.request.GET.get("evse", ""))
        return self.form

    def about(self) -> dict[str, Any]:
        row = self.row()
        uid = self.request.GET.get("evse", "")
        title = f"Edit EVSE {uid}" if uid else "Add an EVSE"
        return {**super().about(), "title": title, **self.crumbs(row)}

    def save(self, cleaned: dict[str, Any]) -> str:
        return self.keep(self.form)
