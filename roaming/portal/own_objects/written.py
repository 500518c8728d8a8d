"""Our own objects as JSON, for everything that no form can hold."""

from typing import Any

import msgspec
from django import forms

from partners.parties.models import Party
from roaming.kernel import clock
from roaming.ocpi.models import OcpiObject
from roaming.ocpi.schema import wire
from roaming.ocpi.schema.rules import Invalid
from roaming.ocpi.versions import NEWEST_SHAPE
from roaming.own_objects import reading
from roaming.own_objects.kinds import Data, Kind
from roaming.portal.own_objects.doubts import doubt
from roaming.portal.own_objects.fields import ObjectForm
from roaming.portal.own_objects.pages import KeepPage

_SHOWN = 50


class JsonForm(ObjectForm):
    """The whole object as text."""

    text = forms.CharField(
        label="JSON",
        strip=False,
        widget=forms.Textarea(attrs={"rows": 28, "spellcheck": "false"}),
        help_text="In the shape of OCPI 2.3.0. Its owner and its last_updated are set by us.",
    )

    def __init__(self, data: Any, *, kind: Kind, parties: list[Party], row: OcpiObject | None) -> None:
        super().__init__(data, kind=kind, columns=(), parties=parties, row=row)
        body = row.body if row else wire.encode_text(kind.sheet.example)
        self.fields["text"].initial = msgspec.json.format(body, indent=2)

    def clean(self) -> dict[str, Any]:
        cleaned = forms.Form.clean(self) or {}
        if self.errors:
            return cleaned
        try:
            value = wire.decode(cleaned["text"].encode(errors="replace"))
            self.result = self._understood(value)
            doubt(self)
        except wire.NotJson as error:
            self.add_error("text", str(error).replace("The body", "The text"))
        except Invalid as error:
            for violation in error.violations[:_SHOWN]:
                self.add_error(None, f"{violation}.")
            if more := len(error.violations) - _SHOWN if len(error.violations) > _SHOWN else 0:
                self.add_error(None, f"There are {more} more mistakes.")
        return cleaned

    def _understood(self, value: Any) -> Data:
        data = reading.understood(self.kind, self.party, value, version=NEWEST_SHAPE, at=clock.now())
        if self.row and self.kind.identity(data) != self.kind.identity_of(self.row):
            self.add_error(None, f"The {self.kind.name} is “{self.row.ocpi_id}”; what names an object never changes.")
        return data


class Write(KeepPage):
    """Add (no pk) or change an object of any of the three nouns as JSON."""

    template = "portal/own_form.html"
    done = "Saved. Partners are told."
    lede = "Everything that OCPI can say. What is wrong is listed with its path."

    def make_form(self, data: Any = None) -> JsonForm:
        self.form = JsonForm(data, kind=self.kind, parties=self.parties, row=self.row())
        return self.form

    def about(self) -> dict[str, Any]:
        return {**super().about(), "json_url": "", "two": False}

    def save(self, cleaned: dict[str, Any]) -> str:
        return self.keep(self.form)
