"""Small charts that are drawn by the server as SVG: figures in, the numbers of a drawing out."""

from collections.abc import Sequence
from dataclasses import dataclass

WIDTH, HEIGHT = 240, 84
_GAP = 2


@dataclass(frozen=True)
class Bar:
    """One bar of two parts, the good one below: what to draw in a box of WIDTH by HEIGHT."""

    x: float
    width: float
    ok_y: float
    ok_height: float
    fail_y: float
    fail_height: float


def bars(figures: Sequence[tuple[int, int]]) -> list[Bar]:
    """A bar for each (good, bad), the highest as high as the box. Whatever is not 0 can be seen."""
    most = max((good + bad for good, bad in figures), default=0) or 1
    step = WIDTH / max(len(figures), 1)
    drawn = []
    for place, (good, bad) in enumerate(figures):
        ok, fail = (max(figure * HEIGHT / most, 1) if figure else 0 for figure in (good, bad))
        ok = min(ok, HEIGHT - fail)
        drawn.append(
            Bar(
                x=round(place * step + _GAP / 2, 2),
                width=round(step - _GAP, 2),
                ok_y=round(HEIGHT - ok, 2),
                ok_height=round(ok, 2),
                fail_y=round(HEIGHT - ok - fail, 2),
                fail_height=round(fail, 2),
            )
        )
    return drawn
