"""The URLs of the archives: the scheme chooses the plug-in, and what it hides stays hidden."""

from pathlib import Path

import pytest
from django.core.exceptions import ImproperlyConfigured

from phoenix_site.plugins import archive_of, ingestor_of
from processing.plugins.archives.folder import FolderArchive
from processing.plugins.archives.http import HttpArchive
from processing.plugins.archives.ngas import NgasArchive
from processing.plugins.ingestors.folder import FolderIngestor
from processing.plugins.ingestors.ngas import NgasIngestor
from processing.registry import load

PASSWORD = "open-sesame"  # noqa: S105


@pytest.mark.parametrize(
    ("url", "plugin"),
    [
        ("file:///data/my%20archive", FolderArchive),
        ("http://host/base", HttpArchive),
        ("https://host", HttpArchive),
        ("ngas://host:7777", NgasArchive),
    ],
)
def test_the_scheme_of_the_url_chooses_the_plug_in(monkeypatch, url, plugin):
    monkeypatch.setenv("PHOENIX_ARCHIVE_URL", url)
    assert type(load(archive_of("PHOENIX_ARCHIVE_URL", Path("/none")))) is plugin


@pytest.mark.parametrize("url", ["ftp://me:open-sesame@host/", "/data", "me:open-sesame@host"])
def test_another_url_stops_start_up_with_what_is_supported(monkeypatch, url):
    monkeypatch.setenv("PHOENIX_ARCHIVE_URL", url)
    with pytest.raises(ImproperlyConfigured, match=r"PHOENIX_ARCHIVE_URL: .*https://.*ngas://") as caught:
        archive_of("PHOENIX_ARCHIVE_URL", Path("/none"))
    assert PASSWORD not in str(caught.value)


@pytest.mark.parametrize(
    ("url", "plugin"), [("file:///data/products", FolderIngestor), ("ngas://host:1", NgasIngestor)]
)
def test_the_scheme_of_the_url_chooses_where_products_go(monkeypatch, url, plugin):
    monkeypatch.setenv("PHOENIX_INGEST_URL", url)
    assert type(load(ingestor_of("PHOENIX_INGEST_URL", Path("/none"), Path("/none")))) is plugin


@pytest.mark.parametrize("url", ["https://me:open-sesame@host/", "/data"])
def test_products_go_nowhere_else(monkeypatch, url):
    monkeypatch.setenv("PHOENIX_INGEST_URL", url)
    with pytest.raises(
        ImproperlyConfigured, match=r"PHOENIX_INGEST_URL: supported are file:///path and ngas:"
    ) as caught:
        ingestor_of("PHOENIX_INGEST_URL", Path("/none"), Path("/none"))
    assert PASSWORD not in str(caught.value)
