"""`manage.py lint_tariff`: what is wrong with tariffs in files, before they are published or accepted."""

import json
import sys
from typing import Any

from django.core.management.base import CommandParser

from billing.management.inputs import FOUND, UNUSABLE, UnusableInput, objects_of, read_json
from billing.management.pricing_command import PricingCommand
from billing.pricing.linting import Problem, Severity, lint
from roaming.kernel import clock


class Command(PricingCommand):
    help = (
        "Say what is wrong with tariffs: JSON files with one tariff, a list of them, or a saved OCPI answer. No "
        "database is needed and nothing is stored. Exit code 0: nothing found; 1: problems; 2: a "
        "file that cannot be used."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("files", nargs="+", metavar="FILE", help="a file to read; - for standard input")
        parser.add_argument("--json", action="store_true", help="print one JSON list of all problems")
        self.add_version(parser)

    def handle(self, *args: Any, **options: Any) -> None:
        found: list[tuple[str, str, Problem]] = []
        unusable: list[UnusableInput] = []
        for file in options["files"]:
            try:
                for path, tariff in list(objects_of(read_json(file), file)):
                    problems = lint(tariff, version=options["version"], at=clock.now())
                    found += [(file, path, problem) for problem in problems]
            except UnusableInput as error:
                unusable.append(error)
        self._tell(found, unusable, as_json=options["json"])
        if not found and not unusable and not options["json"]:
            self.stdout.write("Nothing found.")
        for refusal in unusable:
            self.stderr.write(str(refusal))
        if unusable or found:
            sys.exit(UNUSABLE if unusable else FOUND)

    def _tell(self, found: list[tuple[str, str, Problem]], unusable: list[UnusableInput], *, as_json: bool) -> None:
        if as_json:
            refused = [one.as_json() | {"severity": Severity.ERROR} for one in unusable]
            told = [
                {
                    "file": file,
                    "path": _whole(path, problem),
                    "code": problem.code,
                    "severity": problem.severity,
                    "message": problem.message,
                }
                for file, path, problem in found
            ]
            self.stdout.write(json.dumps(refused + told, ensure_ascii=False))
            return
        for file, path, problem in found:
            place = _whole(path, problem)
            self.stdout.write(f"{file}: {problem.severity} {problem.code} at {place}: {problem.message}")


def _whole(path: str, problem: Problem) -> str:
    """The path from the top of the file."""
    return path + problem.path.removeprefix("$")
