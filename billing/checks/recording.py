"""Keeping what was found, each thing once: checking a CDR again does not repeat what is known, and withdraws what it no
longer finds."""

from collections.abc import Sequence
from datetime import datetime

from billing.checks.found import Found
from roaming.cdrs.models import Cdr
from roaming.findings import selectors
from roaming.findings import services as findings


def record(*, cdr: Cdr, found: Sequence[Found], at: datetime) -> None:
    """Write a Finding for everything found that the CDR does not carry yet, word for word; `found` is all there is."""
    known = {(one.code, one.sentence): one for one in selectors.judged(cdr)}
    holding = {(one.code, one.sentence): one for one in found}
    findings.withdraw(findings=[known[words] for words in known.keys() - holding.keys()], at=at)
    for words, one in holding.items():
        if words not in known:
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
