"""Every value of every enumeration, in every place and version: taken or refused, and never sent to who lacks it."""

from collections.abc import Iterator
from typing import Any

from roaming.ocpi.schema import enums, transforms
from roaming.ocpi.schema.known import Known
from roaming.ocpi.schema.transforms import NotExpressible
from tests.unit.ocpi import tables, vocabulary
from tests.unit.ocpi.tables import Json, Place
from tests.unit.ocpi.test_properties import OLDER_KINDS
from tests.unit.ocpi.test_tables import EVERY_KIND, bent, faults
from tests.unit.ocpi.vocabulary import UNHEARD_OF

VOLTA = ("NL", "VLT")
FROM_VOLTA = Known(VOLTA, VOLTA, role="CPO")


def words(version: str, kind: str, value: Json) -> Iterator[Place]:
    """The places where a value of an enumeration stands."""
    for place in tables.places(version, kind, value):
        if place.field.type in vocabulary.LINES and place.field.mark not in ("*", "+"):
            yield place


@EVERY_KIND
def test_the_values_of_a_version_are_taken_and_others_only_where_it_is_open(version: str, kind: str) -> None:
    """T85."""
    value = tables.whole(version, kind)
    for place in words(version, kind, value):
        known = vocabulary.values(version, place.field.type)
        refused = [(place.path, "must be one of " + ", ".join(sorted(known)))]
        for word in {*known, *elsewhere(place), UNHEARD_OF, known[0].swapcase()}:
            with bent(place, word):
                found = faults(version, kind, value)
            # A result other than ACCEPTED has no profile.
            found = [fault for fault in found if fault[0] != "$.profile"]
            fine = word in known or vocabulary.is_open(version, place.field.type)
            assert found == ([] if fine else refused), (place.path, word)


def elsewhere(place: Place) -> set[str]:
    """The values of the enumeration in all versions."""
    return {word for version in vocabulary.VERSIONS for word in vocabulary.values(version, place.field.type)}


def test_the_answers_to_charging_preferences_are_words() -> None:
    """They are a string and no object."""
    assert set(vocabulary.values("2.2.1", "ChargingPreferencesResponse")) == enums.CHARGING_PREFERENCES_RESPONSES


def sendable(version: str, kind: str, came: str = "2.3.0") -> Json:
    """A whole object of a newer version without what keeps it from being sent to this one."""
    return dict(_without(tables.whole(came, kind), KEPT_BACK[version]))


# Prices for bookings, and for 2.1.1 also what it cannot restrict, what is private and what is a credit.
KEPT_BACK = {
    "2.2.1": {"booking"},
    "2.1.1": {"booking", "reservation", "min_current", "max_current", "publish", "credit"}
    | {"home_charging_compensation"},
}


def _without(value: Any, names: set[str]) -> Any:
    if isinstance(value, list):
        return [_without(item, names) for item in value]
    if isinstance(value, dict):
        kept = {name: _without(item, names) for name, item in value.items() if name not in names}
        return kept | ({"publish": True, "publish_allowed_to": []} if "publish" in value and "publish" in names else {})
    return value


@OLDER_KINDS
def test_what_a_version_does_not_know_is_never_sent_to_it(version: str, kind: str) -> None:
    """T85."""
    value = sendable(version, kind)
    for place in words("2.3.0", kind, value):
        for word in (*vocabulary.values("2.3.0", place.field.type), UNHEARD_OF):
            if word == UNHEARD_OF and not vocabulary.is_open("2.3.0", place.field.type):
                continue
            with bent(place, word):
                assert unknown(version, kind, told(version, kind, value)) == [], (place.path, word)


def unknown(version: str, kind: str, value: Json) -> list[str]:
    """Where there is a value that this version does not have. Modules may be of somebody's own making."""
    return [
        place.path
        for place in words(version, kind, value)
        if place.field.type != "ModuleId"
        and place.holder[place.key] not in vocabulary.values(version, place.field.type)
    ]


def known(version: str, value: Json) -> Known:
    """What a platform knows of an object that it sends: also where a session was that does not say it."""
    place = None if "location_in_2_1_1" in value else sendable(version, "location")
    return Known(VOLTA, role="CPO", token=lambda _: value.get("cdr_token"), location=lambda _: place)


def told(version: str, kind: str, value: Json) -> Json:
    """What is sent; nothing where nothing can be said."""
    try:
        return transforms.downgrade(version, kind, value, known(version, value))[0]
    except NotExpressible:
        return {}


@OLDER_KINDS
def test_what_a_version_knows_goes_up_and_comes_back_and_what_it_reads_only_does_not(version: str, kind: str) -> None:
    """T85."""
    value = _without(tables.whole(version, kind), {"credit"}) | ({"publish": False} if kind == "location" else {})
    for place in words(version, kind, value):
        for word in (*vocabulary.values(version, place.field.type), UNHEARD_OF):
            if word == UNHEARD_OF and not vocabulary.is_open(version, place.field.type):
                continue
            with bent(place, word):
                back = told(version, kind, transforms.upgrade(version, kind, value, FROM_VOLTA))
                assert unknown(version, kind, back) == [], place.path
                there = [found.holder[found.key] for found in words(version, kind, back) if found.path == place.path]
            assert word == UNHEARD_OF or there == [word], place.path
