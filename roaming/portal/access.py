"""The one door of all pages: signed in, and granted."""

from typing import Any, cast

from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.utils.cache import patch_vary_headers
from django.views import View
from django_htmx.http import HttpResponseClientRedirect
from django_htmx.middleware import HtmxDetails

from partners.people.models import User
from partners.people.permissions import Grant, may


class Page(View):
    """A page that needs `grant` to be seen, and `edit_grant` (when set) for anything but looking."""

    grant: Grant = Grant.VIEW_ROAMING
    edit_grant: Grant | None = None

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if not request.user.is_authenticated:
            return self._sign_in()
        needed = {self.grant} | ({self.edit_grant} if request.method == "POST" and self.edit_grant else set())
        if not all(may(request.user, grant) for grant in needed):
            raise PermissionDenied
        return super().dispatch(request, *args, **kwargs)

    def _sign_in(self) -> HttpResponseBase:
        """Back to this page afterwards; where HTMX asked for a part of one, to the whole."""
        if not self.partial:
            return redirect_to_login(self.request.get_full_path())
        htmx: HtmxDetails = self.request.htmx  # type: ignore[attr-defined]
        return HttpResponseClientRedirect(redirect_to_login(htmx.current_url_abs_path or "/").url)

    @property
    def user(self) -> User:
        """The person who looks."""
        return cast(User, self.request.user)

    @property
    def partial(self) -> bool:
        """Whether HTMX asks for a part of the page; the whole one where it restores a page of its history."""
        htmx: HtmxDetails = self.request.htmx  # type: ignore[attr-defined]
        return bool(htmx) and not htmx.boosted and not htmx.history_restore_request

    def show(self, template: str, status: int = 200, **context: Any) -> HttpResponseBase:
        """The rendered page. A cache keeps parts and whole pages of one address apart."""
        response = render(self.request, template, context, status=status)
        patch_vary_headers(response, ["HX-Request"])
        return response
