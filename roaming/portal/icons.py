"""The portal's line icons: 16 by 16, drawn with the colour of the text around them."""

from django.utils.html import format_html
from django.utils.safestring import SafeString

_PATHS = {
    "home": "M2.5 7.5 8 2.5l5.5 5M4 6.5v7h8v-7",
    "finance": "M2.5 13.5h11M4 11V7m4 4V3m4 8V5.5",
    "partners": "M6 7.5a2.2 2.2 0 1 0 0-4.4 2.2 2.2 0 0 0 0 4.4M1.8 13.2c.3-2.4 2-3.7 4.2-3.7s3.9 1.3 4.2 3.7M10.5 3.3a2.2 2.2 0 0 1 0 4M12 9.8c1.3.6 2 1.8 2.2 3.4",  # noqa: E501
    "agreements": "M4 1.5h5.5l3 3v10H4zM9.5 1.5v3h3M6 8h4.5M6 11h4.5",
    "locations": "M8 14.5s4.5-4.4 4.5-8a4.5 4.5 0 0 0-9 0c0 3.6 4.5 8 4.5 8M8 8a1.6 1.6 0 1 0 0-3.2A1.6 1.6 0 0 0 8 8",
    "tariffs": "M2 8 8 2h5.5v5.5L8 14zM10.8 5.2h.1",
    "tokens": "M1.5 4h13v8h-13zM4 9.5h4M11 7.5a1 1 0 1 0 0 .1",
    "sessions": "M8 14.5a6.5 6.5 0 1 0 0-13 6.5 6.5 0 0 0 0 13M8 4.5V8l2.5 1.5",
    "authorizations": "M8 1.5 13 3.5v4c0 3.5-2.2 5.8-5 7-2.8-1.2-5-3.5-5-7v-4zM5.5 8l1.8 1.8 3.2-3.3",
    "commands": "M2 3h12v10H2zM4.5 6l2 2-2 2M8.5 10.500h3",
    "bookings": "M2 3h12v11H2zM2 6.5h12M5 1.5v3M11 1.5v3M5.5 10l1.7 1.7L10.5 8.5",
    "cdrs": "M3.5 1.5h9v13l-2.2-1.5L8 14.5 5.7 13l-2.2 1.5zM6 5h4M6 8h4",
    "findings": "M8 2l6.5 11.5h-13zM8 6.5v3M8 11.5v.1",
    "pushes": "M2.5 13.5h11M8 11V2.500M4.500 6 8 2.500 11.500 6",
    "traffic": "M2 5h11M10 2l3 3-3 3M14 11H3M6 8l-3 3 3 3",
    "dead_letters": "M1.5 3.5h13v9h-13zM2 4l6 5 6-5",
    "settlement": "M2 4h12M2 8h8M2 12h5M10 12l1.5 1.5 3-3.5",
    "invoices": "M4 1.5h8v13H4zM6.5 5h3M6.5 8h3M6.5 11h1.5",
    "invoice_records": "M4 1.5h8v13H4zM6 5.5h4M6 10l1.5 1.5L10.3 8.5",
    "disputes": "M2 2.5h12v8.5H8L4.5 14v-3H2zM8 5v2.5M8 9v.1",
    "payments": "M1.5 4h13v8.5h-13zM1.5 7h13M4 10h2",
    "reports": "M2.5 2.5v11h11M5 10l2.5-3 2 2L13 4.5",
    "people": "M8 8a2.8 2.8 0 1 0 0-5.6A2.8 2.8 0 0 0 8 8M2.5 14c.5-2.8 2.6-4.2 5.5-4.2s5 1.4 5.5 4.2",
    "components": "M8 14.5a6.5 6.5 0 1 0 0-13 6.5 6.5 0 0 0 0 13M6.3 6.300C6.3 4 9.8 4 9.8 6.2 9.8 7.6 8 7.7 8 9.2M8 11.2v.1",  # noqa: E501
    "doors": "M2.5 14.5h11M4 14.5v-13h8v13M9.5 8v.1",
    "brand": "M9 1.5 3.5 9H8l-1 5.5L12.5 7H8z",
    "theme": "M8 14.5a6.5 6.5 0 1 0 0-13zM8 1.5a6.5 6.5 0 0 0 0 13",
    "search": "M7 12A5 5 0 1 0 7 2a5 5 0 0 0 0 10M11 11l3 3",
}


def svg(name: str) -> SafeString:
    """The icon as inline SVG, hidden from screen readers."""
    return format_html('<svg class="icon" viewBox="0 0 16 16" aria-hidden="true"><path d="{}"/></svg>', _PATHS[name])
