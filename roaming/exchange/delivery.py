"""Sending what waits in the outbox: in order per object, several objects at once, one worker per connection.

Whom a push concerns is asked again when it is sent: an agreement may have ended since it was written. This thread alone
talks to the database; others speak to the partner meanwhile. A platform that is away is left alone as a whole; one that
fails at a single object gets the others. What must not arrive twice is looked up before it is sent again.
"""

from collections import deque
from collections.abc import Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import groupby
from time import monotonic, sleep
from urllib.parse import urljoin

from django.db.models import F, Value
from django.db.models.functions import Concat, Left

from partners.connections import selectors as connections
from partners.connections.models import Connection
from roaming.exchange import breaker, failures, journal, outcomes, policy, whole
from roaming.exchange import selectors as exchange
from roaming.exchange.addressees import Addressees, NobodyToTell
from roaming.exchange.failures import Whose
from roaming.exchange.letters import Dispatch, NoInterface, Writer
from roaming.exchange.models import Failure, Push, PushState
from roaming.exchange.outcomes import UNDER_WAY, Outcome
from roaming.exchange.pace import Pace
from roaming.kernel import locks
from roaming.ocpi.client import Answer, OcpiClient, Refused, Response
from roaming.ocpi.schema import transforms

# So many are read at once; those that came meanwhile, and what somebody waits for, are looked for after so long.
_BATCH = 100
_BATCH_SECONDS = 2.0
# For each call that may be under way so many pushes are made ready.
_AHEAD = 4
# A turn ends after so many, and its worker takes another: then `at` is now again.
_TURN = 1000
# Money, which must not arrive twice: before these are sent, it is written down that they may arrive.
_ONCE = frozenset({"cdr", "invoice_reconciliation_record"})
# What refers to others comes after them, in one batch.
_ORDER = ["hubclientinfo", "tariffs", "locations", "tokens", "sessions", "cdrs"]
_TOO_LATE = Value("It came too late to be of use. ")


def deliver_due(connection_id: int, at: datetime) -> int:
    """Send what is due on one connection, a thousand at most; how many were delivered. 0 at once when another worker is
    at it."""
    with locks.alone(f"deliver to connection {connection_id}") as mine:
        if not mine:
            return 0
        total = 0
        while total < _TURN:
            delivered, more = _deliver_batch(connection_id, at)
            total += delivered
            if not more:
                break
        return total


def lapse(at: datetime) -> int:
    """Give up what nobody needs any more, such as the result of a command long after its timeout; how many."""
    lapsed = Push.objects.filter(state__in=UNDER_WAY, lapses_at__lte=at)
    return lapsed.update(state=PushState.LAPSED, last_error=Left(Concat(_TOO_LATE, F("last_error")), 500))


def _deliver_batch(connection_id: int, at: datetime) -> tuple[int, bool]:
    """How many were delivered, and whether to go on: the connection is read afresh for each batch."""
    connection = connections.registered().filter(breaker.closed(at), pk=connection_id).first()
    if connection is None or not connection.reachable:
        return 0, False
    batch = _Batch(connection, at)
    pushes = exchange.due(connection, at, 1 if breaker.probing(connection) else _BATCH)
    return (batch.deliver(pushes), batch.may_go_on) if pushes else (0, False)


@dataclass(frozen=True)
class _Spoken:
    """What was heard of one dispatch: of the look whether it is there already, and of the sending."""

    dispatch: Dispatch
    looked: Response | None = None
    sent: Response | None = None


