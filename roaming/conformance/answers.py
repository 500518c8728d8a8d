"""What every answer must be: an envelope in JSON, in UTC, with our message ids and routing headers in it."""

from collections.abc import Mapping

from roaming.conformance.seen import Seen
from roaming.conformance.sheet import Sheet
from roaming.ocpi.schema.values import json_type, parse_time

_WORDS = ("country-code", "party-id")
_LIST, _OBJECT = "an array", "an object"


def look(sheet: Sheet, seen: Seen, *, a_list: bool) -> bool:
    """Look at the answer to a right request; whether it can be worked with."""
    good = sheet.says(
        "success",
        seen.good,
        seen,
        seen.answering("A right request"),
        "HTTP 200 with a status_code from 1000 to 1999",
        _said(seen),
    )
    if seen.http:
        frame(sheet, seen)
    if good:
        wanted = _LIST if a_list else _OBJECT
        found = isinstance(seen.data, list if a_list else dict)
        sheet.says("data_shape", found, seen, f"data is {json_type(seen.data)}.", wanted, json_type(seen.data))
        good = found
    return good


def frame(sheet: Sheet, seen: Seen) -> None:
    """What holds for errors too (T11, T22)."""
    kind = seen.headers.get("Content-Type", "")
    plain = kind.partition(";")[0].strip().lower() == "application/json"
    sheet.says(
        "content_type", plain, seen, "The answer is not JSON by its header.", "application/json", kind or "absent"
    )
    missing = lacks(seen)
    sheet.says("envelope", not missing, seen, f"The answer is no OCPI envelope: {missing}.", _ENVELOPE, _said(seen))
    _timestamp(sheet, seen)
    repeats(sheet, seen)


def repeats(sheet: Sheet, seen: Seen) -> None:
    """Message ids are repeated, in refusals too (T11)."""
    for code, name in (("request_id", "X-Request-ID"), ("correlation_id", "X-Correlation-ID")):
        sent, back = seen.sent.get(name, ""), seen.headers.get(name, "")
        sheet.says(code, back == sent, seen, f"{name} of the request is not repeated.", sent, back or "absent")


_ENVELOPE = '{"status_code": four digits, "timestamp": …, "data": …}'


def lacks(seen: Seen) -> str:
    """What an answer lacks to be an envelope, as a phrase; empty for a good one (T20)."""
    if not isinstance(seen.value, dict):
        return seen.not_json.rstrip(".") or f"it is {json_type(seen.value)}"
    if seen.code is None:
        return "it has no whole number as status_code"
    if not 1000 <= seen.code <= 4999:
        return f"its status_code is {seen.code}"
    if not isinstance(seen.value.get("timestamp"), str):
        return "it has no timestamp"
    return ""


def refusal(sheet: Sheet, code: str, seen: Seen, http: int, what: str) -> bool:
    """Look at the answer to a request that must be refused with that HTTP status, in an envelope of status 2xxx."""
    no_envelope = seen.http == http and lacks(seen)
    why = f", and the answer is no OCPI envelope: {no_envelope}" if no_envelope else ""
    fits = seen.http == http and not why and seen.code is not None and 2000 <= seen.code < 3000
    expected = f"HTTP {http} with an envelope of status_code 2xxx"
    sentence = seen.answering(what).removesuffix(".") + f"{why}."
    return sheet.says(code, fits, seen, sentence, expected, _said(seen))


def routed(sheet: Sheet, seen: Seen, *, needed: bool) -> None:
    """Whether our routing headers came back swapped. Two platforms of one party each may leave them out (T100)."""
    wanted = _swapped(seen.sent)
    if not wanted:
        sheet.leaves("routing", "The requests named no parties: it is not said which of theirs would be meant.")
        return
    given = {name: seen.headers.get(name, "") for name in wanted}
    if not any(given.values()) and not needed:
        why = "The answer has no routing headers. Two platforms of one party each may leave them out; a hub needs them."
        sheet.warns("routing", seen, why, _told(wanted), "absent")
        return
    same = all(given[name].upper() == value.upper() for name, value in wanted.items())
    sentence = "The answer's routing headers are not those of the request, swapped."
    sheet.says("routing", same, seen, sentence, _told(wanted), _told(given))


def unrouted(sheet: Sheet, seen: Seen) -> None:
    """Configuration modules carry no routing headers (T101)."""
    given = {name: value for name, value in seen.headers.items() if name.lower() in _ROUTING}
    sheet.says("no_routing", not given, seen, "The answer carries routing headers.", "none", _told(given))


_ROUTING = {f"ocpi-{word}-{part}" for word in ("to", "from") for part in _WORDS}


def _swapped(sent: Mapping[str, str]) -> dict[str, str]:
    swapped = {}
    for word, opposite in (("to", "from"), ("from", "to")):
        for part in _WORDS:
            if value := sent.get(f"OCPI-{opposite}-{part}"):
                swapped[f"OCPI-{word}-{part}"] = value
    return swapped


def _timestamp(sheet: Sheet, seen: Seen) -> None:
    if lacks(seen):
        return
    text = seen.value["timestamp"]
    try:
        parse_time(text)
    except ValueError as error:
        sheet.says("timestamp_utc", False, seen, f"timestamp {error}.", "2026-03-29T01:30:00Z", str(text))
    else:
        sheet.says("timestamp_utc", True, seen, "")


def _told(headers: Mapping[str, str]) -> str:
    return ", ".join(f"{name}: {value or 'absent'}" for name, value in headers.items()) or "none"


def _said(seen: Seen) -> str:
    """The beginning of what they said."""
    return f"{seen}: {seen.text[:300]}" if seen.http else str(seen)
