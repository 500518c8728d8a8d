"""Addresses with and without a slash at their end: as they are listed they must work (T50), better also otherwise."""

from collections.abc import Callable

from roaming.conformance.seen import Seen
from roaming.conformance.sheet import Sheet


def look(sheet: Sheet, listed: str, ask: Callable[[str], Seen], works: Callable[[Seen], bool]) -> tuple[str, Seen]:
    """Ask at `listed` and in its other form; the one of them that works, and what was answered there."""
    first = ask(listed)
    if not first.http:
        return listed, first
    other = listed.rstrip("/") if listed.endswith("/") else f"{listed}/"
    second = ask(other)
    if works(first):
        sentence = second.answering(f"{other}, which differs by the slash at its end only,")
        sheet.says("slash", works(second), second, sentence, "the same answer", str(second))
    elif works(second):
        fails(sheet, "The address as it is listed", first, second)
        return other, second
    return listed, first


def fails(sheet: Sheet, what: str, first: Seen, second: Seen) -> None:
    """Note that `what` works only in another form than the one in which it is given."""
    slash = "With" if second.url.partition("?")[0].endswith("/") else "Without"
    sentence = f"{first.answering(what)} {slash} the slash at its end it works."
    sheet.fails("slash", first, sentence, "the address works as it is given", str(first))
