"""What a platform may do wrong: changes of the answers of one that does all of it (see conforming)."""

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

from partners.connections.models import Connection
from roaming.conformance import services
from roaming.conformance.models import CheckResult, ConformanceRun, Outcome
from roaming.kernel import clock
from roaming.ocpi.schema.values import format_time
from tests.roaming.conforming import Bend, Told
from tests.roaming.platform import Asked


def checked(connection: Connection, *modules: str) -> ConformanceRun:
    run = services.plan(connection=connection, modules=modules, by=None, at=clock.now())
    return services.execute(run=run, at=clock.now())


def bad(run: ConformanceRun) -> list[str]:
    found = run.results.filter(outcome__in=[Outcome.FAILED, Outcome.WARNING])
    return [f"{one.module}: {one.title}: {one.sentence} {one.actual}" for one in found]


def result_of(run: ConformanceRun, module: str, code: str) -> CheckResult:
    return run.results.get(module=module, code=code)


def at(path: str, change: Callable[[Told], Any]) -> Bend:
    """Change the answers of one path that are no refusals."""

    def bend(asked: Asked, told: Told) -> None:
        if asked.path == path and told.http == 200:
            change(told)

    return bend


def everywhere(change: Callable[[Told], Any]) -> Bend:
    return lambda asked, told: change(told)


def header(name: str, value: str | None) -> Callable[[Told], None]:
    def change(told: Told) -> None:
        told.headers.pop(name, None)
        if value is not None:
            told.headers[name] = value

    return change


def refused(code: int, when: Callable[[Asked], bool]) -> Bend:
    """HTTP 200 with an OCPI status that says no."""

    def bend(asked: Asked, told: Told) -> None:
        if when(asked):
            told.data, told.status = None, code

    return bend


def missing(when: Callable[[Asked], bool]) -> Bend:
    """HTTP 404."""

    def bend(asked: Asked, told: Told) -> None:
        if when(asked):
            told.http, told.status, told.data = 404, 2000, None

    return bend


def silent(when: Callable[[Asked], bool]) -> Bend:
    """Hang up without an answer."""

    def bend(asked: Asked, told: Told) -> None:
        told.hangs_up = when(asked)

    return bend


def redirected(when: Callable[[Asked], bool], to: str) -> Bend:
    """HTTP 307 without an envelope, as frameworks do by themselves."""

    def bend(asked: Asked, told: Told) -> None:
        if when(asked):
            told.http, told.raw, told.headers["Location"] = 307, b"", to

    return bend


def number(asked: Asked, name: str) -> int:
    return int(asked.query.get(name, 0))


TARIFFS = "/sender/tariffs"


def with_wrong_token(asked: Asked, told: Told) -> None:
    if told.http == 401:
        told.http, told.status, told.data = 200, 1000, []


def html_for_404(asked: Asked, told: Told) -> None:
    if told.http == 404:
        told.raw = b"<html>Not found</html>"


def an_hour_late(told: Told) -> None:
    told.timestamp = format_time(datetime.now(UTC) - timedelta(hours=1))


def endpoints(change: Callable[[list[Any]], Any]) -> Bend:
    return at("/2.2.1", lambda told: change(told.data["endpoints"]))


def tariffs_of(change: Callable[[dict[str, Any]], Any]) -> Bend:
    """Bend each tariff that is listed."""

    def bend(told: Told) -> None:
        told.data = [dict(one) for one in told.data]
        for one in told.data:
            change(one)

    return at(TARIFFS, bend)


def ignoring_limit(theirs: list[Any]) -> Callable[[Told], None]:
    def change(told: Told) -> None:
        told.data = theirs

    return change


def link(change: Callable[[str], str | None]) -> Bend:
    def bend(told: Told) -> None:
        if "Link" in told.headers:
            header("Link", change(told.headers["Link"]))(told)

    return at(TARIFFS, bend)


def always_a_link(asked: Asked, told: Told) -> None:
    if asked.path == TARIFFS:
        told.headers.setdefault("Link", f'<http://{asked.headers["host"]}{TARIFFS}?offset=90>; rel="next"')


def overlapping(asked: Asked, told: Told) -> None:
    """Each page begins with the last object of the one before."""
    if asked.path == TARIFFS and number(asked, "offset") == 3:
        told.data = [{**told.data[0], "id": "T2", "last_updated": "2026-10-03T10:00:00Z"}, *told.data]


def shuffled(asked: Asked, told: Told) -> None:
    """Small pages begin otherwise than large ones."""
    if asked.path == TARIFFS and told.http == 200 and 1 < number(asked, "limit") < 50:
        told.data = told.data[::-1]


def a_link_on_the_last_page(asked: Asked, told: Told) -> None:
    if asked.path == TARIFFS and told.data and "Link" not in told.headers:
        told.headers["Link"] = f'<http://{asked.headers["host"]}{TARIFFS}?offset=9000&limit=50>; rel="next"'


def forgetful(asked: Asked, told: Told) -> None:
    """The next page's URL has lost date_from."""
    if asked.path == TARIFFS and "Link" in told.headers:
        told.headers["Link"] = re.sub(r"date_from=[^&]*&", "", told.headers["Link"])


def heedless(asked: Asked, told: Told) -> None:
    """The next page's URL repeats date_from, and what is listed there does not heed it."""
    if asked.path == TARIFFS and number(asked, "offset") == 1:
        told.data = [{**one, "last_updated": "2026-10-01T10:00:00Z"} for one in told.data]


def exclusive(asked: Asked, told: Told) -> None:
    if asked.path == TARIFFS and "date_from" in asked.query:
        told.data = [one for one in told.data if one["last_updated"] != asked.query["date_from"]]
        told.headers["X-Total-Count"] = str(len(told.data))


def with_all(when: Callable[[Asked], bool], count: bool = False) -> Bend:
    """Where the filter leaves something out, it is listed (or only counted) all the same."""
    known: dict[str, Any] = {}

    def bend(asked: Asked, told: Told) -> None:
        if asked.path != TARIFFS or told.http != 200:
            return
        known.update({one["id"]: one for one in told.data})
        if when(asked):
            told.headers["X-Total-Count"] = str(len(known))
            told.data = told.data if count else list(known.values())

    return bend
