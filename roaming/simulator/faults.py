"""Faults on demand in what a platform answers: each by its name, at a share of the calls, drawn from a seed.

A draw depends on the seed, the object and how often it was asked about, never on the order in which calls come in: the
same seed gives the same CDR the same faults.
"""

import time
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import timedelta
from enum import StrEnum
from random import Random
from threading import Lock
from typing import TYPE_CHECKING, TypeVar

from roaming.simulator import doors, speech
from roaming.simulator.charges import Fault
from roaming.simulator.server import Manner, Reply, Request
from roaming.simulator.wire import Json, NotJson, decode, envelope, stamp

if TYPE_CHECKING:
    from roaming.simulator.platform import Platform

RETRY_AFTER_SECONDS = 1
SLOW_SECONDS = 2.0
SKEW = timedelta(hours=3)
_HTML = b"<!doctype html><title>Bad gateway</title><p>The service is temporarily unavailable.</p>"


class AnswerFault(StrEnum):
    """What can be wrong with an answer."""

    HTTP_500 = "http_500"
    HTTP_429 = "http_429"
    SLOW = "slow"
    RESET = "reset"
    TRUNCATED = "truncated"
    NO_STATUS_CODE = "no_status_code"
    HTML = "html"
    LOST_ANSWER = "lost_answer"
    CLOCK_SKEW = "clock_skew"
    ONE_ITEM_PAGES = "one_item_pages"
    ALREADY_EXISTS = "already_exists"


CATALOGUE: dict[AnswerFault, str] = {
    AnswerFault.HTTP_500: "HTTP 500; nothing was done",
    AnswerFault.HTTP_429: f"HTTP 429 with Retry-After: {RETRY_AFTER_SECONDS}; nothing was done",
    AnswerFault.SLOW: f"done, answered after --slow-seconds (default {SLOW_SECONDS:g})",
    AnswerFault.RESET: "the TCP connection is reset; nothing was done",
    AnswerFault.TRUNCATED: "done, but the JSON of the answer ends in the middle",
    AnswerFault.NO_STATUS_CODE: "done, but the envelope has no status_code",
    AnswerFault.HTML: "HTTP 200 with a web page, as a proxy answers; nothing was done",
    AnswerFault.LOST_ANSWER: "done, then the connection is closed without an answer",
    AnswerFault.CLOCK_SKEW: f"done, but the envelope's timestamp is {SKEW.seconds // 3600} hours ahead",
    AnswerFault.ONE_ITEM_PAGES: "a list comes one object a page",
    AnswerFault.ALREADY_EXISTS: "a CDR that came again is answered 2001, already exists, instead of being accepted",
}
# These two are habits of a platform and go with any answer; of the others an answer has one at most.
_HABITS = {AnswerFault.ONE_ITEM_PAGES, AnswerFault.ALREADY_EXISTS}
_NOT_DONE = {AnswerFault.HTTP_500, AnswerFault.HTTP_429, AnswerFault.RESET, AnswerFault.HTML}

DEFAULT: dict[AnswerFault, float] = {
    AnswerFault.HTTP_500: 0.02,
    AnswerFault.HTTP_429: 0.01,
    AnswerFault.RESET: 0.01,
    AnswerFault.TRUNCATED: 0.01,
    AnswerFault.NO_STATUS_CODE: 0.01,
    AnswerFault.HTML: 0.01,
    AnswerFault.LOST_ANSWER: 0.02,
    AnswerFault.CLOCK_SKEW: 0.02,
    AnswerFault.ONE_ITEM_PAGES: 0.1,
    AnswerFault.ALREADY_EXISTS: 0.5,
}
DEFAULT_SENT: dict[Fault, float] = {
    Fault.ENERGY_OVERPRICED: 0.03,
    Fault.GRACE_IGNORED: 0.04,
    Fault.MISSING: 0.02,
    Fault.LATE: 0.02,
    Fault.SENT_TWICE: 0.03,
    Fault.OUT_OF_ORDER: 0.03,
    Fault.UNKNOWN_TOKEN: 0.02,
    Fault.CREDITED: 0.02,
}
_ANSWERS = {fault.value: fault for fault in AnswerFault}
_CHARGES = {fault.slug: fault for fault in Fault if fault is not Fault.NONE}


