"""How late we are told of charging that is over. OCPI sets no limit of time; ours is LATE_HOURS."""

from datetime import datetime, timedelta

from django.conf import settings


def limit() -> timedelta:
    """Within that time after the end of the charging nothing is late."""
    return timedelta(hours=settings.LATE_HOURS)


def late_by(ended_at: datetime | None, *, told_at: datetime) -> timedelta | None:
    """How long after the end we were told; None where that is in time, or no end is known."""
    if ended_at is None or told_at - ended_at <= limit():
        return None
    return told_at - ended_at
