"""What a failed attempt says: about the push, about the platform, and whether to try again."""

import re
from dataclasses import dataclass
from datetime import timedelta
from enum import Enum

from roaming.exchange.models import Failure
from roaming.kernel.http import NotSent, Trouble, Unreachable
from roaming.ocpi.client import Refused

_TOKEN = frozenset({401, 407})
_TOO_OFTEN = 429
# Said by what stands before a platform, or by one that is being restarted: nobody is there.
_NOBODY = frozenset({425, 502, 503, 504})
_TIMEOUT = 408
_CONFLICT = 409
_HAS_IT = re.compile(r"\b(duplicate|already|exists?)\b", re.IGNORECASE)


class Whose(Enum):
    """Whom it concerns: any request would fare the same now; perhaps only this one; or it must not be sent again."""

    PLATFORM = "platform"
    PERHAPS_THIS = "perhaps this"
    PUSH = "push"


@dataclass(frozen=True)
class Verdict:
    """`sentence` is for people. `unclear` when it may have arrived all the same. `wait` is how long the partner asked
    to be left alone."""

    failure: Failure
    whose: Whose
    sentence: str
    unclear: bool
    wait: timedelta | None = None


def judge(error: Refused | Unreachable) -> Verdict:
    """What an attempt that did not succeed means for the next one."""
    if isinstance(error, Unreachable):
        whose = Whose.PERHAPS_THIS if error.trouble in _MAY_BE_THIS_ONE else Whose.PLATFORM
        return Verdict(Failure(error.trouble.value), whose, str(error), not isinstance(error, NotSent))
    failure, whose = _refusal(error)
    return Verdict(failure, whose, error.message, error.unclear and failure not in _CLEAR, error.retry_after)


def has_it(error: Refused) -> bool:
    """Whether they refuse an object because they hold it already: it arrived before, and that is what counts."""
    said_no = 2000 <= error.status_code < 3000 or error.status_code == 0
    words = (said_no and 400 <= error.http_status < 500) or 2000 <= error.status_code < 3000
    return error.http_status == _CONFLICT or bool(words and _HAS_IT.search(error.message))


_MAY_BE_THIS_ONE = frozenset({Trouble.TIMEOUT, Trouble.BROKEN_OFF})
_CLEAR = frozenset({Failure.TOKEN, Failure.TOO_OFTEN, Failure.REDIRECT})


def _refusal(error: Refused) -> tuple[Failure, Whose]:
    status = error.http_status
    if status in _TOKEN:
        return Failure.TOKEN, Whose.PLATFORM
    if status == _TOO_OFTEN:
        return Failure.TOO_OFTEN, Whose.PLATFORM
    if 300 <= status < 400:
        return Failure.REDIRECT, Whose.PLATFORM
    if status in _NOBODY:
        return Failure.FAULT, Whose.PLATFORM
    if status == _TIMEOUT:
        return Failure.TIMEOUT, Whose.PERHAPS_THIS
    if error.status_code == 0 and status < 400:
        return Failure.NOT_OCPI, Whose.PERHAPS_THIS
    if status >= 500 or error.status_code >= 3000:
        return Failure.FAULT, Whose.PERHAPS_THIS
    return Failure.REFUSED, Whose.PUSH
