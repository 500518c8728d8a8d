"""Reading the lists of partners, page by page, in turns: what one worker leaves, another goes on with (T48, T49, T108).

The row of a reading (models.Pull) holds its cursor and what became of the objects so far, so a worker that dies costs
one page that is read once more.
"""

from collections import Counter
from collections.abc import Collection, Iterable
from contextlib import suppress
from dataclasses import dataclass, fields
from datetime import datetime, timedelta
from time import monotonic

from django.db import Error, transaction

from partners.connections.models import Connection
from partners.parties import selectors as parties
from partners.parties.models import Party
from roaming.exchange import breaker, failures, intake, policy, pulls, selectors, timetable, vanished
from roaming.exchange.crawl import Crawl, Item, Page, Place
from roaming.exchange.failures import Whose
from roaming.exchange.intake import Source
from roaming.exchange.models import PULL_MOVES, Cause, Failure, Met, Pull, PullState
from roaming.exchange.pulls import CannotPull
from roaming.exchange.stores import STORES
from roaming.kernel import locks, states
from roaming.kernel.http import Unreachable
from roaming.kernel.states import CannotMove
from roaming.ocpi.client import OcpiClient, Refused
from roaming.ocpi.listings import LISTINGS, Listing
from roaming.ocpi.models import OcpiObject
from roaming.ocpi.schema.values import format_time

# How long a worker stays with one partner, so that a long list keeps neither its other lists nor others waiting.
TURN_SECONDS = 20.0
_COUNTED_AT_ONCE = 100
# Some platforms say so of one list only.
_HERE_ONLY = frozenset({Failure.TOKEN, Failure.REDIRECT})
# Perhaps they are away, perhaps this one page takes them too long.
_UNANSWERED = frozenset({Failure.TIMEOUT, Failure.BROKEN_OFF})
_MOST_TRIES = 8
_FATES = ("new", "known", "ignored", "broken", "older")


@dataclass
class Counts:
    """What became of one list so far. `new` objects were not here, or not so; `ignored` ones belong to nobody they
    host.

    `older` ones did not change in the time asked about, though listed; `gone` ones are no longer listed. `error` says
    why it is not read to its end.
    """

    new: int = 0
    known: int = 0
    ignored: int = 0
    broken: int = 0
    older: int = 0
    gone: int = 0
    error: str = ""

    @classmethod
    def of(cls, pull: Pull) -> "Counts":
        numbers = {name: getattr(pull, name) for name in (*_FATES, "gone")}
        rests = pull.reason or f"{pull} is not at its end ({pull.get_state_display().lower()})."
        return cls(**numbers, error="" if pull.state == PullState.FINISHED else rests)


def pull(
    *,
    connection: Connection,
    modules: Iterable[str] | None = None,
    since: datetime | None = None,
    full: bool = False,
    at: datetime,
) -> dict[str, Counts]:
    """Read the lists a partner offers (all that fit its parties, or `modules`), changed since `since` (or as the
    timetable says), here and now, until they end.

    `full` reads whole lists as they are and finds what is gone from them, and other lists a week back. One list that
    fails does not stop the others; its `error` says why. Raises CannotPull for a connection that is not registered, or
    that is being pulled right now.
    """
    if not connection.reachable:
        raise CannotPull(f"{connection.name} is not registered; there is nothing to ask it with.")
    began, moment = monotonic(), at
    counts: dict[str, Counts] = {}
    asked: dict[str, int] = {}
    with locks.alone(lock_name(connection.pk)) as mine:
        if not mine:
            raise CannotPull(f"{connection.name} is being pulled already.")
        for module in timetable.offered(connection) if modules is None else modules:
            counts[module] = Counts()
            try:
                asked[module] = pulls.ask(
                    connection=connection, module=module, since=since, full=full, cause=Cause.COMMAND, at=at
                ).pk
            except (CannotPull, CannotMove) as error:
                counts[module].error = str(error)
        while _turn(connection.pk, moment, asked.values()):
            moment = at + timedelta(seconds=monotonic() - began)
    rows = Pull.objects.in_bulk(asked.values())
    told = {module: Counts.of(rows[pk]) for module, pk in asked.items() if _was_tried(rows[pk])}
    return {module: told.get(module, count) for module, count in counts.items() if module in told or count.error}


