"""One way for a page to take a form to a service: what the service refuses is shown on the form, nothing is lost."""

from collections.abc import Callable
from typing import Any

from django import forms
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import redirect

from roaming.portal.access import Page


class ReasonForm(forms.Form):
    """A decision that needs a sentence."""

    text = forms.CharField(label="Why", max_length=2000, widget=forms.Textarea(attrs={"rows": 3}))


class FormPage(Page):
    """A page with one form. `save` calls the service and returns where to go; `refusals` are what services raise: shown
    at the `field` that they name, else above the form."""

    template = "portal/form.html"
    form_class: type[forms.Form]
    refusals: tuple[type[Exception], ...] = ()
    title = ""
    submit = "Save"
    done = "Saved."

    def initial(self) -> dict[str, Any]:
        return {}

    def make_form(self, data: Any = None) -> forms.Form:
        return self.form_class(data, initial=self.initial())

    def save(self, cleaned: dict[str, Any]) -> str:
        """Call the service; the URL to go to."""
        raise NotImplementedError

    def back(self) -> str:
        """Where "Cancel" leads."""
        raise NotImplementedError

    def about(self) -> dict[str, Any]:
        """Further context of the page."""
        return {}

    def sentences(self, error: Exception) -> list[str]:
        """What a refusal says; each stands by itself."""
        return [str(error)]

    def get(self, request: HttpRequest, **kwargs: Any) -> HttpResponseBase:
        return self._form(self.make_form())

    def post(self, request: HttpRequest, **kwargs: Any) -> HttpResponseBase:
        form = self.make_form(request.POST)
        if form.is_valid():
            try:
                url = self.save(form.cleaned_data)
            except self.refusals as error:
                field = getattr(error, "field", None)
                form.add_error(field if field in form.fields else None, ValidationError(self.sentences(error)))
            else:
                messages.success(request, self.done)
                return redirect(url)
        return self._form(form, 422)

    def _form(self, form: forms.Form, status: int = 200) -> HttpResponseBase:
        context = {"title": self.title, "submit": self.submit, "back": self.back(), **self.about()}
        return self.show(self.template, status, form=form, **context)


def attempt(
    request: HttpRequest, act: Callable[[], str], refusals: tuple[type[Exception], ...], url: str
) -> HttpResponseBase:
    """A button that calls a service: `act` returns the sentence to show; a refusal is shown instead; back to `url`."""
    try:
        messages.success(request, act())
    except refusals as error:
        messages.error(request, str(error))
    return redirect(url)
