"""Two tokens for a while: what a partner has from us stays good until the one that follows is used (decision 0008)."""

from datetime import datetime, timedelta

import pytest
from pytest_django import Settings

from partners.connections import selectors, services, tokens
from partners.connections.models import Connection
from roaming.kernel import clock
from roaming.registration import services as registration
from tests import cast
from tests.roaming.handshake import CREDENTIALS, call, opens, register, works_with
from tests.roaming.platform import Platform


@pytest.fixture
def token_c(planned: services.Added, nomad_platform: Platform) -> str:
    """Nomad is registered and calls us with this."""
    return register(planned, nomad_platform)


def put(theirs: Platform, token: str, token_b: str = "nomad-B2") -> str:
    """New credentials from them; the new token they get."""
    envelope = call("PUT", CREDENTIALS, token, theirs.credentials(token_b))[1]
    assert envelope["status_code"] == 1000, envelope
    return str(envelope["data"]["token"])


def test_the_new_token_works_at_once_and_ends_the_old_one_by_its_first_use(
    token_c: str, nomad_platform: Platform
) -> None:
    """C3."""
    fresh = put(nomad_platform, token_c)
    assert fresh != token_c
    assert Connection.objects.get().token_out == "nomad-B2"
    assert nomad_platform.asked[-1].token == "nomad-B2"
    assert works_with(token_c) and works_with(token_c)  # as often as they like
    assert works_with(fresh)
    assert not opens(token_c)
    assert works_with(fresh)


def test_the_old_token_dies_at_the_deadline_though_the_new_one_was_never_used(
    token_c: str, nomad_platform: Platform, settings: Settings
) -> None:
    """C3."""
    settings.TOKEN_OVERLAP_HOURS = 2
    before = clock.now()
    put(nomad_platform, token_c)
    nomad = Connection.objects.get()
    until = nomad.token_previous_until
    assert until is not None and before + timedelta(hours=2) <= until <= clock.now() + timedelta(hours=2)
    assert selectors.by_token(token_c, until - timedelta(seconds=1)) == nomad
    assert selectors.by_token(token_c, until) is None


def test_a_partner_that_never_got_our_answer_puts_again_with_its_old_token(
    token_c: str, nomad_platform: Platform
) -> None:
    """C3, C6: the token of the answer that was lost is dead then, and the old one is good until the next is used."""
    lost = put(nomad_platform, token_c)
    fresh = put(nomad_platform, token_c, "nomad-B3")
    assert not opens(lost)
    assert works_with(token_c) and works_with(fresh) and not opens(token_c)
    assert Connection.objects.get().token_out == "nomad-B3"


def test_get_tells_the_token_that_was_shown_also_the_old_one(token_c: str, nomad_platform: Platform) -> None:
    """C4."""
    put(nomad_platform, token_c)
    assert call("GET", CREDENTIALS, token_c)[1]["data"]["token"] == token_c


def test_only_the_two_latest_tokens_are_ever_good(token_c: str, nomad_platform: Platform) -> None:
    second = put(nomad_platform, token_c)
    third = put(nomad_platform, second)
    assert [opens(one) for one in (token_c, second, third)] == [False, True, True]


def test_leaving_kills_both(token_c: str, nomad_platform: Platform) -> None:
    """C5: with the old token too."""
    fresh = put(nomad_platform, token_c)
    assert call("DELETE", CREDENTIALS, token_c)[1]["status_code"] == 1000
    assert not opens(token_c) and not opens(fresh)


@pytest.mark.parametrize("end", ["a new registration token", "unregistered"])
def test_what_ends_a_registration_ends_both(token_c: str, nomad_platform: Platform, end: str) -> None:
    fresh = put(nomad_platform, token_c)
    nomad = Connection.objects.get()
    if end == "unregistered":
        services.unregister(connection=nomad, at=cast.NOW)
    else:
        services.new_registration_token(connection=nomad, at=cast.NOW)
    assert not opens(token_c) and not opens(fresh)


