"""Drivers whose eMSP is away, at several stations at once: no more charge than the agreement lets."""

import pytest

from roaming.tokens import offline
from roaming.tokens.models import OfflineCount, Token
from tests import cast, wire
from tests.races.threads import at_once
from tests.roaming.calls import Caller

pytestmark = pytest.mark.django_db(transaction=True)


def test_of_two_drivers_at_once_one_charges_where_one_is_agreed() -> None:
    cast.volta()
    cast.nomad()
    agreement = cast.agreement("NL*VLT", "DE*NMD", offline_per_day=4)
    card = wire.load("token_nomad")
    for uid in ("FIRST", "SECOND"):
        assert Caller("Nomad").put(f"/receiver/tokens/DE/NMD/{uid}", {**card, "uid": uid}).http == 201
    tokens = list(Token.objects.select_related("party"))

    def driving(token: Token) -> None:
        offline.count(agreement=agreement, token=token, at=cast.NOW)

    ends = at_once(*(lambda token=token: driving(token) for token in tokens * 4))
    assert sum(end is None for end in ends) == 4
    assert {type(end) for end in ends} == {type(None), offline.NotOffline}
    in_all, of_tokens = OfflineCount.objects.get(token=None), OfflineCount.objects.exclude(token=None)
    assert (in_all.used, in_all.most) == (4, 4)
    assert sum(of_tokens.values_list("used", flat=True)) == 4
