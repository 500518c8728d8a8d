"""Some days of roaming with partners that fail on demand, and what the portal made of them beside what was injected.

Each partner is a process of its own. The portal's clock and theirs run fast, hour by hour in which something happens.
"""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

from django.conf import settings

from partners.connections import services as connections
from roaming import server
from roaming.demo import comparison, stage, waiting
from roaming.demo import database as demo_database
from roaming.demo.troupe import CARDS, Part, Player, parts
from roaming.kernel import clock
from roaming.simulator.faults import AnswerFault, mixture
from roaming.simulator.script import Drivers, Script
from roaming.simulator.wire import Json, moment, stamp
from roaming.simulator.world import PartyCard

# A Monday. Always the same one: the same seed injects the same things, whenever that is.
FIRST_DAY = date(2026, 1, 5)
MOST_PARTNERS, MOST_DAYS = 20, 92
_CHARGES_A_DAY = 4  # at each CPO
_HOP = timedelta(minutes=2)
Say = Callable[[str], None]


@dataclass(frozen=True)
class Trial:
    partners: int
    days: int
    seed: int
    faults: str
    slow_seconds: float


def played(trial: Trial, say: Say) -> Json:
    """Play it on a portal made for it: {"injected", "answered", "compared", "agrees"}.

    Raises DatabaseInUse, NoSuchFault, Refused and StandsStill.
    """
    answers, _ = mixture(trial.faults)
    starts_at = datetime.combine(FIRST_DAY - timedelta(days=4), time(10), UTC)
    with ExitStack() as stack:
        if kept := demo_database.make_anew():
            say(f"What the database held before is kept in its schema {kept}.")
        url = stack.enter_context(server.running())
        settings.PORTAL_URL, settings.ALLOW_PRIVATE_PARTNERS = url, True
        shift = stack.enter_context(clock.shifted())
        shift.to(starts_at)
        players = [_called(part, trial, answers, url, stack) for part in parts(trial.partners)]
        for player in players:
            player.ready()
        say(f"{len(players)} partners are registered with the portal at {url}.")
        _set_up(players, shift)
        say("Agreements are in force; stations, tariffs and cards are exchanged.")
        _play(players, trial, shift, say)
        return comparison.made(trial, players)


def _called(part: Part, trial: Trial, answers: dict[AnswerFault, float], url: str, stack: ExitStack) -> Player:
    """A partner that is starting, with a connection planned for it."""
    hosted = [(card.country_code, card.party_id, card.role) for card in part.cards]
    added = connections.add(partner_name=part.name, name=part.name, parties_hosted=hosted, at=clock.now())
    player = Player(
        part,
        seed=trial.seed,
        faults=",".join(f"{fault}={share}" for fault, share in answers.items()),
        slow_seconds=trial.slow_seconds,
        at=clock.now(),
        register_at=f"{url}/ocpi/versions",
        token=added.token,
    )
    stack.callback(player.stop)
    return player


def _set_up(players: list[Player], shift: clock.Shift) -> None:
    for cpo, emsp in _pairs(players):
        stage.agree(cpo, emsp, starts_date=FIRST_DAY - timedelta(days=3), at=clock.now())
    for player in players:
        player.direct("offer")
    _quiet(shift)


def _pairs(players: list[Player]) -> list[tuple[PartyCard, PartyCard]]:
    """Every CPO with every eMSP of another partner."""
    return [
        (cpo, emsp)
        for a in players
        for b in players
        if a is not b
        for cpo in a.part.of_role("CPO")
        for emsp in b.part.of_role("EMSP")
    ]


def _play(players: list[Player], trial: Trial, shift: clock.Shift, say: Say) -> None:
    coming = {player: player.direct("script", _script(player, players, trial).as_json()) for player in players}
    say(f"Playing {trial.days} days: {sum(answer['charges'] for answer in coming.values())} drivers plug in ...")
    day = FIRST_DAY
    with ThreadPoolExecutor(len(players)) as hands:
        while upcoming := [moment(answer["next"]) for answer in coming.values() if answer["next"]]:
            hour = min(upcoming).replace(minute=0, second=0, microsecond=0)
            if hour.date() > day:
                _quiet(shift)
                day = hour.date()
            to = hour + timedelta(hours=1)
            shift.to(max(to, clock.now()))
            answers = hands.map(lambda player: player.direct("clock", {"to": stamp(to)}), players)  # noqa: B023
            coming = dict(zip(players, answers, strict=True))
    _quiet(shift)


def _script(player: Player, players: list[Player], trial: Trial) -> Script:
    """Each eMSP's cards are dealt out among the CPOs, so that no driver is in two places."""
    pairs = _pairs(players)
    drivers = []
    for cpo, emsp in pairs:
        if cpo in player.part.cards:
            rivals = [one for one, theirs in pairs if theirs == emsp]
            emsps = [theirs for one, theirs in pairs if one == cpo]
            daily = max(_CHARGES_A_DAY // len(emsps), 1)
            drivers.append(Drivers(cpo.code, emsp, CARDS, rivals.index(cpo), len(rivals), daily))
    return Script(FIRST_DAY, trial.days, trial.seed, mixture(trial.faults)[1], tuple(drivers))


def _quiet(shift: clock.Shift) -> None:
    """What waits to be tried again is waited for by the clock, not by us."""
    waiting.quiet(lambda: shift.to(clock.now() + _HOP))
