"""News that travels upward: lower layers publish, higher layers subscribe in their `apps.py`.

Subscribers run in the publisher's transaction, in order of subscription, and only write rows or hurry a task with
`transaction.on_commit`; a subscriber that raises fails the publisher's transaction.
"""

from collections import defaultdict
from collections.abc import Callable
from typing import Any

Subscriber = Callable[..., None]
_subscribers: dict[str, list[Subscriber]] = defaultdict(list)


def subscribe(name: str, subscriber: Subscriber) -> None:
    """Call `subscriber(**payload)` whenever `name` (for example "cdr.received") is published. Twice is once."""
    if subscriber not in _subscribers[name]:
        _subscribers[name].append(subscriber)


def publish(name: str, **payload: Any) -> None:
    """Tell every subscriber of `name`, now and in this transaction."""
    for subscriber in _subscribers[name]:
        subscriber(**payload)
