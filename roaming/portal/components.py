"""House › Components: every piece of the portal in every state, for those who build pages."""

from datetime import UTC, datetime
from decimal import Decimal

from django import forms
from django.http import HttpRequest
from django.http.response import HttpResponseBase

from roaming.portal import charts
from roaming.portal.access import Page
from roaming.portal.states import TONES

_AT = datetime(2026, 11, 19, 22, 58, 11, tzinfo=UTC)


class SpecimenForm(forms.Form):
    tolerance = forms.DecimalField(initial=Decimal("0.05"), help_text="EUR a CDR; differences below are accepted.")
    ends_on = forms.DateField()
    state = forms.ChoiceField(choices=[("held", "Held")])


class Components(Page):
    def get(self, request: HttpRequest) -> HttpResponseBase:
        form = SpecimenForm({"tolerance": "0.05", "ends_on": "2024-02-30", "state": "held"})
        return self.show(
            "portal/components.html",
            tones={kind: list(states) for kind, states in TONES.items()},
            form=form,
            at=_AT,
            amounts=[(Decimal("61204.18"), "EUR"), (Decimal("-198.9"), "EUR"), (Decimal(4200), "JPY")],
            bars=charts.bars([(4, 0), (9, 1), (0, 0), (12, 0), (3, 4)]),
            bulk=[("Send again", request.path, ""), ("Drop", request.path, "btn-bad")],
            difference=Decimal("1.81"),
            energy=Decimal("31.284"),
        )
