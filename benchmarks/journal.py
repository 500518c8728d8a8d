"""`make bench ARGS=journal`: what the traffic journal costs a request, in a database of its own that is made and
dropped. docs/benchmarks.md tells what to expect."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from statistics import median
from time import perf_counter
from typing import Any

from benchmarks import material
from benchmarks.paging import own_database
from roaming.exchange import journal
from roaming.ocpi.schema import wire
from tests import cast
from tests.roaming.calls import Caller, Reply
from tests.wire import load

ROUNDS = 400
_AT = datetime(2026, 10, 1, 8, tzinfo=UTC)


def main(rounds: int = ROUNDS) -> None:
    """Print milliseconds of each request without and with journal, and what it adds."""
    with own_database():
        cast.volta(url="http://volta.invalid")
        cast.nomad(url="http://nomad.invalid")
        cast.agreement("NL*VLT", "DE*NMD")
        volta = Caller("Volta")
        print(f"{'':24} {'without':>10} {'with':>10} {'adds':>8}")
        for name, send in {"PUT session": _session(volta), "POST CDR": _cdr(volta)}.items():
            without, with_it = _measured(send, rounds)
            more = with_it / without - 1
            print(f"{name:24} {without * 1e3:7.2f} ms {with_it * 1e3:7.2f} ms {more:8.1%}", flush=True)


def _measured(send: Callable[[int], Reply], rounds: int) -> tuple[float, float]:
    """Seconds of a request without and with journal: the middle of many, taken by turns, for the machine has moods."""
    taken: dict[bool, list[float]] = {False: [], True: []}
    for number in range(rounds * 2):
        journalled = bool(number % 2)
        with _journal(journalled):
            began = perf_counter()
            reply = send(number)
            seconds = perf_counter() - began
        assert reply.status == 1000, reply.message
        if number >= rounds // 5:
            taken[journalled].append(seconds)
    return median(taken[False]), median(taken[True])


@contextmanager
def _journal(kept: bool) -> Iterator[None]:
    """Whether what happens in the block is journalled."""
    write = journal.write
    if not kept:
        journal.write = lambda *_, **__: None
    try:
        yield
    finally:
        journal.write = write


def _session(caller: Caller) -> Callable[[int], Reply]:
    session = load("session_running")

    def send(number: int) -> Reply:
        at = (_AT + timedelta(seconds=number)).isoformat().replace("+00:00", "Z")
        return caller.put(f"/receiver/sessions/NL/VLT/{session['id']}", {**session, "last_updated": at})

    return send


def _cdr(caller: Caller) -> Callable[[int], Reply]:
    cdr: dict[str, Any] = dict(wire.decode(material.a_cdr()))  # type: ignore[arg-type]
    return lambda number: caller.post("/receiver/cdrs", {**cdr, "id": f"C{number}"})
