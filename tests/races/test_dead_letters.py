"""Two people at one dead push, and a new state of its object at the same moment."""

from functools import partial

import pytest

from partners.connections.models import Connection
from roaming.exchange import dead_letters, selectors
from roaming.exchange.models import Push, PushState
from tests import cast
from tests.races.threads import at_once
from tests.roaming.test_dead_letters import change, dead

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def nomad() -> Connection:
    cast.volta()
    connection = cast.nomad(url="http://nomad.invalid")
    cast.agreement("NL*VLT", "DE*NMD")
    return connection


def test_of_two_people_one_handles_it_and_the_other_is_told(nomad: Connection) -> None:
    otto, ada, push = cast.person("Otto"), cast.person("Ada"), dead(change(0))
    results = at_once(
        lambda: dead_letters.retry(push=Push.objects.get(pk=push.pk), by=otto, at=cast.NOW),
        lambda: dead_letters.drop(push=Push.objects.get(pk=push.pk), by=ada, note="No.", at=cast.NOW),
    )
    refused = [one for one in results if isinstance(one, dead_letters.CannotRetry | dead_letters.CannotDrop)]
    assert len(refused) == 1 and len(selectors.handlings(push)) == 1


def test_a_new_state_and_a_retry_at_the_same_moment_leave_the_new_state_alone_waiting(nomad: Connection) -> None:
    otto = cast.person("Otto")
    for number in range(4):
        push = dead(change(number))
        at_once(partial(dead_letters.retry, push=push, by=otto, at=cast.NOW), partial(change, number, hour=1))
        [waiting] = Push.objects.filter(object_key=push.object_key, state=PushState.WAITING)
        assert '"currency":"SEK"' in waiting.body
