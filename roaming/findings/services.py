"""Writing down what a check, an intake or a pull found."""

from datetime import datetime
from decimal import Decimal

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
