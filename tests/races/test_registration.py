"""Registrations and rotations at once."""

from collections.abc import Iterator
from threading import Barrier, Event
from typing import Any

import httpx2
import pytest
from pytest_django import Settings

from partners.connections import services, tokens
from partners.connections.models import Connection
from roaming.kernel import clock
from roaming.kernel.crypto import token_hash
from roaming.registration import rotation
from roaming.registration.models import Attempt
from roaming.registration.starting import CannotRegister
from roaming.server import running
from tests import cast
from tests.races.threads import at_once
from tests.roaming.handshake import door, header
from tests.roaming.platform import Asked, Platform, Said, platform

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def added(transactional_db: None) -> services.Added:
    return services.add(partner_name="Nomad", name="Nomad", parties_hosted=[("DE", "NMD", "EMSP")], at=cast.NOW)


@pytest.fixture
def theirs() -> Iterator[Platform]:
    with platform() as up:
        yield up


@pytest.fixture
def portal(settings: Settings, added: services.Added) -> Iterator[str]:
    with running(worker=False, beat=False) as url:
        settings.PORTAL_URL = url
        yield url


def meet(theirs: Platform, barrier: Barrier) -> None:
    """Both requests are past the check of their token before either goes on."""

    def answering(asked: Asked) -> Said | None:
        if asked.path == "/versions":
            barrier.wait()
        return None

    theirs.answering = answering


def sent(method: str, portal: str, token: str, body: Any) -> httpx2.Response:
    url, headers = portal + door("2.2.1"), {"Authorization": header(token)}
    return httpx2.request(method, url, json=body, headers=headers, timeout=20)


def test_two_posts_with_one_registration_token_yield_one_credentials_token(
    added: services.Added, theirs: Platform, portal: str
) -> None:
    """C11."""
    meet(theirs, Barrier(2, timeout=10))
    answers = at_once(*[lambda: sent("POST", portal, added.token, theirs.credentials("B"))] * 2)
    assert sorted(answer.status_code for answer in answers) == [200, 401]
    token_c = next(answer.json()["data"]["token"] for answer in answers if answer.status_code == 200)
    assert token_hash(token_c) == Connection.objects.get().token_in_hash


def test_two_puts_with_one_token_yield_one_new_token_and_the_other_is_told_so(
    added: services.Added, theirs: Platform, portal: str
) -> None:
    """C11: the one that came second changed nothing, and its token is still good for a time."""
    token = sent("POST", portal, added.token, theirs.credentials("B")).json()["data"]["token"]
    meet(theirs, Barrier(2, timeout=10))
    jobs = [lambda name=name: sent("PUT", portal, token, theirs.credentials(name)) for name in ("B1", "B2")]
    answers = [answer.json() for answer in at_once(*jobs)]
    assert sorted(answer["status_code"] for answer in answers) == [1000, 2000]
    nomad = Connection.objects.get()
    won = next(index for index, answer in enumerate(answers) if answer["status_code"] == 1000)
    assert nomad.token_out == f"B{won + 1}"
    assert nomad.token_in_hash == token_hash(answers[won]["data"]["token"])
    assert nomad.token_previous_hash == token_hash(token)


def test_of_two_rotations_of_ours_one_goes_on_and_the_other_does_not_begin(
    added: services.Added, theirs: Platform, portal: str
) -> None:
    """C11: a button pressed while the nightly task is at it."""
    sent("POST", portal, added.token, theirs.credentials("B"))
    asked_once, go_on = Event(), Event()

    def answering(asked: Asked) -> None:
        if asked.path == "/versions":
            asked_once.set()
            go_on.wait(10)

    theirs.answering = answering

    def first() -> Connection:
        return rotation.rotate(connection=Connection.objects.get(), at=clock.now())

    def second() -> Any:
        asked_once.wait(10)
        try:
            return rotation.rotate(connection=Connection.objects.get(), at=clock.now())
        finally:
            go_on.set()

    rotated, refused = at_once(first, second)
    assert isinstance(rotated, Connection) and isinstance(refused, CannotRegister)
    assert "right now" in str(refused)
    assert len(theirs.paths("PUT")) == 1
    assert Attempt.objects.filter(ours=True).count() == 1


def test_many_first_uses_of_a_new_token_at_once_end_the_old_one_and_all_are_answered(
    added: services.Added, theirs: Platform, portal: str
) -> None:
    """C3."""
    token = sent("POST", portal, added.token, theirs.credentials("B")).json()["data"]["token"]
    fresh = sent("PUT", portal, token, theirs.credentials("B2")).json()["data"]["token"]
    url = f"{portal}/ocpi/2.2.1/sender/locations"
    answers = at_once(*[lambda: httpx2.get(url, headers={"Authorization": header(fresh)}, timeout=20)] * 6)
    assert [answer.status_code for answer in answers] == [200] * 6
    assert httpx2.get(url, headers={"Authorization": header(token)}).status_code == 401
    nomad = Connection.objects.get()
    assert (nomad.token_in_hash, nomad.token_previous_hash) == (token_hash(fresh), None)


def test_an_offer_taken_by_many_workers_at_once_is_taken_once(
    added: services.Added, theirs: Platform, portal: str
) -> None:
    sent("POST", portal, added.token, theirs.credentials("B"))
    offered = tokens.offer(connection=Connection.objects.get(), at=clock.now())
    url = f"{portal}/ocpi/2.2.1/sender/locations"
    answers = at_once(*[lambda: httpx2.get(url, headers={"Authorization": header(offered)}, timeout=20)] * 6)
    assert [answer.status_code for answer in answers] == [200] * 6
    nomad = Connection.objects.get()
    assert (nomad.token_in_hash, nomad.token_offered_hash) == (token_hash(offered), None)