class NoSuchFault(ValueError):
    """A fault or share that cannot be; the text says what may stand there."""


@dataclass(frozen=True)
class Injected:
    """One fault that was injected. `about` is what it happened to: "POST cdrs C-1"."""

    at: str
    fault: str
    about: str


@dataclass
class AnswerFaults:
    """Which answers of one platform go wrong. `shares` is of the calls a fault can happen to; 0.05 is 5 %."""

    shares: Mapping[AnswerFault, float] = field(default_factory=dict)
    seed: int = 1
    slow_seconds: float = SLOW_SECONDS
    injected: list[Injected] = field(default_factory=list)
    _lock: Lock = field(default_factory=Lock, repr=False)
    _asked: Counter[str] = field(default_factory=Counter, repr=False)

    def turn(self, about: str) -> Random:
        """The dice of the next call about this."""
        with self._lock:
            self._asked[about] += 1
            return Random(f"{self.seed} {about} {self._asked[about]}")

    def one(self, dice: Random) -> AnswerFault | None:
        """At most one of the faults that exclude each other."""
        left = dice.random()
        for fault in AnswerFault:
            if fault not in _HABITS:
                left -= self.shares.get(fault, 0)
                if left < 0:
                    return fault
        return None

    def habit(self, fault: AnswerFault, dice: Random) -> bool:
        return dice.random() < self.shares.get(fault, 0)

    def note(self, at: str, fault: AnswerFault, about: str) -> None:
        with self._lock:
            self.injected.append(Injected(at, fault.value, about))


def shares(text: str) -> dict[AnswerFault, float]:
    """Read "http_500=0.1,reset=0.05"; "default" stands for a catalogue of everything at small shares, and may be
    followed by others that change it. Raises NoSuchFault."""
    return _possible(_read(text, _ANSWERS, DEFAULT))


def mixture(text: str) -> tuple[dict[AnswerFault, float], dict[Fault, float]]:
    """The same of faults in answers and of those in what is sent, one text for both. Raises NoSuchFault."""
    found = _read(text, _ANSWERS | _CHARGES, {**DEFAULT, **DEFAULT_SENT})
    sent = {fault: share for fault, share in found.items() if isinstance(fault, Fault)}
    if sum(sent.values()) > 1:
        raise NoSuchFault("The shares of charges that go wrong add up to more than 1.")
    return _possible({fault: share for fault, share in found.items() if isinstance(fault, AnswerFault)}), sent


def _possible(found: dict[AnswerFault, float]) -> dict[AnswerFault, float]:
    if sum(share for fault, share in found.items() if fault not in _HABITS) > 1:
        raise NoSuchFault("The shares of faults that exclude each other add up to more than 1.")
    return found


F = TypeVar("F")


def _read(text: str, names: Mapping[str, F], default: Mapping[F, float]) -> dict[F, float]:
    found: dict[F, float] = {}
    for part in filter(None, (part.strip() for part in text.split(","))):
        name, _, share = part.partition("=")
        if part == "default":
            found.update(default)
        elif name in names:
            found[names[name]] = _share(name, share)
        else:
            raise NoSuchFault(f"{name} is no fault. There are: {', '.join(names)}.")
    return found


def _share(name: str, share: str) -> float:
    try:
        number = float(share)
    except ValueError:
        number = -1
    if not 0 <= number <= 1:
        raise NoSuchFault(f"{name} needs a share from 0 to 1, like {name}=0.05.")
    return number