def take_turn(connection_id: int, at: datetime) -> bool:
    """Read on what is due of one connection, for a while; whether more is due. Nothing where another worker is at it,
    or where the partner is left alone."""
    with locks.alone(lock_name(connection_id)) as mine:
        if not mine or not selectors.connections_with_due_pulls(at).filter(pk=connection_id).exists():
            return False
        return _turn(connection_id, at)


def lock_name(connection_id: int) -> str:
    """Whoever reads lists of a connection holds it. A reading that is running while nobody does has lost its worker."""
    return f"pull from connection {connection_id}"


def _was_tried(row: Pull) -> bool:
    """Not so where somebody before it in the queue found that they are away."""
    return row.state != PullState.WAITING or bool(row.reason)


def _turn(connection_id: int, at: datetime, only: Collection[int] | None = None) -> bool:
    """Read on what is due (or `only` those), first what was not begun, then what rested longest. Whether more may be
    due; not where they are away."""
    began = monotonic()
    while due := _next(connection_id, at, only):
        if not _Reading(due, at, began).go_on():
            return False
        if monotonic() >= began + TURN_SECONDS:
            return True
    return False


def _next(connection_id: int, at: datetime, only: Collection[int] | None) -> Pull | None:
    due = selectors.due_pulls(at).filter(connection=connection_id).select_related("connection")
    rows = due if only is None else due.filter(pk__in=only)
    return min(
        rows, key=lambda row: (row.heard_at or timetable.BEGINNING, timetable.MODULES.index(row.module)), default=None
    )


