"""Two registrations at once with one token."""

import base64
from threading import Barrier

import httpx2
import pytest
from pytest_django import Settings

from partners.connections import services
from partners.connections.models import Connection
from roaming.kernel.crypto import token_hash
from roaming.server import running
from tests import cast
from tests.races.threads import at_once
from tests.roaming.platform import Asked, Said, platform


@pytest.mark.django_db(transaction=True)
def test_two_posts_with_one_registration_token_yield_one_credentials_token(settings: Settings) -> None:
    added = services.add(partner_name="Nomad", name="Nomad", at=cast.NOW)
    headers = {"Authorization": f"Token {base64.b64encode(added.token.encode()).decode()}"}
    both_asked = Barrier(2, timeout=10)

    with running(worker=False, beat=False) as portal, platform() as theirs:
        settings.PORTAL_URL = portal
        theirs.answering = lambda asked: _meet(asked, both_asked)
        url, body = f"{portal}/ocpi/2.2.1/credentials", theirs.credentials("B")
        answers = at_once(*[lambda: httpx2.post(url, json=body, headers=headers)] * 2)
    assert sorted(answer.status_code for answer in answers) == [200, 401]
    token_c = next(answer.json()["data"]["token"] for answer in answers if answer.status_code == 200)
    assert token_hash(token_c) == Connection.objects.get().token_in_hash


def _meet(asked: Asked, barrier: Barrier) -> Said | None:
    """Both requests are past the check of their token before either goes on."""
    if asked.path == "/versions":
        barrier.wait()
    return None
