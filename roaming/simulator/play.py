"""Playing charges: events in order of time, said to the portal as they happen, several charges at once."""

from collections import defaultdict, deque
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import IntEnum
from typing import TYPE_CHECKING

from roaming.simulator.caller import Answer, expect
from roaming.simulator.charges import Charge, Fault
from roaming.simulator.wire import Json

if TYPE_CHECKING:
    from roaming.simulator.platform import Platform

HANDS = 4  # charges served at the same moment
CREDITED_AFTER = timedelta(hours=6)


class Step(IntEnum):
    PLUG = 1
    PROGRESS = 2
    UNPLUG = 3
    BILL = 4
    CREDIT = 5


@dataclass(frozen=True, order=True)
class Event:
    at: datetime
    step: Step
    key: str


@dataclass
class Story:
    """What became of one charge. `unanswered`: the portal gave no answer to whether the card may charge."""

    charge: Charge
    refused: bool = False
    unanswered: bool = False
    reference: str | None = None
    session: Json | None = None
    cdr: Json | None = None
    credit: Json | None = None

    @property
    def ended(self) -> bool:
        return self.session is not None and self.session["status"] == "COMPLETED"


class Play:
    """Plays charges at the platforms of their CPOs. `stories` tells afterwards what was done; the portal is not asked.

    Late CDRs come `late_after` the end of their charge; without it when `send_late()` is called.
    """

    def __init__(
        self, cpo: Callable[[Charge], "Platform"], charges: Iterable[Charge], *, late_after: timedelta | None = None
    ) -> None:
        self.charges = list(charges)
        self.stories = {charge.key: Story(charge) for charge in self.charges}
        self._cpo_of = cpo
        self._coming = deque(sorted(event for charge in self.charges for event in _events_of(charge, late_after)))

    @property
    def next_at(self) -> datetime | None:
        """When something happens next; None when all is over."""
        return self._coming[0].at if self._coming else None

    def advance(self, to: datetime) -> int:
        """Play every event before `to`; how many."""
        due = []
        while self._coming and self._coming[0].at < to:
            due.append(self._coming.popleft())
        with ThreadPoolExecutor(HANDS, thread_name_prefix="play") as hands:
            list(hands.map(self._play_some, _by_charge(due)))
        return len(due)

    def send_late(self, at: datetime) -> int:
        """Send the late CDRs now; how many."""
        late = [s for s in self.stories.values() if s.charge.fault is Fault.LATE and s.ended]
        for story in late:
            self._bill(story, at)
        return len(late)

    def _play_some(self, events: list[Event]) -> None:
        for event in sorted(events):
            self._play(self.stories[event.key], event)

    def _play(self, story: Story, event: Event) -> None:
        if event.step is Step.PLUG:
            self._plug(story, event.at)
        elif story.refused:
            return
        elif event.step is Step.BILL:
            self._bill(story, event.at)
        elif event.step is Step.CREDIT:
            story.credit = story.charge.credit(at=event.at, reference=story.reference)
            self._post(story, story.credit)
        elif event.step is Step.PROGRESS:
            self._patch(story, story.charge.progress(at=event.at))
        else:
            assert story.session
            sent = len(story.session["charging_periods"])
            self._patch(story, story.charge.completion(at=event.at, sent=sent))

    def _plug(self, story: Story, at: datetime) -> None:
        if not self._allowed(story):
            story.refused = True
            return
        story.session = story.charge.session(at=at, reference=story.reference)
        answer = self._send(story, "PUT", "sessions", f"/{self._path(story)}", story.session)
        expect(answer, f"PUT of session {story.session['id']}")
        self._cpo(story).store.keep("sessions", story.session)

    def _allowed(self, story: Story) -> bool:
        """May this card charge: asked of its eMSP through the portal, or known from the list the portal keeps us."""
        charge, platform = story.charge, self._cpo(story)
        if charge.fault is Fault.UNKNOWN_TOKEN:
            return True
        if not charge.asked:
            known = platform.store.received_object("tokens", _token_key(charge.card))
            return bool(known and known["valid"])
        answer = platform.send(
            "POST",
            "tokens",
            "SENDER",
            f"/{charge.card['uid']}/authorize",
            params={"type": charge.card["type"]},
            body={"location_id": charge.spot.location["id"], "evse_uids": [charge.spot.evse["uid"]]},
            sender=_owner(charge.spot.location),
            receiver=_owner(charge.card),
        )
        story.unanswered = not answer.good
        if story.unanswered:
            return False
        story.reference = answer.data.get("authorization_reference")
        return bool(answer.data["allowed"] == "ALLOWED")

    def _patch(self, story: Story, patch: Json) -> None:
        assert story.session
        periods = [*story.session["charging_periods"], *patch["charging_periods"]]
        # What a field of 2.1.1 names is replaced as a whole; later versions add periods to those there are.
        said = patch | {"charging_periods": periods} if self._cpo(story).version == "2.1.1" else patch
        answer = self._send(story, "PATCH", "sessions", f"/{self._path(story)}", said)
        expect(answer, f"PATCH of session {story.session['id']}")
        story.session = {**story.session, **patch, "charging_periods": periods}
        self._cpo(story).store.keep("sessions", story.session)

    def _bill(self, story: Story, at: datetime) -> None:
        story.cdr = story.charge.cdr(at=at, reference=story.reference)
        for _ in range(2 if story.charge.fault is Fault.SENT_TWICE else 1):
            self._post(story, story.cdr)

    def _post(self, story: Story, cdr: Json) -> None:
        expect(self._send(story, "POST", "cdrs", "", cdr), f"POST of CDR {cdr['id']}")
        self._cpo(story).store.keep("cdrs", cdr)

    def _send(self, story: Story, method: str, module: str, tail: str, body: Json) -> Answer:
        charge = story.charge
        return self._cpo(story).send(
            method,
            module,
            "RECEIVER",
            tail,
            body=body,
            sender=_owner(charge.spot.location),
            receiver=None if charge.fault is Fault.UNKNOWN_TOKEN else _owner(charge.card),
        )

    def _cpo(self, story: Story) -> "Platform":
        return self._cpo_of(story.charge)

    def _path(self, story: Story) -> str:
        owner = _owner(story.charge.spot.location)
        return f"{owner['country_code']}/{owner['party_id']}/S-{story.charge.key}"


