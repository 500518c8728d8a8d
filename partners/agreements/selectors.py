"""Which agreement holds when."""

from datetime import datetime

from django.db.models import DateField, DateTimeField, ExpressionWrapper, F, Func, OuterRef, Q, QuerySet, Value
from django.db.models.functions import Cast

from partners.agreements.models import Agreement, AgreementState
from partners.parties.models import Party
from roaming.kernel import clock

IN_FORCE = (AgreementState.ACTIVE, AgreementState.ENDED)


def in_force(at: datetime | OuterRef) -> Q:
    """Agreements, active or since ended, whose dates contain `at` (a moment, or an outer query's column) in their
    own zone."""
    today = _local_date(at)
    begun = Q(state__in=IN_FORCE, starts_date__lte=today)
    return begun & (Q(ends_date__isnull=True) | Q(ends_date__gt=today))


def readable(at: datetime) -> Q:
    """Agreements, active or since ended, whose sessions and CDRs the eMSP may still read at `at`: they go on, or ended
    less than their `history_days` ago, counted in their own zone."""
    oldest_end = ExpressionWrapper(_local_date(at) - F("history_days"), output_field=DateField())
    without_limit = Q(ends_date__isnull=True) | Q(history_days__isnull=True)
    return Q(state__in=IN_FORCE) & (without_limit | Q(ends_date__gt=oldest_end))


def _local_date(at: datetime | OuterRef) -> Cast:
    moment = at if isinstance(at, OuterRef) else Value(at, output_field=DateTimeField())
    return Cast(Func(F("time_zone"), moment, function="timezone", output_field=DateTimeField()), DateField())


def to_open(at: datetime) -> QuerySet[Agreement]:
    """Agreements in force at `at` whose two sides were not sent each other's objects yet."""
    waiting = Agreement.objects.filter(in_force(at), state=AgreementState.ACTIVE, opened_at=None)
    return waiting.select_related("cpo__connection", "emsp__connection").order_by("id")


def covering(*, cpo: Party, emsp: Party, at: datetime) -> Agreement | None:
    """The one agreement between the two parties that was in force at `at`; the database allows no second one."""
    for agreement in Agreement.objects.filter(cpo=cpo, emsp=emsp, state__in=IN_FORCE).order_by():
        if covers(agreement, at):
            return agreement
    return None


def covers(agreement: Agreement, at: datetime) -> bool:
    """Whether the agreement's dates contain `at`, whatever its state."""
    local_date = clock.in_zone(at, agreement.time_zone).date()
    begun = agreement.starts_date <= local_date
    return begun and (agreement.ends_date is None or local_date < agreement.ends_date)


def between(cpo: Party, emsp: Party) -> QuerySet[Agreement]:
    """Every agreement of the two parties, newest first, drafts included."""
    return Agreement.objects.filter(cpo=cpo, emsp=emsp).order_by("-starts_date")
