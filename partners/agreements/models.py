"""The commercial contract between a CPO party and an eMSP party. It alone decides who sees, pays and is called."""

from decimal import Decimal

import pghistory
from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import DateRangeField, RangeOperators
from django.db import models
from django.db.models import F, Func, Q, Value
from django.db.models.lookups import Exact

from partners.parties.models import Party
from roaming.kernel.states import Moves


class AgreementState(models.TextChoices):
    DRAFT = "draft", "Draft"
    ACTIVE = "active", "Active"
    ENDED = "ended", "Ended"


MOVES: Moves = {
    AgreementState.DRAFT: frozenset({AgreementState.ACTIVE}),
    AgreementState.ACTIVE: frozenset({AgreementState.ENDED}),
}


class PriceBasis(models.TextChoices):
    AS_CARRIED = "as_carried", "As carried by the CDR's tariff"


class Cycle(models.TextChoices):
    MONTH = "month", "Calendar month"


class OfflineRule(models.TextChoices):
    """What becomes of a driver whose eMSP allows charging while it cannot be asked (ALLOWED_OFFLINE), and cannot be."""

    REFUSE = "refuse", "Refuse the driver"
    ALLOW = "allow", "Let the driver charge, within the limits"


# How long a driver stands at a station before giving up.
SHORTEST_WAIT_SECONDS, LONGEST_WAIT_SECONDS = 1, 30


def _only(field: str) -> Func:
    """A range that holds one id: lets an exclusion constraint compare ids with GiST and no extension."""
    return Func(F(field), F(field), Value("[]"), function="int8range")


@pghistory.track(exclude=["opened_at"])
class Agreement(models.Model):
    """Dates are local dates in `time_zone`; `ends_date` is the first day on which it no longer holds.

    `history_days` is how long after that day the eMSP still reads sessions and CDRs charged under it over OCPI; None is
    without limit. What is to be settled is delivered all the same.

    `authorization_seconds` is how long the eMSP may take to say whether its driver may charge. Who is let charge while
    it cannot be asked is counted: `offline_per_token` a day, and `offline_per_day` in all (None: without limit).

    `readings` is how OCPI is read where it leaves a choice, by name, and only what is not as recommended. Billing knows
    their names and values (docs/pricing.md).
    """

    reference = models.CharField(max_length=20, unique=True)
    cpo = models.ForeignKey(Party, on_delete=models.PROTECT, related_name="agreements_as_cpo")
    emsp = models.ForeignKey(Party, on_delete=models.PROTECT, related_name="agreements_as_emsp")
    state = models.CharField(max_length=8, choices=AgreementState.choices, default=AgreementState.DRAFT)
    starts_date = models.DateField()
    ends_date = models.DateField(null=True, blank=True)
    time_zone = models.CharField("time zone of the period", max_length=50, default="Europe/Amsterdam")
    currency = models.CharField(max_length=3, default="EUR")
    price_basis = models.CharField(max_length=20, choices=PriceBasis.choices, default=PriceBasis.AS_CARRIED)
    price_tolerance = models.DecimalField(max_digits=9, decimal_places=4, default=Decimal("0.01"))
    readings = models.JSONField("how OCPI is read", default=dict, blank=True)
    vat_rate = models.DecimalField("VAT rate, percent", max_digits=5, decimal_places=2, default=Decimal("0.00"))
    vat_note = models.CharField("VAT note on the invoice", max_length=200, blank=True, default="Reverse charge")
    payment_days = models.PositiveSmallIntegerField(default=30)
    cycle = models.CharField(max_length=8, choices=Cycle.choices, default=Cycle.MONTH)
    dispute_days = models.PositiveSmallIntegerField("days to answer a dispute", default=14)
    history_days = models.PositiveSmallIntegerField(
        "days its sessions and CDRs can be read after its end", null=True, blank=True
    )
    authorization_seconds = models.PositiveSmallIntegerField("seconds to wait for an authorization", default=5)
    offline_rule = models.CharField(
        "when the eMSP cannot be asked", max_length=6, choices=OfflineRule.choices, default=OfflineRule.ALLOW
    )
    offline_per_token = models.PositiveSmallIntegerField("times a day a token charges unasked", default=5)
    offline_per_day = models.PositiveIntegerField("times a day all tokens charge unasked", null=True, blank=True)
    notes = models.TextField(blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    activated_at = models.DateTimeField(null=True, blank=True)
    ended_at = models.DateTimeField(null=True, blank=True)
    # When each side was first sent what the other owns: on activation, or once the start date came.
    opened_at = models.DateTimeField(null=True, blank=True, editable=False)

    class Meta:
        ordering = ["-id"]
        indexes = [
            # The sweep for agreements whose start date came.
            models.Index(
                fields=["starts_date"],
                condition=Q(state="active", opened_at__isnull=True),
                name="partners_agreement_to_open",
            ),
        ]
        constraints = [
            models.CheckConstraint(condition=Q(state__in=AgreementState.values), name="partners_agreement_state_known"),
            models.CheckConstraint(
                condition=Q(ends_date__isnull=True) | Q(ends_date__gt=F("starts_date")),
                name="partners_agreement_ends_after_it_starts",
            ),
            models.CheckConstraint(condition=Q(price_tolerance__gte=0), name="partners_agreement_tolerance_positive"),
            models.CheckConstraint(
                condition=Exact(
                    Func(F("readings"), function="jsonb_typeof", output_field=models.TextField()), Value("object")
                ),
                name="partners_agreement_readings_have_names",
            ),
            models.CheckConstraint(
                condition=Q(vat_rate__gte=0, vat_rate__lte=100), name="partners_agreement_vat_rate_a_percentage"
            ),
            models.CheckConstraint(condition=~Q(cpo=F("emsp")), name="partners_agreement_joins_two_parties"),
            models.CheckConstraint(
                condition=Q(authorization_seconds__range=(SHORTEST_WAIT_SECONDS, LONGEST_WAIT_SECONDS)),
                name="partners_agreement_keeps_drivers_waiting_not_too_long",
            ),
            models.CheckConstraint(
                condition=Q(offline_rule__in=OfflineRule.values), name="partners_agreement_offline_rule_known"
            ),
            models.CheckConstraint(
                condition=Q(offline_per_token__gte=1) & (Q(offline_per_day__isnull=True) | Q(offline_per_day__gte=1)),
                name="partners_agreement_offline_limits_leave_something",
            ),
            ExclusionConstraint(
                name="partners_agreement_one_at_a_time",
                expressions=[
                    (_only("cpo_id"), RangeOperators.OVERLAPS),
                    (_only("emsp_id"), RangeOperators.OVERLAPS),
                    (
                        Func(F("starts_date"), F("ends_date"), function="daterange", output_field=DateRangeField()),
                        RangeOperators.OVERLAPS,
                    ),
                ],
                condition=~Q(state="draft"),
            ),
        ]

    def __str__(self) -> str:
        return self.reference