def _events_of(charge: Charge, late_after: timedelta | None) -> list[Event]:
    """Plug in, now and then a report on the way, unplug, and the CDR some minutes later, unless it is a faulty one."""
    shown = charge.number % 5 == 0
    half = charge.starts_at + (charge.ends_at - charge.starts_at) / 2
    unplugged = charge.ends_at
    billed: datetime | None = charge.ends_at + timedelta(minutes=2 + charge.number % 28)
    if charge.fault is Fault.OUT_OF_ORDER:
        unplugged += timedelta(hours=1)
    elif charge.fault is Fault.MISSING:
        billed = None
    elif charge.fault is Fault.LATE:
        billed = charge.ends_at + late_after if late_after else None
    return [
        Event(charge.starts_at, Step.PLUG, charge.key),
        *([Event(half, Step.PROGRESS, charge.key)] if shown else []),
        Event(unplugged, Step.UNPLUG, charge.key),
        *([Event(billed, Step.BILL, charge.key)] if billed else []),
        *(
            [Event(billed + CREDITED_AFTER, Step.CREDIT, charge.key)]
            if billed and charge.fault is Fault.CREDITED
            else []
        ),
    ]


def _by_charge(events: list[Event]) -> list[list[Event]]:
    found = defaultdict[str, list[Event]](list)
    for event in events:
        found[event.key].append(event)
    return list(found.values())


def _owner(of: Json) -> Json:
    return {"country_code": of["country_code"], "party_id": of["party_id"]}


def _token_key(token: Json) -> tuple[str, ...]:
    return tuple(token[name].upper() for name in ("country_code", "party_id", "uid", "type"))
