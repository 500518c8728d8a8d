"""How values look, everywhere: money with currency, times with zone, states with tone. Templates use the tags of the
same name."""

from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from partners.parties.models import Party
from roaming.kernel import clock, sentences
from roaming.kernel.money import minor_units, round_money
from roaming.portal import states

MINUS = "\N{MINUS SIGN}"
_AGES = (("d", 86400), ("h", 3600), ("min", 60), ("s", 1))
NOTHING = format_html('<span class="faint">{}</span>', "–")
EMPTY = format_html("{}", "")


def money(amount: Decimal | None, currency: str, sign: bool = False, exact: bool = False) -> SafeString:
    """`18.58 EUR`, rounded like an invoice, all digits on hover; `exact` shows them; `sign` for differences."""
    if amount is None:
        return NOTHING
    shown = abs(amount) if exact else abs(_rounded(amount, currency))
    prefix = MINUS if amount < 0 and shown else "+" if sign and shown and amount > 0 else ""
    digits = _grouped(shown, _minor_units(currency))
    hover = "" if exact or shown == abs(amount) else format_html(' title="{} {}"', f"{amount:,f}", currency)
    template = '<data class="money" value="{}"{}>{}{}<span class="cur">{}</span></data>'
    return format_html(template, format(amount, "f"), hover, prefix, digits, currency)


def difference(amount: Decimal | None, currency: str) -> SafeString:
    """Money too much (red, with a plus) or too little; an exact match is faint."""
    shown = money(amount, currency, sign=True)
    if not amount:
        return format_html('<span class="faint">{}</span>', shown)
    return format_html('<span class="down">{}</span>', shown) if amount > 0 else shown


def _rounded(amount: Decimal, currency: str) -> Decimal:
    try:
        return round_money(amount, currency)
    except ValueError:
        return amount  # a partner's currency that does not exist is shown as it came


def _minor_units(currency: str) -> int:
    try:
        return minor_units(currency)
    except ValueError:
        return 2


def _grouped(amount: Decimal, least: int, most: int = 8) -> str:
    text = f"{amount:,.{most}f}"
    whole, _, fraction = text.partition(".")
    fraction = fraction.rstrip("0").ljust(least, "0")
    return f"{whole}.{fraction}" if fraction else whole


def number(value: Decimal | int | None, unit: str = "", places: int = 3) -> SafeString:
    """A quantity with its unit small behind it: `31.284 kWh`."""
    if value is None:
        return NOTHING
    text = f"{value:,.{places}f}" if isinstance(value, Decimal) else f"{value:,}"
    return format_html('{}<span class="unit">{}</span>', text, unit) if unit else format_html("{}", text)


def kwh(value: Decimal | None) -> SafeString:
    return number(value, "kWh")


def when(moment: datetime | None, zone: str = "UTC", year: bool = False, seconds: bool = False) -> SafeString:
    """`19 Nov 22:58 UTC`, with the year when it is another one or asked for, and `seconds` where they tell something;
    UTC and the exact second on hover."""
    if moment is None:
        return NOTHING
    local = clock.in_zone(moment, zone)
    year = year or local.year != clock.now().year
    text = f"{local.day} {local:%b %Y %H:%M}" if year else f"{local.day} {local:%b %H:%M}"
    text += f"{local::%S}" if seconds else ""
    exact = f"{moment.astimezone(ZoneInfo('UTC')):%Y-%m-%d %H:%M:%S} UTC"
    template = '<time datetime="{}" title="{}">{}<span class="zone">{}</span></time>'
    return format_html(template, local.isoformat(), exact, text, local.tzname() or "UTC")


def age(since: datetime | None, at: datetime) -> SafeString:
    """How long ago: `4 s`, `12 min`, `3 h`, `2 d`, with the exact second on hover."""
    if since is None:
        return NOTHING
    seconds = max(int((at - since).total_seconds()), 0)
    unit, size = next((one for one in _AGES if seconds >= one[1]), _AGES[-1])
    exact = f"{since.astimezone(ZoneInfo('UTC')):%Y-%m-%d %H:%M:%S} UTC"
    template = '<time datetime="{}" title="since {}">{}<span class="unit">{}</span></time>'
    return format_html(template, since.isoformat(), exact, seconds // size, unit)


def late(by: timedelta | None) -> SafeString:
    """`3 days late`; nothing for what came in time."""
    return format_html('<span class="sub">{} late</span>', sentences.span(by)) if by is not None else EMPTY


def day(value: date | None) -> SafeString:
    """`4 Jan 2027`: a date of a contract or an invoice, which has no zone of its own."""
    if value is None:
        return NOTHING
    return format_html('<time datetime="{}">{} {}</time>', value.isoformat(), value.day, f"{value:%b %Y}")


def state(kind: str, value: Any) -> SafeString:
    """The badge of a state; the word stands beside the colour."""
    return badge(kind, str(value), states.word(str(value)))


def badge(kind: str, value: str, label: str) -> SafeString:
    """A state under a label of its own."""
    return format_html('<span class="state tone-{}">{}</span>', states.tone(kind, value), label)


def party(value: Party | str | None) -> SafeString:
    """The code chip of a party: `NL*VLT`."""
    if not value:
        return NOTHING
    code = value if isinstance(value, str) else value.code
    return format_html('<span class="code">{}</span>', code)


def link(url: str, text: Any, mono: bool = False) -> SafeString:
    template = '<a class="mono" href="{}">{}</a>' if mono else '<a href="{}">{}</a>'
    return format_html(template, url, text)


def mono(text: str) -> SafeString:
    return format_html('<span class="mono">{}</span>', text) if text else NOTHING


def path(text: str) -> SafeString:
    """An address that is broken after its slashes only, as long as that will do."""
    *folders, last = text.split("/")
    return format_html("{}{}", format_html_join("", "{}/<wbr>", ((folder,) for folder in folders)), last)


def joined(*parts: SafeString | str) -> SafeString:
    """Cells beside each other."""
    return format_html_join("", "{}", ((part,) for part in parts))


def spaced(*parts: SafeString | str) -> SafeString:
    """Cells beside each other with a space between."""
    return format_html_join(" ", "{}", ((part,) for part in parts))
