"""Reading findings, with the permission of who reads."""

from django.db.models import QuerySet

from partners.people.models import User
from partners.people.permissions import Grant, may
from roaming.cdrs.models import Cdr
from roaming.findings.models import Finding


def visible_to(user: User) -> QuerySet[Finding]:
    """Every finding for those who may see roaming data, nothing for others; newest first."""
    findings = Finding.objects.select_related("connection", "cdr__party")
    return findings if may(user, Grant.VIEW_ROAMING) else findings.none()


def about(cdr: Cdr) -> QuerySet[Finding]:
    """What was found about one CDR, in the order it was found."""
    return Finding.objects.filter(cdr=cdr).order_by("id")
