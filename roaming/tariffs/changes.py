"""What differs between two states of one tariff, in plain English. Pure."""

from collections.abc import Collection, Iterator, Sequence
from decimal import Decimal
from difflib import SequenceMatcher
from typing import Any

from roaming.ocpi import order
from roaming.ocpi.schema import wire

Data = dict[str, Any]

_LONGEST = 80
_MANY = 200


def between(before: Data, after: Data, *, aside: Collection[str] = ()) -> list[str]:
    """Every difference but in age as a phrase, like `price of ENERGY 0.45 → 0.49`; none where both say the same.

    `aside` are fields of the tariff that do not count. Elements are counted from one, as people do; what has no words
    of its own is named by its path, in which lists count from zero:
    `elements[0].restrictions.start_time 09:00 → 10:00`.
    """
    names = [name for name in order.differing(before, after) if name not in aside]
    return [phrase for name in names for phrase in _of_field(name, before.get(name), after.get(name))]


def _of_field(name: str, before: Any, after: Any) -> Iterator[str]:
    if name == "elements" and _are_objects(before) and _are_objects(after):
        return _of_elements(before, after)
    return _of_values(name, before, after)


def _of_elements(before: Sequence[Data], after: Sequence[Data]) -> Iterator[str]:
    """Elements have no ids: those that stayed as they were are recognized, those between are compared in turn."""
    alone = len(before) == len(after) == 1
    for start, end, new_start, new_end in _stretches(before, after):
        pairs = min(end - start, new_end - new_start)
        for step in range(pairs):
            yield from _of_element(new_start + step, before[start + step], after[new_start + step], alone)
        for position in range(start + pairs, end):
            yield f"element {position + 1} removed: {_summary(before[position])}"
        for position in range(new_start + pairs, new_end):
            yield f"element {position + 1} added: {_summary(after[position])}"


def _stretches(before: Sequence[Data], after: Sequence[Data]) -> list[tuple[int, int, int, int]]:
    """Where the two differ, from and until in each; so many that finding out takes long are one stretch."""
    if max(len(before), len(after)) > _MANY:
        return [(0, len(before), 0, len(after))]
    known, now = [[wire.canonical(element) for element in some] for some in (before, after)]
    found = SequenceMatcher(None, known, now, autojunk=False).get_opcodes()
    return [part[1:] for part in found if part[0] != "equal"]


def _of_element(position: int, before: Data, after: Data, alone: bool) -> Iterator[str]:
    where = "" if alone else f" in element {position + 1}"
    for name in order.differing(before, after):
        said, says = before.get(name), after.get(name)
        known, now = _by_type(said), _by_type(says)
        if name == "price_components" and known is not None and now is not None:
            yield from _of_components(known, now, where)
        else:
            yield from _of_values(f"elements[{position}].{name}", said, says)


def _by_type(components: Any) -> dict[str, Data] | None:
    """The price components by what they price; None where that does not tell them apart."""
    if not _are_objects(components):
        return None
    found = {component.get("type"): component for component in components}
    return found if len(found) == len(components) and all(isinstance(kind, str) for kind in found) else None


def _of_components(known: dict[str, Data], now: dict[str, Data], where: str) -> Iterator[str]:
    for kind in known | now:
        if kind not in now:
            yield f"price of {kind}{where} removed (was {_text(known[kind].get('price'))})"
        elif kind not in known:
            yield f"price of {kind}{where} added: {_text(now[kind].get('price'))}"
        else:
            for name in order.differing(known[kind], now[kind]):
                yield from _of_values(f"{name} of {kind}{where}", known[kind].get(name), now[kind].get(name))
    if known.keys() == now.keys() and all(order.same_content(known[kind], now[kind]) for kind in known):
        yield f"order of prices{where}: {', '.join(known)} → {', '.join(now)}"


def _of_values(path: str, before: Any, after: Any) -> Iterator[str]:
    if isinstance(before, dict) and isinstance(after, dict):
        for name in order.differing(before, after):
            yield from _of_values(f"{path}.{name}", before.get(name), after.get(name))
    elif isinstance(before, list) and isinstance(after, list) and len(before) == len(after):
        for position, (said, says) in enumerate(zip(before, after, strict=True)):
            if not order.same_content({"": said}, {"": says}):
                yield from _of_values(f"{path}[{position}]", said, says)
    elif _is_nothing(before):
        yield f"{path} added: {_text(after)}"
    elif _is_nothing(after):
        yield f"{path} removed (was {_text(before)})"
    else:
        yield f"{path} {_text(before)} → {_text(after)}"


def _summary(element: Data) -> str:
    """What an element asks, and its restrictions in the words of OCPI: `ENERGY 0.49 (start_time 18:00)`."""
    components = element.get("price_components") or []
    prices = [f"{component.get('type')} {_text(component.get('price'))}" for component in components]
    restrictions = element.get("restrictions") or {}
    limits = [f"{name} {_text(value)}" for name, value in restrictions.items() if not _is_nothing(value)]
    return ", ".join(prices) + (f" ({', '.join(limits)})" if limits else "")


def _are_objects(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(item, dict) for item in value)


def _is_nothing(value: Any) -> bool:
    """Null and an empty list say as little as no field."""
    return value is None or value == []


def _text(value: Any) -> str:
    if isinstance(value, Decimal):
        return _number(value)[:_LONGEST]
    if isinstance(value, list) and value and all(isinstance(item, str) for item in value):
        return ", ".join(value)[:_LONGEST]
    return (value if isinstance(value, str) else wire.encode_text(value))[:_LONGEST]


def _number(value: Decimal) -> str:
    """Every digit that counts, and at least two decimals where there are any: `0.4500` → `0.45`."""
    if not abs(value.adjusted()) < _LONGEST:
        return str(value)
    whole, _, fraction = f"{value:f}".partition(".")
    fraction = fraction.rstrip("0")
    return f"{whole}.{fraction.ljust(2, '0')}" if fraction else whole