def answered(platform: "Platform", request: Request) -> Reply:
    """The platform's answer to a request, with the fault it drew, if any.

    Faults happen to what is pushed and pulled. Registration, and what somebody waits for, always goes well.
    """
    about = _about(platform, request)
    if about is None or not platform.faults.shares:
        return doors.answer(platform, request)
    dice = platform.faults.turn(about)
    fault = platform.faults.one(dice)
    if fault:
        platform.faults.note(stamp(platform.clock()), fault, about)
    if fault in _NOT_DONE:
        return _failed(platform, fault)
    return _spoiled(platform, fault, _with_habits(platform, request, about, dice))


def _about(platform: "Platform", request: Request) -> str | None:
    """What a call is about: its method, module and object; None for one that no fault happens to."""
    match request.segments:
        case ("ocpi", platform.version, ("sender" | "receiver") as side, module, *rest) if module in speech.OBJECTS:
            if side == "receiver" or request.method == "GET":
                named = [_id_in(request.body)] if request.method == "POST" else rest
                return " ".join([request.method, module, *named])
    return None


def _id_in(body: bytes) -> str:
    try:
        return str(decode(body)["id"])
    except (NotJson, KeyError, TypeError):
        return ""


def _failed(platform: "Platform", fault: AnswerFault) -> Reply:
    """An answer that says nothing was done, or none."""
    match fault:
        case AnswerFault.HTTP_500:
            return Reply(500, envelope(platform.clock(), 3000, message="Something went wrong here."))
        case AnswerFault.HTTP_429:
            body = envelope(platform.clock(), 2000, message="Too many requests.")
            return Reply(429, body, {"Retry-After": str(RETRY_AFTER_SECONDS)})
        case AnswerFault.HTML:
            return Reply(200, _HTML, {"Content-Type": "text/html"})
        case _:
            return Reply(200, None, manner=Manner.RESET)


def _with_habits(platform: "Platform", request: Request, about: str, dice: Random) -> Reply:
    """What the platform answers to a request that it does: its lists may come in small pieces, its CDRs once."""
    faults = platform.faults
    small, strict = (faults.habit(habit, dice) for habit in (AnswerFault.ONE_ITEM_PAGES, AnswerFault.ALREADY_EXISTS))
    if request.method == "GET" and small and request.segments[2:3] == ("sender",) and len(request.segments) == 4:
        request = replace(request, query={**request.query, "limit": "1"})
        faults.note(stamp(platform.clock()), AnswerFault.ONE_ITEM_PAGES, about)
    reply = doors.answer(platform, request)
    if strict and request.method == "POST" and "Location" in reply.headers and reply.http_status == 200:
        faults.note(stamp(platform.clock()), AnswerFault.ALREADY_EXISTS, about)
        message = f"CDR {_id_in(request.body)} already exists."
        return Reply(200, envelope(platform.clock(), 2001, message=message))
    return reply


def _spoiled(platform: "Platform", fault: AnswerFault | None, reply: Reply) -> Reply:
    """An answer to what was done, spoiled on its way."""
    match fault:
        case AnswerFault.SLOW:
            time.sleep(platform.faults.slow_seconds)
        case AnswerFault.TRUNCATED:
            return replace(reply, manner=Manner.CUT)
        case AnswerFault.LOST_ANSWER:
            return replace(reply, manner=Manner.CLOSED)
        case AnswerFault.NO_STATUS_CODE:
            return replace(reply, body={n: v for n, v in (reply.body or {}).items() if n != "status_code"})
        case AnswerFault.CLOCK_SKEW:
            return replace(reply, body={**(reply.body or {}), "timestamp": stamp(platform.clock() + SKEW)})
    return reply


def counted(injected: Iterable[Injected]) -> Json:
    """Per fault how often, and the objects it happened to, sorted."""
    found: dict[str, list[str]] = {}
    for one in injected:
        found.setdefault(one.fault, []).append(one.about)
    return {fault: {"count": len(about), "objects": sorted(about)} for fault, about in sorted(found.items())}
