"""Forms whose fields are the columns of a file: what people type is read, and refused, in one way."""

from collections.abc import Mapping, Sequence
from typing import Any

from django import forms

from billing.pricing.linting import Problem
from partners.parties.models import Party
from roaming.kernel import clock
from roaming.ocpi.models import OcpiObject
from roaming.ocpi.schema.rules import Invalid, Violation
from roaming.own_objects import ages, checks
from roaming.own_objects.columns import Column, fill, place_of, written
from roaming.own_objects.kinds import Data, Kind
from roaming.own_objects.spellings import LIST_MARK, parts_of
from roaming.portal.own_objects.doubts import doubt

_YES_NO = ("yes", "no")
_ACRONYMS = frozenset({"AC", "DC", "EMAID", "EV", "GBT", "IEC", "N/A", "PED", "RFID"})


def field_of(column: Column, value: str) -> forms.Field:
    """The field of a column; `value` is what is stored, as text."""
    told: dict[str, Any] = {"label": column.shown, "help_text": column.about, "required": column.required}
    spelling = column.spelling
    if spelling.many:
        chosen = parts_of(value)
        choices = [(one, word(one)) for one in dict.fromkeys((*spelling.choices, *chosen))]
        return forms.MultipleChoiceField(choices=choices, initial=chosen, widget=forms.CheckboxSelectMultiple, **told)
    if spelling.choices or spelling.yes_no:
        known = dict.fromkeys((*(spelling.choices or _YES_NO), *([value] if value else [])))
        choices = [("", "Choose" if told["required"] else "Not said"), *((one, word(one)) for one in known)]
        return forms.ChoiceField(choices=choices, initial=value, **told)
    widget = forms.Textarea(attrs={"rows": 2}) if spelling.long else forms.TextInput()
    return forms.CharField(initial=value, widget=widget, **told)


def word(code: str) -> str:
    """A value of OCPI as people read it; what is more than words stays as it is."""
    if any(letter.isdigit() for letter in code):
        return code
    text = " ".join(part if part in _ACRONYMS else part.lower() for part in code.split("_"))
    return text[:1].upper() + text[1:]


class ColumnsForm(forms.Form):
    """One object, or a part of one. `onto` is how it is stored, empty for a new one, whose key fields can be filled."""

    def __init__(
        self, data: Any, *, columns: Sequence[Column], onto: Data, prefix: str | None = None, may_be_blank: bool = False
    ) -> None:
        super().__init__(data, prefix=prefix, empty_permitted=may_be_blank, use_required_attribute=not may_be_blank)
        self.columns, self.onto = columns, onto
        stored = written(columns, onto)
        for column in columns:
            self.fields[column.name] = field_of(column, stored[column.name])
            self.fields[column.name].disabled = column.key and bool(onto)

    def filled(self, onto: Data, path: str = "$") -> tuple[Data, dict[str, tuple["ColumnsForm", str]]]:
        """`onto` with what was typed, and which field a JSON path is about."""
        result, filling = fill(self.columns, self._values(), onto, path=path)
        for name, sentence in filling.errors.items():
            self.add_error(name, _sentence(sentence))
        return result, {place: (self, name) for place, name in filling.places.items()}

    def _values(self) -> dict[str, str]:
        cleaned = self.cleaned_data
        return {
            column.name: LIST_MARK.join(value) if isinstance(value := cleaned[column.name], list) else str(value)
            for column in self.columns
            if column.name in cleaned
        }


def refuse(form: forms.Form, violations: Sequence[Violation], places: Mapping[str, tuple[ColumnsForm, str]]) -> None:
    """Say violations at their fields; what has none is said of the whole form, and nothing of a field twice."""
    for violation in violations:
        at = place_of(places, violation.path)
        if at is None:
            form.add_error(None, f"{violation}.")
        elif at[1] not in at[0].errors:
            at[0].add_error(at[1], _sentence(violation.message))


def _sentence(text: str) -> str:
    return f"{text[0].upper()}{text[1:]}."


class PartyField(forms.TypedChoiceField):
    """One of our parties that have no back-end."""

    def __init__(self, parties: Sequence[Party]) -> None:
        known = {party.pk: party for party in parties}
        choices = [(party.pk, f"{party.code}, {party.connection}") for party in parties]
        super().__init__(label="Party", choices=choices, coerce=lambda key: known[int(key)])


class ObjectForm(ColumnsForm):
    """One of our own objects: a new one of a chosen party, or `row`. `result` is the object as it was typed."""

    seen = forms.CharField(widget=forms.HiddenInput, required=False)
    doubts = forms.CharField(widget=forms.HiddenInput, required=False)

    def __init__(
        self, data: Any, *, kind: Kind, columns: Sequence[Column], parties: Sequence[Party], row: OcpiObject | None
    ) -> None:
        super().__init__(data, columns=columns, onto=row.data if row else {})
        self.kind, self.row = kind, row
        self.result: Data = {}
        self.problems: tuple[Problem, ...] = ()
        if row is None:
            self.fields = {"party": PartyField(parties), **self.fields}
        self.fields["seen"].initial = self.onto.get("last_updated", "")

    @property
    def party(self) -> Party:
        party: Party = self.row.party if self.row else self.cleaned_data["party"]
        return party

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if self.row is not None or "party" in cleaned:
            self.result, places = self.built()
            self.check(places)
            doubt(self)
        return cleaned

    def built(self) -> tuple[Data, dict[str, tuple[ColumnsForm, str]]]:
        """The object, and which fields its JSON paths are about."""
        return self.filled(self.onto)

    def check(self, places: Mapping[str, tuple[ColumnsForm, str]]) -> None:
        owned = {"country_code": self.party.country_code, "party_id": self.party.party_id}
        self.result = ages.filled(self.kind.parts, self.result | owned, clock.now())
        try:
            checks.check(self.kind.name, self.result)
        except Invalid as error:
            refuse(self, error.violations, places)
