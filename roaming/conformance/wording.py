"""A run in words for the partner's engineers, and as JSON for programs."""

from typing import Any

from roaming.conformance import selectors
from roaming.conformance.models import CheckResult, ConformanceRun, Outcome
from roaming.conformance.selectors import Row
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
    """The whole run as plain text that can be pasted into a mail."""
    found = selectors.rows(run)
    parts = [_head(run, found)]
    for outcome in Outcome:
        of_it = [row.result for row in found if row.result.outcome == outcome]
        if of_it:
            told = _cases(of_it) if outcome in selectors.BAD else _list(of_it)
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
    """`2 failed, 1 warning, 61 passed, 4 not looked at, 12 not applicable`."""
    counts = selectors.counts(found)
    words = {
        Outcome.FAILED: "failed",
        Outcome.WARNING: "warnings",
        Outcome.PASSED: "passed",
        Outcome.SKIPPED: "not looked at",
        Outcome.NOT_APPLICABLE: "not applicable",
    }
    return ", ".join(f"{counts[outcome]} {word}" for outcome, word in words.items() if counts[outcome]) or "no result"


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


def _cases(results: list[CheckResult]) -> str:
    return "\n\n".join(f"{number}. {_case(result)}" for number, result in enumerate(results, start=1))


def _case(result: CheckResult) -> str:
    often = f" ({result.times} times; the first is shown)" if result.times > 1 else ""
    lines = [f"[{result.module}] {result.title}", f"{result.section} (our requirement {result.requirement})"]
    lines.append(f"{result.sentence}{often}")
    evidence = {
        "Expected": result.expected,
        "Actual": result.actual,
        "Request": f"GET {result.url}" if result.url else "",
        "X-Request-ID": result.request_id,
    }
    lines += [f"{name}: {_indented(text)}" for name, text in evidence.items() if text]
    return "\n   ".join(lines)


def _indented(text: str) -> str:
    return text.replace("\n", "\n     ")


def _list(results: list[CheckResult]) -> str:
    """One line a check; skipped ones say why."""
    lines = [f"[{one.module}] {one.title}{f': {one.sentence}' if one.sentence else ''}" for one in results]
    return "\n".join(f"- {line}" for line in lines)


def _as_json(row: Row) -> dict[str, Any]:
    names = ("module", "area", "code", "title", "section", "requirement", "outcome", "sentence", "expected", "actual")
    found = {name: getattr(row.result, name) for name in names}
    evidence = {name: getattr(row.result, name) for name in ("url", "http_status", "request_id", "times")}
    return {**found, **evidence, "exchange": row.result.exchange_id, "before": row.before}
