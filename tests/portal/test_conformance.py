"""The pages of conformance: a run begun by a button, its scorecard, its text, and quirks that people decide."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.test import Client

from partners.connections.models import Connection
from partners.people.models import Role
from roaming.conformance.models import CheckResult, ConformanceRun, RunState
from roaming.conformance.sheet import Sheet
from roaming.kernel import clock
from roaming.ocpi import quirks
from tests import cast
from tests.portal.scene import Scene

SignIn = Callable[[str], Client]


def test_the_button_plans_a_run_and_leads_to_its_scorecard(scene: Scene, signed_in: SignIn) -> None:
    answer = signed_in(Role.OPERATOR).post(f"/connections/{scene.nomad.pk}/conformance/")
    run = ConformanceRun.objects.latest("id")
    assert answer["Location"] == f"/conformance/{run.pk}/"
    assert (run.state, run.connection, run.requested_by) == (RunState.WAITING, scene.nomad, scene.people[Role.OPERATOR])


def test_the_button_has_a_partner_tried_that_is_left_alone(scene: Scene, signed_in: SignIn) -> None:
    Connection.objects.filter(pk=scene.nomad.pk).update(paused_until=clock.now() + timedelta(minutes=5))
    answer = signed_in(Role.OPERATOR).post(f"/connections/{scene.nomad.pk}/conformance/")
    assert answer["Location"] == f"/conformance/{ConformanceRun.objects.get(state=RunState.WAITING).pk}/"


def test_a_second_press_says_that_one_is_on(scene: Scene, signed_in: SignIn) -> None:
    browser, url = signed_in(Role.OPERATOR), f"/connections/{scene.nomad.pk}/conformance/"
    browser.post(url)
    assert "is being checked already" in browser.post(url, follow=True).content.decode()
    assert ConformanceRun.objects.filter(state=RunState.WAITING).count() == 1


def test_a_run_that_goes_on_is_asked_for_again_and_a_finished_one_is_not(scene: Scene, signed_in: SignIn) -> None:
    browser = signed_in(Role.OPERATOR)
    browser.post(f"/connections/{scene.nomad.pk}/conformance/")
    live = ConformanceRun.objects.latest("id")
    asked = browser.get(f"/conformance/{live.pk}/", headers={"HX-Request": "true"}).content.decode()
    assert 'hx-trigger="every 2s"' in asked and "<html" not in asked and "Waiting for a worker" in asked
    assert "hx-trigger" not in browser.get(f"/conformance/{scene.checked.pk}/").content.decode()


def test_failures_come_first_and_every_count_leads_to_its_rows(scene: Scene, signed_in: SignIn) -> None:
    browser, url = signed_in(Role.FINANCE), f"/conformance/{scene.checked.pk}/"
    page = browser.get(url).content.decode()
    assert "X-Limit is absent." in page and "OCPI 2.2.1, Transport and format: Paginated Response" in page
    assert f"/exchanges/{scene.exchange.pk}/" in page and "X-Total-Count says" not in page
    assert "X-Total-Count says" in browser.get(url, {"outcome": "passed"}).content.decode()
    assert "X-Limit is absent." not in browser.get(url, {"module": "tokens", "area": "Filters"}).content.decode()


def test_what_fails_in_two_modules_is_one_row_and_counted_once(scene: Scene, signed_in: SignIn) -> None:
    sheet = Sheet("cdrs", scene.checked.version)
    sheet.says("x_limit", False, None, "X-Limit is absent.")
    CheckResult.objects.bulk_create(sheet.results(scene.checked))
    browser, url = signed_in(Role.FINANCE), f"/conformance/{scene.checked.pk}/"
    answer = browser.get(url, {"outcome": "failed"})
    page = answer.content.decode()
    assert page.count("X-Limit is absent.") == 1 and "tokens, cdrs: paging" in page
    assert next(one["count"] for one in answer.context["counts"] if one["outcome"] == "failed") == 1
    runs = browser.get(f"/connections/{scene.nomad.pk}/conformance/").context["runs"]
    assert [run.failed for run in runs] == [1]
    alone = browser.get(url, {"module": "cdrs", "area": "Paging"}).content.decode()
    assert "tokens, cdrs" not in alone and "X-Limit is absent." in alone


def test_the_run_as_text_can_be_pasted_into_a_mail(scene: Scene, signed_in: SignIn) -> None:
    answer = signed_in(Role.FINANCE).get(f"/conformance/{scene.checked.pk}/text/")
    assert answer["Content-Type"] == "text/plain; charset=utf-8"
    assert "1. [tokens] X-Limit says how many objects fit on a page" in answer.content.decode()


@pytest.mark.parametrize(
    ("name", "value", "kept"),
    [
        ("missing_x_limit", "on", {"missing_x_limit": True}),
        ("missing_x_limit", "off", {"missing_x_limit": False}),
        ("clock_skew_seconds", "-30", {"clock_skew_seconds": -30}),
        ("clock_skew_seconds", "half", {}),
        ("plain_token", "7", {}),
        ("slow", "on", {}),
    ],
)
def test_a_person_decides_a_quirk(
    name: str, value: str, kept: dict[str, object], scene: Scene, signed_in: SignIn
) -> None:
    browser, url = signed_in(Role.OPERATOR), f"/connections/{scene.nomad.pk}/quirks/"
    page = browser.post(url, {"name": name, "value": value}, follow=True)
    scene.nomad.refresh_from_db()
    assert page.status_code == 200 and scene.nomad.quirks == kept
    assert scene.nomad.quirks_by_hand == list(kept)
    browser.post(url, {"name": name, "value": ""})
    scene.nomad.refresh_from_db()
    assert scene.nomad.quirks == {} and scene.nomad.quirks_by_hand == []


def now(browser: Client, scene: Scene, name: str) -> str:
    """What the page says of a quirk."""
    page = browser.get(f"/connections/{scene.nomad.pk}/conformance/").content.decode()
    row = page.partition(f">{name}</span>")[2].partition("</tr>")[0]
    return row.partition('data-label="Now">')[2].partition("</td>")[0].partition("<time")[0].strip()


def test_a_quirk_that_was_looked_for_is_told_from_one_that_never_was(scene: Scene, signed_in: SignIn) -> None:
    browser = signed_in(Role.OPERATOR)
    assert now(browser, scene, "missing_x_limit") == '<span class="faint">never looked for</span>'
    learnt = {"missing_x_limit": False, "no_link_header": True, "clock_skew_seconds": 42}
    ConformanceRun.objects.filter(pk=scene.checked.pk).update(learnt=learnt, finished_at=cast.NOW)
    quirks.learn(connection=scene.nomad, seen=learnt)
    assert now(browser, scene, "missing_x_limit") == 'no<span class="sub">looked for'
    assert now(browser, scene, "no_link_header") == 'yes<span class="sub">learnt by a run,'
    assert now(browser, scene, "clock_skew_seconds").startswith('42<span class="unit">s</span><span class="sub">learnt')
    quirks.decide(connection=scene.nomad, name="missing_x_limit", value=False)
    assert now(browser, scene, "missing_x_limit") == 'no<span class="sub">decided by a person</span>'


def test_who_may_not_handle_traffic_begins_no_run(scene: Scene, signed_in: SignIn) -> None:
    before = ConformanceRun.objects.count()
    assert signed_in(Role.FINANCE).post(f"/connections/{scene.nomad.pk}/conformance/").status_code == 403
    assert ConformanceRun.objects.count() == before
