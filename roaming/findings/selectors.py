"""Reading findings, with the permission of who reads."""

from django.db.models import Case, F, QuerySet, Value, When

from partners.people.models import User
from partners.people.permissions import Grant, may
from roaming.cdrs.models import Cdr, CdrState
from roaming.findings.models import Finding, Severity, Standing

# Whoever accepts, rejects or settles a CDR has decided what held it.
_DECIDED = (CdrState.ACCEPTED, CdrState.REJECTED, CdrState.SETTLED)
_STANDING = Case(
    When(withdrawn_at__isnull=False, then=Value(Standing.WITHDRAWN)),
    When(severity=Severity.HOLDS, cdr__state__in=_DECIDED, then=Value(Standing.DECIDED)),
    default=Value(Standing.OPEN),
)


def visible_to(user: User) -> QuerySet[Finding]:
    """Every finding for those who may see roaming data, nothing for others; newest first, each with its standing."""
    findings = _with_standing(Finding.objects.select_related("connection", "cdr__party"))
    return findings if may(user, Grant.VIEW_ROAMING) else findings.none()


def about(cdr: Cdr) -> QuerySet[Finding]:
    """What was found about one CDR, with its standing, in the order it was found; what was withdrawn comes last."""
    return _with_standing(Finding.objects.filter(cdr=cdr)).order_by(F("withdrawn_at").asc(nulls_first=True), "id")


def judged(cdr: Cdr) -> QuerySet[Finding]:
    """What the judgings of a CDR found and none has withdrawn; not what was refused under its id."""
    return Finding.objects.filter(cdr=cdr, withdrawn_at=None).exclude(severity=Severity.ERROR)


def _with_standing(findings: QuerySet[Finding]) -> QuerySet[Finding]:
    return findings.annotate(standing=_STANDING)  # type: ignore[no-redef]  # the model tells its type
