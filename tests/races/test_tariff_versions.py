"""One tariff changed by several requests at once: its versions are numbered without a gap, and none is lost."""

from datetime import timedelta
from decimal import Decimal

import pytest

from roaming.ocpi.schema.values import format_time
from roaming.tariffs import services
from roaming.tariffs.models import Tariff, TariffVersion
from tests import cast
from tests.billing import records
from tests.races.threads import at_once

pytestmark = pytest.mark.django_db(transaction=True)
WORKERS = 4


def put(price: int) -> None:
    data = records.tariff(("ENERGY", str(price)), last_updated=format_time(cast.NOW))
    at = cast.NOW + timedelta(seconds=price)
    services.put(party=cast.party("NL*PLD", "CPO"), tariff_id="FAIR", data=data, at=at)


def prices() -> list[Decimal]:
    versions = TariffVersion.objects.order_by("number")
    return [version.data["elements"][0]["price_components"][0]["price"] for version in versions]


@pytest.mark.parametrize("known", [False, True])
def test_different_states_at_once_are_each_a_version(known: bool) -> None:
    cast.polder()
    if known:
        put(100)
    assert at_once(*[lambda price=price: put(price) for price in range(WORKERS)]) == [None] * WORKERS
    numbers = list(TariffVersion.objects.order_by("number").values_list("number", flat=True))
    assert numbers == list(range(1, WORKERS + known + 1))
    assert sorted(prices()) == [*range(WORKERS), *([100] if known else [])]
    assert TariffVersion.objects.order_by("number").last().body == Tariff.objects.get().body  # type: ignore[union-attr]


def test_one_state_put_at_once_is_one_version() -> None:
    cast.polder()
    assert at_once(*[lambda: put(1)] * WORKERS) == [None] * WORKERS
    assert prices() == [1]
