"""The page of a connection: three steps, every call with its result, a page before each destructive button."""

import base64
import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.contrib.messages import get_messages
from django.contrib.sessions.models import Session
from django.test import Client

from partners.connections import selectors, services, tokens
from partners.connections.models import Connection, ConnectionState
from partners.partners.models import Partner
from partners.people.models import Role
from roaming.kernel import clock
from roaming.registration.models import Attempt, Method, Outcome
from tests import cast
from tests.portal import markup
from tests.portal.scene import Scene
from tests.roaming.handshake import CREDENTIALS, VERSIONS, call
from tests.roaming.platform import Platform, Said, platform


@pytest.fixture
def ben(signed_in: Callable[[str], Client]) -> Client:
    return signed_in(Role.ACCOUNT_MANAGER)


@pytest.fixture
def otto(signed_in: Callable[[str], Client]) -> Client:
    return signed_in(Role.OPERATOR)


@pytest.fixture
def hubert() -> Iterator[Platform]:
    """The platform of the planned connection."""
    with platform("EMSP NL*HUB") as running:
        yield running


def page(connection: Connection, tail: str = "") -> str:
    return f"/connections/{connection.pk}/{tail}"


def told(answer: Any) -> str:
    return " ".join(str(message) for message in get_messages(answer.wsgi_request))


def html(browser: Client, url: str) -> str:
    """A page that is sound."""
    answer = browser.get(url)
    assert answer.status_code == 200
    assert markup.read(answer.content.decode()).faults == []
    return answer.content.decode()


def test_what_is_about_a_connection_is_found_under_partners(otto: Client, scene: Scene) -> None:
    tails = ("", "attempts/", f"attempts/{scene.attempt.pk}/", "conformance/", "pulls/", "token/", "unregister/")
    for address in (*(page(scene.nomad, tail) for tail in tails), f"/conformance/{scene.checked.pk}/"):
        shown = html(otto, address)
        assert '<a href="/partners/" aria-current="page">' in shown, address
        assert (
            f'<p class="crumbs"><a href="/partners/">Partners</a> / <a href="/partners/{scene.nomad.partner_id}/">'
            in shown
        )


# Create


def planned_by(ben: Client, **changes: Any) -> tuple[Connection, str]:
    """A connection planned on the form, and the page that follows."""
    partner = Partner.objects.create(name="Fjord Charge")
    form = {"name": "Fjord Charge", "codes": "NO*FJD", "roles": ["EMSP"], **changes}
    answer = ben.post(f"/partners/{partner.pk}/connect/", form, follow=True)
    connection = Connection.objects.get(partner=partner)
    assert answer.redirect_chain[-1][0] == page(connection)
    return connection, answer.content.decode()


def test_a_planned_connection_leads_to_the_second_step_with_a_token_that_is_shown_once(
    ben: Client, scene: Scene
) -> None:
    connection, shown = planned_by(ben)
    token = shown.split('data-copy="')[2].split('"')[0]
    assert selectors.by_token(token, clock.now()) == connection
    assert "http://127.0.0.1:8000/ocpi/versions" in shown
    assert (connection.state, connection.parties.get().code) == (ConnectionState.PLANNED, "NO*FJD")
    assert token not in html(ben, page(connection)) and "shown once" in html(ben, page(connection))


def test_a_token_that_waits_to_be_shown_is_kept_encrypted(ben: Client, scene: Scene) -> None:
    answer = ben.post(page(scene.planned, "token/"))
    assert answer["Location"] == page(scene.planned)
    kept = [session.get_decoded().get("one_time_token") for session in Session.objects.all()]
    waiting = next(one for one in kept if one)
    shown = html(ben, page(scene.planned))
    token = shown.split('data-copy="')[2].split('"')[0]
    assert token not in json.dumps(waiting)
    assert base64.b64encode(token.encode()).decode() not in json.dumps(waiting)


