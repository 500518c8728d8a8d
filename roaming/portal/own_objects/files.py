"""Files of our own objects: uploaded, looked at, stored; a template, and what we have as a file."""

from itertools import islice
from typing import Any

from django import forms
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse

from billing.own_tariffs import problems_of_file
from partners.parties.models import Party
from partners.people.permissions import Grant
from roaming.kernel import clock
from roaming.ocpi.versions import NEWEST_SHAPE, OFFERED
from roaming.own_objects import reading, selectors, services, table
from roaming.own_objects.kinds import TOKEN, Kind
from roaming.own_objects.models import Upload
from roaming.own_objects.plans import Plan
from roaming.portal.access import Page
from roaming.portal.own_objects.fields import PartyField
from roaming.portal.own_objects.pages import KeepPage

_SHOWN = 200  # rows of each part of a preview


class ImportForm(forms.Form):
    file = forms.FileField(help_text="CSV, or JSON as OCPI writes it. UTF-8.")
    version = forms.ChoiceField(
        label="OCPI version of JSON",
        choices=[(version, version) for version in reversed(OFFERED)],
        initial=NEWEST_SHAPE,
        required=False,
        help_text="Without meaning for CSV.",
    )

    def __init__(self, data: Any, files: Any, *, parties: list[Party]) -> None:
        super().__init__(data, files)
        self.fields = {"party": PartyField(parties), **self.fields}

    def clean_file(self) -> Any:
        file = self.cleaned_data["file"]
        if (file.size or 0) > reading.MOST_BYTES:
            raise forms.ValidationError(
                f"The file is larger than {reading.MOST_BYTES // 1_000_000} MB; import it in several parts."
            )
        return file


class Import(KeepPage):
    """A file is uploaded; the preview comes next, and nothing is stored yet."""

    template = "portal/own_import.html"
    refusals = (services.CannotKeep, reading.NotReadable)
    submit = "Preview"
    done = "The file is here. Nothing is stored yet."

    def make_form(self, data: Any = None) -> ImportForm:
        return ImportForm(data, self.request.FILES if data is not None else None, parties=self.parties)

    def about(self) -> dict[str, Any]:
        return {
            "title": f"Import {self.kind.module}",
            "columns": self.kind.sheet.columns,
            "waiting": selectors.waiting(self.user, self.kind, clock.now()),
            "parties": self.parties,
            "urls": {name: f"portal:{self.kind.module}_{name}" for name in ("preview", "template", "export")},
            **self.crumbs(None),
        }

    def save(self, cleaned: dict[str, Any]) -> str:
        file = cleaned["file"]
        upload = services.take(
            kind=self.kind,
            party=cleaned["party"],
            name=file.name,
            content=file.read(),
            version=cleaned["version"] or NEWEST_SHAPE,
            by=self.user,
            at=clock.now(),
        )
        return reverse(f"portal:{self.kind.module}_preview", args=[upload.pk])


class FilePage(Page):
    """A page about a file of one noun."""

    grant = edit_grant = Grant.KEEP_OBJECTS
    kind: Kind = TOKEN


class Preview(FilePage):
    """What would happen if an uploaded file were stored; storing it."""

    def _upload(self, pk: int) -> Upload:
        return get_object_or_404(selectors.uploads(self.user, self.kind, clock.now()), pk=pk)

    def get(self, request: HttpRequest, pk: int) -> HttpResponseBase:
        upload = self._upload(pk)
        return self._shown(upload, services.plan_of(upload, at=clock.now()))

    def post(self, request: HttpRequest, pk: int) -> HttpResponseBase:
        upload, given = self._upload(pk), request.POST
        try:
            plan = services.store_upload(
                upload=upload,
                seen=given.get("seen", ""),
                leave_out=given.get("leave_out") == "on",
                by=self.user,
                at=clock.now(),
            )
        except services.PlanChanged as changed:
            return self._shown(upload, changed.plan, str(changed), 409)
        except (services.CannotKeep, services.CannotStore) as error:
            return self._shown(upload, services.plan_of(upload, at=clock.now()), str(error), 422)
        messages.success(request, f"{len(plan.to_store)} {self.kind.module} of “{upload}” stored. Partners are told.")
        return redirect(reverse(f"portal:{self.kind.module}"))

    def _shown(self, upload: Upload, plan: Plan, warning: str = "", status: int = 200) -> HttpResponseBase:
        return self.show(
            "portal/own_preview.html",
            status,
            kind=self.kind,
            upload=upload,
            plan=plan,
            warning=warning,
            parts={state: plan.of(state)[:_SHOWN] for state in plan.counts},
            errors=plan.errors[:_SHOWN],
            doubts=list(islice(problems_of_file(self.kind, plan.to_store), _SHOWN)),
            shown=_SHOWN,
            list_url=reverse(f"portal:{self.kind.module}"),
            import_url=reverse(f"portal:{self.kind.module}_import"),
        )


class Template(FilePage):
    """A file with the columns and an example to write over."""

    def get(self, request: HttpRequest) -> HttpResponseBase:
        sheet = self.kind.sheet
        return _download(f"{self.kind.module}-template.csv", table.write(sheet.names, sheet.rows(sheet.example)))


class Export(FilePage):
    """What we have of a party, as the file that can be imported."""

    def get(self, request: HttpRequest, pk: int) -> HttpResponseBase:
        party = next((one for one in selectors.parties_of(self.user, self.kind) if one.pk == pk), None)
        if party is None:
            raise Http404
        name = f"{self.kind.module}-{party.country_code}-{party.party_id}.csv"
        return _download(name, table.write(self.kind.sheet.names, selectors.all_of(self.kind, party)))


def _download(name: str, text: str) -> HttpResponse:
    """With a byte order mark, by which spreadsheets know UTF-8."""
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return HttpResponse(f"\ufeff{text}".encode(), content_type="text/csv; charset=utf-8", headers=headers)
