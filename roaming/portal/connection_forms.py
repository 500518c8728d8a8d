"""What people say about a connection: when it is planned, when it is changed, and the token that a partner gave us."""

from collections.abc import Iterator
from typing import Any

from django import forms
from django.core.validators import RegexValidator
from django.forms.models import ModelChoiceIterator

from partners.connections.models import Connection
from partners.parties import selectors as parties
from partners.parties.models import Party, PartyRole
from roaming.ocpi.schema.values import HTTP_URL
from roaming.ocpi.versions import OFFERED

_MOST_PER_MINUTE, _MOST_AT_ONCE, _LONGEST_WAIT_SECONDS = 100_000, 50, 300
_NO_URL = "Their versions URL is not an absolute http(s) URL; write it whole, like https://nomad.example/ocpi/versions."


class OursFirst(ModelChoiceIterator):  # type: ignore[type-arg]
    """Our own parties, and behind them those that we may stand before as their hub."""

    def __iter__(self) -> Iterator[Any]:
        yield "", self.field.empty_label
        own: list[Any] = []
        others: list[Any] = []
        for party in self.queryset:
            (own if party.connection.own else others).append(self.choice(party))
        yield from own
        if others:
            yield "As their hub, in front of", others


class PartyField(forms.ModelChoiceField):  # type: ignore[type-arg]
    iterator = OursFirst

    def label_from_instance(self, party: Any) -> str:
        return f"{party.code}, {party.get_role_display()} of {party.connection}"


class SettledForm(forms.Form):
    """What a person settles, at any time."""

    name = forms.CharField(max_length=100, help_text="How we call the link, for example “Nomad production”.")
    only_version = forms.ChoiceField(
        label="OCPI version",
        choices=[("", "the newest that both sides have"), *((version, f"{version} only") for version in OFFERED)],
        required=False,
    )
    face = PartyField(
        label="Our party in OCPI 2.1.1",
        queryset=Party.objects.none(),
        required=False,
        empty_label="the one that an agreement joins to it",
        help_text="2.1.1 knows one party on each side; later versions see all of ours.",
    )
    requests_per_minute = forms.IntegerField(
        min_value=1, required=False, help_text="How often it may call us; empty: as often as everybody."
    )

    def __init__(self, *args: Any, connection: Connection | None = None, **options: Any) -> None:
        super().__init__(*args, **options)
        others = Party.objects.filter(role__in=[PartyRole.CPO, PartyRole.EMSP]).select_related("connection")
        self.fields["face"].queryset = others.exclude(connection=connection) if connection else others  # type: ignore[attr-defined]


class ChangeForm(SettledForm):
    """The same, and how we call it."""

    send_per_minute = forms.IntegerField(
        label="Our calls to it a minute",
        min_value=1,
        max_value=_MOST_PER_MINUTE,
        required=False,
        help_text="How often we may call it; empty: as often as needed.",
    )
    send_at_once = forms.IntegerField(
        label="Our calls to it at once",
        min_value=1,
        max_value=_MOST_AT_ONCE,
        help_text="How many of our pushes may be under way at the same time.",
    )
    timeout_seconds = forms.IntegerField(
        label="Seconds to wait for its answer",
        min_value=1,
        max_value=_LONGEST_WAIT_SECONDS,
        required=False,
        help_text="Empty: as long as for everybody.",
    )


class ConnectionForm(SettledForm):
    """What is settled, and who is behind it."""

    codes = forms.CharField(label="Parties", help_text="As in DE*NMD; several with commas.", required=False)
    roles = forms.MultipleChoiceField(
        choices=PartyRole.choices,
        help_text="What these parties are. For OCPI 2.1.1 CPO or eMSP; leave both to their credentials otherwise.",
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )
    own = forms.BooleanField(label="One of our own back-ends", required=False)
    field_order = ["name", "codes", "roles", "own", "only_version", "face", "requests_per_minute"]

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        codes = [code for code in cleaned.get("codes", "").replace(" ", "").split(",") if code]
        if codes and not cleaned.get("roles"):
            self.add_error("roles", "Say what the parties are, CPO or eMSP for example.")
        if cleaned.get("roles") and not codes:
            self.add_error("codes", "Say who has that role.")
        try:
            pairs = [parties.parse(code) for code in codes]
        except ValueError as error:
            self.add_error("codes", str(error))
            return cleaned
        cleaned["parties_hosted"] = [(*pair, role) for pair in pairs for role in cleaned.get("roles", [])]
        return cleaned


class RegisterForm(forms.Form):
    """What they gave us."""

    versions_url = forms.CharField(
        label="Their versions URL",
        max_length=255,
        validators=[RegexValidator(HTTP_URL, _NO_URL)],
        widget=forms.URLInput(attrs={"spellcheck": "false"}),
    )
    token = forms.RegexField(
        r"\A[!-~]{1,64}\Z",
        label="The token they gave us",
        error_messages={"invalid": "A token has 1 to 64 printable ASCII characters and no space."},
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
    )
    version = forms.ChoiceField(
        label="OCPI version",
        choices=[("", "the newest that both sides have"), *((version, version) for version in OFFERED)],
        required=False,
    )


class RotateForm(forms.Form):
    """The version to go on in; empty: the present one."""

    version = forms.ChoiceField(choices=[("", ""), *((version, version) for version in OFFERED)], required=False)