def test_what_a_person_settles_is_kept(ben: Client, scene: Scene) -> None:
    face = cast.party("NL*VLT", "CPO")
    connection, shown = planned_by(ben, own="on", only_version="2.1.1", face=face.pk, requests_per_minute="90")
    assert (connection.own, connection.only_version, connection.face) == (True, "2.1.1", face)
    assert "2.1.1 only" in shown and "90 times a minute" in shown and "NL*VLT" in shown
    form = {"name": "Fjord", "only_version": "", "face": "", "requests_per_minute": ""}
    limits = {"send_per_minute": "60", "send_at_once": "2", "timeout_seconds": "30"}
    for wrong in ({"send_per_minute": "0"}, {"send_at_once": ""}, {"send_at_once": "51"}, {"timeout_seconds": "0"}):
        assert ben.post(page(connection, "edit/"), form | limits | wrong).status_code == 422
    assert Connection.objects.get(pk=connection.pk).send_at_once == 4
    assert ben.post(page(connection, "edit/"), form | limits).status_code == 302
    connection.refresh_from_db()
    settled = (connection.name, connection.only_version, connection.face, connection.requests_per_minute)
    assert settled == ("Fjord", "", None, None)
    assert (connection.send_per_minute, connection.send_at_once, connection.timeout_seconds) == (60, 2, 30)
    assert "60 times a minute, 2 at once; its answer is waited for 30" in html(ben, page(connection))


@pytest.mark.parametrize(
    "wrong",
    [
        {"codes": "Norway"},
        {"codes": "NO*FJD", "roles": []},
        {"codes": "", "roles": ["CPO"]},
        {"codes": "DE*NMD"},
        {"name": "Hubert"},
        {"name": "42"},
        {"only_version": "2.2"},
        {"requests_per_minute": "0"},
        {"face": "999999"},
    ],
)
def test_what_cannot_be_is_refused_on_the_form(ben: Client, scene: Scene, wrong: dict[str, Any]) -> None:
    before = Connection.objects.count()
    form = {"name": "Fjord Charge", "codes": "NO*FJD", "roles": ["EMSP"], **wrong}
    answer = ben.post(f"/partners/{scene.planned.partner_id}/connect/", form)
    assert (answer.status_code, Connection.objects.count()) == (422, before)
    assert b"invalid-feedback" in answer.content or b'role="alert"' in answer.content


def test_what_is_wrong_is_where_a_person_goes_on_and_no_longer_called_optional(ben: Client, scene: Scene) -> None:
    form = {"name": "Fjord Charge", "codes": "NO*FJD", "roles": []}
    shown = ben.post(f"/partners/{scene.planned.partner_id}/connect/", form).content.decode()
    assert shown.count(" autofocus") == 1 and 'id="id_roles_0" autofocus>' in shown
    assert ">Roles</legend>" in shown and 'Parties <span class="faint">optional' in shown
    assert "1 Create" in shown and f'<a href="/partners/{scene.planned.partner_id}/">' in shown
    taken = ben.post(f"/partners/{scene.planned.partner_id}/connect/", {"name": "Hubert"}).content.decode()
    assert taken.count(" autofocus") == 1 and 'role="alert" tabindex="-1" autofocus' in taken


def test_our_own_parties_are_offered_first_and_others_as_whose_hub_we_are(ben: Client, scene: Scene) -> None:
    form = ben.get(page(scene.planned, "edit/")).context["form"]
    (_, nobody), *ours, (group, others) = form.fields["face"].choices
    assert nobody == "the one that an agreement joins to it"
    assert [label.split(",")[0] for _, label in ours] == ["NL*VGO", "NL*VLT", "NL*VPK", "NL*VPK"]
    assert group == "As their hub, in front of"
    assert "DE*NMD, eMSP of Nomad" in [label for _, label in others]


def test_a_change_that_cannot_be_leaves_it_as_it_was(ben: Client, scene: Scene) -> None:
    own_party = scene.nomad.parties.get().pk
    for wrong in ({"name": "Hubert"}, {"name": ""}, {"face": own_party}):
        form = {"name": "Nomad", "only_version": "", "face": "", "requests_per_minute": "", **wrong}
        assert ben.post(page(scene.nomad, "edit/"), form).status_code == 422
    scene.nomad.refresh_from_db()
    assert (scene.nomad.name, scene.nomad.face) == ("Nomad", None)


