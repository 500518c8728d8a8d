"""Where everything is: OCPI for partner systems, the portal for people, Django's admin."""

from django.contrib import admin
from django.urls import include, path, re_path

urlpatterns = [
    re_path(r"^ocpi(?:/|$)", include("roaming.ocpi.urls")),
    path("admin/", admin.site.urls),
]
