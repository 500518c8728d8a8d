"""Places that can be booked, when they are free, and who booked them (section 5.5)."""

from django.db import models
from django.db.models import Q

from partners.parties.models import Party
from roaming.kernel.states import Moves
from roaming.ocpi.models import OcpiObject


class BookingStatus(models.TextChoices):
    PENDING = "PENDING", "Pending"
    RESERVED = "RESERVED", "Reserved"
    REJECTED = "REJECTED", "Rejected"
    FAILED = "FAILED", "Failed"
    FULFILLED = "FULFILLED", "Fulfilled"
    CANCELED = "CANCELED", "Canceled"
    NO_SHOW = "NO_SHOW", "No show"
    UNKNOWN = "UNKNOWN", "Unknown"


# How a CPO moves a booking (B1). The others are final. UNKNOWN, which says nothing, may stand between any two.
MOVES: Moves = {
    BookingStatus.PENDING: frozenset({BookingStatus.RESERVED, BookingStatus.REJECTED, BookingStatus.FAILED}),
    BookingStatus.RESERVED: frozenset({BookingStatus.FULFILLED, BookingStatus.CANCELED, BookingStatus.NO_SHOW}),
}
FINAL = frozenset(BookingStatus.values) - {BookingStatus.PENDING, BookingStatus.RESERVED, BookingStatus.UNKNOWN}


class BookingLocation(OcpiObject):
    """A place of `party` that can be booked. Its calendars live inside the body."""

    location_id = models.CharField(max_length=36)
    calendar_count = models.PositiveIntegerField("calendars", default=0)

    class Meta:
        verbose_name = "booking location"
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(
                fields=["party", "ocpi_id_upper"], name="roaming_booking_location_one_per_owner_and_id"
            )
        ]
        indexes = [
            # The paged list a partner crawls.
            models.Index(fields=["party", "id"], name="roaming_booking_place_crawl"),
        ]


class FreeSlot(models.Model):
    """When a place can be booked, as its calendars say; written with them, so that places are found by time."""

    place = models.ForeignKey(BookingLocation, on_delete=models.CASCADE, related_name="slots")
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField()

    class Meta:
        ordering = ["starts_at", "id"]
        indexes = [
            # Places with a slot in some period.
            models.Index(fields=["place", "starts_at"], name="roaming_free_slot_of_a_place"),
        ]

    def __str__(self) -> str:
        return f"{self.place} {self.starts_at:%Y-%m-%d %H:%M}"


class Booking(OcpiObject):
    """Owned by the CPO party; `emsp` is the party that asked for it, None when we do not know it."""

    emsp = models.ForeignKey(Party, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    status = models.CharField(max_length=9, choices=BookingStatus.choices)
    request_id = models.CharField(max_length=36)
    location_id = models.CharField(max_length=36)
    authorization_reference = models.CharField(max_length=36)
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField()

    class Meta:
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(fields=["party", "ocpi_id_upper"], name="roaming_booking_one_per_owner_and_id"),
            models.CheckConstraint(condition=Q(status__in=BookingStatus.values), name="roaming_booking_status_known"),
        ]
        indexes = [
            # The paged list an eMSP crawls.
            models.Index(fields=["emsp", "party", "id"], name="roaming_booking_crawl"),
            # The portal's list, latest first.
            models.Index(fields=["-starts_at", "-id"], name="roaming_booking_latest"),
        ]
