"""What a platform is asked to have done at a station, what it answered, and what came of it."""

import uuid
from typing import Any

import pghistory
import pgtrigger
from django.conf import settings
from django.db import models
from django.db.models import Q
from django.db.models.functions import Upper

from partners.connections.models import Connection
from partners.parties.models import Party
from roaming.kernel.states import Moves
from roaming.locations.models import Location
from roaming.ocpi.schema import wire
from roaming.sessions.models import Session


class CommandType(models.TextChoices):
    """OCPI's five commands, and the three requests about a charging profile, which travel in the same way."""

    START_SESSION = "START_SESSION", "Start session"
    STOP_SESSION = "STOP_SESSION", "Stop session"
    RESERVE_NOW = "RESERVE_NOW", "Reserve"
    CANCEL_RESERVATION = "CANCEL_RESERVATION", "Cancel reservation"
    UNLOCK_CONNECTOR = "UNLOCK_CONNECTOR", "Unlock connector"
    SET_PROFILE = "SET_PROFILE", "Set charging profile"
    GET_PROFILE = "GET_PROFILE", "Ask for charging profile"
    CLEAR_PROFILE = "CLEAR_PROFILE", "Clear charging profile"


class CommandState(models.TextChoices):
    ASKED = "asked", "Asked, no answer yet"
    ACCEPTED = "accepted", "Accepted, result awaited"
    SUCCEEDED = "succeeded", "Succeeded"
    FAILED = "failed", "Failed"
    REFUSED = "refused", "Refused"
    UNANSWERED = "unanswered", "Could not be asked"
    TIMED_OUT = "timed_out", "Timed out"
    CANCELED = "canceled", "Canceled by the CPO"


# A result may overtake the answer to the question: it then waits in the row until the answer is there.
MOVES: Moves = {
    CommandState.ASKED: frozenset(
        {
            CommandState.ACCEPTED,
            CommandState.REFUSED,
            CommandState.UNANSWERED,
            CommandState.TIMED_OUT,
            CommandState.SUCCEEDED,
            CommandState.FAILED,
            CommandState.CANCELED,
        }
    ),
    CommandState.ACCEPTED: frozenset(
        {CommandState.SUCCEEDED, CommandState.FAILED, CommandState.TIMED_OUT, CommandState.CANCELED}
    ),
    # A reservation that was made.
    CommandState.SUCCEEDED: frozenset({CommandState.CANCELED}),
}
UNDER_WAY = (CommandState.ASKED, CommandState.ACCEPTED)


class Reservation(models.Model):
    """What an eMSP calls `ocpi_id` at one location. Towards the CPO it has an id of ours, so that no eMSP can touch
    another's (M7)."""

    emsp = models.ForeignKey(Party, on_delete=models.PROTECT, related_name="+")
    location = models.ForeignKey(Location, on_delete=models.PROTECT, related_name="reservations")
    ocpi_id = models.CharField("id of the eMSP", max_length=36)
    ocpi_id_upper = models.GeneratedField(
        expression=Upper("ocpi_id"), output_field=models.CharField(max_length=36), db_persist=True
    )
    expires_at = models.DateTimeField()
    reserved_at = models.DateTimeField()

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["emsp", "ocpi_id_upper", "location"], name="roaming_reservation_one_per_emsp_id_and_location"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.emsp} {self.ocpi_id}"

    @property
    def our_id(self) -> str:
        """The id that the CPO knows it by: digits, because OCPI 2.1.1 has an integer."""
        return str(self.pk)


