"""One step down: an object of OCPI 2.3.0 in the shape of 2.2.1, with a note of everything that does not fit.

Works on decoded JSON as ``from_221`` does. Values that 2.2.1 does not know are never sent to it (T85): they are dropped
where they are optional, replaced by one that is never wrong where there is one.
"""

from collections.abc import Callable

from ..known import Json, Known
from ..losses import Losses, NotExpressible
from .asking import Asking

_STEPS: dict[str, Callable[[Asking, Json, str], Json | None]] = {
    "location": Asking.location,
    "evse": Asking.evse,
    "connector": Asking.connector,
    "tariff": Asking.tariff,
    "token": Asking.token,
    "session": Asking.session,
    "cdr": Asking.cdr,
    "credentials": Asking.credentials,
    "client_info": Asking.client_info,
    "authorization_info": Asking.with_token,
    "start_session": Asking.with_token,
    "reserve_now": Asking.with_token,
}


def downgrade(kind: str, value: Json, _: Known) -> tuple[Json, Losses]:
    """The same object of this kind as 2.2.1 spells it, and what was lost.

    Raises NotExpressible when nothing would be left: a connector of an unknown type, a tariff for bookings only.
    """
    step = _STEPS.get(kind)
    if step is None:
        return value, Losses("2.2.1")
    down = Asking()
    result = step(down, dict(value), "$")
    if result is None:
        raise NotExpressible("; ".join(f"{loss.field} {loss.why}" for loss in down.losses))
    return result, down.losses
