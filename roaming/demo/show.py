"""The whole demo: a fresh database, the portal with worker and beat, three platforms, a month, its close, the proof."""

import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.conf import settings

from billing.settlement.periods import Period, midnight
from partners.connections.models import Connection
from roaming import server
from roaming.conformance import selectors, wording
from roaming.demo import books, cast, closing, extras, stage, waiting
from roaming.demo import database as demo_database
from roaming.kernel import clock
from roaming.kernel.money import round_money
from roaming.simulator.month import Route, plan
from roaming.simulator.play import Play
from roaming.tokens.models import Token

TIME_ZONE = "Europe/Amsterdam"
# Nomad's platform is down for some hours; what happens meanwhile waits in the outbox.
OUTAGE_DAY, OUTAGE_HOURS = 12, range(13, 17)
Say = Callable[[str], None]


class DidNotAddUp(Exception):
    """A sum of the demo is wrong; the text says which."""


@dataclass
class Show:
    """What a finished demo has to tell."""

    url: str
    period: Period
    figures: dict[str, Any]


@contextmanager
def running(*, port: int, say: Say) -> Iterator[Show]:
    """Play everything; portal and platforms stay up until the block ends. Raises DidNotAddUp and the parts' errors."""
    began = time.monotonic()
    with ExitStack() as stack:
        if kept := demo_database.make_anew():
            say(f"What the database held before is kept in its schema {kept}.")
        say(f"The database is ready ({time.monotonic() - began:.1f} s).")
        url = stack.enter_context(server.running(port=port))
        settings.PORTAL_URL, settings.ALLOW_PRIVATE_PARTNERS = url, True
        say(f"Portal, worker and beat run at {url}.")
        platforms = stack.enter_context(stage.built(at=_before(clock.now())))
        period = Period.before(clock.now(), TIME_ZONE)
        with clock.shifted() as shift:
            found = _played(platforms, period, shift, began, say)
        yield Show(url, period, found)


def _before(at: datetime) -> datetime:
    """When everything was set up: the last days before the month that is played."""
    return midnight(Period.before(at, TIME_ZONE).starts_date, TIME_ZONE) - timedelta(days=4, hours=-10)


def _played(platforms: stage.Stage, period: Period, shift: clock.Shift, began: float, say: Say) -> dict[str, Any]:
    real, ends_at = clock.now(), period.ends_at(TIME_ZONE)
    shift.to(_before(real))
    people = _set_up(platforms, period, say)
    play = _month(platforms, period, shift, real, say)
    shift.to(_no_later(ends_at + timedelta(days=1, hours=9), real))
    waiting.quiet()
    turned_down = closing.contest(play, by=people.ben, at=clock.now())
    say(f"Ben contested three CDRs; {len(turned_down)} claim was turned down.")
    for document in closing.close(period, by=people.ada, at=clock.now()):
        net = round_money(document.net, document.currency)
        say(f"Ada issued {document}: {net:,} {document.currency} before tax to {document.buyer}.")
    shift.to(_no_later(ends_at + timedelta(days=3, hours=11), real))
    say(f"{play.send_late(clock.now())} CDRs came after the close; they enter the next run.")
    say(f"A driver gave {extras.order_from_the_app(platforms, at=clock.now())} orders from Nomad's app.")
    for run in extras.check_partners(by=people.otto, at=clock.now()):
        say(f"Otto checked {run.connection} against OCPI {run.version}: {wording.summary(selectors.rows(run))}.")
    waiting.quiet()
    found = books.figures(time.monotonic() - began)
    ending = books.Ending(ends_at, frozenset(turned_down))
    if wrong := list(books.faults(found, play, platforms, ending)):
        raise DidNotAddUp("\n".join(wrong[:20]))
    say("Every sum adds up, on the portal's side and on the platforms' own.")
    return found


def _no_later(moment: datetime, real: datetime) -> datetime:
    """The demo never lives in the future: on the first days of a month some hours have to do."""
    return min(moment, real)


def _set_up(platforms: stage.Stage, period: Period, say: Say) -> cast.People:
    people = cast.hire()
    cast.found_companies(account_manager=people.ben, at=clock.now())
    stage.connect(platforms, at=clock.now())
    say(f"{Connection.objects.count()} connections are registered: {', '.join(p.name for p in platforms.platforms())}.")
    stage.agree(cast.VLT, cast.NMD, starts_date=period.starts_date - timedelta(days=7), at=clock.now())
    stage.exchange_objects(platforms)
    stage.agree(
        cast.PLD, cast.VGO, starts_date=period.starts_date - timedelta(days=7), at=clock.now(), vat_rate=21, vat_note=""
    )
    cards = len(platforms.estates.vgo.tokens) + len(platforms.estates.nmd.tokens)
    waiting.until(lambda: cards - Token.objects.count())
    waiting.quiet()
    say("Two agreements are in force; stations, tariffs and cards are exchanged.")
    return people


def _month(platforms: stage.Stage, period: Period, shift: clock.Shift, real: datetime, say: Say) -> Play:
    days = (period.ends_date - period.starts_date).days
    own = platforms.estates
    routes = [
        Route.between(own.vlt, own.nmd, weekday=5, weekend=3),
        Route.between(own.pld, own.vgo, weekday=3, weekend=2),
    ]
    charges = plan(routes, period.starts_date, days, seed=stage.SEED)
    play = Play(lambda charge: platforms.cpo(charge.spot.location["party_id"]), charges)
    say(f"Playing {period}: {len(play.charges)} drivers plug in ...")

    # Charges of the last night end in the next month; they settle with it.
    ends_at = _no_later(period.ends_at(TIME_ZONE) + timedelta(hours=16), real)
    day = period.starts_date
    while (at := play.next_at) and at < ends_at:
        local = at.astimezone(ZoneInfo(TIME_ZONE))
        if local.date() > day:
            waiting.quiet()
            day = local.date()
        platforms.nomad.down = local.day == OUTAGE_DAY and local.hour in OUTAGE_HOURS
        shift.to(at)
        play.advance(at + timedelta.resolution)
    return play
