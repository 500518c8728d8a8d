"""Several workers judge what is due: they share the work, and no CDR is judged twice."""

from datetime import UTC, datetime

import pytest
from django.db.models import Count

from billing.rating import services
from roaming.cdrs.models import Cdr, CdrState
from tests import cast
from tests.billing import records
from tests.races.threads import at_once

pytestmark = pytest.mark.django_db(transaction=True)

AT = datetime(2026, 10, 14, 12, tzinfo=UTC)


def test_workers_share_the_cdrs_that_are_due(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(services, "BATCH", 5)
    cast.volta()
    cast.polder()
    cast.agreement("NL*PLD", "NL*VGO")
    for number in range(40):
        records.received(f"CDR{number}")
    counts = at_once(*[lambda: services.judge_due(at=AT)] * 3)
    assert sum(counts) == 40
    assert not Cdr.objects.filter(state=CdrState.RECEIVED).exists()
    assert not Cdr.objects.annotate(times=Count("ratings")).exclude(times=1).exists()


def test_one_cdr_judged_by_two_is_judged_once() -> None:
    cast.volta()
    cast.polder()
    cast.agreement("NL*PLD", "NL*VGO")
    cdr = records.received()
    at_once(*[lambda: services.judge(cdr_id=cdr.pk, at=AT)] * 4)
    assert cdr.ratings.count() == 1
