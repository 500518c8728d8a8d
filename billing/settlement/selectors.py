"""What a settlement run takes, what it leaves out, and which agreements a period concerns."""

from datetime import datetime

from django.db.models import Q, QuerySet

from billing.settlement.models import SettlementRun
from billing.settlement.periods import Period, midnight
from partners.agreements.models import Agreement, AgreementState
from roaming.cdrs.models import Cdr, CdrState


def due(agreement: Agreement, ends_at: datetime) -> QuerySet[Cdr]:
    """Accepted CDRs of the agreement that ended before `ends_at`, earlier periods included, in the order of lines."""
    return Cdr.objects.filter(
        agreement=agreement, state=CdrState.ACCEPTED, ended_at__lt=ends_at, currency=agreement.currency
    ).order_by("ended_at", "id")


def entering(agreement: Agreement, period: Period) -> QuerySet[Cdr]:
    """Of a period that was settled: CDRs that were accepted since, and enter the next run."""
    return due(agreement, period.ends_at(agreement.time_zone))


def left_out(agreement: Agreement, period: Period) -> QuerySet[Cdr]:
    """CDRs between the two parties that ended before the end of the period and that no run may take yet.

    Received ones are not judged; held ones (disputed ones too) wait for a decision; rejected ones for a credit.
    """
    ends_at = period.ends_at(agreement.time_zone)
    return Cdr.objects.filter(
        Q(agreement=agreement) | Q(agreement__isnull=True),
        party=agreement.cpo,
        emsp=agreement.emsp,
        started_at__gte=midnight(agreement.starts_date, agreement.time_zone),
        ended_at__lt=ends_at,
        state__in=[CdrState.RECEIVED, CdrState.HELD, CdrState.REJECTED],
    ).order_by("ended_at", "id")


def concerned(period: Period) -> list[Agreement]:
    """Agreements to settle for `period`: in force during it, or ended before it with CDRs still to settle."""
    begun = Agreement.objects.filter(
        state__in=[AgreementState.ACTIVE, AgreementState.ENDED], starts_date__lt=period.ends_date
    ).order_by("id")
    return [agreement for agreement in begun if _concerns(agreement, period)]


def _concerns(agreement: Agreement, period: Period) -> bool:
    in_force = agreement.ends_date is None or agreement.ends_date > period.starts_date
    return in_force or due(agreement, period.ends_at(agreement.time_zone)).exists()


def runs() -> QuerySet[SettlementRun]:
    """Every run, newest period first, with its agreement and parties."""
    return SettlementRun.objects.select_related("agreement__cpo", "agreement__emsp", "run_by")


def run_of(agreement: Agreement, period: Period) -> SettlementRun | None:
    """The run of this agreement for this period, if it was made."""
    return runs().filter(agreement=agreement, period_starts_date=period.starts_date).first()
