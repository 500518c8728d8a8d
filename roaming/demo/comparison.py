"""What a trial injected beside what the portal found: two accounts of the same days, line by line."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from django.db.models import Sum

from roaming.cdrs.models import Cdr, CdrState
from roaming.demo.troupe import Player
from roaming.demo.waiting import WAITING
from roaming.exchange.models import Direction, Exchange, Push, PushState
from roaming.findings.models import Finding
from roaming.sessions.models import Session
from roaming.simulator.charges import Fault
from roaming.simulator.wire import Json

if TYPE_CHECKING:
    from roaming.demo.trial import Trial

_MISPRICED = {Fault.ENERGY_OVERPRICED.slug, Fault.GRACE_IGNORED.slug}
_HELD = _MISPRICED | {Fault.UNKNOWN_TOKEN.slug}
_NOT_OCPI = ("truncated", "no_status_code", "html")


@dataclass
class _Told:
    """What one platform says it did: its books, and the story of each of its charges."""

    player: Player
    books: Json = field(init=False)
    stories: list[Json] = field(init=False)

    def __post_init__(self) -> None:
        self.books, self.stories = self.player.books(), self.player.books("/stories")


def made(trial: "Trial", players: list[Player]) -> Json:
    """`injected` is the same for the same seed; how often answers went wrong depends on how often the portal asked."""
    told = [_Told(player) for player in players]
    lines = list(_lines(told))
    return {
        "injected": {
            "seed": trial.seed,
            "days": trial.days,
            "faults": trial.faults,
            "partners": [_injected(one) for one in told],
        },
        "answered": {one.books["name"]: one.books["injected"] for one in told},
        "compared": lines,
        "agrees": all(line["agrees"] for line in lines),
    }


def _injected(told: _Told) -> Json:
    stories = [story for story in told.stories if story["session"]]
    billed = [story for story in stories if story["cdr"]]
    return {
        "name": told.books["name"],
        "parties": told.books["parties"],
        "version": told.books["version"],
        "charges": len(told.stories),
        "refused": sum(story["refused"] for story in told.stories),
        "sessions": len(stories),
        "cdrs": len(_cdr_ids(stories)),
        "billed": str(_billed(stories)),
        "right": str(sum((Decimal(story["right"]) for story in billed), Decimal(0))),
        "currency": "EUR",
        "sent": {fault.slug: _of_fault(stories, fault) for fault in Fault if fault is not Fault.NONE},
    }


def _of_fault(stories: list[Json], fault: Fault) -> Json:
    objects = sorted(story["cdr"] or story["session"] for story in stories if story["fault"] == fault.slug)
    return {"count": len(objects), "objects": objects}


def _cdr_ids(stories: Iterable[Json]) -> set[str]:
    return {story[kind] for story in stories for kind in ("cdr", "credit") if story[kind]}


def _billed(stories: Iterable[Json]) -> Decimal:
    """What all CDRs come to, before tax; a credit takes its CDR back."""
    return sum((Decimal(story["billed"]) for story in stories if story["cdr"] and not story["credit"]), Decimal(0))


def _lines(told: list[_Told]) -> Iterable[Json]:
    stories = [story for one in told for story in one.stories if story["session"]]
    ours = Cdr.objects.all()
    accepted = ours.filter(state__in=[CdrState.ACCEPTED, CdrState.SETTLED])
    yield _same("sessions, all of them over", _of(stories, "session"), _ids(Session.objects.filter(status="COMPLETED")))
    yield _same("CDRs, each stored once", _cdr_ids(stories), _ids(ours))
    yield _line("total billed, before tax", _billed(stories), ours.aggregate(total=Sum("total_cost"))["total"] or 0)
    yield _same("right CDRs, accepted", _of(stories, "cdr", but=_HELD), _ids(accepted))
    for fault, what in ((Fault.SENT_TWICE, "CDRs sent twice"), (Fault.OUT_OF_ORDER, "CDRs before their session's end")):
        sent = _of(stories, "cdr", {fault.slug})
        yield _same(f"{what}, accepted", sent, sent & _ids(accepted))
    yield _same("mispriced CDRs, held", _of(stories, "cdr", _MISPRICED), _found("price_outside_tolerance"))
    yield _same("CDRs of unknown tokens, held", _of(stories, "cdr", {"unknown_token"}), _found("unknown_emsp"))
    yield _same("late CDRs, noted", _of(stories, "cdr", {"late"}), _found("late"))
    yield _same("credit CDRs, put to a person", _of(stories, "credit"), _found("credit"))
    yield _same("missing CDRs, seen by their sessions", _of(stories, "session", {"missing"}), _without_cdr())
    for one in told:
        if any(party.endswith(" EMSP") for party in one.books["parties"]):
            yield _delivered(one, accepted.filter(emsp__connection__name=one.books["name"]))
    yield _line("pushes given up or still waiting", 0, _pushes())
    yield from _answers(told)


def _of(stories: list[Json], kind: str, faults: Collection[str] = (), but: Collection[str] = ()) -> set[str]:
    """The ids of the stories' sessions, CDRs or credits; only of these faults where some are given."""
    return {
        story[kind]
        for story in stories
        if story[kind] and (not faults or story["fault"] in faults) and story["fault"] not in but
    }


def _ids(rows: Any) -> set[str]:
    return set(rows.values_list("ocpi_id", flat=True))


def _found(code: str) -> set[str]:
    return set(Finding.objects.filter(code=code, cdr__isnull=False).values_list("cdr__ocpi_id", flat=True))


def _without_cdr() -> set[str]:
    """Sessions whose CDR never came. The simulator names both by the same key."""
    billed = {f"S-{cdr_id[2:]}" for cdr_id in _ids(Cdr.objects.all())}
    return _ids(Session.objects.filter(status="COMPLETED")) - billed


def _delivered(told: _Told, accepted: Any) -> Json:
    came = {key.rpartition("/")[2] for key in told.books["cdrs"]}
    return _same(f"CDRs that {told.books['name']} has, each once", came, _ids(accepted))


def _pushes() -> int:
    return Push.objects.filter(state__in=[*WAITING, PushState.DEAD]).count()


def _answers(told: list[_Told]) -> Iterable[Json]:
    """What went wrong with answers, as the journal has it."""
    ours = Exchange.objects.filter(direction=Direction.OUT)
    answered = ours.filter(http_status__isnull=False)
    no_ocpi = answered.filter(ocpi_status__isnull=True).exclude(http_status__in=[429, 500])
    for status, fault in ((500, "http_500"), (429, "http_429")):
        yield _line(f"answers with HTTP {status}", _count(told, fault), answered.filter(http_status=status).count())
    yield _line("answers that are no OCPI", _count(told, *_NOT_OCPI), no_ocpi.count())
    yield _line("calls without an answer", _count(told, "reset", "lost_answer"), ours.filter(http_status=None).count())


def _count(told: list[_Told], *faults: str) -> int:
    return sum(one.books["injected"].get(fault, {"count": 0})["count"] for one in told for fault in faults)


def _same(what: str, injected: set[str], found: set[str]) -> Json:
    """One line about objects: agreed when they are the very same ones. Those in which both differ are named."""
    differing = sorted(injected ^ found)
    line = {"what": what, "injected": len(injected), "found": len(found), "agrees": not differing}
    return line | ({"differing": differing} if differing else {})


def _line(what: str, injected: Any, found: Any) -> Json:
    """One line about a number or an amount; an amount is a text."""
    agrees = injected == found
    if isinstance(injected, Decimal):
        injected, found = str(injected), f"{found:.4f}"
    return {"what": what, "injected": injected, "found": found, "agrees": agrees}