class _Batch:
    """Some pushes of one connection, sent with as many at once as it can bear."""

    def __init__(self, connection: Connection, at: datetime) -> None:
        self._connection = connection
        self._at = at
        self._ocpi = OcpiClient(connection, at)
        self._writer = Writer(self._ocpi, connection)
        self._addressees = Addressees(connection, at)
        self._pace = Pace(connection)
        self._started = monotonic()
        self._delivered = 0

    def deliver(self, pushes: Sequence[Push]) -> int:
        """How many were delivered."""
        with ThreadPoolExecutor(self._connection.send_at_once, "roaming-send") as pool:
            for _, wave in groupby(sorted(pushes, key=_rank), key=_rank):
                for heard in self._speak_all(deque(wave), pool):
                    self._settle(heard)
        self._pace.keep()
        return self._delivered

    @property
    def may_go_on(self) -> bool:
        """Whether another batch may follow at once."""
        return not breaker.is_open(self._connection, self._now) and not self._pace.wait(self._now)

    def _speak_all(self, waiting: deque[Push], pool: ThreadPoolExecutor) -> Iterator[list[_Spoken]]:
        """Send them, oldest first; what was heard, as it comes. Ends early when the breaker opens or time is over."""
        ready: deque[Dispatch] = deque()
        flying: set[Future[_Spoken]] = set()
        while True:
            while (ready or waiting) and len(flying) < self._connection.send_at_once and self._goes_on():
                if ready:
                    self._keep_pace()
                    flying.add(pool.submit(self._speak, ready.popleft()))
                else:
                    ready.extend(self._readied(waiting))
            if not flying:
                break
            done, flying = wait(flying, return_when=FIRST_COMPLETED)
            yield [one.result() for one in done]
        outcomes.unbegin(one.push for one in ready if one.push.kind in _ONCE and not one.push.begun_at)

    def _readied(self, waiting: deque[Push]) -> list[Dispatch]:
        """The next few, written; for those that must not arrive twice it is noted that they may arrive from now on."""
        following = [waiting.popleft() for _ in range(min(len(waiting), _AHEAD * self._connection.send_at_once))]
        dispatches = self._written(following)
        outcomes.begin((one.push for one in dispatches if one.push.kind in _ONCE), self._at)
        return dispatches

    def _written(self, pushes: Sequence[Push]) -> list[Dispatch]:
        """What can be sent; what cannot is settled."""
        dispatches, settled = [], []
        for push in pushes:
            try:
                push.to_party = self._addressees.of(push)
                dispatches.append(self._writer.dispatch(push))
            except NobodyToTell as error:
                settled.append(self._ended(push, PushState.LAPSED, str(error)))
            except NoInterface as error:
                settled.append(self._ended(push, PushState.DEAD, str(error), Failure.NO_INTERFACE))
            except transforms.NotExpressible as error:
                why = f"OCPI {self._connection.version} of {self._connection.name} has no such thing: {error}"
                state = PushState.DEAD if push.kind in _ONCE else PushState.LAPSED
                settled.append(self._ended(push, state, why, Failure.NOT_EXPRESSIBLE))
        if settled:
            outcomes.write(settled)
        return dispatches

    def _goes_on(self) -> bool:
        left = timedelta(seconds=_BATCH_SECONDS) - (self._now - self._at)
        return self._pace.wait(self._now) < left and not breaker.is_open(self._connection, self._now)

    def _keep_pace(self) -> None:
        if pause := self._pace.wait(self._now):
            sleep(pause.total_seconds())
        self._pace.called(self._now)

    @property
    def _now(self) -> datetime:
        return self._at + timedelta(seconds=monotonic() - self._started)

    def _speak(self, dispatch: Dispatch) -> _Spoken:
        """In a thread of its own, without the database."""
        looked = self._ocpi.speak(dispatch.look) if dispatch.look else None
        if looked is None or _lacks(looked):
            return _Spoken(dispatch, looked, self._ocpi.speak(dispatch.letter))
        return _Spoken(dispatch, looked)

    def _settle(self, heard: Sequence[_Spoken]) -> None:
        """Keep what was said and what became of each."""
        verdicts = [self._verdict(spoken) for spoken in heard]
        journal.write_all(_journalled(heard))
        outcomes.write([verdict.outcome for verdict in verdicts])
        for verdict in verdicts:
            if verdict.whole:
                whole.enqueue(verdict.outcome.push, at=self._at)
        self._delivered += sum(verdict.outcome.state == PushState.DELIVERED for verdict in verdicts)
        self._heed(verdicts)

    def _heed(self, verdicts: "Sequence[_Verdict]") -> None:
        """Tell the breaker: they are away, they talk to us, or they fail at one thing after the other."""
        away = [one.wait for one in verdicts if one.whose is Whose.PLATFORM]
        if away:
            at_least = max((wait for wait in away if wait), default=None)
            breaker.failed(self._connection, self._now, at_least=at_least)
        elif any(one.whose in (None, Whose.PUSH) for one in verdicts):
            breaker.answered(self._connection)
        else:
            for one in verdicts:
                breaker.troubled(self._connection, one.outcome.push.pk, self._now)

    def _verdict(self, spoken: _Spoken) -> "_Verdict":
        push, response = spoken.dispatch.push, spoken.sent or spoken.looked
        assert response is not None, "something was said"
        answer = response.verdict.answer
        if isinstance(answer, Answer):
            return _Verdict(self._arrived(push, urljoin(response.letter.url, answer.headers.get("Location", ""))))
        if isinstance(answer, Refused) and spoken.sent and _all_the_same(push, answer):
            return _Verdict(self._arrived(push, push.kept_at, answer.message))
        return self._failed(spoken, failures.judge(answer))

    def _arrived(self, push: Push, kept_at: str, said: str = "") -> Outcome:
        kept_at = kept_at if push.method == "POST" and not push.url else ""
        return Outcome(
            push,
            PushState.DELIVERED,
            push.attempts + 1,
            push.next_attempt_at,
            last_error=said,
            kept_at=kept_at[:1000],
            delivered_at=self._at,
        )

    def _failed(self, spoken: _Spoken, verdict: failures.Verdict) -> "_Verdict":
        push, whose, sentence = spoken.dispatch.push, verdict.whose, verdict.sentence
        if push.url and whose is Whose.PLATFORM:
            whose = Whose.PERHAPS_THIS  # what should be at an address that it gave for this push alone
        if whose is Whose.PUSH and push.kind == "evse":
            outcome = self._ended(push, PushState.LAPSED, f"{sentence} The whole location is sent.", verdict.failure)
            return _Verdict(outcome, whose, whole=True)
        given_up = self._given_up(push, whose)
        if whose is Whose.PUSH or given_up:
            return _Verdict(self._ended(push, PushState.DEAD, given_up + sentence, verdict.failure), whose)
        alone = whose is Whose.PERHAPS_THIS  # else the platform is paused as a whole, and the push keeps its place
        wait = max(policy.backoff(push.attempts + 1), verdict.wait or timedelta())
        outcome = Outcome(
            push,
            PushState.RETRYING,
            push.attempts + 1,
            self._now + wait if alone else push.next_attempt_at,
            last_error=sentence,
            failure=verdict.failure,
            begun_at=self._begun_at(spoken, verdict),
            kept_at=push.kept_at,
        )
        return _Verdict(outcome, whose, verdict.wait)

    def _begun_at(self, spoken: _Spoken, verdict: failures.Verdict) -> datetime | None:
        """When an attempt was made whose end is not known; None when it is known that nothing arrived."""
        if spoken.sent and verdict.unclear and spoken.dispatch.push.kind in _ONCE:
            return self._at
        seen_to_be_missing = spoken.looked and spoken.sent
        return None if seen_to_be_missing else spoken.dispatch.push.begun_at

    def _given_up(self, push: Push, whose: Whose) -> str:
        """Why it is not tried any more; "" while it is."""
        allowed = policy.of(push.module)
        if self._at - (push.handled_at or push.created_at) >= allowed.patience:
            return f"Given up after {push.attempts + 1} attempts: "
        if whose is Whose.PERHAPS_THIS and push.attempts + 1 >= allowed.attempts:
            return f"Given up after {push.attempts + 1} attempts: "
        return ""

    def _ended(self, push: Push, state: PushState, why: str, failure: str = "") -> Outcome:
        attempts = push.attempts + (state == PushState.DEAD)
        return Outcome(push, state, attempts, push.next_attempt_at, why, failure, push.begun_at, push.kept_at)


