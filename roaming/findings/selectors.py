"""Reading findings, with the permission of who reads."""

from django.db.models import F, QuerySet

from partners.people.models import User
from partners.people.permissions import Grant, may
from roaming.cdrs.models import Cdr
from roaming.findings.models import Finding, Severity


def visible_to(user: User) -> QuerySet[Finding]:
    """Every finding for those who may see roaming data, nothing for others; newest first."""
    findings = Finding.objects.select_related("connection", "cdr__party")
    return findings if may(user, Grant.VIEW_ROAMING) else findings.none()


def about(cdr: Cdr) -> QuerySet[Finding]:
    """What was found about one CDR, in the order it was found; what was withdrawn comes last."""
    return Finding.objects.filter(cdr=cdr).order_by(F("withdrawn_at").asc(nulls_first=True), "id")


def judged(cdr: Cdr) -> QuerySet[Finding]:
    """What the judgings of a CDR found and none has withdrawn; not what was refused under its id."""
    return Finding.objects.filter(cdr=cdr, withdrawn_at=None).exclude(severity=Severity.ERROR)
