"""Reading ratings."""

from django.db.models import QuerySet

from billing.rating.models import Rating
from roaming.cdrs.models import Cdr


def latest(cdr: Cdr) -> Rating | None:
    """The rating that counts: the newest."""
    return ratings_of(cdr).first()


def ratings_of(cdr: Cdr) -> QuerySet[Rating]:
    """Every rating of the CDR, newest first."""
    return Rating.objects.filter(cdr=cdr).select_related("agreement").order_by("-id")
