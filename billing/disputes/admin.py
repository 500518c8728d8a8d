"""Disputes in the admin: opened, answered and decided with the same services as in the portal."""

from typing import Any, cast

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect

from billing.disputes import services
from billing.disputes.models import Dispute, DisputeMessage, DisputeState
from partners.people.admin_access import GrantedAdmin
from partners.people.models import User
from partners.people.permissions import Grant
from roaming.kernel import clock

MOVES = {
    "reply": services.reply,
    "accept": services.accept,
    "reject": services.reject,
    "withdraw": services.withdraw,
}
MOVE_LABELS = [
    ("reply", "Reply, leave it open"),
    ("accept", "Accept: the claim is right, the CDR is rejected"),
    ("reject", "Reject: the claim is wrong, the CDR is accepted as billed"),
    ("withdraw", "Withdraw: the claim is given up, the CDR is accepted as billed"),
]
CLAIM = ["cdr", "reason", "amount", "message"]
FACTS = [
    "reference",
    "state",
    "cdr",
    "reason",
    "amount",
    "currency",
    "due_at",
    "opened_at",
    "opened_by",
    "closed_at",
    "closed_by",
]
_WORDS = forms.Textarea(attrs={"rows": 4})


class OpenForm(forms.ModelForm[Dispute]):
    message = forms.CharField(widget=_WORDS, help_text="What is wrong, for the other side to read.")

    class Meta:
        model = Dispute
        fields = ["cdr", "reason", "amount"]
        help_texts = {"amount": "In the currency of the CDR, before tax."}

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if not self.errors:
            try:
                services.check_claim(**{name: cleaned[name] for name in CLAIM})
            except services.CannotDispute as error:
                raise ValidationError(str(error)) from error
        return cleaned


class MoveForm(forms.ModelForm[Dispute]):
    move = forms.ChoiceField(label="What to do", choices=MOVE_LABELS, initial="reply")
    text = forms.CharField(widget=_WORDS, help_text="Kept with the dispute and in the trail.")

    class Meta:
        model = Dispute
        fields: list[str] = []


class MessageInline(admin.TabularInline[DisputeMessage, Dispute]):
    model = DisputeMessage
    fields = ["at", "author", "text"]
    readonly_fields = ["at", "author", "text"]
    extra = 0
    can_delete = False

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return True  # the dispute itself is guarded


@admin.register(Dispute)
class DisputeAdmin(GrantedAdmin):
    view_grant = Grant.VIEW_MONEY
    edit_grant = Grant.DECIDE_CDRS
    list_display = ["reference", "cdr", "reason", "amount", "currency", "state", "due_at", "overdue", "opened_by"]
    list_filter = ["state", "reason", "cdr__party", "currency"]
    list_select_related = ["cdr__party", "opened_by"]
    search_fields = ["reference", "cdr__ocpi_id"]
    date_hierarchy = "opened_at"
    raw_id_fields = ["cdr"]
    inlines = [MessageInline]

    @admin.display(boolean=True, description="in time")
    def overdue(self, dispute: Dispute) -> bool | None:
        """Yes while the answer is not due, no once it is overdue, unknown when closed."""
        return None if dispute.state != DisputeState.OPEN else dispute.due_at > clock.now()

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return super().get_queryset(request).defer("cdr__raw", "cdr__body")

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:
        if obj is None:
            return super().get_form(request, obj, change, form=OpenForm, **kwargs)
        form = MoveForm if self.has_change_permission(request, obj) else forms.ModelForm
        return super().get_form(request, obj, change, form=form, **kwargs)

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        if obj is None:
            return [(None, {"fields": CLAIM})]
        facts = (None, {"fields": FACTS})
        decide = ("Answer", {"fields": ["move", "text"]})
        return [facts, decide] if self.has_change_permission(request, obj) else [facts]

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        return [] if obj is None else FACTS

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return (obj is None or obj.state == DisputeState.OPEN) and self._may_edit(request)

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        """Open, answer or decide by the service; nothing is saved past it."""
        said, at = form.cleaned_data, clock.now()
        by = cast(User, request.user)
        if change:
            MOVES[said["move"]](dispute=obj, text=said["text"], by=by, at=at)
        else:
            claim = {name: said[name] for name in CLAIM}
            obj.__dict__.update(services.open_dispute(**claim, by=by, at=at).__dict__)

    def changeform_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """A refusal that only the service saw (somebody was faster) is told in its own words; nothing is written."""
        try:
            return super().changeform_view(request, *args, **kwargs)
        except (services.CannotAnswer, services.CannotDispute) as error:
            self.message_user(request, str(error), messages.ERROR)
            return HttpResponseRedirect(request.get_full_path())