def test_the_first_use_is_noted_once_even_by_two_at_a_time(token_c: str, nomad_platform: Platform) -> None:
    """The second one finds it done, and nothing else changed."""
    fresh = put(nomad_platform, token_c)
    first, second = (Connection.objects.get() for _ in range(2))
    for stale in (first, second):
        tokens.used(connection=stale, token=fresh, for_data=True)
    nomad = Connection.objects.get()
    assert (nomad.token_previous_hash, nomad.token_previous_until) == (None, None)
    assert opens(fresh)


def test_an_offered_token_is_for_looking_until_it_is_used_for_data(token_c: str) -> None:
    """While we rotate they read our versions with the new token; that does not mean they took it."""
    nomad = Connection.objects.get()
    offered = tokens.offer(connection=nomad, at=clock.now())
    assert opens(offered) and works_with(token_c)
    assert works_with(offered)  # they took it: nobody exchanges data with a token it did not keep
    assert not opens(token_c) and works_with(offered)


def test_an_offered_token_that_they_did_not_take_dies_by_itself(token_c: str, settings: Settings) -> None:
    nomad = Connection.objects.get()
    offered = tokens.offer(connection=nomad, at=clock.now())
    until = nomad.token_offered_until
    assert isinstance(until, datetime)
    assert selectors.by_token(offered, until - timedelta(seconds=1)) == nomad
    assert selectors.by_token(offered, until) is None
    assert selectors.by_token(token_c, until) == nomad


def test_what_we_offer_before_they_are_registered_opens_no_data(planned: services.Added) -> None:
    """T5. C6: and withdrawing another token changes nothing."""
    offered = tokens.offer(connection=planned.connection, at=clock.now())
    assert opens(offered) and opens(planned.token)
    assert not works_with(offered)
    tokens.withdraw(connection=planned.connection, token="another one")
    assert opens(offered)
    tokens.withdraw(connection=planned.connection, token=offered)
    assert not opens(offered) and opens(planned.token)


def test_nothing_is_offered_on_old_knowledge(planned: services.Added, nomad_platform: Platform) -> None:
    """C11."""
    stale = planned.connection
    register(planned, nomad_platform)
    with pytest.raises(tokens.CannotOffer, match="meanwhile"):
        tokens.offer(connection=stale, at=clock.now())


def test_a_put_does_not_end_a_rotation_of_ours_that_is_under_way(token_c: str, nomad_platform: Platform) -> None:
    """They may take our new token yet, so it stays good beside the one they get for theirs."""
    offered = tokens.offer(connection=Connection.objects.get(), at=clock.now())
    fresh = put(nomad_platform, token_c)
    assert opens(offered) and opens(fresh)


def test_a_put_that_another_one_overtook_changes_nothing(token_c: str, nomad_platform: Platform) -> None:
    """C11: though its token is still good, as the one before."""
    seen = Connection.objects.get()
    fresh = put(nomad_platform, token_c)
    with pytest.raises(Exception, match="Another request changed these credentials"):
        registration.accept(
            connection=seen,
            token=token_c,
            version="2.2.1",
            sent=nomad_platform.credentials("nomad-B3"),
            at=clock.now(),
        )
    assert Connection.objects.get().token_out == "nomad-B2"
    assert opens(token_c) and opens(fresh)


def test_a_connection_suspended_meanwhile_stays_suspended(token_c: str, nomad_platform: Platform) -> None:
    nomad = Connection.objects.get()
    services.suspend(connection=nomad)
    services.register(
        connection=nomad,
        version="2.2.1",
        versions_url=nomad.versions_url,
        endpoints=nomad.endpoints,
        token_out="new",
        token_in="newer",
        roles=[],
        at=cast.NOW,
    )
    assert Connection.objects.get().state == "suspended"
    assert not opens("newer")
