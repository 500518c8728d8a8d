"""We renew the tokens: what both sides hold after each way in which it can go wrong (decision 0008). C3, C6, C12."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

import pytest
from django.db import DataError
from django.db import connection as database
from pytest_django import Settings

from partners.connections import services, tokens
from partners.connections.models import Connection, ConnectionState
from partners.parties.models import Party
from roaming.findings.models import Finding
from roaming.kernel import clock
from roaming.registration import rotation
from roaming.registration.models import Attempt, Outcome
from roaming.registration.starting import CannotRegister
from roaming.registration.tasks import end_broken_off, rotate_due
from roaming.server import running
from tests import cast
from tests.roaming.handshake import CREDENTIALS, call, header, opens, register, works_with
from tests.roaming.platform import Asked, Platform, Said
from tests.roaming.test_registration_starting import calls_back


@dataclass
class Partner:
    """Nomad's platform: `opened_by` is the token that it takes from us, `shows` the one it has from us.

    `saying` is its answer to our PUT, and whether it took what we offered.
    """

    platform: Platform
    opened_by: str
    shows: str
    saying: Said | None = None
    takes: bool = True
    on_put: Callable[[], None] = lambda: None

    def answer(self, asked: Asked) -> Said | None:
        if asked.spelled != header(self.opened_by).removeprefix("Token "):
            return Said(http=401, status=2000, message="unknown token")
        return self._put(asked) if asked.method == "PUT" else None

    def _put(self, asked: Asked) -> Said:
        self.on_put()
        if self.takes:
            self.opened_by, self.shows = "their-C2", asked.body["token"]
        return self.saying or Said(self.platform.credentials("their-C2"))


@pytest.fixture
def partner(planned: services.Added, nomad_platform: Platform) -> Partner:
    """Registered in 2.2.1, and exchanging data: it takes "their-B" from us."""
    nomad_platform.versions = ("2.2.1", "2.3.0")
    shows = register(planned, nomad_platform, "their-B")
    assert works_with(shows)
    partner = Partner(nomad_platform, "their-B", shows)
    nomad_platform.answering = partner.answer
    return partner


def rotate(**options: str) -> Connection:
    return rotation.rotate(connection=Connection.objects.get(name="Nomad"), at=clock.now(), **options)  # type: ignore[arg-type]


def offered_to(partner: Partner) -> str:
    """The new token that they were offered."""
    put = [asked for asked in partner.platform.asked if asked.method == "PUT"]
    return str(put[-1].body["token"])


def as_before(partner: Partner, before: str) -> bool:
    """Whether both sides hold what they held, and nothing else is good."""
    nomad = Connection.objects.get(name="Nomad")
    assert (nomad.token_out, nomad.state) == ("their-B", ConnectionState.REGISTERED)
    assert (nomad.token_offered_hash, nomad.token_previous_hash) == (None, None)
    return works_with(before) and partner.opened_by == nomad.token_out


def test_both_sides_have_new_tokens_and_the_old_one_lives_until_the_new_one_is_used(partner: Partner) -> None:
    old = partner.shows
    rotated = rotate()
    assert (rotated.token_out, rotated.version) == (partner.opened_by, "2.2.1")
    assert [asked.method for asked in partner.platform.asked[-3:]] == ["GET", "GET", "PUT"]
    assert works_with(old) and works_with(partner.shows) and not opens(old)
    assert Attempt.objects.first().outcome == Outcome.DONE  # type: ignore[union-attr]


@pytest.mark.django_db(transaction=True)
def test_while_they_call_back_both_of_our_tokens_are_good(
    planned: services.Added, nomad_platform: Platform, settings: Settings
) -> None:
    """C1: they read our versions with the new one before they answer, and go on pushing with the old one."""
    with running(worker=False, beat=False) as portal:
        settings.PORTAL_URL = portal
        old = register(planned, nomad_platform, "their-B")
        reads = calls_back(nomad_platform)
        seen: list[bool] = []

        def answering(asked: Asked) -> Said | None:
            if asked.method == "PUT":
                reads(asked)
                seen.append(works_with(old))
                database.close()
            return None

        nomad_platform.answering = answering
        rotated = rotate()
    assert seen == [True] and rotated.token_out == nomad_platform.token_c


def test_a_rotation_moves_to_another_version(partner: Partner) -> None:
    """C3."""
    rotated = rotate(version="2.3.0")
    assert (rotated.version, partner.platform.asked[-1].path) == ("2.3.0", "/2.3.0/credentials")
    assert works_with(partner.shows, "2.3.0")


REFUSED = [
    Said(status=2001, message="we do not like your url"),
    Said(status=3001, message="we cannot reach you"),
    Said(http=405, status=2000, message="not registered"),
    Said(http=404, status=2000, message="nobody here"),
    Said(http=401, status=2000),
]


@pytest.mark.parametrize("said", REFUSED)
def test_they_refuse_and_everything_is_as_before(partner: Partner, said: Said) -> None:
    partner.takes, partner.saying = False, said
    old = partner.shows
    with pytest.raises(CannotRegister, match="Everything is as it was before"):
        rotate()
    assert not opens(offered_to(partner))
    assert as_before(partner, old)


def test_they_are_away_and_nothing_is_offered(partner: Partner) -> None:
    partner.platform.down()
    with pytest.raises(CannotRegister, match="cannot be used"):
        rotate()
    assert as_before(partner, partner.shows)


def test_they_go_away_before_our_put_reaches_them(partner: Partner) -> None:
    details = partner.platform.details("2.2.1")
    gone = [entry for entry in details["endpoints"] if entry["identifier"] != "credentials"]
    gone.append({"identifier": "credentials", "role": "SENDER", "url": "http://127.0.0.1:9/credentials"})
    partner.platform.answering = lambda asked: Said({"endpoints": gone}) if asked.path == "/2.2.1" else None
    with pytest.raises(CannotRegister, match="Everything is as it was before"):
        rotate()
    assert as_before(partner, partner.shows)


@pytest.mark.parametrize(
    ("path", "why"), [("/versions", "No version in common"), ("/2.2.1", "no endpoint “credentials”")]
)
def test_they_lost_our_version_or_their_credentials_and_are_not_put_to(partner: Partner, path: str, why: str) -> None:
    """C7."""
    details = partner.platform.details("2.2.1")["endpoints"]
    left = [one for one in details if one["identifier"] != "credentials"]
    answer = Said([] if path == "/versions" else {"endpoints": left})
    partner.platform.answering = lambda asked: answer if asked.path == path else None
    with pytest.raises(CannotRegister, match=why):
        rotate()
    assert partner.platform.paths("PUT") == [] and as_before(partner, partner.shows)


UNCLEAR = [
    Said(http=500, raw=b"oops"),
    Said(http=500, status=3000),
    Said(http=504, raw=b"gateway"),
    Said(raw=b"{"),
    Said(http=302, headers={"Location": "http://127.0.0.1:1/"}, raw=b""),
    Said(http=307, headers={"Location": "/signed-in"}, status=2000),
    Said(http=408, status=2000),
    Said(http=404, raw=b"<html>gone</html>"),
    Said(http=401, raw=b"<html>who are you</html>"),
    Said(http=404, message="done, in fact"),
    Said(None),
    Said({"token": "their-C2"}),
]


@pytest.mark.parametrize("said", UNCLEAR)
def test_their_answer_says_nothing_and_they_did_not_take_it(partner: Partner, said: Said) -> None:
    """The token to call them still works; both of ours do, for a time, and the old one for good."""
    partner.takes, partner.saying = False, said
    old = partner.shows
    with pytest.raises(CannotRegister, match="It is not known whether Nomad took"):
        rotate()
    nomad = Connection.objects.get()
    assert nomad.token_out == partner.opened_by == "their-B"
    assert works_with(old) and opens(offered_to(partner)) and works_with(old)
    assert nomad.token_offered_until is not None
    Connection.objects.update(token_offered_until=clock.now())
    assert works_with(old) and not opens(offered_to(partner))
    partner.takes, partner.saying = True, None
    assert rotate().token_out == partner.opened_by  # tried again, it succeeds


@pytest.mark.parametrize("said", UNCLEAR[:-1])
def test_their_answer_says_nothing_though_they_took_it(partner: Partner, said: Said) -> None:
    """They go on with the new token, which ends the old one; that we cannot call them is told to people, and their
    next PUT heals it."""
    partner.saying = said
    old = partner.shows
    with pytest.raises(CannotRegister, match="None that we have opens their platform"):
        rotate()
    assert opens(old) and opens(partner.shows)
    finding = Finding.objects.get()
    assert finding.code == "rotation_unsettled" and "have to PUT" in finding.sentence
    assert works_with(partner.shows) and not opens(old)
    partner.platform.answering = lambda asked: None
    put = call("PUT", CREDENTIALS, partner.shows, partner.platform.credentials("their-B3"))[1]
    assert put["status_code"] == 1000
    assert Connection.objects.get().token_out == "their-B3"


def overlapping(partner: Partner, said: Said) -> None:
    """It lets two tokens of ours in for a while, as we do; it takes our first offer, and refuses what follows."""
    answers = [said, Said(http=400, status=2000, message="not now")]

    def answering(asked: Asked) -> Said | None:
        if asked.method != "PUT":
            return None
        if len(answers) == 2:
            partner.shows = asked.body["token"]
        return answers.pop(0)

    partner.platform.answering = answering


@pytest.mark.parametrize("said", UNCLEAR[:3])
def test_a_token_that_they_may_hold_is_not_ended_by_a_further_rotation(partner: Partner, said: Said) -> None:
    """C3: neither by a person nor by the task, until they use it or it expires; and people are told in time."""
    overlapping(partner, said)
    old = partner.shows
    with pytest.raises(CannotRegister, match="Ours to call them still works"):
        rotate()
    finding = Finding.objects.get()
    assert finding.code == "rotation_unsettled" and "If they took the new one, they have to call" in finding.sentence
    until = Connection.objects.get().token_offered_until
    with pytest.raises(CannotRegister, match=f"none is offered before {until:%d %b %H:%M} UTC"):
        rotate()
    Connection.objects.update(registered_at=clock.now() - timedelta(days=31))
    assert rotation.rotate_due(older_than=timedelta(days=30), at=clock.now()) == 0
    assert len(partner.platform.paths("PUT")) == 1 and Finding.objects.count() == 1
    assert opens(partner.shows) and opens(old)
    assert works_with(partner.shows) and not opens(old)
    partner.platform.answering = lambda asked: None
    assert rotate().token_out == partner.platform.token_c


def test_an_unsettled_renewal_of_the_task_is_told_to_people_once(partner: Partner) -> None:
    overlapping(partner, UNCLEAR[0])
    Connection.objects.update(registered_at=clock.now() - timedelta(days=31))
    for _ in range(2):
        rotation.rotate_due(older_than=timedelta(days=30), at=clock.now())
    assert [finding.code for finding in Finding.objects.all()] == ["rotation_unsettled"]


def test_a_put_with_the_offered_token_shows_that_they_took_it(partner: Partner) -> None:
    """C3: it is the one before from then on, and ends as such."""
    overlapping(partner, UNCLEAR[0])
    old = partner.shows
    with pytest.raises(CannotRegister):
        rotate()
    envelope = call("PUT", CREDENTIALS, partner.shows, partner.platform.credentials("their-B3"))[1]
    assert envelope["status_code"] == 1000
    assert opens(partner.shows) and not opens(old)
    assert works_with(envelope["data"]["token"]) and not opens(partner.shows)
    partner.platform.answering = lambda asked: None
    assert rotate().token_out == partner.platform.token_c


def test_our_process_dies_in_the_middle(partner: Partner, monkeypatch: pytest.MonkeyPatch) -> None:
    """They took it: both that they have from us are good, nothing is offered meanwhile, and people are told once."""

    def dies(*given: object) -> None:
        raise SystemExit

    monkeypatch.setattr(rotation, "keep", dies)
    old = partner.shows
    with pytest.raises(SystemExit):
        rotate()
    nomad, attempt = Connection.objects.get(), Attempt.objects.get(ours=True)
    assert (nomad.token_out, attempt.outcome) == ("their-B", Outcome.UNDER_WAY)
    assert opens(old) and opens(partner.shows)
    with pytest.raises(CannotRegister, match="none is offered before"):
        rotate()
    end_broken_off()
    assert not Finding.objects.exists()  # it may be under way yet
    Attempt.objects.update(started_at=clock.now() - timedelta(hours=1, seconds=1))
    end_broken_off()
    end_broken_off()
    attempt.refresh_from_db()
    assert (attempt.outcome, attempt.answer[:21]) == (Outcome.FAILED, "This platform stopped")
    finding = Finding.objects.get()
    assert finding.code == "exchange_broken_off" and "make a test call" in finding.sentence
    assert works_with(partner.shows) and not opens(old)


def test_what_we_cannot_keep_of_their_answer_leaves_both_of_ours_good(
    partner: Partner, monkeypatch: pytest.MonkeyPatch
) -> None:
    """C6: also where the fault is ours."""
    monkeypatch.setattr(rotation, "keep", lambda *given: (_ for _ in ()).throw(DataError("numeric field overflow")))
    old = partner.shows
    with pytest.raises(CannotRegister, match="None that we have opens their platform"):
        rotate()
    told = {step["title"]: step["answer"] for step in Attempt.objects.first().steps}  # type: ignore[union-attr]
    assert "its log says why" in told["No clear answer"] and "its log says why" in told["Their new token"]
    assert opens(old) and opens(partner.shows)
    assert Finding.objects.get().code == "rotation_unsettled"


@pytest.mark.parametrize(
    "url", ["http://a/\0b", "http://x.example/" + "x" * 255, "http://[bad/", "http://u:p@x.example/"]
)
def test_an_address_that_we_cannot_use_is_found_before_anything_is_sent(partner: Partner, url: str) -> None:
    """C6: not after they took our new token."""
    details = partner.platform.details("2.2.1")
    details["endpoints"] = [
        {**one, "url": url} if one["identifier"] == "tokens" else one for one in details["endpoints"]
    ]
    partner.platform.answering = lambda asked: Said(details) if asked.path == "/2.2.1" else None
    with pytest.raises(CannotRegister, match="its address of tokens is not an absolute"):
        rotate()
    assert partner.platform.paths("PUT") == [] and as_before(partner, partner.shows)


def test_of_a_broken_answer_the_token_is_used_when_the_old_one_is_dead(partner: Partner) -> None:
    partner.saying = Said({"token": "their-C2", "url": "nonsense"})
    old = partner.shows
    rotated = rotate()
    assert rotated.token_out == "their-C2" == partner.opened_by
    assert rotated.versions_url == f"{partner.platform.url}/versions"
    assert works_with(old) and works_with(partner.shows) and not opens(old)
    assert Finding.objects.count() == 0


def test_they_die_in_the_middle(partner: Partner) -> None:
    """Neither the answer nor a further question comes through; when they are back they use one token or the other."""
    partner.on_put = lambda: partner.platform._server.socket.close()  # type: ignore[union-attr]
    partner.saying = Said(raw=b"")
    old = partner.shows
    with pytest.raises(CannotRegister, match="not known"):
        rotate()
    assert opens(old) and opens(partner.shows)


def test_they_take_too_long(partner: Partner, settings: Settings) -> None:
    settings.PARTNER_TIMEOUT_SECONDS = 0.3
    from time import sleep

    partner.on_put = lambda: sleep(0.8)
    with pytest.raises(CannotRegister, match="not known"):
        rotate()
    told = {step["title"]: step["answer"] for step in Attempt.objects.first().steps}  # type: ignore[union-attr]
    assert "did not answer within" in told["No clear answer"]


def test_a_party_of_somebody_else_is_not_handed_over_but_the_tokens_hold(partner: Partner) -> None:
    """C10: they took the new ones, so ours have to be the new ones too."""
    cast.volta()
    partner.platform.roles = ("EMSP DE*NMD", "CPO NL*VLT")
    rotated = rotate()
    assert rotated.token_out == partner.opened_by and works_with(partner.shows)
    assert Party.objects.get(party_id="VLT").connection.name == "Volta"
    assert Finding.objects.get().code == "party_taken"


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("holds", ["their-B2", "their-C2"])
def test_they_give_us_new_credentials_while_we_rotate(partner: Partner, holds: str) -> None:
    """C11: whichever of the two they keep, it is the one we use, and both that they have from us are good."""
    got: list[str] = []
    old = partner.shows

    def puts() -> None:
        partner.platform.answering = lambda asked: None
        answer = call("PUT", CREDENTIALS, old, partner.platform.credentials("their-B2"))[1]
        got.append(answer["data"]["token"])
        partner.platform.answering = partner.answer
        database.close()

    partner.on_put = puts
    partner.takes, partner.opened_by, partner.shows = False, "their-B", old
    partner.saying = Said(partner.platform.credentials("their-C2"))

    def answering(asked: Asked) -> Said | None:
        answer = Partner.answer(partner, asked)
        if asked.method == "PUT":
            partner.opened_by = holds
        return answer

    partner.answer = answering  # type: ignore[method-assign]
    partner.platform.answering = answering
    if holds == "their-B2":
        with pytest.raises(CannotRegister, match="Ours to call them still works"):
            rotate()
    else:
        rotate()
    assert Connection.objects.get().token_out == holds
    assert opens(got[0]) and opens(offered_to(partner))


def test_only_the_registered_rotate(planned: services.Added) -> None:
    with pytest.raises(CannotRegister, match="is planned"):
        rotate()


@pytest.mark.parametrize("days", [0, 30])
def test_old_tokens_are_renewed_by_the_task_where_the_settings_say_so(
    partner: Partner, days: int, settings: Settings
) -> None:
    """C12."""
    settings.ROTATE_DAYS = days
    rotate_due()
    assert partner.platform.paths("PUT") == []  # not old yet
    Connection.objects.update(registered_at=clock.now() - timedelta(days=31))
    rotate_due()
    assert len(partner.platform.paths("PUT")) == (1 if days else 0)
    rotate_due()
    assert len(partner.platform.paths("PUT")) == (1 if days else 0)


def test_a_renewal_that_fails_is_told_to_people_and_keeps_nobody_else_waiting(partner: Partner) -> None:
    """C12."""
    cast.polder(url="http://127.0.0.1:9")
    Connection.objects.update(registered_at=clock.now() - timedelta(days=31))
    for _ in range(2):
        rotation.rotate_due(older_than=timedelta(days=30), at=clock.now())
    assert Connection.objects.get(name="Nomad").token_out == "their-C2"
    finding = Finding.objects.get()
    assert (finding.code, finding.connection.name) == ("rotation_failed", "Polder Laden")  # type: ignore[union-attr]


def test_a_token_that_they_say_they_did_not_take_is_withdrawn_and_another_offered(partner: Partner) -> None:
    """C12: without waiting for the deadline; a person says so, and the story of the connection has it."""
    partner.takes, partner.saying = False, Said(http=500, raw=b"oops")
    old, ada = partner.shows, cast.person("Ada")
    with pytest.raises(CannotRegister, match="as soon as they say that they did not take it and it is withdrawn"):
        rotate()
    offered = offered_to(partner)
    with pytest.raises(CannotRegister, match="or before somebody who asked them withdraws it"):
        rotate()
    said = rotation.withdraw_offer(connection=Connection.objects.get(), by=ada, at=clock.now())
    assert "Should they have taken it all the same, their calls are refused" in said
    assert not opens(offered) and as_before(partner, old)
    told = Attempt.objects.all()[0]
    assert (told.by, told.outcome, told.answer) == (ada, Outcome.DONE, said)
    partner.takes, partner.saying = True, None
    assert rotate().token_out == partner.opened_by and works_with(partner.shows)


def test_a_token_that_they_use_cannot_be_withdrawn(partner: Partner) -> None:
    """C3: nor one where none was offered, nor the one of a registration that is under way."""
    nomad = Connection.objects.get()
    with pytest.raises(CannotRegister, match="there is none to withdraw"):
        rotation.withdraw_offer(connection=nomad, at=clock.now())
    partner.saying = Said(http=500, raw=b"oops")
    with pytest.raises(CannotRegister, match="None that we have opens"):
        rotate()
    assert works_with(partner.shows)
    with pytest.raises(CannotRegister, match="there is none to withdraw"):
        rotation.withdraw_offer(connection=nomad, at=clock.now())
    assert works_with(partner.shows)
    planned = services.add(partner_name="Polder", name="Polder", at=cast.NOW).connection
    token = tokens.offer(connection=planned, at=clock.now())
    with pytest.raises(CannotRegister, match="there is none to withdraw"):
        rotation.withdraw_offer(connection=planned, at=clock.now())
    assert opens(token)


def test_when_our_token_is_refused_the_way_out_is_said(partner: Partner) -> None:
    partner.opened_by = "something-else"
    with pytest.raises(CannotRegister, match=r"unknown token\. They refuse the token .* Ask them to PUT their cred"):
        rotate()
    assert works_with(partner.shows) and partner.platform.paths("PUT") == []