# Exchange


def register(otto: Client, scene: Scene, theirs: Platform, token: str = "their-token-A", version: str = "") -> Any:
    form = {"versions_url": f"{theirs.url}/versions", "token": token, "version": version}
    return otto.post(page(scene.planned, "register/"), form, follow=True)


def test_registering_shows_every_call_with_its_result(otto: Client, scene: Scene, hubert: Platform) -> None:
    """C14."""
    shown = register(otto, scene, hubert).content.decode()
    scene.planned.refresh_from_db()
    assert scene.planned.state == ConnectionState.REGISTERED
    for path in ("/versions", "/2.2.1", "/credentials"):
        assert f"{hubert.url}{path}" in shown
    assert "Versions: 2.0, 2.2.1." in shown and "11 endpoints." in shown and "Credentials of NL*HUB." in shown
    assert "by Otto" in shown and "Test call" not in shown
    assert "their-token-A" not in shown and hubert.token_c not in shown
    assert markup.read(shown).faults == []


def test_the_version_of_a_registration_may_be_chosen(otto: Client, scene: Scene, hubert: Platform) -> None:
    """C14: one that they do not have is said, and nothing is registered."""
    refused = register(otto, scene, hubert, version="2.3.0").content.decode()
    assert 'tone-bad" id="attempt-' in refused and "2.3.0" in refused
    register(otto, scene, hubert, version="2.2.1")
    scene.planned.refresh_from_db()
    assert (scene.planned.state, scene.planned.version) == (ConnectionState.REGISTERED, "2.2.1")


def test_a_registration_that_fails_is_shown_as_far_as_it_came(otto: Client, scene: Scene, hubert: Platform) -> None:
    """C6, C14: in a sentence that the browser goes to, and call by call. To load that page again calls nobody."""
    hubert.answering = lambda asked: (
        Said(http=405, status=2000, message="you are here already") if asked.method == "POST" else None
    )
    answer = register(otto, scene, hubert)
    shown, tried = answer.content.decode(), Attempt.objects.get(connection=scene.planned)
    assert answer.redirect_chain == [(f"{page(scene.planned)}#attempt-{tried.pk}", 302)]
    assert f'id="attempt-{tried.pk}" tabindex="-1">{tried.answer}</p>' in shown and "Versions: 2.0, 2.2.1." in shown
    assert 'role="alert"' not in shown  # it is said once
    scene.planned.refresh_from_db()
    assert scene.planned.state == ConnectionState.PLANNED
    assert (tried.outcome, tried.by) == (Outcome.FAILED, scene.people[Role.OPERATOR])
    assert markup.read(shown).faults == []


def test_what_was_typed_is_there_again_once_and_encrypted_until_then(
    otto: Client, scene: Scene, hubert: Platform
) -> None:
    hubert.answering = lambda asked: Said(http=500, status=3000) if asked.method == "POST" else None
    form = {"versions_url": f"{hubert.url}/versions", "token": "their-token-A", "version": "2.2.1"}
    otto.post(page(scene.planned, "register/"), form)
    assert all("their-token-A" not in json.dumps(one.get_decoded()) for one in Session.objects.all())
    shown = html(otto, page(scene.planned))
    assert 'value="their-token-A"' in shown and f'value="{hubert.url}/versions"' in shown
    assert '<option value="2.2.1" selected>' in shown
    assert "their-token-A" not in html(otto, page(scene.planned))


@pytest.mark.parametrize(
    "wrong",
    [
        *({"token": ""}, {"token": "a b"}, {"token": "x" * 65}, {"versions_url": "nonsense"}, {"versions_url": ""}),
        *({"versions_url": "ftp://nomad.example/versions"}, {"versions_url": "http://" + "x" * 250}),
    ],
)
def test_what_they_gave_us_is_checked_before_anybody_is_called(
    otto: Client, scene: Scene, wrong: dict[str, str]
) -> None:
    form = {"versions_url": "http://127.0.0.1:9/ocpi/versions", "token": "their-token", **wrong}
    answer = otto.post(page(scene.planned, "register/"), form)
    assert answer.status_code == 422 and b"invalid-feedback" in answer.content
    assert answer.content.count(b" autofocus") == 1
    assert not Attempt.objects.filter(connection=scene.planned).exists()


