"""A door and a change that tell of the same party at once do not wait for each other."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from time import sleep

import pytest
from django.db import connection as database
from django.db import transaction

from partners.connections import services as connections
from partners.connections.models import Connection
from roaming.exchange.models import Push
from roaming.hub import services
from roaming.hub.models import ClientInfo
from tests import cast

pytestmark = pytest.mark.django_db(transaction=True)

AT = cast.NOW
LATER = AT + timedelta(minutes=5)


def test_a_status_that_changes_while_a_door_opens_is_told_without_a_deadlock() -> None:
    volta = cast.volta(url="http://volta.invalid", version="2.3.0")
    nomad = cast.nomad(url="http://nomad.invalid", version="2.3.0")
    cast.agreement("NL*VLT", "DE*NMD")
    services.refresh(at=AT)
    Push.objects.filter(module="hubclientinfo").delete()

    def suspended() -> int:
        """Of Nomad, which Volta is told."""
        try:
            connections.suspend(connection=Connection.objects.get(pk=nomad.pk))
            return services.refresh(at=LATER)
        finally:
            database.close()

    with ThreadPoolExecutor(1) as threads:
        with transaction.atomic():
            services.tell_missed(connection=volta, at=AT)  # of Nomad, among others
            changing = threads.submit(suspended)
            sleep(1)  # it waits for us now
            services.tell_missed(connection=nomad, at=LATER)
        assert changing.result() == 0  # not while a door opens
    assert ClientInfo.objects.get(party__connection=nomad).status == "SUSPENDED"
    told = Push.objects.filter(connection=volta, object_key__contains="DE*NMD").latest("id")
    assert '"SUSPENDED"' in told.body
