"""Addresses: everything that is shown is monitor's; the admin beside it."""

from django.contrib import admin
from django.urls import include, path

from monitor.operations import health, metrics

urlpatterns = [
    path("admin/", admin.site.urls),
    path("healthz", health.healthz, name="healthz"),
    path("readyz", health.readyz, name="readyz"),
    path("metrics", metrics.Metrics.as_view(), name="metrics"),
    path("", include("monitor.urls")),
]

handler400 = "monitor.pages.errors.bad_request"
handler403 = "monitor.pages.errors.not_allowed"
handler404 = "monitor.pages.errors.not_found"
handler500 = "monitor.pages.errors.failed"
