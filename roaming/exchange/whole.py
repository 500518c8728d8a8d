"""The whole location in place of a part of it that the partner did not take, for example because it lacks the rest."""

from datetime import datetime
from urllib.parse import unquote

from django.db import transaction

from partners.routing import Receiver
from roaming.exchange.models import Push
from roaming.locations.models import Location
from roaming.ocpi import storage


@transaction.atomic
def enqueue(push: Push, *, at: datetime) -> None:
    """Send the location that the push of one of its EVSEs is about, as it is now, to the same platform."""
    owner, receiver = push.from_party, push.to_party
    assert owner is not None and receiver is not None, "what is pushed has an owner and a receiver"
    location_id = unquote(push.path.split("/")[2])
    row = storage.find(Location, party=owner, ocpi_id=location_id)
    if row is not None:
        to = [Receiver(push.connection, receiver)]
        storage.announce(row, receivers=to, module="locations", kind="location", at=at)
