"""One CDR posted by several requests at once: one row, one news, and nobody is told of an error."""

import threading
from collections.abc import Callable
from typing import Any

import pytest
from django.db import connections

from roaming.cdrs.models import Cdr
from roaming.findings.models import Finding
from tests import cast, wire
from tests.roaming.calls import Caller, Reply

pytestmark = pytest.mark.django_db(transaction=True)
WORKERS = 4


def at_once(*calls: Callable[[], Reply]) -> list[Reply]:
    """What each call answers when all of them start at the same moment."""
    barrier = threading.Barrier(len(calls))
    replies: list[Reply] = []

    def run(call: Callable[[], Reply]) -> None:
        barrier.wait()
        try:
            replies.append(call())
        finally:
            connections.close_all()

    threads = [threading.Thread(target=run, args=(call,)) for call in calls]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return replies


def posting(body: bytes | dict[str, Any]) -> Callable[[], Reply]:
    caller = Caller("Volta")
    return lambda: caller.post("/receiver/cdrs", body)


def test_identical_cdrs_at_once_are_one_cdr_and_all_succeed() -> None:
    cast.volta()
    replies = at_once(*[posting(wire.raw("cdr_ac22"))] * WORKERS)
    assert [reply.status for reply in replies] == [1000] * WORKERS
    assert sorted(reply.http for reply in replies) == [200, 200, 200, 201]
    assert len({reply.headers["Location"] for reply in replies}) == 1
    assert Cdr.objects.count() == 1


def test_different_cdrs_of_one_id_at_once_leave_the_first_and_refuse_the_other() -> None:
    cast.volta()
    replies = at_once(posting(wire.raw("cdr_ac22")), posting({**wire.load("cdr_ac22"), "remark": "other"}))
    assert sorted(reply.status for reply in replies) == [1000, 2001]
    assert all(reply.http < 300 for reply in replies)
    assert (Cdr.objects.count(), Finding.objects.count()) == (1, 1)


def test_a_location_put_twice_at_once_is_one_location() -> None:
    from roaming.locations.models import Location

    cast.volta()
    caller, body = Caller("Volta"), wire.load("location_zuidplein")
    replies = at_once(*[lambda: caller.put("/receiver/locations/NL/VLT/ZUIDPLEIN", body)] * WORKERS)
    assert [reply.status for reply in replies] == [1000] * WORKERS
    assert Location.objects.count() == 1


def test_two_evses_patched_at_once_both_change() -> None:
    cast.volta()
    caller, url = Caller("Volta"), "/receiver/locations/NL/VLT/ZUIDPLEIN"
    caller.put(url, wire.load("location_zuidplein"))
    patch = {"status": "BLOCKED", "last_updated": "2026-11-01T00:00:00Z"}
    at_once(lambda: caller.patch(f"{url}/ZP-1", patch), lambda: caller.patch(f"{url}/ZP-2", patch))
    assert [evse["status"] for evse in caller.get(url).data["evses"]] == ["BLOCKED", "BLOCKED"]
