"""What is noted while a partner is looked at, and what becomes of it: one result for each check."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from roaming.conformance.catalogue import CHECKS, Check, checks_of
from roaming.conformance.models import CheckResult, ConformanceRun, Outcome
from roaming.conformance.seen import Seen
from roaming.ocpi.quirks import Value

_NOTHING_TO_SEE = "What was answered before left nothing to look at."
_WORST_FIRST = (Outcome.FAILED, Outcome.WARNING, Outcome.PASSED, Outcome.NOT_APPLICABLE)


@dataclass(frozen=True)
class _Note:
    outcome: Outcome
    sentence: str
    seen: Seen | None = None
    expected: str = ""
    actual: str = ""


@dataclass
class Sheet:
    """The notes on one part of a run: on the platform, its versions, or one of its lists."""

    module: str
    version: str
    quirks: dict[str, Value] = field(default_factory=dict)
    _notes: dict[str, list[_Note]] = field(default_factory=dict, init=False)
    _unseen: str = field(default=_NOTHING_TO_SEE, init=False)

    def says(
        self, code: str, good: bool, seen: Seen | None, sentence: str, expected: str = "", actual: str = ""
    ) -> bool:
        """Note that the check `code` passes, or that it does not: `sentence` then tells what is wrong. `good`."""
        if good:
            self._add(code, _Note(Outcome.PASSED, "", seen))
        else:
            outcome = Outcome.FAILED if CHECKS[code].must else Outcome.WARNING
            self._add(code, _Note(outcome, sentence, seen, expected, actual))
        return good

    def holds(self, code: str, seen: Seen | None, sentence: str) -> None:
        """Note that the check passes, and what that is worth."""
        self._add(code, _Note(Outcome.PASSED, sentence, seen))

    def fails(self, code: str, seen: Seen | None, sentence: str, expected: str = "", actual: str = "") -> None:
        """Note what the specification demands, also where the check is mostly about what it advises."""
        self._add(code, _Note(Outcome.FAILED, sentence, seen, expected, actual))

    def warns(self, code: str, seen: Seen | None, sentence: str, expected: str = "", actual: str = "") -> None:
        """Note what this version leaves open, or a fault that hurts nobody."""
        self._add(code, _Note(Outcome.WARNING, sentence, seen, expected, actual))

    def leaves(self, code: str, why: str) -> None:
        """Note that the check does not apply here."""
        self._add(code, _Note(Outcome.NOT_APPLICABLE, why))

    def ends(self, why: str) -> None:
        """Say why what was not noted until now never will be."""
        self._unseen = why

    def quirk(self, name: str, value: Value) -> None:
        """Note that they have a quirk, or that an answer shows that they do not have it (False)."""
        self.quirks[name] = self.quirks.get(name) or value

    def failed(self, code: str) -> bool:
        return any(note.outcome == Outcome.FAILED for note in self._notes.get(code, []))

    def results(self, run: ConformanceRun) -> list[CheckResult]:
        """One row for each check of this part."""
        return [self._result(run, check) for check in checks_of(self.module)]

    def _add(self, code: str, note: _Note) -> None:
        self._notes.setdefault(code, []).append(note)

    def _result(self, run: ConformanceRun, check: Check) -> CheckResult:
        if check.since > self.version:
            return _row(run, self, check, [_Note(Outcome.NOT_APPLICABLE, f"OCPI {self.version} does not ask for it.")])
        notes = self._notes.get(check.code)
        if not notes:
            return _row(run, self, check, [_Note(Outcome.SKIPPED, self._unseen)])
        worst = next(outcome for outcome in _WORST_FIRST if any(note.outcome == outcome for note in notes))
        return _row(run, self, check, [note for note in notes if note.outcome == worst])


def _row(run: ConformanceRun, sheet: Sheet, check: Check, notes: list[_Note]) -> CheckResult:
    """The row of a check from the notes of its worst outcome: the evidence is the first of them."""
    note = notes[0]
    seen = note.seen
    return CheckResult(
        run=run,
        module=sheet.module,
        area=check.area,
        code=check.code,
        title=check.title,
        section=check.section(sheet.version, sheet.module),
        requirement=check.requirement,
        outcome=note.outcome,
        sentence=note.sentence,
        expected=note.expected[:500],
        actual=note.actual[:4000],
        url=seen.url[:1000] if seen else "",
        request_id=seen.sent.get("X-Request-ID", "") if seen else "",
        http_status=seen.http or None if seen else None,
        times=len(notes),
        exchange=seen.exchange if seen else None,
    )


def quirks_of(sheets: Iterable[Sheet]) -> Mapping[str, Value]:
    """What all parts together show: a quirk that one list has is the platform's."""
    found: dict[str, Value] = {}
    for sheet in sheets:
        for name, value in sheet.quirks.items():
            found[name] = found.get(name) or value
    return found
