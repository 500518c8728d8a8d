"""A process of its own that fills a database: Volta and a partner that registers, and CDRs that wait for the partner.

python -m tests.journeys.exchange.stage 5000 https://partner.example/ocpi/versions TOKEN_A
"""

import os
import sys
from contextlib import ExitStack

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "roaming.settings")
django.setup()

from django.conf import settings  # noqa: E402 - Django first
from django.core.management import call_command  # noqa: E402
from django.db import transaction  # noqa: E402

from partners.connections import services as connections  # noqa: E402
from partners.connections.models import Connection  # noqa: E402
from partners.routing import Receiver  # noqa: E402
from roaming import server  # noqa: E402
from roaming.exchange import outbox  # noqa: E402
from roaming.exchange.outbox import Change  # noqa: E402
from roaming.kernel import clock  # noqa: E402
from roaming.ocpi.schema import transforms, wire  # noqa: E402
from roaming.registration import starting  # noqa: E402
from tests import cast  # noqa: E402
from tests import wire as samples  # noqa: E402


def main(number: int, versions_url: str, token_a: str) -> None:
    call_command("migrate", verbosity=0)
    cast.volta()
    at = clock.now()
    hosted = [("DE", "NMD", "EMSP")]
    added = connections.add(partner_name="Nomad", name="Nomad", own=False, parties_hosted=hosted, at=at)
    with ExitStack() as stack:
        settings.PORTAL_URL = stack.enter_context(server.running(worker=False, beat=False))
        starting.register(connection=added.connection, versions_url=versions_url, token_a=token_a, version="", at=at)
    cast.agreement("NL*VLT", "DE*NMD")
    Connection.objects.filter(name="Nomad").update(timeout_seconds=1)
    wait_for(Connection.objects.get(name="Nomad"), number)


def wait_for(nomad: Connection, number: int) -> None:
    """So many different CDRs of Volta's that are to be POSTed."""
    volta, at = cast.party("NL*VLT", "CPO"), clock.now()
    cdr = transforms.upgrade("2.2.1", "cdr", samples.load("cdr_ac22"))
    changes = [
        Change("cdrs", "cdr", "POST", "", wire.encode_text({**cdr, "id": cdr_id}), f"cdrs NL*VLT {cdr_id}")
        for cdr_id in (f"C-{one:05}" for one in range(number))
    ]
    to = Receiver(nomad, cast.party("DE*NMD", "EMSP"))
    with transaction.atomic():
        outbox.enqueue_many(receivers=[to], owner=volta, changes=changes, at=at)


if __name__ == "__main__":
    main(int(sys.argv[1]), sys.argv[2], sys.argv[3])
