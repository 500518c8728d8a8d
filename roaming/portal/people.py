"""People and trail: who signs in, and who changed what."""

from typing import Any

import django_filters
import django_tables2
from django import forms
from django.contrib.auth.password_validation import validate_password
from django.db.models import QuerySet
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.urls import reverse

from partners.people import selectors, services
from partners.people.models import Role, User
from partners.people.permissions import Grant
from roaming.portal import cells, columns, filters
from roaming.portal.access import Page
from roaming.portal.columns import Cell
from roaming.portal.forms import FormPage
from roaming.portal.lists import ListPage

TRAIL_LENGTH = 200


class PersonTable(django_tables2.Table):
    name = Cell(lambda row: row.name, "Name")
    email = Cell(lambda row: row.email, "E-mail")
    role = Cell(lambda row: row.get_role_display(), "Role")
    last = columns.when("Last signed in", "last_login")
    state = Cell(lambda row: cells.state("person", "active" if row.is_active else "inactive"), "State")
    caption = "People"


class PersonFilter(django_filters.FilterSet):
    q = filters.search("Name, e-mail", "name__icontains", "email__icontains")
    role = filters.choice("Role", Role.choices)


class PersonList(ListPage):
    grant = Grant.MANAGE_PEOPLE
    template = "portal/people.html"
    title = "People"
    lede = "Who signs in, and what they may do."
    table_class = PersonTable
    filter_class = PersonFilter

    def queryset(self) -> QuerySet[User]:
        return selectors.everybody()


class InviteForm(forms.Form):
    name = forms.CharField(max_length=120)
    email = forms.EmailField(label="E-mail")
    role = forms.ChoiceField(choices=Role.choices)
    password = forms.CharField(
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
        help_text="They can change it after signing in.",
    )

    def clean_password(self) -> str:
        password: str = self.cleaned_data["password"]
        validate_password(password)
        return password


class Invite(FormPage):
    grant = edit_grant = Grant.MANAGE_PEOPLE
    form_class = InviteForm
    refusals = (services.CannotInvite,)
    title = "Add a person"
    submit = "Add"
    done = "Added."

    def back(self) -> str:
        return reverse("portal:people")

    def save(self, cleaned: dict[str, Any]) -> str:
        services.invite(**cleaned)
        return self.back()


class Trail(Page):
    grant = Grant.MANAGE_PEOPLE

    def get(self, request: HttpRequest) -> HttpResponseBase:
        return self.show("portal/trail.html", events=selectors.told(selectors.trail()[:TRAIL_LENGTH]))
