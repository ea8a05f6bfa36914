"""Addresses of pages and API."""

from django.contrib.auth.views import LoginView, LogoutView
from django.urls import include, path

from monitor.pages import stops, system, views

urlpatterns = [
    path("", views.tonight, name="tonight"),
    path("dates/<instrument:instrument>/<day:day>/", views.processing_date, name="date"),
    path("abs/<ab:name>/", views.block, name="ab"),
    path("abs/<ab:name>/preview/<product:dp_id>/", views.preview, name="preview"),
    path("stop/", stops.stop, name="stop"),
    path("stops/<int:pk>/resume/", stops.resume, name="resume"),
    path("system/", system.system, name="system"),
    path("system/windows/<instrument:instrument>/", system.window, name="window"),
    path("system/holds/<instrument:instrument>/", system.try_again, name="try_again"),
    path("login/", LoginView.as_view(template_name="monitor/login.html"), name="login"),
    path("logout/", LogoutView.as_view(), name="logout"),
    path("api/v1/", include("monitor.api.urls")),
]
