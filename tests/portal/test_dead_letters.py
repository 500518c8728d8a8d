"""Dead letters and the exchange on pages: what is shown, what its buttons do, and every count by its rows."""

import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection as database
from django.test import Client
from django.test.utils import CaptureQueriesContext

from partners.connections.models import Connection
from partners.people.models import Role
from roaming.exchange import journal
from roaming.exchange.models import Direction, Exchange, Failure, Push, PushState
from roaming.kernel import clock
from roaming.portal import advice, charts
from tests.portal.scene import Scene


@pytest.fixture
def otto(signed_in: Callable[[str], Client]) -> Client:
    return signed_in(Role.OPERATOR)


def html(browser: Client, url: str, **query: Any) -> str:
    answer = browser.get(url, query)
    assert answer.status_code == 200
    return str(answer.content.decode())


def more_dead(scene: Scene, count: int) -> list[Push]:
    """Further dead letters to Nomad, of objects of their own."""
    pushes = []
    for number in range(count):
        made = Push.objects.get(pk=scene.dead.pk)
        made.pk, made.path, made.object_key = None, f"NL/VLT/MORE{number}", f"tariffs NL*VLT MORE{number}"
        made.last_error = "They said no."
        made.save()
        pushes.append(made)
    return pushes


def tried(push: Push, error: str = "HTTP 200, OCPI 2001: unknown currency XEU") -> Exchange:
    """An attempt to send the push that was refused just now."""
    url, body = f"http://nomad.invalid/receiver/{push.path}", '{"status_code":2001,"status_message":"unknown currency"}'
    note = journal.Note(
        push.connection, Direction.OUT, "PUT", url, "r-1", "c-1", '{"id":"AC22"}', clock.now(), push=push
    )
    written = journal.write(note, journal.Outcome(0.2, 200, 2001, body, error))
    assert written is not None
    return written


def state(push: Push) -> str:
    return str(Push.objects.values_list("state", flat=True).get(pk=push.pk))


def rows(browser: Client, url: str) -> list[Push]:
    found: list[Push] = browser.get(url).context["page"].rows
    return found


# The push


def test_the_page_of_a_dead_push_says_why_in_words_with_request_and_answer(otto: Client, scene: Scene) -> None:
    Push.objects.filter(pk=scene.dead.pk).update(failure=Failure.REFUSED)
    exchange = tried(scene.dead)
    shown = html(otto, f"/pushes/{scene.dead.pk}/")
    assert (
        "Refused. 12 tries." in shown and "unknown currency XEU" in shown and "mend the object at its source" in shown
    )
    assert "PUT http://nomad.invalid/receiver/" in shown and f"/exchanges/{exchange.pk}/" in shown
    assert "&quot;status_message&quot;: &quot;unknown currency&quot;" in shown  # with indents
    for button in ("retry", "repair", "drop"):
        assert f"/pushes/{scene.dead.pk}/{button}/" in shown


def test_every_kind_of_failure_has_advice() -> None:
    assert all(advice.on(Push(failure=kind)) for kind in Failure.values) and not advice.on(Push())


def test_a_push_is_dropped_with_a_note_that_stays_on_its_page(otto: Client, scene: Scene) -> None:
    page = f"/pushes/{scene.dead.pk}/drop/"
    assert "cannot be undone" in html(otto, page)
    assert otto.post(page, {"note": " "}).status_code == 422 and state(scene.dead) == "dead"
    otto.post(page, {"note": "They have it by mail."})
    assert state(scene.dead) == PushState.DROPPED
    shown = html(otto, f"/pushes/{scene.dead.pk}/")
    assert "Dropped by Otto" in shown and shown.count("They have it by mail.") == 2 and "/retry/" not in shown
    assert [push.pk for push in rows(otto, "/dead-letters/?state=dropped")] == [scene.dead.pk]
    assert otto.post(page, {"note": "Again."}).status_code == 422


def repair(otto: Client, push: Push, **changes: Any) -> Any:
    """What the form of a repair gets, with `changes` in the object."""
    form = otto.get(f"/pushes/{push.pk}/repair/").context["form"].initial
    body = json.dumps(json.loads(form["body"]) | changes, indent=2)
    return {"body": body, "note": "Shorter.", "edition": form["edition"]}


def test_a_location_is_repaired_on_a_form_that_says_what_may_be(otto: Client, scene: Scene) -> None:
    push = Push.objects.filter(connection=scene.nomad, kind="location").latest("id")
    Push.objects.filter(pk=push.pk).update(state=PushState.DEAD)
    page = f"/pushes/{push.pk}/repair/"
    assert "Everything may be repaired but what says which object it is." in html(otto, page)
    refused = otto.post(page, repair(otto, push, id="OTHER", time_zone="Nowhere", publish="maybe"))
    said = refused.content.decode()
    assert refused.status_code == 422 and state(push) == "dead"
    assert all(f"$.{name} " in said for name in ("id", "time_zone", "publish")) and said.count('role="alert"') == 3
    assert "OTHER" in said  # what was typed is kept
    sent = otto.post(page, repair(otto, push, name="Zuidplein"))
    push.refresh_from_db()
    assert (sent.status_code, push.state) == (302, "waiting") and json.loads(push.body)["name"] == "Zuidplein"
    shown = html(otto, f"/pushes/{push.pk}/")
    assert "Repaired by Otto" in shown and "Shorter." in shown and "What it said before" in shown


