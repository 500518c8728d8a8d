"""Many charges at once: each a line of JSON with a case, each answered by a line of JSON. Tariffs are compiled once.

A case is `{"id", "version", "tariff" | "tariffs", "cdr", "timezone", "context"}`; without tariffs those that the CDR
carries price it. `context` may say `reservation_expired`, `location` and `readings` (see `policy`).
"""

from typing import Any

import msgspec

from billing.pricing.engine import price_by
from billing.pricing.errors import PricingError, Unreadable
from billing.pricing.fields import shown
from billing.pricing.plan import Plan, compile
from billing.pricing.policy import of_version
from billing.pricing.reading import decode_cdr
from billing.pricing.report import as_json, error_json
from billing.pricing.shapes import Cdr, Place, Tariff
from billing.pricing.spelling import VERSIONS, version_of
from billing.pricing.tariff_reading import read_tariff
from roaming.ocpi.schema import wire

_NOTHING = msgspec.Raw(b"null")
# Compiled tariffs that are kept; a platform has some hundred.
_MOST_PLANS = 1000


class _Context(msgspec.Struct, frozen=True, gc=False):
    reservation_expired: bool | None = None
    location: Place | None = None
    readings: dict[str, str] = {}


class _Case(msgspec.Struct, frozen=True, gc=False):
    id: str | int | None = None
    version: str | None = None
    tariff: msgspec.Raw = _NOTHING
    tariffs: msgspec.Raw = _NOTHING
    cdr: msgspec.Raw = _NOTHING
    timezone: str | None = None
    context: _Context | None = None


class _Carrying(Cdr, frozen=True, gc=False, kw_only=True):
    """With what it carries beside the charge, unread."""

    tariffs: msgspec.Raw = _NOTHING
    total_cost: msgspec.Raw = _NOTHING

    @property
    def spelling(self) -> dict[str, Any]:
        """What tells its version."""
        try:
            total = msgspec.json.decode(self.total_cost)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            total = None  # it prices nothing
        return {"stop_date_time": self.stops_at, "total_cost": total}


class Cases:
    """Prices lines of JSON and remembers their tariffs. For one thread."""

    def __init__(self, *, explained: bool = False) -> None:
        self._explained = explained
        self._plans: dict[tuple[object, ...], Plan] = {}
        self._case = msgspec.json.Decoder(_Case)
        self._cdr = msgspec.json.Decoder(_Carrying)
        self._id = msgspec.json.Decoder(dict[str, msgspec.Raw])
        self._encode = msgspec.json.Encoder().encode

    def answer(self, line: bytes) -> tuple[bytes, bool]:
        """The result as JSON, and whether there is one: else it is `{"id", "error": {code, path, message}}`."""
        try:
            case = self._case.decode(line)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
            refused = Unreadable("malformed_case", "$", f"This is no case: {error}.")
            return self._refusal(self._id_of(line), refused), False
        try:
            return self._encode({"id": case.id, **self._priced(case)}), True
        except PricingError as error:
            return self._refusal(case.id, error), False

    def _priced(self, case: _Case) -> dict[str, Any]:
        if bytes(case.cdr) == b"null":
            raise Unreadable("missing_field", "$.cdr", "“cdr” is missing.")
        cdr = decode_cdr(case.cdr, self._cdr, path="$.cdr")
        context = case.context or _Context()
        plan = self._plan(case, cdr, context)
        try:
            priced = price_by(
                plan,
                cdr,
                time_zone=case.timezone,
                location=context.location,
                reservation_expired=context.reservation_expired,
            )
        except PricingError as error:
            error.path = _in_case(error.path, case, _given(case, cdr)[1])
            raise
        return as_json(priced, explained=self._explained)

    def _plan(self, case: _Case, cdr: _Carrying, context: _Context) -> Plan:
        given, path = _given(case, cdr)
        spelled = None if case.version else version_of(cdr.spelling)
        key = (given, case.version, spelled, *sorted(context.readings.items()))
        plan = self._plans.get(key)
        if plan is None:
            if len(self._plans) >= _MOST_PLANS:
                self._plans.clear()
            plan = self._plans[key] = _compiled(given, path, case, cdr, context)
        return plan

    def _id_of(self, line: bytes) -> object:
        """Of a line whose case is wrong elsewhere."""
        try:
            return self._id.decode(line).get("id")
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            return None

    def _refusal(self, case_id: object, error: PricingError) -> bytes:
        return self._encode({"id": case_id, "error": error_json(error)})


def _given(case: _Case, cdr: _Carrying) -> tuple[bytes, str]:
    """The JSON of the tariffs that price it, and where it stands."""
    for raw, path in ((case.tariffs, "$.tariffs"), (case.tariff, "$.tariff"), (cdr.tariffs, "$.cdr.tariffs")):
        found = bytes(raw)
        if found != b"null":
            return found, path
    return b"null", "$.tariffs"


def _in_case(path: str, case: _Case, tariffs: str) -> str:
    """Of a path into the charge or its tariffs the one into the case; `tariffs` is where those stand."""
    field, _, rest = path.removeprefix("$.").partition(".")
    if field == "tariffs":
        return tariffs
    if field == "time_zone":
        return "$.timezone"
    if field == "location" and case.context is not None and case.context.location is not None:
        return f"$.context.location.{rest}"
    return path.replace("$", "$.cdr", 1)


def _compiled(raw: bytes, path: str, case: _Case, cdr: _Carrying, context: _Context) -> Plan:
    try:
        data: Any = wire.decode(raw)
    except (wire.NotJson, RecursionError) as error:
        raise Unreadable("malformed_json", path, f"This is not JSON: {error}.") from None
    listed = [] if data is None else data if isinstance(data, list) else [data]
    version = case.version or version_of(cdr.spelling, listed)
    if version not in VERSIONS:
        said = f"{shown(version)} is no version of OCPI that is priced; there are {', '.join(VERSIONS)}."
        raise Unreadable("unknown_version", "$.version", said)
    tariffs: list[Tariff] = []
    for index, one in enumerate(listed):
        tariffs.append(read_tariff(one, version=version, path=f"{path}[{index}]" if listed is data else path))
    try:
        policy = of_version(version).but(**context.readings)
    except ValueError as error:
        raise Unreadable("unknown_reading", "$.context.readings", str(error)) from None
    return compile(tariffs, policy)
