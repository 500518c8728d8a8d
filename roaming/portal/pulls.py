"""Pulls: which lists of a partner were read, how far the present readings are, and the buttons for them."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import django_filters
import django_tables2
from django.core.exceptions import BadRequest
from django.db.models import QuerySet
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.safestring import SafeString

from partners.connections.models import Connection
from partners.people.permissions import Grant
from roaming.exchange import breaker, pulls, selectors, timetable
from roaming.exchange.models import LIVE_PULLS, Cause, Pull, PullState
from roaming.kernel import clock
from roaming.kernel.states import CannotMove
from roaming.portal import cells, columns, filters
from roaming.portal.access import Page
from roaming.portal.columns import Cell
from roaming.portal.forms import attempt
from roaming.portal.lists import ListPage

_RECENT = 20
_STEPS = ((3600, "h"), (60, "min"), (1, "s"))


def url(connection: Connection) -> str:
    return reverse("portal:connection_pulls", args=[connection.pk])


def _connection(pk: int) -> Connection:
    return get_object_or_404(Connection.objects.select_related("partner"), pk=pk)


@dataclass(frozen=True)
class Line:
    """One list they offer: its newest reading, the last one that came to its end, and when the next begins."""

    module: str
    last: Pull | None
    good: Pull | None
    next_at: datetime | None

    @property
    def scope(self) -> SafeString | str:
        return scope(self.last) if self.last else ""

    @property
    def left(self) -> str:
        """How long the present reading still takes."""
        seconds = self.last.seconds_left if self.last else None
        return "" if seconds is None else duration(seconds)

    @property
    def resumable(self) -> bool:
        return self.last is not None and (self.last.state == PullState.PAUSED or self._failed_on_the_way)

    @property
    def _failed_on_the_way(self) -> bool:
        return self.last is not None and self.last.state == PullState.FAILED and self.last.begun


def duration(seconds: float) -> str:
    """About how long: `40 s`, `7 min`, `3 h`."""
    size, unit = next((step for step in _STEPS if seconds >= step[0]), _STEPS[-1])
    return f"{round(seconds / size)} {unit}"


def scope(pull: Pull) -> SafeString | str:
    """What of the list it reads."""
    if pull.since is None or pull.since == timetable.BEGINNING:
        return "all of it"
    return cells.joined("since ", cells.when(pull.since))


def who(pull: Pull) -> str:
    return str(pull.requested_by or pull.get_cause_display())


class PullTable(django_tables2.Table):
    asked = columns.when("Asked for", "created_at")
    module = Cell(lambda row: row.module, "List", css="nowrap")
    scope = Cell(scope, "What of it", css="nowrap")
    by = Cell(who, "By", css="nowrap opt")
    listed = Cell(lambda row: cells.number(row.listed), "Objects", css="num")
    new = Cell(lambda row: cells.number(row.new), "New", css="num")
    broken = Cell(lambda row: cells.number(row.broken), "Broken", css="num")
    gone = Cell(lambda row: cells.number(row.gone), "Gone", css="num")
    pages = Cell(lambda row: cells.number(row.pages), "Pages", css="num")
    took = Cell(lambda row: duration(row.seconds), "Took", css="num")
    state = columns.state("pull")
    reason = Cell(lambda row: row.reason, "Why", css="cut")
    caption = "Readings, newest first"


class PullsPage(Page):
    """Every list of one connection. Buttons only write rows, workers read; while something goes on, HTMX asks
    again."""

    edit_grant = Grant.HANDLE_TRAFFIC

    def get(self, request: HttpRequest, pk: int) -> HttpResponseBase:
        connection, at = _connection(pk), clock.now()
        readings = selectors.pulls_for(self.user).filter(connection=connection)
        lines = _lines(connection)
        template = "portal/pulls.html"
        return self.show(
            f"{template}#pulls" if self.partial else template,
            connection=connection,
            left_alone=breaker.is_open(connection, at),
            lines=lines,
            running=any(line.last and line.last.state in (PullState.WAITING, PullState.RUNNING) for line in lines),
            recent=PullTable(readings.exclude(state__in=LIVE_PULLS)[:_RECENT], orderable=False, request=request),
        )

    def post(self, request: HttpRequest, pk: int) -> HttpResponseBase:
        connection = _connection(pk)
        moves: dict[str, Callable[[Connection], str]] = {
            "start": self._start,
            "full": self._full,
            "pause": self._pause,
            "go_on": self._go_on,
            "stop": self._stop,
        }
        move = moves.get(request.POST.get("move", ""))
        if move is None:
            raise BadRequest("no such button")
        return attempt(request, lambda: move(connection), (pulls.CannotPull, CannotMove), url(connection))

    def _start(self, connection: Connection, full: bool = False) -> str:
        """One list, or all of them, by the next free worker."""
        module = self.request.POST.get("module", "")
        wish: dict[str, Any] = {"full": full, "cause": Cause.PERSON, "by": self.user, "at": clock.now()}
        if not module:
            pulls.ask_all(connection=connection, **wish)
            return f"All lists of {connection} are read as soon as a worker is free."
        if module not in timetable.offered(connection):
            raise BadRequest("no such list")
        pull = pulls.ask(connection=connection, module=module, **wish)
        pulls.hurry(connection)
        return f"{pull} {'goes on' if pull.begun else 'begins'} as soon as a worker is free."

    def _full(self, connection: Connection) -> str:
        return self._start(connection, full=True)

    def _pause(self, connection: Connection) -> str:
        pull = self._pull(connection)
        pulls.pause(pull=pull, by=self.user, at=clock.now())
        return f"{pull} rests after the page that is under way. It goes on by itself after a day at the latest."

    def _go_on(self, connection: Connection) -> str:
        pull = self._pull(connection)
        pulls.go_on(pull=pull, at=clock.now())
        return f"{pull} goes on where it was."

    def _stop(self, connection: Connection) -> str:
        pull = self._pull(connection)
        pulls.stop(pull=pull, by=self.user, at=clock.now())
        return f"{pull} ends after the page that is under way. The next one begins at the start of the list."

    def _pull(self, connection: Connection) -> Pull:
        """The reading that the person saw."""
        number = self.request.POST.get("pull", "")
        found = selectors.pulls_for(self.user).filter(connection=connection)
        return get_object_or_404(found, pk=int(number) if number.isdecimal() else 0)


def _lines(connection: Connection) -> list[Line]:
    modules = timetable.offered(connection)
    readings = timetable.Readings(connection, modules)
    found = [(module, readings.newest(module)) for module in modules]
    return [
        Line(module, last, readings.newest_good(module), timetable.due_after(last) if last else None)
        for module, last in found
    ]


class PullFilter(django_filters.FilterSet):
    module = filters.choice("List", [(name, name) for name in timetable.MODULES])
    state = filters.choice("State", PullState.choices)


class PastPulls(ListPage):
    template = "portal/past_pulls.html"
    title = "Readings"
    lede = "Every reading of a list of this platform: what came of it, and why it ended."
    table_class = PullTable
    filter_class = PullFilter
    nothing = ("Nothing was read yet", "Lists are read right after a registration, and each hour from then on.")

    def queryset(self) -> QuerySet[Pull]:
        return selectors.pulls_for(self.user).filter(connection=_connection(self.kwargs["pk"]))

    def further(self) -> dict[str, Any]:
        return {"connection": _connection(self.kwargs["pk"])}
