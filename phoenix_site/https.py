"""What changes in Django's settings where a web server in front does TLS."""

from typing import Any

YEAR = 31_536_000  # seconds


def https_of(url: str, proxies: int) -> dict[str, Any]:
    """Settings of a site whose pages are at an https address behind at least one web server; empty for any other.

    Without a web server that tells so, every request would look like plain HTTP, and be redirected for ever.
    """
    if not (url.startswith("https://") and proxies):
        return {}
    return {
        "SECURE_PROXY_SSL_HEADER": ("HTTP_X_FORWARDED_PROTO", "https"),
        "SECURE_SSL_REDIRECT": True,
        # Asked on the host itself, by whoever watches the process.
        "SECURE_REDIRECT_EXEMPT": [r"^healthz$", r"^readyz$"],
        "SECURE_HSTS_SECONDS": YEAR,
        "SESSION_COOKIE_SECURE": True,
        "CSRF_COOKIE_SECURE": True,
        # Other hosts below the site's domain, and the lists of browsers, are not phoenix's to decide about.
        "SILENCED_SYSTEM_CHECKS": ["security.W005", "security.W021"],
    }
