"""A run in words for the partner's engineers, and as JSON for programs."""

from typing import Any

from roaming.conformance import selectors
from roaming.conformance.models import ConformanceRun, Outcome
from roaming.conformance.selectors import Case, Group, Row
from roaming.ocpi.quirks import QUIRKS
from roaming.ocpi.schema.values import format_time

_HEADINGS = {
    Outcome.FAILED: "Failed: what the specification demands",
    Outcome.WARNING: "Warnings: what it advises, or leaves open",
    Outcome.PASSED: "Passed",
    Outcome.SKIPPED: "Not looked at",
    Outcome.NOT_APPLICABLE: "Not applicable",
}


def as_text(run: ConformanceRun) -> str:
    """The whole run as plain text that can be pasted into a mail; what is the same in several modules once."""
    found = selectors.rows(run)
    parts = [_head(run, found)]
    for outcome in Outcome:
        of_it = selectors.groups(row for row in found if row.result.outcome == outcome)
        if of_it:
            told = _numbered(of_it) if outcome in selectors.BAD else _list(of_it)
            parts.append(f"{_HEADINGS[outcome]} ({len(of_it)})\n\n{told}")
    return "\n\n\n".join(parts) + "\n"


def as_json(run: ConformanceRun) -> dict[str, Any]:
    """The whole run: its head, `counts` by outcome, and `results`, failures first."""
    found = selectors.rows(run)
    return {
        "connection": run.connection.name,
        "version": run.version,
        "versions_url": run.versions_url,
        "state": run.state,
        "reason": run.reason,
        "started_at": format_time(run.started_at) if run.started_at else None,
        "finished_at": format_time(run.finished_at) if run.finished_at else None,
        "calls": run.calls,
        "quirks": run.learnt,
        "counts": {outcome.value: selectors.counts(found)[outcome] for outcome in Outcome},
        "results": [_as_json(row) for row in found],
    }


def summary(found: list[Row]) -> str:
    """`2 failed, 1 warning, 61 passed, 4 not looked at, 12 not applicable`: checks, in however many modules."""
    counts = selectors.counts(selectors.groups(found))
    words = {
        Outcome.FAILED: "failed",
        Outcome.WARNING: "warning" if counts[Outcome.WARNING] == 1 else "warnings",
        Outcome.PASSED: "passed",
        Outcome.SKIPPED: "not looked at",
        Outcome.NOT_APPLICABLE: "not applicable",
    }
    return ", ".join(f"{counts[outcome]} {word}" for outcome, word in words.items() if counts[outcome]) or "no result"


def line(case: Case) -> str:
    """`[tariffs, cdrs] X-Limit says how many objects fit on a page: X-Limit is absent.`"""
    return ": ".join(filter(None, (_title(case), case.result.sentence)))


def _head(run: ConformanceRun, found: list[Row]) -> str:
    lines = [
        f"OCPI {run.version} conformance of {run.connection.name}",
        f"Versions URL: {run.versions_url}",
        f"Read-only, {format_time(run.started_at or run.created_at)}, {run.calls} GET requests: {summary(found)}.",
    ]
    if run.reason:
        lines.append(f"Stopped early: {run.reason}")
    lines += [f"Noted: {QUIRKS[name].sentence}{_value(value)}" for name, value in run.learnt.items() if value]
    return "\n".join(lines)


def _value(value: bool | int) -> str:
    return "" if isinstance(value, bool) else f" ({value})"


def _numbered(groups: list[Group]) -> str:
    return "\n\n".join(f"{number}. {_told(group)}" for number, group in enumerate(groups, start=1))


def _told(group: Group) -> str:
    result, cases = group.result, group.cases
    lines = [_title(group), f"{result.section} (our requirement {result.requirement})"]
    for case in cases:
        lines += _case(case, f"{', '.join(case.modules)}: " if len(cases) > 1 else "")
    return "\n   ".join(lines)


def _title(case: Case) -> str:
    return f"[{', '.join(case.modules)}] {case.result.title}"


def _case(case: Case, which: str) -> list[str]:
    result = case.result
    often = f" ({case.times} times; the first is shown)" if case.times > 1 else ""
    evidence = {
        "Expected": result.expected,
        "Actual": result.actual,
        "Request": f"GET {result.url}" if result.url else "",
        "X-Request-ID": result.request_id,
    }
    told = [f"{name}: {_indented(text)}" for name, text in evidence.items() if text]
    return [f"{which}{result.sentence}{often}", *told]


def _indented(text: str) -> str:
    return text.replace("\n", "\n     ")


def _list(groups: list[Group]) -> str:
    """One line a check and what is said of it; skipped ones say why."""
    cases = [case for group in groups for case in group.cases]
    return "\n".join(f"- {line(case)}" for case in cases)


def _as_json(row: Row) -> dict[str, Any]:
    names = ("module", "area", "code", "title", "section", "requirement", "outcome", "sentence", "expected", "actual")
    found = {name: getattr(row.result, name) for name in names}
    evidence = {name: getattr(row.result, name) for name in ("url", "http_status", "request_id", "times")}
    return {**found, **evidence, "exchange": row.result.exchange_id, "before": row.before}
