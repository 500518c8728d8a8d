"""Prices of another hour than that of the place, and reservations that ended otherwise."""

from collections.abc import Iterator
from datetime import UTC, timedelta, tzinfo

from msgspec.structs import replace

from billing.pricing.explaining.question import Candidate, Explanation, Kind, Question, again
from billing.pricing.moments import minutes_of
from billing.pricing.shapes import Cdr

_HOUR = timedelta(hours=1)


def candidates(question: Question) -> Iterator[Candidate]:
    """The price of the start for all, another clock, and the other end of a reservation."""
    if question.priced.plan.needs_local_time:
        start, wrong = _of_start(question), list(_of_clocks(question))
        # Whose periods begin where the local clock changes a price has no other clock.
        yield from [start, *wrong] if _is_cut_by_the_local_clock(question) else [*wrong, start]
    expired = not question.priced.expired
    said = "ran out" if expired else "was used"
    yield Candidate(
        Explanation(Kind.RESERVATION, f"reservation_expired={str(expired).lower()}", f"As if the reservation {said}."),
        again(question, reservation_expired=expired),
    )


def _of_start(question: Question) -> Candidate:
    sentence = "All of it has the price of the hour in which the session started."
    return Candidate(
        Explanation(Kind.READING, "prices=of_start", sentence),
        again(question, cdr=_all_at_once(question.billed.charge)),
    )


def _all_at_once(charge: Cdr) -> Cdr:
    return replace(charge, periods=tuple(replace(one, starts_at=charge.starts_at) for one in charge.periods))


def _of_clocks(question: Question) -> Iterator[Candidate]:
    yield Candidate(
        Explanation(Kind.TIME_ZONE, "time_zone=UTC", "The hours of the tariff were read in UTC, not in local time."),
        again(question, time_zone="UTC"),
    )
    winter = _winter(question)
    if winter is not None:
        yield Candidate(
            Explanation(Kind.TIME_ZONE, f"time_zone={winter}", "The hours of the tariff were read in winter time."),
            again(question, time_zone=winter),
        )


def _winter(question: Question) -> str | None:
    """The zone that shows winter time all year, where the session began in summer and winter is not UTC itself."""
    zone = _zone(question)
    starts_at = question.billed.charge.starts_at.astimezone(zone)
    saved, offset = starts_at.dst(), starts_at.utcoffset()
    if not saved or offset is None or (offset - saved) % _HOUR or offset == saved:
        return None
    hours = (offset - saved) // _HOUR
    return f"Etc/GMT{-hours:+d}"  # named the other way round (POSIX)


def _zone(question: Question) -> tzinfo:
    for moment in question.priced.usage.moments:
        if moment.local is not None and moment.local.tzinfo is not None:
            return moment.local.tzinfo
    return UTC


def _is_cut_by_the_local_clock(question: Question) -> bool:
    bounds = {minute for prices in question.priced.plan.tariffs for minute in prices.bounds.minutes}
    return any(
        moment.local is not None
        and moment.minutes in bounds
        and minutes_of(moment.period.starts_at.astimezone(UTC)) not in bounds
        for moment in question.priced.usage.moments[1:]
    )
