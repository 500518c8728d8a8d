"""Findings: what checks and intakes found, in sentences."""

from typing import Any

import django_filters
import django_tables2
from django.db.models import QuerySet
from django.urls import reverse
from django.utils.safestring import SafeString

from partners.people.permissions import Grant
from roaming.findings import selectors
from roaming.findings.models import Finding, Severity, Standing
from roaming.portal import cells, columns, filters
from roaming.portal.columns import Cell
from roaming.portal.lists import ListPage


def _subject(finding: Finding) -> Any:
    if finding.cdr is not None:
        return cells.link(reverse("portal:cdr", args=[finding.cdr_id]), finding.cdr.ocpi_id, mono=True)
    return finding.subject or finding.connection or ""


def _money(finding: Finding) -> SafeString:
    """Nothing is at risk by what was decided or no longer holds."""
    return cells.money(finding.money_at_risk if finding.standing == Standing.OPEN else None, finding.currency)


def _weight(finding: Finding) -> SafeString:
    if finding.standing != Standing.OPEN:
        return cells.state("standing", finding.standing)
    return cells.badge("finding", finding.severity, finding.get_severity_display())


class FindingTable(django_tables2.Table):
    found = columns.when("Found", "found_at")
    title = Cell(lambda row: row.title, "What", css="nowrap")
    about = Cell(_subject, "About", css="nowrap")
    sentence = Cell(lambda row: row.sentence, "In a sentence", css="cut")
    money = Cell(_money, "At risk", css="num")
    severity = Cell(_weight, "Weight")
    caption = "Findings, newest first"


class FindingFilter(django_filters.FilterSet):
    q = filters.search("Title, CDR", "title__icontains", "cdr__ocpi_id__istartswith", "subject__icontains")
    severity = filters.choice("Weight", Severity.choices)
    standing = filters.choice("Standing", Standing.choices)
    partner = filters.partner(
        "cdr__party__connection__partner", "cdr__emsp__connection__partner", "connection__partner"
    )


class FindingList(ListPage):
    grant = Grant.VIEW_MONEY
    title = "Findings"
    lede = "Everything a check, an intake or a pull found worth telling."
    table_class = FindingTable
    filter_class = FindingFilter
    nothing = ("Nothing was found", "Every CDR is checked as it arrives; what does not fit is told here.")

    def queryset(self) -> QuerySet[Finding]:
        return selectors.visible_to(self.user).select_related("cdr", "connection").defer("cdr__raw", "cdr__body")
