"""Playing the plan: events in order of time, the clock moved along, both CPO platforms busy."""

from collections import defaultdict
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import IntEnum

from roaming.demo.stage import Stage, expect
from roaming.kernel import clock
from roaming.simulator.caller import Answer
from roaming.simulator.charges import Charge, Fault
from roaming.simulator.platform import Platform
from roaming.simulator.wire import Json

HANDS = 4  # charges served at the same moment


class Step(IntEnum):
    PLUG = 1
    PROGRESS = 2
    UNPLUG = 3
    BILL = 4


@dataclass(frozen=True, order=True)
class Event:
    at: datetime
    step: Step
    key: str


@dataclass
class Story:
    """What became of one charge."""

    charge: Charge
    refused: bool = False
    reference: str | None = None
    session: Json | None = None
    cdr: Json | None = None

    @property
    def ended(self) -> bool:
        return self.session is not None and self.session["status"] == "COMPLETED"


@dataclass
class Play:
    """Plays charges on a stage. `stories` tells afterwards what the platforms did; the portal is not asked."""

    stage: Stage
    charges: list[Charge]
    stories: dict[str, Story] = field(init=False)

    def __post_init__(self) -> None:
        self.stories = {charge.key: Story(charge) for charge in self.charges}

    def until(self, ends_at: datetime, shift: clock.Shift, after_hour: Callable[[datetime], None]) -> None:
        """Play every event before `ends_at`, hour by hour; `after_hour(moment)` is called when an hour is over."""
        hours = defaultdict[datetime, list[Event]](list)
        for event in self._events():
            if event.at < ends_at:
                hours[event.at.replace(minute=0, second=0, microsecond=0)].append(event)
        with ThreadPoolExecutor(HANDS, thread_name_prefix="demo") as hands:
            for hour, events in sorted(hours.items()):
                shift.to(min(hour + timedelta(hours=1), ends_at))
                list(hands.map(self._play_some, _by_charge(events)))
                after_hour(hour)

    def send_late(self) -> int:
        """The CDRs that come after the close; how many."""
        late = [s for s in self.stories.values() if s.charge.fault is Fault.LATE and s.ended]
        for story in late:
            self._bill(story, clock.now())
        return len(late)

    def _events(self) -> list[Event]:
        return sorted(event for charge in self.charges for event in _events_of(charge))

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
        if not charge.asked:
            known = platform.store.received_object("tokens", _token_key(charge.token))
            return bool(known and known["valid"])
        answer = platform.send(
            "POST",
            "tokens",
            "SENDER",
            f"/{charge.token['uid']}/authorize",
            params={"type": charge.token["type"]},
            body={"location_id": charge.spot.location["id"], "evse_uids": [charge.spot.evse["uid"]]},
            sender=_owner(charge.spot.location),
            receiver=_owner(charge.token),
        )
        expect(answer, f"authorization of {charge.token['uid']}")
        story.reference = answer.data.get("authorization_reference")
        return bool(answer.data["allowed"] == "ALLOWED")

    def _patch(self, story: Story, patch: Json) -> None:
        assert story.session
        answer = self._send(story, "PATCH", "sessions", f"/{self._path(story)}", patch)
        expect(answer, f"PATCH of session {story.session['id']}")
        periods = [*story.session["charging_periods"], *patch["charging_periods"]]
        story.session = {**story.session, **patch, "charging_periods": periods}
        self._cpo(story).store.keep("sessions", story.session)

    def _bill(self, story: Story, at: datetime) -> None:
        story.cdr = story.charge.cdr(at=at, reference=story.reference)
        for _ in range(2 if story.charge.fault is Fault.SENT_TWICE else 1):
            expect(self._send(story, "POST", "cdrs", "", story.cdr), f"POST of CDR {story.cdr['id']}")
        self._cpo(story).store.keep("cdrs", story.cdr)

    def _send(self, story: Story, method: str, module: str, tail: str, body: Json) -> Answer:
        charge = story.charge
        return self._cpo(story).send(
            method,
            module,
            "RECEIVER",
            tail,
            body=body,
            sender=_owner(charge.spot.location),
            receiver=_owner(charge.token),
        )

    def _cpo(self, story: Story) -> Platform:
        return self.stage.cpo(story.charge.spot.location["party_id"])

    def _path(self, story: Story) -> str:
        owner = _owner(story.charge.spot.location)
        return f"{owner['country_code']}/{owner['party_id']}/S-{story.charge.key}"


def _events_of(charge: Charge) -> list[Event]:
    """Plug in, now and then a report on the way, unplug, and the CDR some minutes later."""
    shown = charge.number % 5 == 0
    half = charge.starts_at + (charge.ends_at - charge.starts_at) / 2
    billed = charge.ends_at + timedelta(minutes=2 + charge.number % 28)
    return [
        Event(charge.starts_at, Step.PLUG, charge.key),
        *([Event(half, Step.PROGRESS, charge.key)] if shown else []),
        Event(charge.ends_at, Step.UNPLUG, charge.key),
        *([Event(billed, Step.BILL, charge.key)] if charge.fault not in {Fault.MISSING, Fault.LATE} else []),
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
