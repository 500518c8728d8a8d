"""Conformance: a partner's platform tried against the specification, its scorecard, and the quirks it was seen with."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django import forms
from django.contrib import messages
from django.core.exceptions import BadRequest
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse

from partners.connections.models import Connection
from partners.people.permissions import Grant
from roaming.conformance import selectors, services, wording
from roaming.conformance.models import ConformanceRun, Outcome
from roaming.conformance.selectors import Group, Row
from roaming.kernel import clock
from roaming.ocpi import quirks
from roaming.portal.access import Page
from roaming.portal.forms import attempt


def _connection(pk: int) -> Connection:
    return get_object_or_404(Connection.objects.select_related("partner"), pk=pk)


class Overview(Page):
    """What is known of one connection: the runs against it, and its quirks. The button starts a run, also where
    the partner is left alone after failures: who presses it may know that it was mended."""

    edit_grant = Grant.HANDLE_TRAFFIC

    def get(self, request: HttpRequest, pk: int) -> HttpResponseBase:
        connection = _connection(pk)
        runs = list(selectors.history(connection)[:20])
        return self.show(
            "portal/conformance.html",
            connection=connection,
            runs=runs,
            quirks=[Known(told, _seen_at(runs, told.quirk.name)) for told in quirks.told(connection)],
        )

    def post(self, request: HttpRequest, pk: int) -> HttpResponseBase:
        connection = _connection(pk)
        try:
            run = services.plan(connection=connection, by=self.user, at=clock.now(), insists=True)
        except services.CannotCheck as error:
            messages.error(request, str(error))
            return redirect("portal:connection_conformance", pk=connection.pk)
        services.hurry(run)
        return redirect("portal:conformance", pk=run.pk)


@dataclass(frozen=True)
class Known:
    """What is known of a quirk, and when a run last looked for it; None where none did."""

    told: quirks.Told
    seen_at: datetime | None


def _seen_at(runs: Iterable[ConformanceRun], name: str) -> datetime | None:
    return next((run.finished_at for run in runs if name in run.learnt), None)


class Scorecard(Page):
    """One run: counts that lead to rows, failures first. While it goes on, HTMX asks again."""

    def get(self, request: HttpRequest, pk: int) -> HttpResponseBase:
        run = get_object_or_404(selectors.visible_to(self.user), pk=pk)
        found = selectors.rows(run)
        wanted = {name: request.GET.get(name, "") for name in ("module", "area", "outcome")}
        template = "portal/conformance_run.html"
        return self.show(
            f"{template}#scorecard" if self.partial else template,
            run=run,
            before=selectors.before(run),
            counts=_counts(selectors.groups(found)),
            matrix=_matrix(found),
            groups=selectors.groups(_chosen(found, wanted)),
            chosen=any(wanted.values()),
        )


def _counts(found: list[Group]) -> list[dict[str, Any]]:
    """A figure for each outcome, with what is new of it since the run before."""
    counts = selectors.counts(found)
    notes = {Outcome.FAILED: "what OCPI demands", Outcome.WARNING: "what it advises", Outcome.PASSED: "as it should be"}
    return [
        {
            "outcome": outcome,
            "label": outcome.label,
            "count": counts[outcome],
            "note": notes.get(outcome, ""),
            "news": sum("new" in group.news for group in found if group.result.outcome == outcome),
        }
        for outcome in Outcome
    ]


def _matrix(found: list[Row]) -> list[dict[str, Any]]:
    """One line for each module: a cell for each area, or None."""
    table = selectors.matrix(found)
    areas = list(dict.fromkeys(area for cells in table.values() for area in cells))
    return [
        {"module": module, "cells": [{"area": area, "counts": cells.get(area)} for area in areas]}
        for module, cells in table.items()
    ]


def _chosen(found: Iterable[Row], wanted: dict[str, str]) -> list[Row]:
    """The rows that are asked for; without a wish those that need somebody."""
    if not any(wanted.values()):
        return [row for row in found if row.result.outcome in selectors.BAD]
    return [row for row in found if all(getattr(row.result, name) == value for name, value in wanted.items() if value)]


class AsText(Page):
    """The run as plain text, to be pasted into a mail to their engineers."""

    def get(self, request: HttpRequest, pk: int) -> HttpResponseBase:
        run = get_object_or_404(selectors.visible_to(self.user), pk=pk)
        return HttpResponse(wording.as_text(run), content_type="text/plain; charset=utf-8")


class QuirkForm(forms.Form):
    name = forms.CharField()
    value = forms.CharField(required=False)


class DecideQuirk(Page):
    """A person says how the platform is, or forgets what was decided."""

    grant = edit_grant = Grant.HANDLE_TRAFFIC

    def post(self, request: HttpRequest, pk: int) -> HttpResponseBase:
        connection = _connection(pk)
        form = QuirkForm(request.POST)
        if not form.is_valid():
            raise BadRequest("no such quirk")
        name, value = form.cleaned_data["name"], form.cleaned_data["value"].strip()
        url = reverse("portal:connection_conformance", args=[connection.pk])
        return attempt(request, lambda: _decided(connection, name, value), (quirks.NoSuchQuirk,), url)


def _decided(connection: Connection, name: str, value: str) -> str:
    if not value:
        quirks.clear(connection=connection, name=name)
        return "It is forgotten; the next run may learn it again."
    quirks.decide(connection=connection, name=name, value=quirks.read(name, value))
    return "It is kept so, whatever runs see."
