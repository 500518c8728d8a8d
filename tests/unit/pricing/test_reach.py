"""Boxes against the engine's own conditions: what is covered matches no moment that the others leave."""

import random
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from billing.pricing import RECOMMENDED, Period, Restrictions, Volume
from billing.pricing.conditions import conditions
from billing.pricing.moments import Moment
from billing.pricing.reach import box_of, cover_everything, is_covered, is_empty, overlap

START = datetime(2025, 3, 3, tzinfo=UTC)  # a Monday


def some(chance: random.Random) -> Restrictions:
    """Few restrictions with few values, so that they meet."""
    drawn: dict[str, Any] = {}
    for quantity, values in (("kwh", (0, 5, 10)), ("duration", (0, 600, 1200)), ("power", (10, 20))):
        for side in ("min", "max"):
            if chance.random() < 0.3:
                drawn[f"{side}_{quantity}"] = Decimal(chance.choice(values))
    for name in ("start_time", "end_time"):
        if chance.random() < 0.3:
            drawn[name] = chance.choice((0, 480, 1200))
    if chance.random() < 0.3:
        drawn["day_of_week"] = tuple(sorted(chance.sample(range(7), chance.randint(1, 7))))
    if chance.random() < 0.2:
        drawn["start_date"], drawn["end_date"] = (
            date(2025, 3, chance.randint(3, 6)),
            date(2025, 3, chance.randint(4, 9)),
        )
    return Restrictions(**drawn)


def moments() -> list[Moment]:
    """One on each side of everything that `some` can ask; measured or not."""
    found = []
    for day in range(7):
        for hour in (4, 12, 22):
            for kwh in (0, 7, 12):
                for elapsed in (0, 900, 1500):
                    for power in (None, 5, 15, 25):
                        local = START + timedelta(days=day, hours=hour)
                        measured = () if power is None else (Volume("POWER", Decimal(power)),)
                        period = Period(local, measured)
                        found.append(Moment(0, 0, period, timedelta(seconds=elapsed), Decimal(kwh), local, hour * 60))
    return found


MOMENTS = moments()


def met(restrictions: Restrictions) -> set[int]:
    asked = conditions(restrictions, RECOMMENDED)
    return {index for index, moment in enumerate(MOMENTS) if all(one.test(moment) for one in asked)}


@pytest.mark.parametrize("seed", range(120))
def test_boxes_agree_with_the_conditions_of_the_engine(seed: int) -> None:
    chance = random.Random(seed)
    said, others = some(chance), [some(chance) for _ in range(chance.randint(1, 4))]
    box, boxes = box_of(said), [box_of(one) for one in others]
    mine, theirs = met(said), set().union(*map(met, others))
    if is_empty(box):
        assert not mine
    if is_covered(box, boxes):
        assert mine <= theirs
    if mine & theirs:
        assert any(overlap(box, other) for other in boxes)
    if cover_everything(boxes):
        assert {index for index, one in enumerate(MOMENTS) if one.period.dimensions} <= theirs


def test_what_the_others_leave_nothing_of_is_covered() -> None:
    parts = [Restrictions(max_kwh=Decimal(5)), Restrictions(min_kwh=Decimal(5), max_duration=Decimal(60))]
    rest = Restrictions(min_kwh=Decimal(5), min_duration=Decimal(60))
    always = box_of(Restrictions())
    assert not is_covered(always, map(box_of, parts))
    assert is_covered(always, map(box_of, [*parts, rest]))


def test_powers_cover_all_that_is_measured_only() -> None:
    boxes = [box_of(Restrictions(max_power=Decimal(9))), box_of(Restrictions(min_power=Decimal(9)))]
    assert cover_everything(boxes)
    assert not is_covered(box_of(Restrictions()), boxes)


def test_many_elements_are_taken_for_reachable_before_it_takes_long() -> None:
    boxes = [
        box_of(Restrictions(min_kwh=Decimal(n), max_kwh=Decimal(n) + 1, min_duration=Decimal(n), start_time=n))
        for n in range(400)
    ]
    assert not is_covered(box_of(Restrictions()), boxes)
