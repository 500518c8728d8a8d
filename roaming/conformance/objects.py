"""Looking at the objects of a list: valid, unique, theirs, dated; and to be had alone where the module says so."""

import uuid
from collections import Counter
from datetime import timedelta
from typing import Any
from urllib.parse import quote

from roaming.conformance import answers, slashes
from roaming.conformance.filters import changed_at
from roaming.conformance.seen import Seen
from roaming.conformance.subject import Subject
from roaming.ocpi.schema import validation
from roaming.ocpi.schema.values import json_type, parse_time

_AHEAD = timedelta(minutes=5)
_SHOWN = 10


def look(subject: Subject) -> None:
    """Look at every object of the pages read, as many as the limits allow."""
    if not any(page.items for page in subject.pages):
        for code in ("schema", "unique_ids", "owner", "object_times", "not_in_future"):
            subject.sheet.leaves(code, "The list is empty.")
        return
    seen = subject.pages[0]
    items = [item for page in subject.pages for item in page.items][: subject.limits.objects]
    _valid(subject, seen, items)
    _unique(subject)
    _theirs(subject, seen, items)
    _dated(subject, seen, items)


def look_alone(subject: Subject) -> None:
    """Ask for one object that is listed, and for one that cannot exist."""
    known = next((str(item[subject.listing.key]) for item in subject.objects), None)
    end = "/" if subject.slashed else ""
    if known is None:
        subject.sheet.leaves("single", "No object is listed.")
    else:
        end = _known(subject, known)
    seen = subject.ask(f"/{uuid.uuid4()}{end}")
    answers.frame(subject.sheet, seen)
    answers.refusal(subject.sheet, "unknown_object", seen, 404, "An id that does not exist")


def _known(subject: Subject, known: str) -> str:
    """Look at the object of that id; what an object's address ends with here: nothing, or a slash."""
    seen, end = subject.ask(f"/{quote(known, safe='')}"), ""
    if not seen.good and (other := subject.ask(f"/{quote(known, safe='')}/")).good:
        slashes.fails(subject.sheet, "The address of an object", seen, other)
        seen, end = other, "/"
    right = answers.look(subject.sheet, seen, a_list=False)
    found = str(seen.data.get(subject.listing.key)) if right else str(seen)
    same = right and found.upper() == known.upper()
    what = f"The object “{known}” of the list"
    sentence = f"{what} was answered by “{found}”." if right else seen.answering(what)
    subject.sheet.says("single", same, seen, sentence, known, found)
    if same:
        subject.look_at_routing(seen)
        _valid_alone(subject, seen)
    return end


def _valid_alone(subject: Subject, seen: Seen) -> None:
    """What is valid in the list may be told otherwise by itself."""
    try:
        validation.validate(subject.version, subject.listing.kind, seen.data)
    except validation.Invalid as error:
        told = [str(violation) for violation in error.violations[:_SHOWN]]
        sentence = f"The object “{_name(subject, seen.data)}” asked for alone is not valid. {told[0]}"
        subject.sheet.says("schema", False, seen, sentence, f"a valid {subject.listing.kind}", "\n".join(told))


def _valid(subject: Subject, seen: Seen, items: list[Any]) -> None:
    kind = subject.listing.kind
    broken = []
    for item in items:
        try:
            validation.validate(subject.version, kind, item)
        except validation.Invalid as error:
            broken.append(f"{_name(subject, item)}: {'; '.join(map(str, error.violations[:_SHOWN]))}")
    if broken:
        sentence = f"Not valid: {len(broken)} of {len(items)} objects. {broken[0]}"
        subject.sheet.says("schema", False, seen, sentence, f"a valid {kind}", "\n".join(broken[:_SHOWN]))
    else:
        subject.sheet.holds("schema", seen, f"{_so_many(seen, len(items))} looked at.")


def _so_many(seen: Seen, looked_at: int) -> str:
    """`200 of 4711 objects were`: a long list is not read to its end."""
    of_all = f" of {seen.total}" if seen.total is not None and seen.total > looked_at else ""
    return "1 object was" if looked_at == 1 and not of_all else f"{looked_at}{of_all} objects were"


def _unique(subject: Subject) -> None:
    for page in subject.pages:
        counts = Counter(key for item in page.items for key in subject.keys(item))
        twice = [" ".join(key).strip() for key, count in counts.items() if count > 1]
        sentence = f"One page lists twice: {', '.join(twice[:_SHOWN])}."
        subject.sheet.says("unique_ids", not twice, page, sentence, "each id once", ", ".join(twice[:_SHOWN]))


def _theirs(subject: Subject, seen: Seen, items: list[Any]) -> None:
    if subject.version == "2.1.1" or not subject.listing.owned:
        subject.sheet.leaves("owner", "These objects do not say whose they are.")
        return
    if not subject.owners:
        subject.sheet.leaves("owner", "A hub lists objects of everybody.")
        return
    foreign = Counter(owner for item in items if (owner := _owner(item)) and owner not in subject.owners)
    told = ", ".join(f"{'*'.join(owner)} ({count})" for owner, count in foreign.most_common(_SHOWN))
    sentence = f"Objects belong to parties that their credentials do not name: {told}. We leave them out."
    theirs = ", ".join(sorted("*".join(owner) for owner in subject.owners))
    subject.sheet.says("owner", not foreign, seen, sentence, theirs, told)


def _dated(subject: Subject, seen: Seen, items: list[Any]) -> None:
    wrong, ahead = [], []
    for item in items:
        if not isinstance(item, dict):
            continue
        text = item.get("last_updated")
        try:
            parse_time(text)
        except ValueError as error:
            wrong.append(f"{_name(subject, item)}: {text} {error}")
        moment = changed_at(item)
        if moment is not None and moment > subject.probe.now + _AHEAD:
            ahead.append(f"{_name(subject, item)}: {text}")
    sentence = f"Objects whose last_updated is no time in UTC: {len(wrong)}. {''.join(wrong[:1])}"
    subject.sheet.says("object_times", not wrong, seen, sentence, "2026-03-29T01:30:00Z", "\n".join(wrong[:_SHOWN]))
    sentence = f"Objects that changed in the future: {len(ahead)}. {''.join(ahead[:1])}"
    subject.sheet.says("not_in_future", not ahead, seen, sentence, "a time that is over", "\n".join(ahead[:_SHOWN]))


def _owner(item: Any) -> tuple[str, str] | None:
    if not isinstance(item, dict):
        return None
    return str(item.get("country_code")).upper(), str(item.get("party_id")).upper()


def _name(subject: Subject, item: Any) -> str:
    return str(item.get(subject.listing.key, "?"))[:100] if isinstance(item, dict) else json_type(item)
