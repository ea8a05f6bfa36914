"""Which plug-in reads the archive and which one ingests: the scheme of a URL in the environment chooses."""

from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

import environ
from django.core.exceptions import ImproperlyConfigured

env = environ.Env()

ARCHIVES = {
    "file": "processing.plugins.archives.folder.FolderArchive",
    "http": "processing.plugins.archives.http.HttpArchive",
    "https": "processing.plugins.archives.http.HttpArchive",
    "ngas": "processing.plugins.archives.ngas.NgasArchive",
}
INGESTORS = {
    "file": "processing.plugins.ingestors.folder.FolderIngestor",
    "ngas": "processing.plugins.ingestors.ngas.NgasIngestor",
}
# How a URL of each scheme is written.
FORMS = {"file": "file:///path", "https": "https://host/path", "http": "http://host/path", "ngas": "ngas://host:port"}


def folder_of(variable: str, default: Path) -> Path:
    """The folder that a `file://` URL in the environment names."""
    url = urlsplit(env.str(variable, default.as_uri()))
    if url.scheme != "file" or url.netloc:
        raise ImproperlyConfigured(f"{variable}: only file:///path is supported, not {url.scheme or url.geturl()!r}")
    return Path(unquote(url.path))


def archive_of(variable: str, default: Path) -> dict[str, Any]:
    """The archive plug-in that the scheme of a URL in the environment chooses."""
    return plugin_of(variable, default, ARCHIVES)


def ingestor_of(variable: str, default: Path, copies: Path) -> dict[str, Any]:
    """The ingestor plug-in that the scheme of a URL chooses; what is not on this host is read through copies."""
    entry = plugin_of(variable, default, INGESTORS)
    if entry["BACKEND"] == INGESTORS["ngas"]:
        entry["OPTIONS"]["copies"] = copies
    return entry


def plugin_of(variable: str, default: Path, plugins: dict[str, str]) -> dict[str, Any]:
    """The plug-in that the scheme of a URL in the environment chooses, with that URL or folder as its root."""
    scheme, _, rest = env.str(variable, default.as_uri()).partition(":")
    if scheme in plugins:
        root = folder_of(variable, default) if scheme == "file" else f"{scheme}:{rest}"
        return {"BACKEND": plugins[scheme], "OPTIONS": {"root": root}}
    # No more of it: a URL may hold a password.
    supported = " and ".join(form for known, form in FORMS.items() if known in plugins)
    raise ImproperlyConfigured(f"{variable}: supported are {supported}, not {scheme!r}")
