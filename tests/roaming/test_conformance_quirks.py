"""Quirks of platforms: learnt by a conformance run, decided by a person, forgotten when they are gone, and obeyed."""

import pytest

from roaming.conformance.catalogue import PLATFORM
from roaming.conformance.models import Outcome, RunState
from roaming.exchange import pull as pulling
from roaming.kernel import clock
from roaming.ocpi import quirks
from tests import cast
from tests.roaming.bends import (
    TARIFFS,
    an_hour_late,
    at,
    bad,
    checked,
    everywhere,
    exclusive,
    header,
    link,
    refused,
    result_of,
    with_all,
)
from tests.roaming.conforming import Bend, conforming, registered

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(("version", "quirk"), [("2.1.1", "base64_token"), ("2.2.1", "plain_token")])
def test_a_token_taken_in_the_other_form_is_a_fault_and_a_quirk_until_it_is_mended(version: str, quirk: str) -> None:
    """T2, T3."""
    with conforming(version) as theirs:
        connection = registered(theirs)
        theirs.wants_base64 = not theirs.wants_base64
        run = checked(connection)
        assert result_of(run, PLATFORM, "token_form").outcome == Outcome.FAILED
        assert len(bad(run)) == 1 and run.state == RunState.FINISHED
        connection.refresh_from_db()
        assert connection.quirks == {quirk: True}
        assert not any(count.error for count in pulling.pull(connection=connection, at=clock.now()).values())
        theirs.wants_base64 = not theirs.wants_base64
        assert bad(checked(connection)) == []
    connection.refresh_from_db()
    assert connection.quirks == {}


def test_a_token_taken_in_no_form_ends_the_run_at_once() -> None:
    with conforming() as theirs:
        connection = registered(theirs)
        connection.token_out = "expired"
        connection.save()
        run = checked(connection)
        assert (run.state, run.reason, run.calls) == (RunState.STOPPED, "They do not take our token.", 2)
    connection.refresh_from_db()
    assert connection.quirks == {}


LEARNT = [
    ("missing_total_count", True, at(TARIFFS, header("X-Total-Count", None))),
    ("missing_x_limit", True, at(TARIFFS, header("X-Limit", None))),
    ("no_link_header", True, link(lambda given: None)),
    ("ignores_limit", True, at(TARIFFS, lambda told: setattr(told, "data", told.data * 9))),
    ("ignores_date_from", True, with_all(lambda asked: "date_from" in asked.query)),
    ("exclusive_date_from", True, exclusive),
    ("ignores_date_to", True, with_all(lambda asked: "date_to" in asked.query)),
    ("trailing_slash", True, refused(2000, lambda asked: asked.path == TARIFFS)),
    ("clock_skew_seconds", -3600, everywhere(an_hour_late)),
]


@pytest.mark.parametrize(("name", "value", "bend"), LEARNT, ids=lambda value: value if isinstance(value, str) else "")
def test_quirks_are_learnt_and_forgotten_when_they_are_gone(name: str, value: int, bend: Bend) -> None:
    cast.volta()
    with conforming() as theirs:
        connection = registered(theirs)
        theirs.bend = bend
        checked(connection, "tariffs")
        connection.refresh_from_db()
        assert abs(connection.quirks[name] - value) <= 2
        theirs.bend = lambda asked, told: None
        checked(connection, "tariffs")
    connection.refresh_from_db()
    assert connection.quirks == {}


def test_what_a_person_decided_of_a_quirk_stays() -> None:
    with conforming() as theirs:
        connection = registered(theirs)
        quirks.decide(connection=connection, name="missing_x_limit", value=False)
        quirks.decide(connection=connection, name="clock_skew_seconds", value=90)
        theirs.bend = at(TARIFFS, header("X-Limit", None))
        run = checked(connection, "tariffs")
        assert run.learnt["missing_x_limit"] is True
        connection.refresh_from_db()
        assert connection.quirks == {"missing_x_limit": False, "clock_skew_seconds": 90}
        quirks.clear(connection=connection, name="missing_x_limit")
        checked(connection, "tariffs")
    connection.refresh_from_db()
    assert connection.quirks == {"missing_x_limit": True, "clock_skew_seconds": 90}
    assert connection.quirks_by_hand == ["clock_skew_seconds"]


@pytest.mark.parametrize(("name", "value"), [("slow", True), ("plain_token", 3), ("clock_skew_seconds", True)])
def test_a_quirk_has_a_known_name_and_a_fitting_value(name: str, value: int) -> None:
    connection = cast.polder()
    with pytest.raises(quirks.NoSuchQuirk):
        quirks.decide(connection=connection, name=name, value=value)
    assert connection.quirks == {}


def test_a_pull_of_a_platform_that_wants_slashes_uses_them() -> None:
    """T50."""
    with conforming() as theirs:
        connection = registered(theirs)
        theirs.bend = refused(2000, lambda asked: asked.path == TARIFFS)
        checked(connection, "tariffs")
        connection.refresh_from_db()
        counts = pulling.pull(connection=connection, modules=["tariffs"], at=clock.now())
    assert counts == {"tariffs": pulling.Counts(new=5)}
