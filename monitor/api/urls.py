"""Addresses of the API, version 1."""

from django.urls import path, re_path

from monitor.api import (
    adp,
    campaigns,
    certificates,
    events,
    failures,
    grid,
    instruments,
    jobs,
    products,
    register,
    scores,
    stops,
    views,
)

app_name = "api"
VERSION = "certificates/<instrument:instrument>/<certificate:name>/<int:version>/"

urlpatterns = [
    path("status/", views.Status.as_view(), name="status"),
    path("instruments/", instruments.Instruments.as_view(), name="instruments"),
    path("instruments/<instrument:name>/", instruments.InstrumentDetail.as_view(), name="instrument"),
    path("dates/", views.Dates.as_view(), name="dates"),
    path("dates/<instrument:instrument>/<day:day>/", views.DateDetail.as_view(), name="date"),
    path(
        "dates/<instrument:instrument>/<day:day>/acknowledgement/",
        products.Acknowledgement.as_view(),
        name="acknowledgement",
    ),
    path("grid/", grid.Matrix.as_view(), name="grid"),
    path("abs/", register.RegisteringBlocks.as_view(), name="abs"),
    path("abs/<ab:name>/", views.BlockDetail.as_view(), name="ab"),
    path("abs/<ab:name>/log/", views.Log.as_view(), name="log"),
    path("abs/<ab:name>/associations/", views.Associations.as_view(), name="associations"),
    path("abs/<ab:name>/scores/", views.Scores.as_view(), name="ab_scores"),
    path("abs/<ab:name>/products/", views.Products.as_view(), name="ab_products"),
    path("abs/<ab:name>/retry/", views.Retry.as_view(), name="retry"),
    path("jobs/", jobs.Jobs.as_view(), name="jobs"),
    path("products/", products.Products.as_view(), name="products"),
    path("products/<product:dp_id>/", products.ProductDetail.as_view(), name="product"),
    path("ingestions/", products.Ingestions.as_view(), name="ingestions"),
    path("failures/", failures.Failures.as_view(), name="failures"),
    path("failures/<fingerprint:fingerprint>/", failures.Failure.as_view(), name="failure"),
    path("failures/<fingerprint:fingerprint>/acknowledge/", failures.Acknowledge.as_view(), name="failure_acknowledge"),
    path("failures/<fingerprint:fingerprint>/handover/", failures.HandOver.as_view(), name="failure_handover"),
    path("failures/<fingerprint:fingerprint>/evidence/", failures.Evidence.as_view(), name="failure_evidence"),
    path("scores/", scores.Scores.as_view(), name="scores"),
    path("qc1/", scores.Qc1.as_view(), name="qc1"),
    path("stops/", stops.Stops.as_view(), name="stops"),
    path("stops/<int:pk>/", stops.StopDetail.as_view(), name="stop"),
    path("stops/<int:pk>/resume/", stops.Resume.as_view(), name="resume"),
    path("campaigns/", campaigns.Campaigns.as_view(), name="campaigns"),
    path("campaigns/<int:pk>/", campaigns.CampaignDetail.as_view(), name="campaign"),
    path("campaigns/<int:pk>/pause/", campaigns.Pause.as_view(), name="campaign_pause"),
    path("campaigns/<int:pk>/resume/", campaigns.Resume.as_view(), name="campaign_resume"),
    path("campaigns/<int:pk>/cancel/", campaigns.Cancel.as_view(), name="campaign_cancel"),
    path("certificates/", certificates.Certificates.as_view(), name="certificates"),
    path(VERSION, certificates.CertificateDetail.as_view(), name="certificate"),
    path(f"{VERSION}diff/", certificates.Difference.as_view(), name="difference"),
    path(f"{VERSION}certify/", certificates.Certify.as_view(), name="certify"),
    path(f"{VERSION}suspend/", certificates.Suspend.as_view(), name="suspend"),
    path(f"{VERSION}withdraw/", certificates.Withdraw.as_view(), name="withdraw"),
    path("events/", events.Events.as_view(), name="events"),
    path("adp/datasets/", adp.Datasets.as_view(), name="datasets"),
    path("adp/vocabulary/", adp.Vocabulary.as_view(), name="vocabulary"),
    # An address that ends in a slash, or nothing: others are first tried with one.
    re_path(r"^(?:.*/)?$", views.NothingHere.as_view()),
]
