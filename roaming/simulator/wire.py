"""JSON with exact decimals, OCPI's way to write time, and the answer envelope."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import msgspec

Json = dict[str, Any]
Clock = Callable[[], datetime]

_decoder = msgspec.json.Decoder(float_hook=Decimal)
_encoder = msgspec.json.Encoder(decimal_format="number")
NotJson = msgspec.DecodeError


def decode(body: bytes) -> Any:
    """The value of a JSON text, numbers with a point as Decimal. Raises NotJson."""
    return _decoder.decode(body)


def encode(value: Any) -> bytes:
    return _encoder.encode(value)


def utc_now() -> datetime:
    return datetime.now(UTC)


class MovableClock:
    """A clock that runs on from wherever it is put; at first it shows the real time."""

    def __init__(self) -> None:
        self._ahead = timedelta(0)

    def __call__(self) -> datetime:
        return utc_now() + self._ahead

    def to(self, moment: datetime) -> None:
        self._ahead = moment - utc_now()


def stamp(moment: datetime) -> str:
    """OCPI DateTime in UTC, whole seconds where there is no fraction: 2026-10-03T18:05:00Z."""
    utc = moment.astimezone(UTC)
    spec = "milliseconds" if utc.microsecond else "seconds"
    return utc.replace(tzinfo=None).isoformat(timespec=spec) + "Z"


def moment(text: str) -> datetime:
    """The instant of an OCPI DateTime; no designator means UTC."""
    return datetime.fromisoformat(text.rstrip("Z")).replace(tzinfo=UTC)


def envelope(at: datetime, status_code: int, data: Any = None, message: str | None = None) -> Json:
    answer: Json = {"status_code": status_code, "timestamp": stamp(at)}
    if data is not None:
        answer["data"] = data
    if message is not None:
        answer["status_message"] = message
    return answer