@pghistory.track(
    pghistory.UpdateEvent("state_changed", condition=pgtrigger.AnyChange("state")),
    fields=["state", "answer", "result"],
    model_name="CommandMove",
    obj_field=pghistory.ObjForeignKey(related_name="moves"),
)
class Command(models.Model):
    """One request to the platform of `cpo`, for drivers of `emsp`: given by a platform (`asker`) or a person (`by`).
    `session` is what it is about, or what it led to (see started.py).

    `body` is what was asked, in the newest shape, without the token, which is not ours to keep (M5). `answer_body` and
    `result_body` are what the CPO said, in the newest shape.
    """

    # What our response_url for the CPO ends in; nobody can guess it.
    key = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    type = models.CharField(max_length=18, choices=CommandType.choices)
    state = models.CharField(max_length=10, choices=CommandState.choices, default=CommandState.ASKED)
    asker = models.ForeignKey(Connection, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    cpo = models.ForeignKey(Party, on_delete=models.PROTECT, related_name="+")
    emsp = models.ForeignKey(Party, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    location = models.ForeignKey(Location, on_delete=models.PROTECT, null=True, blank=True, related_name="commands")
    session = models.ForeignKey(Session, on_delete=models.PROTECT, null=True, blank=True, related_name="commands")
    reservation = models.ForeignKey(
        Reservation, on_delete=models.PROTECT, null=True, blank=True, related_name="commands"
    )
    evse_uid = models.CharField("EVSE", max_length=36, blank=True, default="")
    connector_id = models.CharField("connector", max_length=36, blank=True, default="")
    token_uid = models.CharField("token", max_length=36, blank=True, default="")
    authorization_reference = models.CharField(max_length=36, blank=True, default="")
    body = models.TextField(editable=False)
    # The asker's; ours is made of type and key.
    response_url = models.CharField(max_length=255, blank=True, default="")
    correlation_id = models.CharField(max_length=100)
    # What was asked, word for word: the same again while it is under way is a repetition, not a second command.
    fingerprint = models.CharField(max_length=64, editable=False)
    asked_at = models.DateTimeField()
    answered_at = models.DateTimeField(null=True, blank=True)
    answer = models.CharField(max_length=15, blank=True, default="")
    answer_body = models.TextField(blank=True, default="", editable=False)
    problem = models.CharField("why it could not be asked", max_length=500, blank=True, default="")
    timeout_seconds = models.PositiveIntegerField(null=True, blank=True)
    # When it counts as failed unless something came.
    due_at = models.DateTimeField()
    result = models.CharField(max_length=20, blank=True, default="")
    result_at = models.DateTimeField(null=True, blank=True)
    result_body = models.TextField(blank=True, default="", editable=False)
    result_correlation_id = models.CharField(max_length=100, blank=True, default="")
    canceled_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.CheckConstraint(condition=Q(type__in=CommandType.values), name="roaming_command_type_known"),
            models.CheckConstraint(condition=Q(state__in=CommandState.values), name="roaming_command_state_known"),
            models.CheckConstraint(
                condition=Q(asker__isnull=False, by__isnull=True) | Q(asker__isnull=True, by__isnull=False),
                name="roaming_command_given_by_a_platform_or_a_person",
            ),
            models.CheckConstraint(
                condition=Q(asker__isnull=True) | ~Q(response_url=""), name="roaming_command_result_has_an_address"
            ),
            models.CheckConstraint(
                condition=~Q(state__in=["accepted", "refused"]) | Q(answered_at__isnull=False),
                name="roaming_command_answered_when_decided",
            ),
            models.CheckConstraint(
                condition=~Q(state__in=["succeeded", "failed", "canceled"]) | Q(result_at__isnull=False),
                name="roaming_command_result_when_done",
            ),
            models.CheckConstraint(
                condition=Q(result="", result_at__isnull=True) | (~Q(result="") & Q(result_at__isnull=False)),
                name="roaming_command_result_has_its_time",
            ),
            models.CheckConstraint(
                condition=~Q(state="unanswered") | ~Q(problem=""), name="roaming_command_says_why_it_was_not_asked"
            ),
            models.UniqueConstraint(
                fields=["asker", "fingerprint"],
                condition=Q(state__in=["asked", "accepted"]),
                nulls_distinct=False,
                name="roaming_command_not_twice_at_once",
            ),
        ]
        indexes = [
            # The portal's list, newest first.
            models.Index(fields=["-asked_at", "-id"], name="roaming_command_newest"),
            # What a session or CDR that carries its reference, in any letter case, was started by.
            models.Index(
                "cpo",
                Upper("authorization_reference"),
                condition=~Q(authorization_reference=""),
                name="roaming_command_by_reference",
            ),
            # The sweep for those whose time is over.
            models.Index(
                fields=["due_at"], condition=Q(state__in=["asked", "accepted"]), name="roaming_command_under_way"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_type_display()} {self.pk}"

    @property
    def answer_data(self) -> dict[str, Any]:
        """What the CPO answered; empty before it did."""
        return _object(self.answer_body)

    @property
    def result_data(self) -> dict[str, Any]:
        """What the CPO said came of it; empty before it did."""
        return _object(self.result_body)

    @property
    def late(self) -> bool:
        """Whether the result came when the command counted as failed already (M3)."""
        return self.state == CommandState.TIMED_OUT and self.result_at is not None


def _object(text: str) -> dict[str, Any]:
    decoded = wire.decode(text.encode()) if text else {}
    assert isinstance(decoded, dict)
    return decoded
