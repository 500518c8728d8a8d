"""Dead letters: what could not be delivered and waits for a person, who sends it again, repairs it or drops it."""

from datetime import timedelta
from typing import Any

import django_filters
import django_tables2
from django import forms
from django.contrib import messages
from django.db.models import QuerySet
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe

from partners.connections.models import Connection
from partners.people.permissions import Grant, may
from roaming.exchange import dead_letters, repairs, selectors
from roaming.exchange.models import Failure, Push, PushState
from roaming.kernel import clock
from roaming.ocpi.modules import MODULES
from roaming.portal import cells, columns, filters, pushes
from roaming.portal.columns import Cell
from roaming.portal.forms import FormPage
from roaming.portal.lists import ListPage
from roaming.templatetags.portal import pretty_json

_SHOWN = 20
_AGES = {"hour": timedelta(hours=1), "day": timedelta(days=1), "week": timedelta(days=7), "month": timedelta(days=30)}
_CHOOSE_ALL = mark_safe(
    '<input class="form-check-input" type="checkbox" data-select-all hidden aria-label="Choose all on this page">'
)


def _box(push: Push) -> SafeString:
    box = '<input class="form-check-input" type="checkbox" form="bulk" name="push" value="{}" aria-label="Choose {}">'
    return format_html(box, push.pk, push)


def _reason(push: Any) -> SafeString | str:
    if push.superseded_by and push.state == PushState.DEAD:
        newer = cells.link(reverse("portal:push", args=[push.superseded_by]), f"push {push.superseded_by}")
        return format_html('Superseded by {}. <span title="{}">{}</span>', newer, push.last_error, push.last_error)
    return str(push.note or push.last_error)


class DeadLetterTable(django_tables2.Table):
    choose = Cell(_box, _CHOOSE_ALL)
    created = columns.when("Since", "created_at")
    what = Cell(lambda row: cells.link(pushes.url(row), row, mono=True), "Change", css="nowrap")
    connection = Cell(lambda row: row.connection, "To", css="nowrap")
    attempts = Cell(lambda row: cells.number(row.attempts), "Tries", css="num opt")
    failure = Cell(lambda row: row.get_failure_display() or cells.NOTHING, "Failed by", css="nowrap")
    reason = Cell(_reason, "Why", css="cut")
    state = columns.state("push")
    caption = "Dead letters, newest first"


class DeadLetterFilter(django_filters.FilterSet):
    """Dead ones, unless another state is asked for. State and superseded are the tabs of the page."""

    q = filters.search("Module, id", "module__istartswith", "path__icontains", "object_key__icontains")
    state = django_filters.ChoiceFilter(
        choices=[("retrying", "Retrying"), ("dropped", "Dropped")], widget=forms.HiddenInput
    )
    partner = filters.partner("connection__partner")
    connection = django_filters.ModelChoiceFilter(
        queryset=Connection.objects.all(), label="Connection", empty_label="Any connection"
    )
    module = filters.choice("Module", [(module.identifier, module.identifier) for module in MODULES])
    failure = filters.choice("Failure", Failure.choices)
    age = django_filters.ChoiceFilter(
        choices=[(name, f"Older than a{'n' if name == 'hour' else ''} {name}") for name in _AGES],
        method="older",
        label="Age",
        empty_label="Any age",
    )
    superseded = django_filters.ChoiceFilter(
        choices=[("1", "Superseded")], method="pointless", widget=forms.HiddenInput
    )

    def filter_queryset(self, queryset: QuerySet[Push]) -> QuerySet[Push]:
        found: QuerySet[Push] = super().filter_queryset(queryset)
        return found if self.form.cleaned_data.get("state") else found.filter(state=PushState.DEAD)

    def older(self, queryset: QuerySet[Push], name: str, value: str) -> QuerySet[Push]:
        return queryset.filter(created_at__lte=clock.now() - _AGES[value])

    def pointless(self, queryset: QuerySet[Any], name: str, value: str) -> QuerySet[Any]:
        """Those of whose object a newer state was delivered since."""
        return queryset.filter(superseded_by__isnull=False)


