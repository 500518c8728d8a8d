"""One step down: an object of OCPI 2.2.1 in the shape of 2.1.1, with a note of everything that does not fit.

Works on decoded JSON as ``from_211`` does. The losses name the fields of the newer object. Whose an object is, 2.1.1
says in its address only: that is no loss.
"""

from collections.abc import Callable

from .. import v211
from ..from_211 import CDR_NAMES, SESSION_NAMES
from ..known import Json, Known
from ..losses import Losses, NotExpressible
from ..narrowing import narrowed
from .asking import Asking

# How the newer object calls what 2.1.1 calls otherwise.
_NAMES = {"voltage": "max_voltage", "amperage": "max_amperage", "auth_id": "contract_id", "location": "cdr_location"}
_NAMES |= SESSION_NAMES | CDR_NAMES

_STEPS: dict[str, Callable[[Asking, Json, str], Json | None]] = {
    "location": Asking.location,
    "evse": Asking.evse,
    "connector": Asking.connector,
    "tariff": Asking.tariff,
    "token": Asking.token,
    "session": Asking.session,
    "cdr": Asking.cdr,
    "authorization_info": Asking.authorization_info,
    "start_session": Asking.start_session,
    "reserve_now": Asking.reserve_now,
    "command_response": Asking.command_response,
    "command_result": Asking.command_result,
    "credentials": Asking.credentials,
    "version_details": Asking.version_details,
}


def downgrade(kind: str, value: Json, known: Known) -> tuple[Json, Losses]:
    """The same object of this kind as 2.1.1 spells it, and what was lost.

    Raises NotExpressible when it must not be sent (a private location, a credit CDR) or nothing would be left of it.
    """
    down = Asking(known)
    step = _STEPS.get(kind)
    result = step(down, value, "$") if step else value
    if result is None:
        raise NotExpressible("; ".join(f"{loss.field} {loss.why}" for loss in down.losses))
    result = narrowed(v211.STRUCTS[kind], result, down.losses, "$", _NAMES)
    return result, down.losses