def test_a_repair_of_what_somebody_else_repaired_meanwhile_is_refused(otto: Client, scene: Scene) -> None:
    push = Push.objects.filter(connection=scene.nomad, kind="location").latest("id")
    Push.objects.filter(pk=push.pk).update(state=PushState.DEAD)
    mine, page = repair(otto, push, name="Mine"), f"/pushes/{push.pk}/repair/"
    otto.post(page, repair(otto, push, name="Theirs"))
    Push.objects.filter(pk=push.pk).update(state=PushState.DEAD)
    assert "somebody else meanwhile" in otto.post(page, mine).content.decode()
    push.refresh_from_db()
    assert (push.state, json.loads(push.body)["name"]) == ("dead", "Theirs")


# The list


def test_dead_letters_are_filtered_by_partner_module_failure_and_age(otto: Client, scene: Scene) -> None:
    [more] = more_dead(scene, 1)
    old = clock.now() - timedelta(days=8)
    Push.objects.filter(pk=more.pk).update(module="cdrs", failure=Failure.TIMEOUT, created_at=old)
    Push.objects.filter(pk=scene.dead.pk).update(created_at=clock.now())

    def found(query: str) -> set[int]:
        return {push.pk for push in rows(otto, f"/dead-letters/?{query}")}

    both, only_more = {scene.dead.pk, more.pk}, {more.pk}
    assert found("") == found(f"partner={scene.nomad.partner_id}") == found(f"connection={scene.nomad.pk}") == both
    assert found("module=cdrs") == found("failure=timeout") == found("age=week") == found("q=more0") == only_more
    assert found("age=month") == found(f"partner={scene.planned.partner_id}") == found("state=retrying") == set()


def test_ticked_dead_letters_are_sent_again_and_what_is_out_of_date_is_told(otto: Client, scene: Scene) -> None:
    one, two, three = more_dead(scene, 3)
    Push.objects.create(
        **{
            field: getattr(two, field)
            for field in ("connection", "module", "kind", "method", "path", "object_key", "body")
        },
        created_at=clock.now(),
        next_attempt_at=clock.now(),
        state=PushState.DELIVERED,
        delivered_at=clock.now(),
    )
    page = f"/dead-letters/retry/?ticked=1&push={one.pk}&push={two.pk}"
    assert "Send again: 2 dead letters" in html(otto, page)
    answer = otto.post(page, follow=True).content.decode()
    assert "1 is sent again. 1 is out of date" in answer
    assert [state(push) for push in (one, two, three)] == ["waiting", "dead", "dead"]


def test_nothing_ticked_means_nothing(otto: Client, scene: Scene) -> None:
    for what in ("retry", "drop"):
        answer = otto.get(f"/dead-letters/{what}/?ticked=1", follow=True)
        assert answer.redirect_chain[-1][0] == "/dead-letters/" and b"Tick the dead letters" in answer.content
        otto.post(f"/dead-letters/{what}/?ticked=1", {"note": "All?", "count": 0})
    assert state(scene.dead) == "dead"


def test_all_of_a_partner_are_sent_again(otto: Client, scene: Scene) -> None:
    more = more_dead(scene, 2)
    Push.objects.filter(pk=more[0].pk).update(connection=scene.planned)
    page = f"/dead-letters/?partner={scene.nomad.partner_id}"
    shown = html(otto, page)
    assert "Send all 2 again" in shown and f"/dead-letters/retry/?partner={scene.nomad.partner_id}" in shown
    otto.post(f"/dead-letters/retry/?partner={scene.nomad.partner_id}")
    assert [state(push) for push in (scene.dead, *more)] == ["waiting", "dead", "waiting"]


def test_all_are_dropped_but_not_what_died_since_somebody_looked(otto: Client, scene: Scene) -> None:
    page, form = "/dead-letters/drop/", {"note": "Gone.", "count": 1}
    assert otto.get(page).context["form"].initial["count"] == 1
    [later] = more_dead(scene, 1)
    assert "There are 2 now, not 1" in otto.post(page, form).content.decode()
    assert [state(scene.dead), state(later)] == ["dead", "dead"]
    otto.post(page, form | {"count": 2})
    assert [state(scene.dead), state(later)] == ["dropped", "dropped"]