class DeadLetterList(ListPage):
    template = "portal/dead_letters.html"
    title = "Dead letters"
    lede = "What could not be delivered. Each waits until somebody sends it again, repairs it or drops it with a note."
    table_class = DeadLetterTable
    filter_class = DeadLetterFilter
    nothing = ("No dead letters", "Everything that was to be sent was delivered, or is still being tried.")

    def queryset(self) -> QuerySet[Push]:
        return selectors.pushes_for(self.user).annotate(superseded_by=selectors.superseder())

    def hidden(self) -> tuple[str, ...]:
        return () if self.bulk() else ("choose",)

    def bulk(self) -> list[tuple[str, str, str]]:
        if not may(self.user, Grant.HANDLE_TRAFFIC) or self.request.GET.get("state"):
            return []
        return [
            ("Send again", reverse("portal:dead_letters_retry"), ""),
            ("Drop", reverse("portal:dead_letters_drop"), "btn-bad"),
        ]

    def further(self) -> dict[str, Any]:
        dead = selectors.dead_for(self.user)
        retrying = selectors.pushes_for(self.user).filter(state=PushState.RETRYING)
        return {
            "dead": dead.count(),
            "superseded": dead.filter(superseded_by__isnull=False).count(),
            "retrying": retrying.count(),
            "meant": DeadLetterFilter(self.request.GET, queryset=dead, request=self.request).qs.count(),
        }


class OnePage(FormPage):
    """A page between a button and what becomes of one dead push."""

    grant = edit_grant = Grant.HANDLE_TRAFFIC
    template = "portal/push_form.html"

    @property
    def push(self) -> Push:
        return get_object_or_404(selectors.pushes_for(self.user).defer(None), pk=self.kwargs["pk"])

    def back(self) -> str:
        return reverse("portal:push", args=[self.kwargs["pk"]])

    def about(self) -> dict[str, Any]:
        push = self.push
        return {"push": push, "title": f"{self.submit}: {push}", "lede": self.told(push)}

    def told(self, push: Push) -> str:
        """What it means, in a sentence."""
        raise NotImplementedError


class NoteForm(forms.Form):
    note = forms.CharField(label="Why", max_length=500, widget=forms.Textarea(attrs={"rows": 2}))


class Retry(OnePage):
    form_class = forms.Form
    refusals = (dead_letters.CannotRetry,)
    submit = "Send again"
    done = "It is sent again now."

    def told(self, push: Push) -> str:
        return (
            f"It was tried {push.attempts} times. {push.connection} is sent it again, as it is, from the first try on."
        )

    def save(self, cleaned: dict[str, Any]) -> str:
        dead_letters.retry(push=self.push, by=self.user, at=clock.now())
        return self.back()


class Drop(OnePage):
    form_class = NoteForm
    refusals = (dead_letters.CannotDrop,)
    submit = "Drop"
    done = "It is dropped."

    def told(self, push: Push) -> str:
        return f"{push.connection} is not sent it any more. It stays here with your note; this cannot be undone."

    def about(self) -> dict[str, Any]:
        return {**super().about(), "bad": True}

    def save(self, cleaned: dict[str, Any]) -> str:
        dead_letters.drop(push=self.push, by=self.user, note=cleaned["note"], at=clock.now())
        return self.back()


class RepairForm(NoteForm):
    body = forms.CharField(
        label="The object, as it is sent (OCPI 2.3.0)",
        strip=False,
        widget=forms.Textarea(attrs={"rows": 24, "class": "mono", "spellcheck": "false"}),
    )
    edition = forms.UUIDField(widget=forms.HiddenInput)
    field_order = ["body", "note", "edition"]