def test_an_address_that_is_none_is_named_and_an_example_given(otto: Client, scene: Scene) -> None:
    form = {"versions_url": "ftp://nomad.example/versions", "token": "their-token"}
    shown = otto.post(page(scene.planned, "register/"), form).content.decode()
    assert "Their versions URL is not an absolute http(s) URL" in shown
    assert 'value="ftp://nomad.example/versions"' in shown


def test_a_platform_that_is_not_there_is_said_so(otto: Client, scene: Scene) -> None:
    form = {"versions_url": "http://127.0.0.1:9/ocpi/versions", "token": "their-token"}
    answer = otto.post(page(scene.planned, "register/"), form, follow=True)
    scene.planned.refresh_from_db()
    assert scene.planned.state == ConnectionState.PLANNED
    assert b"cannot be reached" in answer.content


def test_a_registration_that_the_partner_started_is_shown_with_the_calls_of_both(
    ben: Client, scene: Scene, hubert: Platform
) -> None:
    """C14: what they asked us before, what they sent, and what we asked them; failed or not."""
    token = services.new_registration_token(connection=scene.planned, at=clock.now())
    call("GET", VERSIONS, token)
    call("GET", "/ocpi/2.2.1", token)
    call("POST", CREDENTIALS, token, {"token": "their-token-B"})
    shown = html(ben, page(scene.planned))
    assert "by them" in shown and "$.roles is required" in shown
    assert ">GET /ocpi/versions</a>" in shown and ">POST /ocpi/2.2.1/credentials</a>" in shown
    call("POST", CREDENTIALS, token, hubert.credentials("their-token-B"))
    shown = html(ben, page(scene.planned))
    assert shown.count("by them") == 2 and f"GET {hubert.url}/versions" in shown
    assert "their-token-B" not in shown and token not in shown
    assert shown.count(">GET /ocpi/versions</a>") == 1  # it belongs to the first attempt only


def test_every_attempt_is_listed_and_the_page_says_how_many_there_are(ben: Client, scene: Scene) -> None:
    """C14: the newest are told on the page itself, with their calls."""
    for number in range(60):
        tried(scene.planned, Method.POST, Outcome.FAILED, answer=f"No answer to try {number}.")
    shown = html(ben, page(scene.planned))
    assert f'8 of <a href="{page(scene.planned, "attempts/")}">60 attempts</a>' in shown
    assert "to try 52." in shown and "to try 51." not in shown
    newest = ben.get(page(scene.planned, "attempts/"))
    oldest = ben.get(page(scene.planned, "attempts/"), {"older": newest.context["page"].older})
    assert len(newest.context["page"].rows) + len(oldest.context["page"].rows) == 60
    first = oldest.context["page"].rows[-1]
    assert "No answer to try 0." in html(ben, page(scene.planned, f"attempts/{first.pk}/"))
    assert ben.get(page(scene.nomad, f"attempts/{first.pk}/")).status_code == 404


def test_attempts_are_found_by_kind_and_result(ben: Client, scene: Scene) -> None:
    for method, outcome in ((Method.POST, Outcome.FAILED), (Method.POST, Outcome.DONE), (Method.GET, Outcome.DONE)):
        tried(scene.planned, method, outcome)
    found = ben.get(page(scene.planned, "attempts/"), {"method": "POST", "outcome": "done"}).context["page"].rows
    assert [(one.method, one.outcome) for one in found] == [("POST", "done")]


def test_a_try_that_called_nobody_does_not_stand_open_on_what_is_well(
    otto: Client, scene: Scene, hubert: Platform
) -> None:
    register(otto, scene, hubert)
    assert html(otto, page(scene.planned)).count("<details open>") == 1
    shown = register(otto, scene, hubert).content.decode()  # of a page that was left open
    assert "is registered already" in shown and "<details open>" not in shown
    otto.post(page(scene.planned), {"move": "look"})
    assert state_of(otto, scene.planned) == ["done", "done", "done"]


