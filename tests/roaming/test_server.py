"""One process that serves: web, worker and beat as threads, all of them gone afterwards."""

import threading

import httpx2
import pytest
from celery import shared_task

from roaming import server

SEEN: list[str] = []
ARRIVED = threading.Event()


@shared_task(name="tests.note")
def note(word: str) -> None:
    SEEN.append(word)
    ARRIVED.set()


@pytest.mark.django_db(transaction=True)
def test_the_portal_is_served_on_a_free_port_and_gone_afterwards() -> None:
    before = threading.active_count()
    with server.running(worker=False, beat=False) as url:
        assert httpx2.get(f"{url}/no/such/page").status_code == 404
    assert threading.active_count() == before
    with pytest.raises(httpx2.ConnectError):
        httpx2.get(url)


@pytest.mark.django_db(transaction=True)
def test_a_task_sent_from_any_thread_reaches_the_worker() -> None:
    with server.running(beat=False):
        sender = threading.Thread(target=note.delay, args=["hello"])
        sender.start()
        sender.join()
        assert ARRIVED.wait(10)
    assert SEEN == ["hello"]


def test_a_port_in_use_is_a_sentence() -> None:
    with server.listen("127.0.0.1", 0) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(server.PortTaken, match=rf"port {port}: it is in use already\. Choose another port"):
            server.listen("127.0.0.1", port)
