"""The X-Correlation-ID of the request that is being answered, for what is sent on because of it (T12)."""

import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

_LONGEST = 100
_carried: ContextVar[str] = ContextVar("correlation_id", default="")


def current() -> str:
    """The id of the chain that we are in; a fresh one where no request began it."""
    return _carried.get() or str(uuid.uuid4())


@contextmanager
def carried(correlation_id: str) -> Iterator[None]:
    """What happens in the block happens because of that request. An id that cannot be passed on in a header is replaced
    by a fresh one."""
    fit = 0 < len(correlation_id) <= _LONGEST and correlation_id.isascii() and correlation_id.isprintable()
    before = _carried.set(correlation_id if fit else str(uuid.uuid4()))
    try:
        yield
    finally:
        _carried.reset(before)