class _Reading:
    """One list, read on from its cursor until it ends, or the turn does, which began `at`: at `began` by the monotonic
    clock."""

    def __init__(self, row: Pull, at: datetime, began: float) -> None:
        self.row, self.at, self.began = row, at, began
        self.lap = monotonic()
        self.listing = LISTINGS[row.module]
        self.source = Source.of(row.connection, self.listing, row.since)
        self.crawl = _crawl(row, self.source, at)

    @property
    def now(self) -> datetime:
        return self.at + timedelta(seconds=monotonic() - self.began)

    @property
    def _is_over(self) -> bool:
        return monotonic() >= self.began + TURN_SECONDS

    @property
    def model(self) -> type[OcpiObject] | None:
        """What is gone from the list is looked for among these; None where the list does not tell."""
        return STORES[self.listing.name].model if self.row.since is None else None

    def go_on(self) -> bool:
        """False when they are away, so that nothing more is to be asked."""
        try:
            self._begin()
            while not self.crawl.place.ended:
                self._page()
                if not self._is_wanted() or (self._is_over and not self.crawl.place.ended):
                    return True
            self._end()
        except CannotMove:  # a person was faster
            pass
        except (Unreachable, Refused) as error:
            return self._failed(error)
        except Exception:
            with suppress(CannotMove, Error):
                self._wait("It broke by a fault of ours; its operators find it in the log.")
            raise
        return True

    def _begin(self) -> None:
        if self.row.state == PullState.WAITING:
            began_at = self.row.started_at or self.at
            stamps = {"state_at": self.at, "started_at": began_at, "reason": ""}
            states.move(self.row, to=PullState.RUNNING, moves=PULL_MOVES, **stamps)

    def _page(self) -> None:
        page = self.crawl.read()
        breaker.answered(self.row.connection)
        self._store(page.items)
        self._note_total(page)
        self.crawl.move_on(page)
        place = self.crawl.place
        self._save(next_url=place.url, taken=0, tries=0, **{name: getattr(place, name) for name in _PLACE})

    def _store(self, items: list[Item]) -> None:
        """Each object of a page in a transaction of its own, so that nobody who pushes it waits long. What is news is
        counted with it; what is not a little later, for it is none the second time either. What a worker before
        counted already is stored only."""
        counted, fates, marks = self.row.taken, Counter[str](), list[Met]()
        for number, item in enumerate(items, 1):
            with transaction.atomic():
                one = intake.take(item, self.source, self.at)
                fates[one.fate] += number > counted
                marks += [one.met] if one.met is not None and self.model is not None else []
                if one.fate == "new" or number % _COUNTED_AT_ONCE == 0 or number == len(items):
                    self._count(fates, marks, max(number, counted))
                    fates.clear()
                    marks.clear()

    def _count(self, fates: Counter[str], marks: list[Met], taken: int) -> None:
        for mark in marks:
            mark.pull = self.row
        Met.objects.bulk_create(marks, ignore_conflicts=True)
        self._save(taken=taken, **{fate: getattr(self.row, fate) + count for fate, count in fates.items()})

    def _note_total(self, page: Page) -> None:
        row = self.row
        if page.total is not None and row.first_total is None:
            row.first_total = page.total
        elif page.total is not None and page.total != row.total:
            row.total_changes += 1

    def _save(self, **news: object) -> None:
        """Only who holds the lock writes these; the state belongs to people too."""
        lap, self.lap = self.lap, monotonic()
        news |= {"seconds": self.row.seconds + self.lap - lap, "heard_at": self.now}
        for name, value in news.items():
            setattr(self.row, name, value)
        self.row.save(update_fields=[*news, "first_total", "total_changes"])

    def _is_wanted(self) -> bool:
        """Whether nobody paused or stopped it, or suspended the connection, meanwhile."""
        return selectors.due_pulls(self.now).filter(pk=self.row.pk, state=PullState.RUNNING).exists()

    @transaction.atomic
    def _end(self) -> None:
        gone = 0
        if self.model is not None:
            gone = vanished.note_gone(pull=self.row, source=self.source, model=self.model, at=self.at)
        states.move(self.row, to=PullState.FINISHED, moves=PULL_MOVES, state_at=self.now, gone=gone)
        pulls.forget_marks(self.row)

    def _failed(self, error: Unreachable | Refused) -> bool:
        said = failures.judge(error)
        away = said.wait is not None or (said.whose is Whose.PLATFORM and said.failure not in _HERE_ONLY)
        if away:
            breaker.failed(self.row.connection, self.now, at_least=said.wait)
        with suppress(CannotMove):
            if away or (said.failure in _UNANSWERED and self.row.tries < _MOST_TRIES):
                self._wait(said.sentence)
            else:
                self._move(PullState.FAILED, said.sentence)
        return not away

    def _wait(self, reason: str) -> None:
        """The page at the cursor is asked for again, later each time."""
        later = self.now + policy.backoff(self.row.tries + 1)
        self._move(PullState.WAITING, reason, due_at=max(later, self.row.connection.paused_until or later))

    def _move(self, to: str, reason: str, **stamps: object) -> None:
        stamps |= {"state_at": self.now, "reason": reason[:500], "tries": self.row.tries + 1}
        states.move(self.row, to=to, moves=PULL_MOVES, **stamps)


_PLACE = [field.name for field in fields(Place) if field.name != "url"]


def _crawl(row: Pull, source: Source, at: datetime) -> Crawl:
    listing = source.listing
    return Crawl(
        OcpiClient(row.connection, at),
        row.connection,
        row.url,
        {"date_from": format_time(row.since)} if row.since else {},
        to_party=_addressee(source) if listing.routed else None,
        from_party=_asker(listing) if listing.routed else None,
        place=Place(url=row.next_url, **{name: getattr(row, name) for name in _PLACE}),
    )


def _addressee(source: Source) -> Party | None:
    """A hub is asked for all it has (T105). A platform with one party may want to be told that it is meant; with
    several it answers for all of them (T107)."""
    hub = parties.hub_of(source.connection)
    owners = list(source.owners.values())
    return hub or (owners[0] if len(owners) == 1 else None)


def _asker(listing: Listing) -> Party | None:
    """The party of ours on whose behalf we ask."""
    return parties.ours().filter(role__in=listing.reader_roles).first()
