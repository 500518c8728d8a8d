"""What people do with our own objects: files that wait to be confirmed, and who changed what."""

from django.conf import settings
from django.db import models
from django.db.models import Q

from partners.parties.models import Party


class Module(models.TextChoices):
    LOCATIONS = "locations", "Locations"
    TARIFFS = "tariffs", "Tariffs"
    TOKENS = "tokens", "Tokens"


class Upload(models.Model):
    """A file between its preview and the word to store it. It is deleted after a day, stored or not."""

    module = models.CharField(max_length=9, choices=Module.choices)
    party = models.ForeignKey(Party, on_delete=models.PROTECT, related_name="+")
    name = models.CharField("file name", max_length=200)
    # In which version of OCPI its objects are written; a CSV file has none.
    version = models.CharField("OCPI version", max_length=10, blank=True)
    text = models.TextField(editable=False)
    sha256 = models.CharField("checksum (SHA-256)", max_length=64)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    uploaded_at = models.DateTimeField()
    stored_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.CheckConstraint(condition=Q(module__in=Module.values), name="roaming_upload_module_known"),
            models.CheckConstraint(condition=~Q(text=""), name="roaming_upload_holds_something"),
        ]
        indexes = [
            # What waits of one noun, and the clearing of what is old.
            models.Index(fields=["module", "uploaded_at"], name="roaming_upload_waiting"),
        ]

    def __str__(self) -> str:
        return self.name


class What(models.TextChoices):
    ADDED = "added", "Added"
    CHANGED = "changed", "Changed"
    DELETED = "deleted", "Deleted"


class Edit(models.Model):
    """One change of one of our own objects by a person, written in the transaction that makes it. Never changed."""

    module = models.CharField(max_length=9, choices=Module.choices)
    party = models.ForeignKey(Party, on_delete=models.PROTECT, related_name="+")
    # The object's id in capitals; of a token its type as well, after a space.
    subject = models.CharField(max_length=300)
    what = models.CharField(max_length=7, choices=What.choices)
    # [["evses[ZP-1].status", "AVAILABLE", "REMOVED"], …]: field, before and after, as text.
    changes = models.JSONField(default=list, blank=True)
    # The file that it came from, by its name and checksum; empty: typed in a form.
    source = models.CharField(max_length=300, blank=True)
    # Nobody: on the command line.
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+")
    at = models.DateTimeField()

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.CheckConstraint(condition=Q(module__in=Module.values), name="roaming_edit_module_known"),
            models.CheckConstraint(condition=Q(what__in=What.values), name="roaming_edit_says_what"),
        ]
        indexes = [
            # The trail on the page of an object.
            models.Index(fields=["party", "module", "subject", "-id"], name="roaming_edit_of_an_object"),
        ]

    def __str__(self) -> str:
        return f"{self.module} {self.subject} {self.what}"
