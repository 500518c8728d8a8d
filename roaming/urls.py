"""Where everything is: OCPI for partner systems, the portal for people, Django's admin."""

from django.contrib import admin
from django.contrib.auth import views as auth
from django.urls import include, path, re_path, reverse_lazy

from roaming.portal import openapi

urlpatterns = [
    # Pages of the portal beside the doors that they describe; see OcpiMiddleware.
    re_path(r"^ocpi/docs/?$", openapi.Docs.as_view(), name="ocpi_docs"),
    re_path(r"^ocpi/docs/(?P<version>[0-9.]+)/?$", openapi.Docs.as_view(), name="ocpi_docs_version"),
    re_path(r"^ocpi/docs/(?P<version>[0-9.]+)\.json$", openapi.DocsJson.as_view(), name="ocpi_docs_json"),
    re_path(r"^ocpi(?:/|$)", include("roaming.ocpi.urls")),
    path("admin/", admin.site.urls),
    path("login/", auth.LoginView.as_view(redirect_authenticated_user=True), name="login"),
    path("logout/", auth.LogoutView.as_view(), name="logout"),
    path("password/", auth.PasswordChangeView.as_view(success_url=reverse_lazy("portal:home")), name="password_change"),
    path("", include("roaming.portal.urls")),
]