def test_what_is_superseded_is_dropped_by_one_button(otto: Client, scene: Scene) -> None:
    [other] = more_dead(scene, 1)
    newer = Push.objects.get(pk=scene.dead.pk)
    newer.pk, newer.state, newer.delivered_at = None, PushState.DELIVERED, clock.now()
    newer.save()
    assert f'Superseded by <a href="/pushes/{newer.pk}/">push {newer.pk}</a>' in html(otto, f"/pushes/{scene.dead.pk}/")
    shown = html(otto, "/dead-letters/")
    assert "Drop all superseded" in shown and f"push {newer.pk}</a>" in shown
    form = otto.get("/dead-letters/drop/?superseded=1").context["form"].initial
    otto.post("/dead-letters/drop/?superseded=1", form)
    assert [state(scene.dead), state(other)] == ["dropped", "dead"]
    assert Push.objects.get(pk=scene.dead.pk).note == "A newer state of the object was delivered."


def test_who_only_looks_sees_dead_letters_without_boxes_buttons_and_a_count(
    signed_in: Callable[[str], Client], otto: Client, scene: Scene
) -> None:
    ada = html(signed_in(Role.FINANCE), "/dead-letters/")
    assert "unknown currency XEU" in ada and 'type="checkbox"' not in ada and 'id="bulk"' not in ada
    assert "Send all" not in ada and 'aria-label="1 dead letters"' not in ada
    seen = html(otto, "/dead-letters/")
    assert 'aria-label="1 dead letters"' in seen and 'id="bulk"' in seen and f'value="{scene.dead.pk}"' in seen


# The exchange with each connection


def test_every_figure_of_the_overview_leads_to_as_many_rows(otto: Client, scene: Scene) -> None:
    pushes = list(Push.objects.filter(connection=scene.nomad).order_by("id")[1:4])
    at = clock.now()
    Push.objects.filter(pk=pushes[0].pk).update(state=PushState.DELIVERED, delivered_at=at)
    Push.objects.filter(pk=pushes[1].pk).update(state=PushState.DELIVERED, delivered_at=at - timedelta(hours=2))
    tried(pushes[2]), tried(pushes[2]), tried(scene.dead)  # one that failed twice is one
    Exchange.objects.filter(pk=tried(pushes[0]).pk).update(at=at - timedelta(hours=2))
    [nomad] = [row for row in otto.get("/exchange/").context["found"] if row.pk == scene.nomad.pk]
    assert (nomad.delivered, nomad.failed, nomad.dead, nomad.delivered_at) == (1, 2, 1, at)
    queued = rows(otto, f"/pushes/?connection={nomad.pk}&state=queued")
    assert nomad.waiting == len(queued) > 0 and nomad.oldest_at == queued[-1].created_at
    assert len(rows(otto, f"/pushes/?connection={nomad.pk}&lately=delivered")) == nomad.delivered
    assert len(rows(otto, f"/pushes/?connection={nomad.pk}&lately=failed")) == nomad.failed
    assert len(rows(otto, f"/dead-letters/?connection={nomad.pk}")) == nomad.dead
    queue = otto.get(f"/connections/{nomad.pk}/").context["queue"]
    assert (queue["delivered"], queue["failed"], len(queue["bars"])) == (2, 3, 24)
    partner = otto.get(f"/partners/{nomad.partner_id}/").context["queue"]
    assert (partner["delivered"], partner["failed"], partner["waiting"]) == (1, 2, nomad.waiting)
    assert len(rows(otto, f"/pushes/?partner={nomad.partner_id}&state=queued")) == nomad.waiting


def test_the_overview_costs_as_many_queries_for_many_connections_as_for_few(otto: Client, scene: Scene) -> None:
    def cost() -> int:
        with CaptureQueriesContext(database) as captured:
            part = otto.get("/exchange/", headers={"HX-Request": "true"})
        assert b"<html" not in part.content and b'hx-trigger="every 5s"' in part.content
        return len(captured)

    before = cost()
    for number in range(20):
        Connection.objects.create(partner=scene.nomad.partner, name=f"Further {number}")
    assert cost() == before <= 4


@pytest.mark.parametrize(
    ("seconds", "failures", "said"),
    [(None, 0, "Closed"), (600, 3, "Open</span> until <time"), (-1, 3, "Probing")],
)
def test_the_breaker_is_told_in_words(
    otto: Client, scene: Scene, seconds: int | None, failures: int, said: str
) -> None:
    until = clock.now() + timedelta(seconds=seconds) if seconds else None
    Connection.objects.filter(pk=scene.nomad.pk).update(paused_until=until, failures=failures)
    assert said in html(otto, "/exchange/") and said in html(otto, f"/connections/{scene.nomad.pk}/")


def test_bars_are_as_high_as_their_figures_and_what_is_not_nothing_is_seen() -> None:
    none, most, little = charts.bars([(0, 0), (60, 20), (0, 1)])
    assert (none.ok_height, none.fail_height) == (0, 0)
    assert (most.ok_height, most.fail_height, most.fail_y) == (63, 21, 0)
    assert little.fail_height >= 1 and little.fail_y + little.fail_height == charts.HEIGHT
    assert charts.bars([]) == []
