"""Addresses: everything that is shown is monitor's; the admin beside it."""

from django.contrib import admin
from django.urls import include, path

urlpatterns = [
    path("admin/", admin.site.urls),
    path("", include("monitor.urls")),
]

handler400 = "monitor.pages.errors.bad_request"
handler403 = "monitor.pages.errors.not_allowed"
handler404 = "monitor.pages.errors.not_found"
handler500 = "monitor.pages.errors.failed"