@dataclass(frozen=True)
class _Verdict:
    """What becomes of a push, and whose fault it is (None: it arrived). `whole`: the location is to be sent instead."""

    outcome: Outcome
    whose: Whose | None = None
    wait: timedelta | None = None
    whole: bool = False


def _rank(push: Push) -> int:
    """Where a push comes among those that are read together: what others refer to comes first."""
    return _ORDER.index(push.module) if push.module in _ORDER else len(_ORDER)


def _lacks(looked: Response) -> bool:
    """Whether they do not have it, or have no way to ask: then sending is all that is left. Not when they are in
    trouble, for that says nothing."""
    answer = looked.verdict.answer
    if isinstance(answer, Answer):
        return not isinstance(answer.data, dict)
    return failures.judge(answer).whose is Whose.PUSH


def _all_the_same(push: Push, error: Refused) -> bool:
    """What was to be deleted is gone already; what was to arrive is there; a result was taken without an envelope, and
    is told once only (M2)."""
    if push.method == "DELETE":
        return error.http_status == 404
    if push.url:
        return error.status_code == 0 and 200 <= error.http_status < 300
    return push.method == "POST" and failures.has_it(error)


def _journalled(heard: Sequence[_Spoken]) -> list[tuple[journal.Note, journal.Outcome]]:
    responses = [response for spoken in heard for response in (spoken.looked, spoken.sent) if response is not None]
    return [(response.letter.note, response.verdict.outcome) for response in responses]
