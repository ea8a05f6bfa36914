"""Addresses of pages and API."""

from django.contrib.auth.views import LoginView, LogoutView
from django.urls import include, path
from drf_spectacular.views import SpectacularAPIView

from monitor.api import docs
from monitor.pages import (
    adp,
    campaigns,
    certificates,
    events,
    failures,
    grid,
    log,
    scores,
    stops,
    system,
    timing,
    views,
)

VERSION = "certificates/<instrument:instrument>/<certificate:name>/<int:version>/"

urlpatterns = [
    path("", views.tonight, name="tonight"),
    path("grid/", grid.everything, name="grid"),
    path("dates/<instrument:instrument>/<day:day>/", views.processing_date, name="date"),
    path("abs/<ab:name>/", views.block, name="ab"),
    path("abs/<ab:name>/preview/<product:dp_id>/", views.preview, name="preview"),
    path("abs/<ab:name>/evidence/", failures.bundle_of_ab, name="ab_evidence"),
    path("failures/", failures.everything, name="failures"),
    path("failures/<fingerprint:fingerprint>/", failures.one, name="failure"),
    path("failures/<fingerprint:fingerprint>/acknowledge/", failures.acknowledge, name="failure_acknowledge"),
    path("failures/<fingerprint:fingerprint>/handover/", failures.hand_over, name="failure_handover"),
    path("failures/<fingerprint:fingerprint>/evidence/", failures.bundle, name="failure_evidence"),
    path("abs/<ab:name>/log/", log.lines, name="log"),
    path("scores/", scores.scores, name="scores"),
    path("timing/", timing.timing, name="timing"),
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
    path("system/events/", events.log, name="events"),
    path("system/touches/", events.touches, name="touches"),
    path("system/windows/<instrument:instrument>/", system.window, name="window"),
    path("system/holds/<instrument:instrument>/", system.try_again, name="try_again"),
    path("campaigns/", campaigns.everything, name="campaigns"),
    path("campaigns/new/", campaigns.create, name="campaign_new"),
    path("campaigns/<int:pk>/", campaigns.one, name="campaign"),
    path("campaigns/<int:pk>/pause/", campaigns.step, {"name": "pause"}, name="campaign_pause"),
    path("campaigns/<int:pk>/resume/", campaigns.step, {"name": "resume"}, name="campaign_resume"),
    path("campaigns/<int:pk>/cancel/", campaigns.step, {"name": "cancel"}, name="campaign_cancel"),
    path("adp/", adp.search, name="adp"),
    path("adp/definitions/", adp.definitions, name="adp_definitions"),
    path("robots.txt", adp.robots, name="robots"),
    path("login/", LoginView.as_view(template_name="monitor/login.html"), name="login"),
    path("logout/", LogoutView.as_view(), name="logout"),
    path("api/v1/", include("monitor.api.urls")),
    path("", include("monitor.vo.urls")),
    path("api/schema/", SpectacularAPIView.as_view(), name="schema"),
    path("api/docs/", docs.Docs.as_view(), name="docs"),
    path("api/problems/", docs.problems, name="problems"),
]
