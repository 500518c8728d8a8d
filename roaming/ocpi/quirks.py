"""Where a platform departs from the specification, by name: learnt by a conformance run, or decided by a person, and
obeyed by the client and by pulls. `Connection.quirks` holds them: {"plain_token": true, "clock_skew_seconds": 42}."""

from collections.abc import Mapping
from dataclasses import dataclass

from django.db import transaction

from partners.connections.models import Connection

Value = bool | int


@dataclass(frozen=True)
class Quirk:
    """`sentence` says what they do, `answer` what we do about it. A number is in the unit that its name tells."""

    name: str
    sentence: str
    answer: str
    number: bool = False


QUIRKS = {
    quirk.name: quirk
    for quirk in (
        Quirk(
            "plain_token",
            "They want the token in the header Authorization as it is, although OCPI 2.2 and later want it in Base64.",
            "We send it as it is.",
        ),
        Quirk(
            "base64_token",
            "They want the token in the header Authorization in Base64, although OCPI 2.1.1 wants it as it is.",
            "We send it in Base64.",
        ),
        Quirk(
            "trailing_slash",
            "Their addresses work only with a slash at the end, although they list them without.",
            "We put the slash there.",
        ),
        Quirk(
            "missing_total_count",
            "Their lists do not say how many objects there are (X-Total-Count).",
            "We read until no page follows.",
        ),
        Quirk(
            "missing_x_limit",
            "Their lists do not say how many objects fit on a page (X-Limit).",
            "Nothing; pulls do not need it.",
        ),
        Quirk(
            "no_link_header",
            "Their lists do not lead to the next page (Link).",
            "We count the objects and ask for what comes after them, until nothing comes.",
        ),
        Quirk(
            "ignores_limit",
            "Their pages hold more objects than were asked for.",
            "We count the objects that came instead of those we asked for.",
        ),
        Quirk(
            "ignores_date_from",
            "Their lists hold all objects, whatever date_from asks for.",
            "We leave out ourselves what did not change since the last pull.",
        ),
        Quirk(
            "exclusive_date_from",
            "Their lists leave out objects that changed exactly at date_from.",
            "Pulls overlap by an hour, so that nothing is missed.",
        ),
        Quirk(
            "ignores_date_to",
            "Their lists hold newer objects than date_to allows.",
            "Nothing; pulls do not ask with it.",
        ),
        Quirk(
            "clock_skew_seconds",
            "Their clock differs from ours by so many seconds (more than 0: theirs is ahead).",
            "Pulls overlap by as much more.",
            number=True,
        ),
    )
}


class NoSuchQuirk(ValueError):
    """The text says which name or value is none."""


def has(connection: Connection, name: str) -> bool:
    """Whether the platform departs from the specification in that way."""
    return bool(connection.quirks.get(QUIRKS[name].name))


def seconds(connection: Connection, name: str) -> int:
    """The number that a quirk carries, 0 without it."""
    return int(connection.quirks.get(QUIRKS[name].name, 0))


@dataclass(frozen=True)
class Told:
    """A quirk as people are shown it. `value` is None where nothing is known; `by_hand`: a person decided it."""

    quirk: Quirk
    value: Value | None
    by_hand: bool


def told(connection: Connection) -> list[Told]:
    """All quirks there are, and what is known of each; those that hold first."""
    by_hand = connection.quirks_by_hand
    known = [Told(quirk, connection.quirks.get(name), name in by_hand) for name, quirk in QUIRKS.items()]
    return sorted(known, key=lambda told: not told.value)


def read(name: str, text: str) -> Value:
    """The value of a quirk as a person writes it: on, off, or a whole number. Raises NoSuchQuirk."""
    if name in QUIRKS and QUIRKS[name].number:
        try:
            return int(text)
        except ValueError:
            raise NoSuchQuirk(f"{name} is a whole number, not “{text}”.") from None
    if text not in ("on", "off"):
        raise NoSuchQuirk(f"{name} is on or off, not “{text}”.")
    return text == "on"


@transaction.atomic
def learn(*, connection: Connection, seen: Mapping[str, Value]) -> None:
    """Keep what a run saw: a true value or a number other than 0 is there now, False or 0 is gone.

    What `seen` does not name, and what a person decided, stays as it is.
    """
    locked = _locked(connection)
    news = {name: value for name, value in seen.items() if name not in locked.quirks_by_hand}
    known = {name: value for name, value in locked.quirks.items() if name not in news}
    _keep(connection, locked, {**known, **{name: value for name, value in news.items() if value}})


@transaction.atomic
def decide(*, connection: Connection, name: str, value: Value) -> None:
    """A person says how it is, also that it is not so (False or 0); runs no longer change it. Raises NoSuchQuirk."""
    quirk = QUIRKS.get(name)
    if quirk is None:
        raise NoSuchQuirk(f"There is no quirk “{name}”.")
    if isinstance(value, bool) is quirk.number:
        raise NoSuchQuirk(f"{name} is {'a number' if quirk.number else 'on or off'}, not {value}.")
    locked = _locked(connection)
    by_hand = sorted({*locked.quirks_by_hand, name})
    _keep(connection, locked, {**locked.quirks, name: value}, by_hand)


@transaction.atomic
def clear(*, connection: Connection, name: str) -> None:
    """Forget what is known and decided of one quirk; the next run may learn it again."""
    locked = _locked(connection)
    left = {known: value for known, value in locked.quirks.items() if known != name}
    _keep(connection, locked, left, [decided for decided in locked.quirks_by_hand if decided != name])


def _locked(connection: Connection) -> Connection:
    return Connection.objects.select_for_update().get(pk=connection.pk)


def _keep(
    connection: Connection, locked: Connection, quirks: dict[str, Value], by_hand: list[str] | None = None
) -> None:
    connection.quirks = quirks
    connection.quirks_by_hand = locked.quirks_by_hand if by_hand is None else by_hand
    changed = (locked.quirks, locked.quirks_by_hand) != (connection.quirks, connection.quirks_by_hand)
    if changed:
        connection.save(update_fields=["quirks", "quirks_by_hand"])
