"""What the documentation says is true: its commands run, its links lead somewhere."""

import re
import shlex
from contextlib import suppress
from dataclasses import dataclass
from datetime import date
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import call_command, get_commands
from django.test import Client

from billing.settlement.models import SettlementRun
from partners.agreements.models import Agreement
from roaming.own_objects.kinds import KINDS
from roaming.tokens.models import Token

ROOT = Path(__file__).resolve().parents[2]
PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])


@dataclass(frozen=True)
class Line:
    """One `$ NAME=value manage.py …` of a page."""

    environment: dict[str, str]
    arguments: list[str]


def commands(page: str) -> list[Line]:
    """Every command line of a page."""
    shown = re.findall(r"^\$ (.*manage\.py .+)$", (ROOT / page).read_text(), re.MULTILINE)
    return [_read(shlex.split(line)) for line in shown]


def _read(words: list[str]) -> Line:
    begins = words.index("manage.py")
    return Line(dict(word.split("=", 1) for word in words[:begins]), words[begins + 1 :])


@pytest.mark.django_db
def test_the_first_partner_guide_runs_from_top_to_bottom(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("DJANGO_SUPERUSER_PASSWORD", raising=False)
    steps = commands("docs/first-partner.md")
    assert len(steps) >= 6
    for step in steps:
        with monkeypatch.context() as shell:
            for name, value in step.environment.items():
                shell.setenv(name, value)
            call_command(*step.arguments, stdout=StringIO())
    assert Client().login(username="ada@volta.example", password="choose-a-long-one")
    assert Agreement.objects.get().state == "active"
    assert SettlementRun.objects.get().period_starts_date == date(2026, 1, 1)


@pytest.mark.django_db
def test_the_guide_to_our_own_objects_says_what_its_commands_print(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    text = (ROOT / "docs/own-objects.md").read_text()
    for name, content in re.findall(r"^```csv (\S+)\n(.*?)^```", text, re.MULTILINE | re.DOTALL):
        Path(name).write_text(content)
    shown = re.findall(r"^```console\n(.*?)^```", text, re.MULTILINE | re.DOTALL)
    for told in re.findall(r"^\$ (.*)\n((?:[^$].*\n)*)", "".join(shown), re.MULTILINE):
        out = StringIO()
        with suppress(SystemExit):
            call_command(*_read(shlex.split(told[0])).arguments, stdout=out, stderr=out)
        if "add_connection" not in told[0]:
            assert out.getvalue() == told[1]
    assert Token.objects.filter(valid=True).count() == 2


def test_the_guide_to_our_own_objects_names_every_column() -> None:
    text = (ROOT / "docs/own-objects.md").read_text().replace("\\|", "|")
    for kind in KINDS.values():
        part = text.split(f"## Columns of {kind.module}")[1].split("\n## ")[0]
        for column in kind.sheet.columns:
            needed = "yes" if column.required else ""
            assert f"| `{column.name}` | {needed} | {column.about} |".replace("|  |", "| |") in part


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_between_pages_lead_somewhere(page: Path) -> None:
    for target in re.findall(r"\]\(([^)#]+)(?:#[^)]*)?\)", page.read_text()):
        if not target.startswith(("http://", "https://", "mailto:")):
            assert (page.parent / target).exists(), f"{page.name} links to {target}"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_commands_named_in_the_docs_exist(page: Path) -> None:
    known = set(get_commands())
    for name in re.findall(r"manage\.py ([a-z_]+)", page.read_text()):
        assert name in known or name == "help", f"{page.name} names manage.py {name}"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_codes_of_parties_in_commands_are_quoted(page: Path) -> None:
    """A shell may take the * for names of files, and zsh refuses where there are none."""
    shown = re.findall(r"manage\.py [^`\n]*", page.read_text())
    assert [line for line in shown if re.search(r"(?<!['\"])\b[A-Z]{2}\*", line)] == []
