"""Reading conformance runs: counts, comparison with the run before, history."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from django.db.models import Count, Q, QuerySet
from django.db.models.functions import Concat

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


@dataclass(frozen=True)
class Case:
    """What one sentence says, of one module or of several; `result` is that of the first, with the evidence."""

    rows: list[Row]

    @property
    def result(self) -> CheckResult:
        return self.rows[0].result

    @property
    def modules(self) -> list[str]:
        return [row.result.module for row in self.rows]

    @property
    def times(self) -> int:
        """How many answers it is about."""
        return sum(row.result.times for row in self.rows)


@dataclass(frozen=True)
class Group(Case):
    """One check with one outcome, in all modules where it came out so: one cause is read once."""

    @property
    def cases(self) -> list[Case]:
        """What was seen, each sentence once."""
        return [Case(rows) for rows in _together(self.rows, "sentence")]

    @property
    def news(self) -> str:
        """As that of a row; where only some modules are concerned it names them."""
        told = {news: [row.result.module for row in self.rows if row.news == news] for news in ("new", "fixed")}
        return "; ".join(
            news if len(modules) == len(self.rows) else f"{news} in {', '.join(modules)}"
            for news, modules in told.items()
            if modules
        )


def visible_to(user: User) -> QuerySet[ConformanceRun]:
    """Runs with their connection, newest first."""
    runs = ConformanceRun.objects.select_related("connection__partner", "requested_by")
    return runs if may(user, Grant.VIEW_ROAMING) else runs.none()


def history(connection: Connection) -> QuerySet[ConformanceRun]:
    """The runs against one connection, newest first, counted as `groups` are."""
    check = Concat("results__code", "results__section")
    counts = {name: Count(check, filter=Q(results__outcome=name), distinct=True) for name in (*BAD, Outcome.PASSED)}
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


def groups(found: Iterable[Row]) -> list[Group]:
    """The same, each check of one outcome and one section once, in the order of the rows."""
    return [Group(rows) for rows in _together(found, "outcome", "code", "section")]


def counts(found: Iterable[Row | Group]) -> Counter[str]:
    """How many of each outcome."""
    return Counter(one.result.outcome for one in found)


def matrix(found: list[Row]) -> dict[str, dict[str, Counter[str]]]:
    """Counts by module and area, in the order of the run."""
    table: dict[str, dict[str, Counter[str]]] = {}
    for row in sorted(found, key=lambda row: row.result.pk):
        table.setdefault(row.result.module, {}).setdefault(row.result.area, Counter())[row.result.outcome] += 1
    return table


def _together(found: Iterable[Row], *names: str) -> list[list[Row]]:
    """The rows whose results agree in these fields, in the order of the first of each."""
    table: dict[tuple[str, ...], list[Row]] = {}
    for row in found:
        table.setdefault(tuple(getattr(row.result, name) for name in names), []).append(row)
    return list(table.values())
