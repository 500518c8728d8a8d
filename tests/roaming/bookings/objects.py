"""What the tests of bookings send: places, calendars, requests and bookings, and what became of them."""

from typing import Any

from roaming.exchange.models import Push
from roaming.findings.models import Finding
from tests.roaming.calls import Reply

NEW = "2.3.0"
PLACES, PLACE = "/sender/bookings/booking_locations", "/receiver/bookings/NL/PLD/booking_locations/BL1"
LIST, BOOKING = "/sender/bookings", "/receiver/bookings/NL/PLD/B1"


def slot(begin: str, end: str) -> dict[str, Any]:
    return {"start_date_time": f"2026-12-01T{begin}:00Z", "end_date_time": f"2026-12-01T{end}:00Z", "max_power": 50000}


def calendar(*slots: dict[str, Any], **fields: Any) -> dict[str, Any]:
    return {
        "id": "CAL1",
        "begin_from": "2026-12-01T00:00:00Z",
        "end_before": "2026-12-02T00:00:00Z",
        "available_timeslots": list(slots) or [slot("08:00", "10:00")],
        "last_updated": "2026-11-10T08:00:00Z",
        **fields,
    }


def place(**fields: Any) -> dict[str, Any]:
    return {
        "country_code": "NL",
        "party_id": "PLD",
        "id": "BL1",
        "location_id": "LOC1",
        "booking_option": {"evse_uid": "E1"},
        "calendars": [calendar()],
        "last_updated": "2026-11-10T08:00:00Z",
        **fields,
    }


def request(**fields: Any) -> dict[str, Any]:
    return {
        "country_code": "DE",
        "party_id": "NMD",
        "request_id": "RQ1",
        "location_id": "LOC1",
        "booking_location_id": "BL1",
        "period": {"start_date_time": "2026-12-01T08:00:00Z", "end_date_time": "2026-12-01T09:00:00Z"},
        "authorization_reference": "AUTH-1",
        **fields,
    }


def booking(status: str = "PENDING", **fields: Any) -> dict[str, Any]:
    received = {
        "request_status": "PENDING",
        "booking_request": request(),
        "request_received": "2026-11-20T09:00:00Z",
    }
    return {
        "country_code": "NL",
        "party_id": "PLD",
        "id": "B1",
        "request_id": "RQ1",
        "location_id": "LOC1",
        "period": {"start_date_time": "2026-12-01T08:00:00Z", "end_date_time": "2026-12-01T09:00:00Z"},
        "reservation_status": status,
        "authorization_reference": "AUTH-1",
        "booking_terms": {
            "supported_access_methods": ["TOKEN"],
            "change_until_minutes": 60,
            "cancel_until_minutes": 120,
        },
        "booking_requests": [received],
        "last_updated": "2026-11-20T09:00:00Z",
        **fields,
    }


def at(minute: int) -> str:
    return f"2026-11-20T09:{minute:02}:00Z"


def pushes(name: str = "Nomad") -> list[tuple[str, str, str]]:
    rows = Push.objects.filter(connection__name=name, module="bookings").order_by("id")
    return [(push.method, push.kind, push.path) for push in rows]


def found(code: str = "booking_status_out_of_order") -> list[str]:
    return list(Finding.objects.filter(code=code).values_list("sentence", flat=True))


def refused(reply: Reply) -> str:
    assert (reply.http, reply.status) == (200, 2001)
    return reply.message
