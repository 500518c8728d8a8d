"""The page of pulls: how far each list is, buttons that only write rows, and what was read before."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.test import Client

from partners.connections.models import Connection
from partners.people.models import Role
from roaming.exchange.models import Cause, Pull, PullState
from roaming.kernel import clock
from roaming.portal.pulls import duration
from tests.portal.scene import Scene

SignIn = Callable[[str], Client]
HTMX = {"HX-Request": "true"}


@pytest.fixture
def url(scene: Scene) -> str:
    return f"/connections/{scene.nomad.pk}/pulls/"


@pytest.fixture
def reading(scene: Scene) -> Pull:
    """Nomad's tokens, half of them read."""
    pull = Pull.objects.filter(connection=scene.nomad, module="tokens").latest("id")
    progress = {"pages": 12, "offset": 1200, "total": 5000, "first_total": 4998, "total_changes": 2}
    counts = {"new": 1150, "known": 47, "broken": 3, "seconds": 30.0}
    Pull.objects.filter(pk=pull.pk).update(state=PullState.RUNNING, **progress, **counts)
    pull.refresh_from_db()
    return pull


def test_progress_is_told_in_objects_pages_rate_and_time_left(reading: Pull, url: str, signed_in: SignIn) -> None:
    page = signed_in(Role.ADMINISTRATOR).get(url).content.decode()
    row = page.partition(">tokens</a>")[2].partition("</tr>")[0]
    assert '1,200 <span class="faint">of 5,000</span>' in row and ">12</td>" in row
    assert 'data-label="A second">40</td>' in row and 'data-label="Left">2 min</td>' in row
    assert "They said 4,998 at first; that changed 2 times meanwhile." in row
    assert "1,150 new, 47 known" in row and "3 broken</a>" in row


def test_it_is_asked_for_again_only_while_something_is_read(reading: Pull, url: str, signed_in: SignIn) -> None:
    browser = signed_in(Role.OPERATOR)
    part = browser.get(url, headers=HTMX).content.decode()
    assert 'hx-trigger="every 2s"' in part and "<html" not in part
    Pull.objects.filter(connection=reading.connection).update(state=PullState.FINISHED)
    assert "hx-trigger" not in browser.get(url, headers=HTMX).content.decode()


def test_a_person_pauses_lets_go_on_and_stops(reading: Pull, url: str, signed_in: SignIn) -> None:
    browser = signed_in(Role.OPERATOR)

    def press(move: str) -> tuple[str, str]:
        page = browser.post(url, {"move": move, "pull": reading.pk}, follow=True).content.decode()
        reading.refresh_from_db()
        return reading.state, page

    state, page = press("pause")
    assert (state, reading.reason) == (PullState.PAUSED, "Paused by Otto.") and "Paused by Otto." in page
    assert press("go_on")[0] == PullState.WAITING
    state, page = press("stop")
    assert (state, reading.reason) == (PullState.STOPPED, "Stopped by Otto.")
    state, page = press("pause")
    assert state == PullState.STOPPED and "cannot become paused" in page
    assert "is over; start a new one" in press("go_on")[1]


def test_start_makes_a_row_and_reads_nothing_itself(reading: Pull, url: str, signed_in: SignIn) -> None:
    Pull.objects.filter(pk=reading.pk).update(state=PullState.STOPPED)
    page = signed_in(Role.OPERATOR).post(url, {"move": "full", "module": "tokens"}, follow=True).content.decode()
    made = Pull.objects.filter(module="tokens").latest("id")
    assert (made.state, made.cause, made.full, made.since) == (PullState.WAITING, Cause.PERSON, True, None)
    assert made.requested_by and made.requested_by.name == "Otto" and "as soon as a worker is free" in page


def test_all_lists_are_asked_for_with_one_button(reading: Pull, url: str, signed_in: SignIn) -> None:
    Pull.objects.filter(connection=reading.connection).update(state=PullState.FINISHED)
    signed_in(Role.OPERATOR).post(url, {"move": "start"})
    made = Pull.objects.filter(connection=reading.connection, state=PullState.WAITING)
    assert [(row.module, row.cause) for row in made] == [("tokens", Cause.PERSON)]


def test_other_bounds_than_those_of_a_reading_under_way_are_refused(reading: Pull, url: str, signed_in: SignIn) -> None:
    page = signed_in(Role.OPERATOR).post(url, {"move": "full", "module": "tokens"}, follow=True).content.decode()
    assert "in the middle (running); let it go on to its end, or stop it first" in page
    assert Pull.objects.filter(connection=reading.connection, module="tokens").get() == reading


@pytest.mark.parametrize("form", [{"move": "dance"}, {"move": "start", "module": "cdrs"}])
def test_what_no_button_says_is_refused(form: dict[str, str], url: str, signed_in: SignIn) -> None:
    assert signed_in(Role.OPERATOR).post(url, form).status_code == 400


def test_a_partner_that_is_left_alone_is_told_with_its_moment(reading: Pull, url: str, signed_in: SignIn) -> None:
    Connection.objects.filter(pk=reading.connection_id).update(paused_until=clock.now() + timedelta(minutes=5))
    assert "They are left alone until" in signed_in(Role.FINANCE).get(url).content.decode()


def test_past_readings_are_listed_and_found_by_list_and_state(reading: Pull, url: str, signed_in: SignIn) -> None:
    Pull.objects.filter(pk=reading.pk).update(state=PullState.FAILED, reason="They answered HTTP 500.")
    browser = signed_in(Role.FINANCE)
    assert "They answered HTTP 500." in browser.get(url).content.decode()
    found = browser.get(f"{url}past/", {"module": "tokens", "state": "failed"})
    assert [row.pk for row in found.context["page"].rows] == [reading.pk]
    assert browser.get(f"{url}past/", {"state": "paused"}).context["page"].rows == []


@pytest.mark.parametrize(("seconds", "told"), [(0.4, "0 s"), (59, "59 s"), (95, "2 min"), (5400, "2 h")])
def test_a_duration_is_about_right(seconds: float, told: str) -> None:
    assert duration(seconds) == told
