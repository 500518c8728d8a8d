"""The X-Correlation-ID of the request that is being answered, for what is sent on because of it (T12)."""

import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

_LONGEST = 100
_carried: ContextVar[str] = ContextVar("correlation_id", default="")


def current() -> str:
    """The id of the chain that we are in; a fresh one where no request began it, or its id cannot be passed on."""
    given = _carried.get()
    fit = 0 < len(given) <= _LONGEST and given.isascii() and given.isprintable()
    return given if fit else str(uuid.uuid4())


@contextmanager
def carried(correlation_id: str) -> Iterator[None]:
    """What happens in the block happens because of that request."""
    before = _carried.set(correlation_id)
    try:
        yield
    finally:
        _carried.reset(before)