# Verify

TESTED = "They answer, and offer 2.0, 2.2.1. <span"  # in the third step, not in the list of attempts


def tried(connection: Connection, method: Method, outcome: Outcome, **told: Any) -> Attempt:
    """An attempt of ours that ended so, now."""
    return Attempt.objects.create(
        connection=connection, method=method, ours=True, outcome=outcome, started_at=clock.now(), **told
    )


def state_of(browser: Client, connection: Connection) -> list[str]:
    """The three steps."""
    return [step.state for step in browser.get(page(connection)).context["steps"]]


def test_the_steps_are_done_one_after_the_other(otto: Client, scene: Scene, hubert: Platform) -> None:
    assert state_of(otto, scene.planned) == ["done", "waiting", "waiting"]
    register(otto, scene, hubert)
    assert state_of(otto, scene.planned) == ["done", "done", "waiting"]
    otto.post(page(scene.planned), {"move": "look"})
    assert state_of(otto, scene.planned) == ["done", "done", "done"]


def test_a_test_call_says_nothing_about_tokens_that_came_after_it(otto: Client, scene: Scene, hubert: Platform) -> None:
    register(otto, scene, hubert)
    otto.post(page(scene.planned), {"move": "look"})
    hubert.token_c = "their-token-C2"
    otto.post(page(scene.planned), {"move": "rotate", "version": "2.2.1"})
    assert state_of(otto, scene.planned) == ["done", "done", "waiting"]
    assert TESTED not in html(otto, page(scene.planned))


def test_a_rotation_that_locked_us_out_is_seen_on_each_step_it_touches(
    otto: Client, scene: Scene, hubert: Platform
) -> None:
    """C12: the answer with their new token got lost, and the old one died."""
    register(otto, scene, hubert)
    otto.post(page(scene.planned), {"move": "look"})
    asked = hubert.asked

    def lost(request: Any) -> Said | None:
        if request.method == "PUT":
            return Said(http=502, raw=b"<html>")
        return Said(http=401, status=2000) if any(one.method == "PUT" for one in asked) else None

    hubert.answering = lost
    answer = otto.post(page(scene.planned), {"move": "rotate", "version": "2.2.1"})
    assert f"{page(scene.planned)}#attempt-" in answer["Location"]
    assert state_of(otto, scene.planned) == ["done", "unsettled_tokens", "token_refused"]
    shown = html(otto, page(scene.planned))
    assert TESTED not in shown and "They refuse the token that we have" in shown
    assert shown.count("None that we have opens their platform now") == 1
    hubert.answering = lambda request: None
    otto.post(page(scene.planned), {"move": "look"})
    assert state_of(otto, scene.planned) == ["done", "unsettled_tokens", "done"]


def test_who_left_has_left(otto: Client, scene: Scene, hubert: Platform) -> None:
    register(otto, scene, hubert)
    otto.post(page(scene.planned, "unregister/"))
    assert state_of(otto, scene.planned) == ["done", "waiting", "waiting"]
    assert '<span class="small faint">left on <time' in html(otto, page(scene.planned))


def test_what_they_serve_is_listed_and_what_is_missing(ben: Client, scene: Scene) -> None:
    """C7."""
    shown = html(ben, page(scene.nomad))
    assert shown.count("needed") == 1 and "missing, we need it" not in shown  # tokens, which are there
    left = [one for one in scene.nomad.endpoints if (one["identifier"], one["role"]) != ("tokens", "SENDER")]
    Connection.objects.filter(pk=scene.nomad.pk).update(endpoints=left)
    assert html(ben, page(scene.nomad)).count("missing, we need it") == 1


def test_a_test_call_says_what_came(otto: Client, scene: Scene, hubert: Platform) -> None:
    register(otto, scene, hubert)
    answer = otto.post(page(scene.planned), {"move": "look"}, follow=True)
    assert "They answer, and offer 2.0, 2.2.1." in answer.content.decode()
    hubert.down()
    answer = otto.post(page(scene.planned), {"move": "look"})
    assert "cannot be reached" in told(answer)
    assert Attempt.objects.filter(method="GET").values_list("outcome", flat=True)[0] == Outcome.FAILED


