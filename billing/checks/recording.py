"""Keeping what was found, each thing once: checking a CDR again does not repeat what is known."""

from collections.abc import Sequence
from datetime import datetime

from billing.checks.found import Found
from roaming.cdrs.models import Cdr
from roaming.findings import services as findings
from roaming.findings.models import Finding


def record(*, cdr: Cdr, found: Sequence[Found], at: datetime) -> None:
    """Write a Finding for everything found that the CDR does not carry yet, word for word."""
    if not found:
        return
    known = set(Finding.objects.filter(cdr=cdr).values_list("code", "sentence"))
    for one in found:
        if (one.code, one.sentence) not in known:
            _write(cdr, one, at)


def _write(cdr: Cdr, one: Found, at: datetime) -> None:
    findings.record(
        code=one.code,
        severity=one.severity,
        title=one.title,
        sentence=one.sentence,
        cdr=cdr,
        expected=one.expected,
        actual=one.actual,
        money_at_risk=one.money_at_risk,
        currency=cdr.currency if one.money_at_risk is not None else "",
        at=at,
    )
