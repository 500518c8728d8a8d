"""What could not be delivered, and what people do about it."""

from datetime import datetime

from django.db import IntegrityError, transaction

from roaming.exchange import outbox
from roaming.exchange.models import Push, PushState


class CannotRetry(Exception):
    """The push is not to be sent again; the text says why."""


def retry(*, push: Push, by: object, at: datetime) -> Push:
    """Send a dead push again, from its first attempt. Raises CannotRetry unless it is dead and the newest state."""
    if push.state != PushState.DEAD:
        raise CannotRetry(f"{push} is {push.get_state_display().lower()}; only dead pushes are retried.")
    newer = Push.objects.filter(connection=push.connection_id, object_key=push.object_key, pk__gt=push.pk)
    if push.object_key and newer.exists():
        raise CannotRetry(f"{push} is out of date: a newer state of the object was sent or waits.")
    try:
        with transaction.atomic():
            dead = Push.objects.filter(pk=push.pk, state=PushState.DEAD, edition=push.edition)
            dead.update(state=PushState.WAITING, attempts=0, next_attempt_at=at, last_error=f"Retried by {by}.")
            outbox.hurry(push.connection_id)
    except IntegrityError:
        raise CannotRetry(f"{push} is out of date: a newer state of the object waits.") from None
    push.refresh_from_db()
    return push