class Repair(OnePage):
    form_class = RepairForm
    refusals = (repairs.CannotRepair,)
    submit = "Repair and send again"
    done = "It is repaired, and sent again now."

    def initial(self) -> dict[str, Any]:
        push = self.push
        return {"body": pretty_json(push.body), "edition": push.edition}

    def about(self) -> dict[str, Any]:
        return {**super().about(), "wide": True}

    def told(self, push: Push) -> str:
        return f"{repairs.told(push.kind)} The stored object does not change, only what {push.connection} is sent."

    def save(self, cleaned: dict[str, Any]) -> str:
        push = self.push
        push.edition = cleaned["edition"]  # as this person saw it
        dead_letters.repair(push=push, body=cleaned["body"], by=self.user, note=cleaned["note"], at=clock.now())
        return self.back()

    def sentences(self, error: Exception) -> list[str]:
        said = error.violations if isinstance(error, repairs.CannotRepair) else (str(error),)
        more = [f"And {len(said) - _SHOWN} more."] if len(said) > _SHOWN else []
        return [*said[:_SHOWN], *more]


class SelectionPage(FormPage):
    """A page between a button and what becomes of many: those that were ticked, or all that fit the filters."""

    grant = edit_grant = Grant.HANDLE_TRAFFIC
    template = "portal/dead_letters_form.html"

    def get(self, request: HttpRequest, **kwargs: Any) -> HttpResponseBase:
        if not self.chosen().exists():
            messages.error(request, "Tick the dead letters that are meant.")
            return redirect(self.back())
        return super().get(request, **kwargs)

    def chosen(self) -> QuerySet[Push]:
        asked = self.request.GET
        dead = selectors.dead_for(self.user)
        if "ticked" in asked:
            ticked = [int(pk) for pk in asked.getlist("push") if pk.isascii() and pk.isdigit() and len(pk) < 19]
            return dead.filter(pk__in=ticked)
        found: QuerySet[Push] = DeadLetterFilter(asked, queryset=dead, request=self.request).qs
        return found

    def back(self) -> str:
        return reverse("portal:dead_letters")

    def about(self) -> dict[str, Any]:
        chosen = self.chosen()
        count = chosen.count()
        plural = f"{count} dead letter{'' if count == 1 else 's'}"
        return {"title": f"{self.submit}: {plural}", "pushes": chosen[:_SHOWN], "more": max(count - _SHOWN, 0)}


class RetryAll(SelectionPage):
    form_class = forms.Form
    submit = "Send again"

    def about(self) -> dict[str, Any]:
        lede = "Each is sent again as it is, from the first try on. Those that are out of date are left as they are."
        return {**super().about(), "lede": lede}

    def save(self, cleaned: dict[str, Any]) -> str:
        handled = dead_letters.retry_all(pushes=self.chosen(), by=self.user, at=clock.now())
        self.done = handled.told("sent again")
        return self.back()


class DropForm(NoteForm):
    # As many as the person saw: those that died since are not dropped unseen.
    count = forms.IntegerField(widget=forms.HiddenInput)


class DropAll(SelectionPage):
    form_class = DropForm
    refusals = (dead_letters.CannotDrop,)
    submit = "Drop"

    def initial(self) -> dict[str, Any]:
        note = "A newer state of the object was delivered." if self.request.GET.get("superseded") else ""
        return {"count": self.chosen().count(), "note": note}

    def about(self) -> dict[str, Any]:
        lede = "None of them is sent any more. They stay here with your note; this cannot be undone."
        return {**super().about(), "lede": lede, "bad": True}

    def save(self, cleaned: dict[str, Any]) -> str:
        chosen = self.chosen()
        if (count := chosen.count()) != cleaned["count"]:
            raise dead_letters.CannotDrop(f"There are {count} now, not {cleaned['count']}: go back and look again.")
        handled = dead_letters.drop_all(pushes=chosen, by=self.user, note=cleaned["note"], at=clock.now())
        self.done = handled.told("dropped")
        return self.back()
