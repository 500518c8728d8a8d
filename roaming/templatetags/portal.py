"""Tags of the portal's templates. How a value looks is decided in `roaming.portal.cells`."""

from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import msgspec
from django import template
from django.forms import CheckboxSelectMultiple, Textarea
from django.http import QueryDict
from django.template import Context
from django.utils.html import format_html
from django.utils.safestring import SafeString

from partners.people.permissions import Grant
from partners.people.permissions import may as person_may
from roaming.kernel import sentences
from roaming.ocpi.schema.values import parse_time
from roaming.portal import cells, icons, states

register = template.Library()

for _name in ("money", "kwh", "when", "age", "day", "state", "party", "mono", "number", "path"):
    register.simple_tag(getattr(cells, _name), name=_name)


@register.filter
def span(length: timedelta) -> str:
    """How long something took, in words: `3 days`."""
    return sentences.span(length)


@register.simple_tag
def icon(name: str) -> SafeString:
    """One of the portal's line icons, decoration only: the word stands beside it."""
    return icons.svg(name)


@register.simple_tag(takes_context=True)
def may(context: Context, grant: str) -> bool:
    """Whether the person who looks has a grant, by its name: `{% may "SETTLE" as can_settle %}`."""
    return person_may(context["request"].user, Grant[grant])


@register.simple_tag(takes_context=True)
def query(context: Context, **changes: Any) -> str:
    """The present query string with some parameters changed; None removes one. Paging starts anew unless it is
    changed."""
    asked: QueryDict = context["request"].GET.copy()
    for name in ("older", "newer"):
        asked.pop(name, None)
    for name, value in changes.items():
        asked.pop(name, None)
        if value is not None:
            asked[name] = str(value)
    return f"?{asked.urlencode()}" if asked else "?"


@register.filter
def field_class(field: Any) -> SafeString:
    """A bound form field with the classes and descriptions of the house."""
    widget = field.field.widget
    kind = "form-select" if getattr(widget, "input_type", "") == "select" else "form-control"
    if getattr(widget, "input_type", "") in ("checkbox", "radio"):
        kind = "form-check-input"
    classes = [kind, widget.attrs.get("class", ""), "is-invalid" if field.errors else ""]
    attrs = {"class": " ".join(filter(None, classes))}
    if field.help_text or field.errors:
        attrs["aria-describedby"] = f"{field.auto_id}_about"
    if is_focused(field):
        attrs["autofocus"] = ""
    return format_html("{}", field.as_widget(attrs=attrs))


@register.filter
def is_focused(field: Any) -> bool:
    """Whether it is the first field that is wrong, where a person goes on; an error of the whole form comes before."""
    wrong = next((name for name in field.form.fields if name in field.form.errors), None)
    return field.name == wrong and not field.form.non_field_errors()


@register.filter
def is_check_box(field: Any) -> bool:
    """Whether the field is one box to tick, whose label stands behind it."""
    return getattr(field.field.widget, "input_type", "") == "checkbox"


@register.filter
def is_long(field: Any) -> bool:
    """Whether the field takes the whole width of a form in two columns."""
    return isinstance(field.field.widget, (Textarea, CheckboxSelectMultiple))


@register.filter
def pretty_json(text: str | bytes) -> str:
    """Stored JSON, indented for reading; numbers keep their digits. Text that is no JSON is shown as it is."""
    raw = text.encode() if isinstance(text, str) else bytes(text)
    try:
        return msgspec.json.format(raw, indent=2).decode()
    except msgspec.DecodeError:
        return raw.decode(errors="replace")


@register.filter
def decimal(text: str) -> Decimal:
    """An amount that was kept as text, with every digit."""
    return Decimal(text)


@register.filter
def moment(text: str) -> datetime:
    """A time that was kept as text."""
    return parse_time(text)


@register.filter
def quantity(text: str) -> str:
    """A quantity kept as text, to four decimals at most: billed hours may be thirds."""
    return f"{Decimal(text):.4f}".rstrip("0").rstrip(".")


@register.filter
def dimension(name: str) -> str:
    """A tariff dimension as people call it."""
    return {
        "ENERGY": "Energy",
        "TIME": "Time",
        "PARKING_TIME": "Parking",
        "FLAT": "Start fee",
        "RESERVATION_TIME": "Reserved",
    }.get(name, states.word(name))


@register.filter
def tone(value: str, kind: str) -> str:
    return states.tone(kind, value)


@register.filter
def word(value: str) -> str:
    return states.word(value)
