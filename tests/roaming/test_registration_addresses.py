"""Addresses of a partner that are not quite as it lists them: a slash, a redirect, a versions URL where nobody is."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from partners.connections import services
from partners.connections.models import Connection, ConnectionState
from roaming.findings.models import Finding
from roaming.kernel import clock
from roaming.ocpi import quirks
from roaming.registration import leaving, rotation
from roaming.registration.models import Attempt
from roaming.registration.starting import CannotRegister
from tests import cast
from tests.roaming.handshake import CREDENTIALS, always, call, opens, register, to
from tests.roaming.platform import Answering, Asked, Platform, Said
from tests.roaming.test_registration_starting import start

GONE = Said(http=404, raw=b"<html>not found</html>")


def told() -> dict[str, str]:
    """What the last attempt says of each step."""
    return {step["title"]: step["answer"] for step in Attempt.objects.all()[0].steps}


def slashing(theirs: Platform, without: Said, doors: Callable[[str], bool]) -> Answering:
    """Its doors open only with a slash at the end, which it does not list."""

    def answering(asked: Asked) -> Said | None:
        if not doors(asked.path):
            return None
        return theirs._usual(replace(asked, path=asked.path.rstrip("/"))) if asked.path.endswith("/") else without

    return answering


@pytest.mark.parametrize(
    "without",
    [
        GONE,
        Said(http=404, status=2000),
        Said(http=301, raw=b""),
        Said(http=302, headers={"Location": "/2.2.1/"}, raw=b""),
        Said(http=307, headers={"Location": "/2.2.1/"}, raw=b""),
        Said(http=308, headers={"Location": "http://inner.invalid:8080/2.2.1/"}, raw=b""),
    ],
)
def test_version_details_are_asked_for_with_a_slash_where_they_are_not_without(
    planned: services.Added, nomad_platform: Platform, without: Said
) -> None:
    """T50: whoever starts, at the host that was listed, and only once."""
    nomad_platform.answering = slashing(nomad_platform, without, lambda path: path.startswith("/2.2.1"))
    register(planned, nomad_platform)
    assert nomad_platform.paths("GET") == ["/versions", "/2.2.1", "/2.2.1/"]
    assert Connection.objects.get().quirks == {"trailing_slash": True}


@pytest.mark.parametrize("without", [GONE, Said(http=404, status=2000), Said(http=307, raw=b"")])
def test_credentials_are_sent_with_a_slash_where_nobody_takes_them_without(
    planned: services.Added, nomad_platform: Platform, without: Said
) -> None:
    """T50: and it is known from then on, in a rotation and when we leave."""
    nomad_platform.versions = ("2.2.1",)
    nomad_platform.answering = slashing(nomad_platform, without, lambda path: path.startswith("/credentials"))
    start(planned.connection, nomad_platform)
    assert nomad_platform.paths("POST") == ["/credentials", "/credentials/"]
    assert Connection.objects.get().quirks == {"trailing_slash": True}
    rotation.rotate(connection=Connection.objects.get(), at=clock.now())
    assert nomad_platform.paths("PUT") == ["/credentials/"]
    assert "They confirmed it." in leaving.unregister(connection=Connection.objects.get(), at=clock.now())
    assert nomad_platform.paths("DELETE") == ["/credentials/"]


def test_a_slash_that_a_person_decided_on_is_there_at_once(planned: services.Added, nomad_platform: Platform) -> None:
    """T50: also while registering, when nothing of theirs is stored yet."""
    quirks.decide(connection=planned.connection, name="trailing_slash", value=True)
    nomad_platform.versions = ("2.2.1",)
    nomad_platform.answering = slashing(nomad_platform, GONE, lambda path: path.startswith("/credentials"))
    start(planned.connection, nomad_platform)
    assert nomad_platform.paths("POST") == ["/credentials/"]


def test_an_address_is_not_tried_twice_in_the_same_way(planned: services.Added, nomad_platform: Platform) -> None:
    """T50."""
    quirks.decide(connection=planned.connection, name="trailing_slash", value=True)
    nomad_platform.versions = ("2.2.1",)
    nomad_platform.answering = to("POST", GONE)
    with pytest.raises(CannotRegister, match="They may hold us for registered now"):
        start(planned.connection, nomad_platform)
    assert nomad_platform.paths("POST") == ["/credentials/"]
    assert Connection.objects.get().state == ConnectionState.PLANNED and opens(planned.token)


def test_details_that_need_a_slash_say_nothing_of_credentials_that_need_none(
    planned: services.Added, nomad_platform: Platform
) -> None:
    """T50: an address that works as it is listed is left so."""
    nomad_platform.versions = ("2.2.1",)
    nomad_platform.answering = slashing(nomad_platform, GONE, lambda path: path.startswith("/2.2.1"))
    start(planned.connection, nomad_platform)
    assert nomad_platform.paths("POST") == ["/credentials"]
    assert Connection.objects.get().quirks == {}


def test_what_is_taken_back_is_taken_back_with_the_slash_too(planned: services.Added, nomad_platform: Platform) -> None:
    """C6."""
    cast.volta()
    nomad_platform.roles, nomad_platform.versions = ("EMSP DE*NMD", "CPO NL*VLT"), ("2.2.1",)
    nomad_platform.answering = slashing(nomad_platform, GONE, lambda path: path.startswith("/credentials"))
    with pytest.raises(CannotRegister, match="claim a party of somebody else"):
        start(planned.connection, nomad_platform)
    assert told()["Taken back"] == "They were told that it came to nothing."
    assert Connection.objects.get(name="Nomad").state == ConnectionState.PLANNED


@pytest.mark.parametrize("again", [GONE, Said(http=401, status=2000), Said(http=405, status=2000)])
def test_a_redirect_after_which_they_may_hold_us_for_registered_is_not_undone_by_a_second_try(
    planned: services.Added, nomad_platform: Platform, again: Said
) -> None:
    """C6: what the second try meets may come of the first."""
    nomad_platform.versions = ("2.2.1",)
    answers = {"/credentials": Said(http=302, raw=b""), "/credentials/": again}
    nomad_platform.answering = lambda asked: answers.get(asked.path)
    with pytest.raises(CannotRegister, match="They may hold us for registered now"):
        start(planned.connection, nomad_platform)
    assert len(nomad_platform.paths("POST")) == 2
    assert Connection.objects.get().state == ConnectionState.PLANNED and opens(planned.token)


@pytest.mark.parametrize(
    "said",
    [
        Said(http=302, headers={"Location": "https://nomad.example/sign-in"}, raw=b""),
        Said(http=408, status=2000),
        Said(http=404, raw=b"<html>gone</html>"),
        Said(http=401, raw=b""),
        Said(http=307, headers={"Location": "http://[half"}, raw=b""),
    ],
)
def test_an_answer_that_is_no_clear_no_is_said_to_be_none(
    planned: services.Added, nomad_platform: Platform, said: Said
) -> None:
    """C6."""
    nomad_platform.answering = to("POST", said)
    with pytest.raises(CannotRegister, match="They may hold us for registered now"):
        start(planned.connection, nomad_platform)
    assert Connection.objects.get().state == ConnectionState.PLANNED and opens(planned.token)


@pytest.mark.parametrize("http", [401, 404, 405])
def test_a_clear_no_says_how_things_are(planned: services.Added, nomad_platform: Platform, http: int) -> None:
    """C6: and each sentence has its end."""
    nomad_platform.answering = to("POST", Said(http=http, status=2000, message="computer says no"))
    with pytest.raises(CannotRegister) as refusal:
        start(planned.connection, nomad_platform)
    assert str(refusal.value) == (
        f"They did not take our credentials: HTTP {http}, OCPI 2000: computer says no. Everything is as it was before."
    )
    assert Attempt.objects.get().answer == str(refusal.value)
    assert Connection.objects.get().state == ConnectionState.PLANNED and opens(planned.token)


ELSEWHERE = "https://new.nomad.example/ocpi/versions"
MOVED = Said(http=302, headers={"Location": ELSEWHERE})


def test_a_redirect_is_named_and_nobody_follows_it(planned: services.Added, nomad_platform: Platform) -> None:
    """T109: to either side, whoever starts."""
    sentence = f"They redirect to {ELSEWHERE}; we follow no redirects. Give us that address."
    nomad_platform.answering = always(MOVED)
    envelope = call("POST", CREDENTIALS, planned.token, nomad_platform.credentials("B"))[1]
    assert envelope["status_code"] == 3001 and envelope["status_message"].endswith(sentence)
    with pytest.raises(CannotRegister) as refusal:
        start(planned.connection, nomad_platform)
    assert str(refusal.value).endswith(sentence)
    nomad_platform.answering = lambda asked: None
    register(planned, nomad_platform)
    nomad_platform.answering = always(MOVED)
    for tried in (leaving.ask_versions, rotation.rotate):
        with pytest.raises(CannotRegister) as refusal:
            tried(connection=Connection.objects.get(), at=clock.now())
        assert str(refusal.value).endswith(sentence)
    nomad_platform.answering = always(Said(http=303, raw=b""))
    with pytest.raises(CannotRegister, match=r"They redirect \(HTTP 303\) and do not say where to"):
        leaving.ask_versions(connection=Connection.objects.get(), at=clock.now())


NOBODY = "http://127.0.0.1:9/versions"


def moving(theirs: Platform, url: str) -> None:
    """In its answer it names that address of its versions."""
    theirs.answering = lambda asked: (
        Said(theirs.credentials() | {"url": url}) if asked.method in ("POST", "PUT") else None
    )


def test_an_address_of_their_versions_that_is_too_long_to_be_kept_is_not_begun_with(
    planned: services.Added, nomad_platform: Platform
) -> None:
    """C6."""
    with pytest.raises(CannotRegister, match="of at most 255 characters"):
        start(planned.connection, nomad_platform, versions_url=f"{nomad_platform.url}/versions?{'v' * 255}")
    assert nomad_platform.asked == [] and opens(planned.token)


@pytest.mark.parametrize("starts", [True, False])
def test_an_address_of_their_versions_where_nobody_is_is_not_kept(
    planned: services.Added, nomad_platform: Platform, starts: bool
) -> None:
    """C3: the one that worked is, so that the next rotation works."""
    if not starts:
        register(planned, nomad_platform)
    moving(nomad_platform, NOBODY)
    if starts:
        start(planned.connection, nomad_platform, version="2.2.1")
    else:
        rotation.rotate(connection=Connection.objects.get(), at=clock.now())
    nomad = Connection.objects.get()
    assert (nomad.versions_url, nomad.token_out) == (f"{nomad_platform.url}/versions", nomad_platform.token_c)
    assert NOBODY in told()["Their address"] and f"We keep {nomad.versions_url}" in told()["Their address"]
    assert rotation.rotate(connection=nomad, at=clock.now()).versions_url == nomad.versions_url
    assert not Finding.objects.exists()


def test_an_address_of_their_versions_that_answers_is_kept(planned: services.Added, nomad_platform: Platform) -> None:
    """C3: it is read with the new token."""
    register(planned, nomad_platform)
    url = f"{nomad_platform.url}/versions?v=2"
    moving(nomad_platform, url)
    assert rotation.rotate(connection=Connection.objects.get(), at=clock.now()).versions_url == url
    assert nomad_platform.asked[-1].token == nomad_platform.token_c
    assert "Their address" not in told()
