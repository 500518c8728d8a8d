"""How often a platform may call in a minute, and how often somebody whom we do not know may try: beyond that HTTP 429.

Counted in the cache, which all web processes share where there is Redis. While it is away nobody is counted.
"""

import hashlib
import logging
from datetime import datetime

from django.conf import settings
from django.core.cache import cache
from django.http import HttpRequest
from redis import RedisError
from rest_framework.request import Request
from rest_framework.throttling import BaseThrottle

from partners.connections.models import Connection
from roaming.ocpi.errors import CLIENT_ERROR, TOO_OFTEN, OcpiError

logger = logging.getLogger(__name__)
_MINUTE_SECONDS = 60


def called(connection: Connection, at: datetime) -> None:
    """One more call of a platform. Raises OcpiError."""
    limit = connection.requests_per_minute or settings.REQUESTS_PER_MINUTE
    _count(f"connection-{connection.pk}", limit, "Your platform", at)


def tried(request: HttpRequest, at: datetime) -> None:
    """One more call without a token that we know, by its address. Raises OcpiError."""
    address = hashlib.sha256(str(BaseThrottle().get_ident(Request(request))).encode()).hexdigest()
    _count(f"stranger-{address}", settings.STRANGER_REQUESTS_PER_MINUTE, "Your address, without a known token,", at)


def _count(who: str, limit: int, named: str, at: datetime) -> None:
    seconds = int(at.timestamp())
    if _calls(f"ocpi-calls-{who}-{seconds // _MINUTE_SECONDS}") <= limit:
        return
    wait = _MINUTE_SECONDS - seconds % _MINUTE_SECONDS
    message = f"{named} called more than {limit} times within a minute; wait {wait} seconds."
    raise OcpiError(CLIENT_ERROR, message, TOO_OFTEN, headers={"Retry-After": str(wait)})


def _calls(key: str) -> int:
    """How many there were under that key, this one included; 0 when it cannot be told."""
    try:
        return int(cache.incr(key))
    except ValueError:
        cache.add(key, 1, timeout=2 * _MINUTE_SECONDS)
        return 1
    except (RedisError, OSError):
        logger.warning("The cache is away: calls are not counted", exc_info=True)
        return 0
