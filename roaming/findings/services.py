"""Writing down what a check, an intake or a pull found."""

from collections.abc import Iterable
from datetime import datetime
from decimal import Decimal
from typing import Any

from partners.connections.models import Connection
from roaming.cdrs.models import Cdr
from roaming.findings.models import Finding


def record(
    *,
    code: str,
    severity: str,
    title: str,
    sentence: str,
    cdr: Cdr | None = None,
    connection: Connection | None = None,
    subject: str = "",
    expected: str = "",
    actual: str = "",
    money_at_risk: Decimal | None = None,
    currency: str = "",
    at: datetime,
) -> Finding:
    """One finding about `cdr`, or about `subject` that `connection` sent and we did not store.

    `sentence` is for a person and complete; `expected` and `actual` are shown beside each other and may be shortened.
    """
    return Finding.objects.create(
        code=code,
        severity=severity,
        title=title[:120],
        sentence=sentence,
        cdr=cdr,
        connection=connection,
        subject=subject[:200],
        expected=expected[:300],
        actual=actual[:300],
        money_at_risk=money_at_risk,
        currency=currency,
        found_at=at,
    )


def withdraw(*, findings: Iterable[Finding], at: datetime) -> None:
    """They were found when a CDR was judged, and no longer hold."""
    if gone := [one.pk for one in findings]:
        Finding.objects.filter(pk__in=gone).update(withdrawn_at=at)


def record_once(**finding: Any) -> Finding | None:
    """The same, unless it is known word for word: the same fault comes again with every push and pull."""
    found = {name: finding.get(name) for name in ("cdr", "connection")}
    words = {name: finding[name] for name in ("code", "sentence")}
    subject, actual = finding.get("subject", "")[:200], finding.get("actual", "")[:300]
    if Finding.objects.filter(**found, **words, subject=subject, actual=actual).exists():
        return None
    return record(**finding)
