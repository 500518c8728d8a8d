"""Not more calls a minute than a partner can bear, over all workers and turns: when the next one may be made is kept
with the connection."""

from datetime import datetime, timedelta

from partners.connections.models import Connection


class Pace:
    """One worker's view of it. `wait_until` is when the next call may be made; None: at once."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._step = timedelta(minutes=1) / connection.send_per_minute if connection.send_per_minute else None
        self._next = connection.next_call_at

    def wait(self, now: datetime) -> timedelta:
        """How long to wait for the next call."""
        if self._step is None or self._next is None:
            return timedelta()
        return max(self._next - now, timedelta())

    def called(self, now: datetime) -> None:
        """A call is made now."""
        if self._step is not None:
            self._next = max(self._next or now, now) + self._step

    def keep(self) -> None:
        """For the worker that comes next."""
        if self._next != self._connection.next_call_at:
            Connection.objects.filter(pk=self._connection.pk).update(next_call_at=self._next)
            self._connection.next_call_at = self._next
