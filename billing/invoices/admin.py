"""Invoices in the admin: drafts can be issued, documents downloaded; nothing is edited by hand."""

from typing import Any, cast

from django.contrib import admin
from django.db.models import Count, QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html, format_html_join

from billing.invoices import files, services
from billing.invoices.models import Format, Invoice, InvoiceLine, InvoiceState, NumberSeries
from partners.people.admin_access import GrantedAdmin, MovesAdmin
from partners.people.models import User
from partners.people.permissions import Grant
from roaming.kernel import clock


@admin.register(Invoice)
class InvoiceAdmin(MovesAdmin):
    view_grant = Grant.VIEW_MONEY
    edit_grant = Grant.SETTLE
    list_display = ["__str__", "kind", "state", "seller", "buyer", "net", "gross", "currency", "issued_date"]
    list_filter = ["state", "kind", "seller", "buyer", "currency"]
    list_select_related = ["agreement", "seller", "buyer"]
    search_fields = ["number", "agreement__reference", "seller__name", "buyer__name"]
    date_hierarchy = "period_starts_date"
    readonly_fields = [*(field.name for field in Invoice._meta.fields), "lines", "documents"]
    moves = {"issue": ("Issue", "issue")}
    refusals = (services.CannotIssue,)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False  # a settlement run makes them

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return (obj is None or obj.state == InvoiceState.DRAFT) and super().has_change_permission(request, obj)

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        """Nothing of a draft is edited by hand either; its moves are the buttons."""

    def open_moves(self, row: Invoice) -> list[str]:
        return ["issue"] if row.state == InvoiceState.DRAFT else []

    def issue(self, request: HttpRequest, row: Invoice) -> None:
        services.issue(invoice=row, by=cast(User, request.user), at=clock.now())

    @admin.display(description="Lines")
    def lines(self, invoice: Invoice) -> str:
        """How many lines, as a link to them."""
        address = reverse("admin:billing_invoiceline_changelist")
        count = InvoiceLine.objects.filter(invoice=invoice).aggregate(count=Count("id"))["count"]
        return format_html('<a href="{}?invoice__id__exact={}">{}</a>', address, invoice.pk, count)

    @admin.display(description="Files")
    def documents(self, invoice: Invoice) -> str:
        """Links to the document in each format."""
        links = ((reverse("admin:billing_invoice_file", args=[invoice.pk, fmt]), fmt.label) for fmt in Format)
        return format_html_join(" · ", '<a href="{}">{}</a>', links)

    def get_urls(self) -> list[URLPattern]:
        door = self.admin_site.admin_view(self.download)
        return [path("<int:pk>/file/<str:format>/", door, name="billing_invoice_file"), *super().get_urls()]

    def download(self, request: HttpRequest, pk: int, format: str) -> HttpResponse:
        """The document as a file. 404 without the grant, for an unknown invoice or format."""
        invoice = Invoice.objects.filter(pk=pk).first()
        if invoice is None or format not in Format.values or not self.has_view_permission(request, invoice):
            raise Http404
        return files.response(invoice, format)


@admin.register(InvoiceLine)
class InvoiceLineAdmin(GrantedAdmin):
    view_grant = Grant.VIEW_MONEY
    list_display = ["invoice", "position", "cdr", "amount", "currency"]
    list_filter = [("invoice", admin.RelatedOnlyFieldListFilter)]
    list_select_related = ["invoice__agreement", "cdr__party"]
    search_fields = ["cdr__ocpi_id", "invoice__number"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return super().get_queryset(request).defer("cdr__raw", "cdr__body")


@admin.register(NumberSeries)
class NumberSeriesAdmin(GrantedAdmin):
    view_grant = Grant.VIEW_MONEY
    list_display = ["issuer", "year", "last"]
