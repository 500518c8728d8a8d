"""Reading conformance runs: counts, comparison with the run before, history."""

from collections import Counter
from dataclasses import dataclass

from django.db.models import Count, Q, QuerySet

from partners.connections.models import Connection
from partners.people.models import User
from partners.people.permissions import Grant, may
from roaming.conformance.models import LIVE, CheckResult, ConformanceRun, Outcome

BAD = (Outcome.FAILED, Outcome.WARNING)
# Failures first: the order in which people read results.
ORDER = {outcome: place for place, outcome in enumerate(Outcome.values)}


@dataclass(frozen=True)
class Row:
    """One result, and how the same check came out in the run before ("" when it was not there)."""

    result: CheckResult
    before: str

    @property
    def news(self) -> str:
        """What changed since then: "new", "fixed", or nothing worth telling."""
        is_bad, was_bad = self.result.outcome in BAD, self.before in BAD
        if is_bad and self.before in (Outcome.PASSED, Outcome.WARNING) and self.before != self.result.outcome:
            return "new"
        return "fixed" if was_bad and self.result.outcome == Outcome.PASSED else ""


def visible_to(user: User) -> QuerySet[ConformanceRun]:
    """Runs with their connection, newest first."""
    runs = ConformanceRun.objects.select_related("connection__partner", "requested_by")
    return runs if may(user, Grant.VIEW_ROAMING) else runs.none()


def history(connection: Connection) -> QuerySet[ConformanceRun]:
    """The runs against one connection, newest first, counted."""
    counts = {name: Count("results", filter=Q(results__outcome=name)) for name in (*BAD, Outcome.PASSED)}
    return ConformanceRun.objects.filter(connection=connection).select_related("requested_by").annotate(**counts)


def latest(connection: Connection) -> ConformanceRun | None:
    return ConformanceRun.objects.filter(connection=connection).first()


def before(run: ConformanceRun) -> ConformanceRun | None:
    """The last run of the same connection that ended before this one began."""
    return (
        ConformanceRun.objects.filter(connection=run.connection_id, pk__lt=run.pk)
        .exclude(state__in=LIVE)
        .order_by("-id")
        .first()
    )


def rows(run: ConformanceRun) -> list[Row]:
    """All results, failures first, each with the outcome of the run before."""
    previous = before(run)
    known = (
        {(one.module, one.code): one.outcome for one in CheckResult.objects.filter(run=previous)} if previous else {}
    )
    results = (
        CheckResult.objects.filter(run=run)
        .select_related("exchange")
        .defer("exchange__request_body", "exchange__response_body")
    )
    found = [Row(result, known.get((result.module, result.code), "")) for result in results]
    return sorted(found, key=lambda row: (ORDER[row.result.outcome], row.result.pk))


def counts(found: list[Row]) -> Counter[str]:
    """How many results of each outcome."""
    return Counter(row.result.outcome for row in found)


def matrix(found: list[Row]) -> dict[str, dict[str, Counter[str]]]:
    """Counts by module and area, in the order of the run."""
    table: dict[str, dict[str, Counter[str]]] = {}
    for row in sorted(found, key=lambda row: row.result.pk):
        table.setdefault(row.result.module, {}).setdefault(row.result.area, Counter())[row.result.outcome] += 1
    return table
