"""What the documentation says is true: its commands run, its links lead somewhere."""

import os
import re
import shlex
from datetime import date
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import call_command, get_commands

from billing.settlement.models import SettlementRun
from partners.agreements.models import Agreement

ROOT = Path(__file__).resolve().parents[2]
PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])


def commands(page: str) -> list[list[str]]:
    """Every `$ manage.py …` line of a page, as arguments."""
    text = (ROOT / page).read_text()
    return [shlex.split(line) for line in re.findall(r"^\$ manage\.py (.+)$", text, re.MULTILINE)]


@pytest.mark.django_db
def test_the_first_partner_guide_runs_from_top_to_bottom(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(os.environ, "DJANGO_SUPERUSER_PASSWORD", "correct-horse-battery")
    steps = commands("docs/first-partner.md")
    assert len(steps) >= 6
    for name, *arguments in steps:
        call_command(name, *arguments, stdout=StringIO())
    assert Agreement.objects.get().state == "active"
    assert SettlementRun.objects.get().period_starts_date == date(2026, 1, 1)


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
