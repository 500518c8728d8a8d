"""Reading invoices: the doors that know who may see money."""

from django.db.models import Count, QuerySet

from billing.invoices.models import Invoice, InvoiceLine
from partners.people.models import User
from partners.people.permissions import Grant, may


def list_for(user: User) -> QuerySet[Invoice]:
    """Invoices and statements the user may see, newest first, with parties and `line_count`; none without the grant."""
    if not may(user, Grant.VIEW_MONEY):
        return Invoice.objects.none()
    related = ("agreement__cpo", "agreement__emsp", "seller", "buyer", "issued_by", "run")
    return Invoice.objects.select_related(*related).annotate(line_count=Count("lines")).order_by("-id")


def lines(invoice: Invoice) -> QuerySet[InvoiceLine]:
    """The lines in their order, each with its CDR, without the CDR's bodies."""
    return (
        InvoiceLine.objects.filter(invoice=invoice)
        .select_related("cdr__party")
        .defer("cdr__raw", "cdr__body")
        .order_by("position")
    )
