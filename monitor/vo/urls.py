"""Addresses of the VO services."""

from django.urls import path

from monitor.vo import datalink, files, jobs, tap

app_name = "vo"
JOB = "tap/async/<uuid:pk>"

urlpatterns = [
    path("tap/sync", tap.sync, name="sync"),
    path("tap/capabilities", tap.capabilities, name="capabilities"),
    path("tap/availability", tap.availability, name="availability"),
    path("tap/tables", tap.tables, name="tables"),
    path("tap/examples", tap.examples, name="examples"),
    path("tap/async", jobs.everything, name="jobs"),
    path(JOB, jobs.one, name="job"),
    path(f"{JOB}/phase", jobs.phase, name="phase"),
    path(f"{JOB}/quote", jobs.nothing, name="quote"),
    path(f"{JOB}/owner", jobs.nothing, name="owner"),
    path(f"{JOB}/executionduration", jobs.duration, name="executionduration"),
    path(f"{JOB}/destruction", jobs.destruction, name="destruction"),
    path(f"{JOB}/error", jobs.error, name="error"),
    path(f"{JOB}/parameters", jobs.given, name="parameters"),
    path(f"{JOB}/results", jobs.results, name="results"),
    path(f"{JOB}/results/result", jobs.result, name="result"),
    path("datalink/links", datalink.links, name="links"),
    path("file/<str:name>", files.file, name="file"),
]