# Buttons


def test_tokens_are_rotated_by_a_button(otto: Client, scene: Scene, hubert: Platform) -> None:
    register(otto, scene, hubert)
    hubert.token_c = "their-token-C2"
    answer = otto.post(page(scene.planned), {"move": "rotate", "version": "2.2.1"})
    assert "new tokens, in OCPI 2.2.1" in told(answer)
    assert Connection.objects.get(pk=scene.planned.pk).token_out == "their-token-C2"
    assert otto.post(page(scene.planned), {"move": "rotate", "version": "9.9"}).status_code == 400
    hubert.down()
    otto.post(page(scene.planned), {"move": "rotate", "version": ""})
    assert "cannot be used" in html(otto, page(scene.planned))


def test_a_connection_is_suspended_and_goes_on(otto: Client, scene: Scene) -> None:
    for move, state in (("suspend", ConnectionState.SUSPENDED), ("resume", ConnectionState.REGISTERED)):
        otto.post(page(scene.nomad), {"move": move})
        scene.nomad.refresh_from_db()
        assert scene.nomad.state == state
        html(otto, page(scene.nomad))


@pytest.mark.parametrize("move", ["explode", "", "unregister", "token"])
def test_an_unknown_button_is_answered_not_crashed_on(move: str, otto: Client, scene: Scene) -> None:
    assert otto.post(page(scene.nomad), {"move": move}).status_code == 400
    scene.nomad.refresh_from_db()
    assert scene.nomad.state == ConnectionState.REGISTERED


@pytest.mark.parametrize(
    ("tail", "warning"),
    [("unregister/", "whatever they answer"), ("token/", "dead at once"), ("token/", "rotate them")],
)
def test_what_cannot_be_undone_stands_behind_a_page_that_says_what_it_means(
    otto: Client, scene: Scene, tail: str, warning: str
) -> None:
    assert warning in html(otto, page(scene.nomad, tail))
    scene.nomad.refresh_from_db()
    assert scene.nomad.state == ConnectionState.REGISTERED  # looking changes nothing
    otto.post(page(scene.nomad, tail))
    scene.nomad.refresh_from_db()
    assert scene.nomad.state == ConnectionState.PLANNED


def test_a_token_that_they_did_not_take_is_withdrawn_behind_a_page_that_says_what_it_means(
    otto: Client, scene: Scene
) -> None:
    assert "withdraw" not in html(otto, page(scene.nomad))
    token = tokens.offer(connection=scene.nomad, at=clock.now())
    assert page(scene.nomad, "withdraw/") in html(otto, page(scene.nomad))
    assert "Ask them first" in html(otto, page(scene.nomad, "withdraw/"))
    assert selectors.by_token(token, clock.now()) == scene.nomad
    assert "is dead" in told(otto.post(page(scene.nomad, "withdraw/")))
    assert selectors.by_token(token, clock.now()) is None
    assert selectors.by_token(cast.token("Nomad"), clock.now()) == scene.nomad
    assert "there is none to withdraw" in told(otto.post(page(scene.nomad, "withdraw/")))


def test_leaving_says_what_they_answered(otto: Client, scene: Scene, hubert: Platform) -> None:
    register(otto, scene, hubert)
    answer = otto.post(page(scene.planned, "unregister/"))
    assert "They confirmed it" in told(answer)
    assert "is not registered" in told(otto.post(page(scene.planned, "unregister/")))


def test_those_who_only_look_see_no_button(scene: Scene, signed_in: Callable[[str], Client]) -> None:
    browser = signed_in(Role.FINANCE)
    for connection in (scene.nomad, scene.planned):
        shown = html(browser, page(connection))
        assert 'name="move"' not in shown and "unregister" not in shown and 'name="token"' not in shown
    assert browser.post(page(scene.nomad), {"move": "suspend"}).status_code == 403
