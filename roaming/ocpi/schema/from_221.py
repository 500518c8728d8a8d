"""One step up: an object of OCPI 2.2.1 in the shape of 2.3.0. Nothing is lost on the way.

Works on decoded JSON, on whole objects and on PATCH bodies: what is not there is not touched, what has the wrong shape
is left for validation to refuse, unknown fields stay. The input is never changed, but parts of it may be shared.
"""

from collections.abc import Callable
from decimal import MAX_EMAX, MIN_EMIN, Context, Decimal
from typing import Any

from .known import Json, Known

# Every number of a valid object has at most 16 + 32 digits: sums and differences are exact.
EXACT = Context(prec=100, Emax=MAX_EMAX, Emin=MIN_EMIN)
VAT = "VAT"
# A field of ours, unknown to OCPI: a role that 2.3.0 took away.
ROLE_221 = "role_in_2_2_1"
PRICE_FIELDS = frozenset({"excl_vat", "incl_vat", "before_taxes", "taxes"})
CDR_PRICES = (
    "total_cost",
    "total_fixed_cost",
    "total_energy_cost",
    "total_time_cost",
    "total_parking_cost",
    "total_reservation_cost",
)


def upgrade(kind: str, value: Json, _: Known) -> Json:
    """The same object of this kind as 2.3.0 spells it; 2.2.1 leaves nothing out that would have to be known."""
    step = _STEPS.get(kind)
    return step(value) if step else value


def is_number(value: object) -> bool:
    """Whether a decoded value is a JSON number."""
    return isinstance(value, int | Decimal) and not isinstance(value, bool)


def renamed(value: Json, names: dict[str, str]) -> Json:
    """A copy with some keys renamed in their place; a field that had such a new name already meant nothing."""
    taken = {names[key] for key in value if key in names}
    return {names.get(key, key): item for key, item in value.items() if key not in taken}


def _change(value: Json, name: str, step: Callable[[Any], Any]) -> None:
    """Replace one field by its upgrade where there is an object to upgrade."""
    if isinstance(value.get(name), dict):
        value[name] = step(value[name])


def _price(value: Json) -> Json:
    excl, incl = value.get("excl_vat"), value.get("incl_vat")
    if not is_number(excl) or not (incl is None or is_number(incl)):
        return value
    price: Json = {"before_taxes": excl} | {key: item for key, item in value.items() if key not in PRICE_FIELDS}
    if incl is not None:
        price["taxes"] = [{"name": VAT, "amount": EXACT.subtract(incl, excl)}]  # type: ignore[arg-type]  # is_number
    return price


def _limit(value: Json) -> Json:
    """A field that 2.2.1 does not know must not become a limit."""
    known = {name: item for name, item in value.items() if name not in ("before_taxes", "after_taxes")}
    return renamed(known, {"excl_vat": "before_taxes", "incl_vat": "after_taxes"})


def _tariff(value: Json) -> Json:
    tariff = value | {"tax_included": "NO"}  # 2.2.1 knows prices without VAT only
    for name in ("min_price", "max_price"):
        _change(tariff, name, _limit)
    return tariff


def _session(value: Json) -> Json:
    session = dict(value)
    _change(session, "total_cost", _price)
    return session


def _cdr(value: Json) -> Json:
    cdr = dict(value)
    for name in CDR_PRICES:
        _change(cdr, name, _price)
    tariffs = cdr.get("tariffs")
    if isinstance(tariffs, list):
        cdr["tariffs"] = [_tariff(tariff) if isinstance(tariff, dict) else tariff for tariff in tariffs]
    return cdr


def _credentials(value: Json) -> Json:
    """A hub is a role in 2.2.1 and a field in 2.3.0. Its role entry stays, for the name of the hub is in it."""
    roles = value.get("roles")
    for role in roles if isinstance(roles, list) else []:
        if isinstance(role, dict) and role.get("role") == "HUB" and not value.get("hub_party_id"):
            return value | {"hub_party_id": f"{role.get('country_code')}{role.get('party_id')}"}
    return value


def _client_info(value: Json) -> Json:
    """The role of a hub has no name in 2.3.0. What it was is kept beside it."""
    return value | {"role": "OTHER", ROLE_221: "HUB"} if value.get("role") == "HUB" else value


_STEPS: dict[str, Callable[[Json], Json]] = {
    "tariff": _tariff,
    "session": _session,
    "cdr": _cdr,
    "credentials": _credentials,
    "client_info": _client_info,
}
