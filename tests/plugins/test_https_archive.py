"""Archives over HTTPS: whom the plug-in believes."""

import ssl
import subprocess
from pathlib import Path

import pytest

from processing.core.errors import Halt
from processing.core.ports import FileKind
from processing.plugins.archives.http import HttpArchive
from tests.archive_server import answering

FILE = b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 5\r\n\r\nhello"
MOVED = "HTTP/1.1 302 Found\r\nLocation: {}/raw/a.fits\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"


@pytest.fixture
def certificate(tmp_path: Path) -> Path:
    """A certificate for 127.0.0.1 with its key; only the file itself vouches for it."""
    file = tmp_path / "server.pem"
    names = ["-subj", "/CN=test", "-addext", "subjectAltName=IP:127.0.0.1"]
    request = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", *names]
    subprocess.run([*request, "-out", file, "-keyout", tmp_path / "key.pem"], check=True, capture_output=True)
    file.write_text(file.read_text() + (tmp_path / "key.pem").read_text())
    return file


@pytest.fixture
def tls(certificate: Path) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    return context


@pytest.fixture
def trusted(certificate: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The certificate is in the system's store."""
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))


def fetch(url: str, to: Path) -> bytes:
    return HttpArchive(url, timeout=5, pause=0.01).fetch(FileKind.RAW, "a.fits", to).read_bytes()


@pytest.mark.usefixtures("trusted")
def test_a_server_that_the_system_trusts_is_believed(tmp_path, tls):
    with answering(FILE, tls=tls) as (url, _):
        assert fetch(url, tmp_path / "to") == b"hello"


def test_a_server_that_nobody_vouches_for_halts(tmp_path, tls):
    with answering(FILE, tls=tls) as (url, _), pytest.raises(Halt, match="certificate verify failed"):
        fetch(url, tmp_path / "to")


@pytest.mark.usefixtures("trusted")
def test_a_server_of_another_name_halts(tmp_path, tls):
    with answering(FILE, tls=tls) as (url, _), pytest.raises(Halt, match=r"certificate is not valid|mismatch"):
        fetch(url.replace("127.0.0.1", "localhost"), tmp_path / "to")


@pytest.mark.usefixtures("trusted")
def test_no_redirect_leads_away_from_tls(tmp_path, tls):
    with answering(FILE) as (plain, asked):
        moved = answering(MOVED.format(plain).encode(), tls=tls)
        with moved as (url, _), pytest.raises(Halt, match="cannot be reached"):
            fetch(url, tmp_path / "to")
    assert not asked


@pytest.mark.usefixtures("trusted")
def test_a_greeting_that_hangs_halts_at_the_deadline(tmp_path):
    # The head of a record of 16 kB, which then does not come.
    slowly = answering(b"\x16\x03\x03\x40\x00" + bytes(1000), pause=0.05)
    with slowly as (url, _), pytest.raises(Halt, match=r"not whole in 0\.5 s"):
        HttpArchive(url.replace("http:", "https:"), timeout=5, deadline=0.5).fetch(FileKind.RAW, "a.fits", tmp_path)
