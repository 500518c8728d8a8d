"""Where everything is: OCPI for partner systems, the portal for people, Django's admin."""

from django.contrib import admin
from django.contrib.auth import views as auth
from django.urls import include, path, re_path, reverse_lazy

urlpatterns = [
    re_path(r"^ocpi(?:/|$)", include("roaming.ocpi.urls")),
    path("admin/", admin.site.urls),
    path("login/", auth.LoginView.as_view(redirect_authenticated_user=True), name="login"),
    path("logout/", auth.LogoutView.as_view(), name="logout"),
    path("password/", auth.PasswordChangeView.as_view(success_url=reverse_lazy("portal:home")), name="password_change"),
    path("", include("roaming.portal.urls")),
]
