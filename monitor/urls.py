"""Addresses of pages and API."""

from django.contrib.auth.views import LoginView, LogoutView
from django.urls import include, path
from drf_spectacular.views import SpectacularAPIView

from monitor.api import docs
from monitor.pages import certificates, stops, system, views

VERSION = "certificates/<instrument:instrument>/<certificate:name>/<int:version>/"

urlpatterns = [
    path("", views.tonight, name="tonight"),
    path("dates/<instrument:instrument>/<day:day>/", views.processing_date, name="date"),
    path("abs/<ab:name>/", views.block, name="ab"),
    path("abs/<ab:name>/preview/<product:dp_id>/", views.preview, name="preview"),
    path("stop/", stops.stop, name="stop"),
    path("stops/<int:pk>/resume/", stops.resume, name="resume"),
    path("certificates/", certificates.everything, name="certificates"),
    path("certificates/draft/", certificates.draft, name="draft_new"),
    path("certificates/<instrument:instrument>/<certificate:name>/", certificates.one, name="certificate"),
    path("certificates/<instrument:instrument>/<certificate:name>/draft/", certificates.draft, name="draft"),
    path(VERSION, certificates.one, name="version"),
    path(f"{VERSION}certify/", certificates.step, {"name_of_step": "certify"}, name="certify"),
    path(f"{VERSION}suspend/", certificates.step, {"name_of_step": "suspend"}, name="suspend"),
    path(f"{VERSION}withdraw/", certificates.step, {"name_of_step": "withdraw"}, name="withdraw"),
    path("system/", system.system, name="system"),
    path("system/windows/<instrument:instrument>/", system.window, name="window"),
    path("system/holds/<instrument:instrument>/", system.try_again, name="try_again"),
    path("login/", LoginView.as_view(template_name="monitor/login.html"), name="login"),
    path("logout/", LogoutView.as_view(), name="logout"),
    path("api/v1/", include("monitor.api.urls")),
    path("api/schema/", SpectacularAPIView.as_view(), name="schema"),
    path("api/docs/", docs.Docs.as_view(), name="docs"),
    path("api/problems/", docs.problems, name="problems"),
]
