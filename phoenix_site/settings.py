"""Settings: one file, read from the environment; a wrong value stops start-up with its name.

Every variable is described in docs/operations.md.
"""

import secrets
from pathlib import Path
from typing import Any

import environ
from django.core.exceptions import ImproperlyConfigured

from phoenix_site.broker import broker
from phoenix_site.hosts import host_of
from phoenix_site.https import https_of
from phoenix_site.logs import logging_of
from phoenix_site.plugins import archive_of, ingestor_of
from phoenix_site.roles import areas_of, roles_of

BASE_DIR = Path(__file__).resolve().parent.parent
VAR_DIR = BASE_DIR / "var"

env = environ.Env()


def secret_key() -> str:
    """From SECRET_KEY; else made once and kept in var/, readable by its owner only."""
    file = VAR_DIR / "secret_key"
    if not file.exists():
        VAR_DIR.mkdir(exist_ok=True)
        file.touch(mode=0o600)
        file.write_text(secrets.token_urlsafe(50))
    return file.read_text()


def database() -> dict[str, Any]:
    """DATABASE_URL; SQLite gets the options under which several processes can write."""
    config: dict[str, Any] = env.db("DATABASE_URL", f"sqlite:///{VAR_DIR / 'phoenix.sqlite3'}")
    if config["ENGINE"].endswith("sqlite3"):
        Path(config["NAME"]).parent.mkdir(parents=True, exist_ok=True)
        # Deferred transactions fail as "locked" under load; IMMEDIATE ones wait their turn.
        pragmas = "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL;"
        config["OPTIONS"] = {"transaction_mode": "IMMEDIATE", "timeout": 30, "init_command": pragmas}
    else:
        # A network that swallows packets must not block a heartbeat for longer than a lease.
        keepalive = {"keepalives": 1, "keepalives_idle": 10, "keepalives_interval": 5, "keepalives_count": 3}
        config["OPTIONS"] = {"connect_timeout": 10, "tcp_user_timeout": 20000, **keepalive}
    # No ATOMIC_REQUESTS, ever: dates would not close (docs/decisions/0003-state-changes.md).
    return config | {"CONN_MAX_AGE": None, "CONN_HEALTH_CHECKS": True}


def log_format() -> str:
    """LOG_FORMAT: lines for people, or JSON for programs."""
    chosen: str = env.str("LOG_FORMAT", "line")
    if chosen not in {"line", "json"}:
        raise ImproperlyConfigured(f"LOG_FORMAT: {chosen!r} is not one of line, json")
    return chosen


SECRET_KEY = env.str("SECRET_KEY", "") or secret_key()
DEBUG = env.bool("DEBUG", False)
ALLOWED_HOSTS = env.list("ALLOWED_HOSTS", default=["localhost", "127.0.0.1", "[::1]"])
DATABASES = {"default": database()}

INSTALLED_APPS = [
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "rest_framework",
    "corsheaders",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "django_q",
    "processing",
    "monitor",
]
MIDDLEWARE = [
    "monitor.requests.RequestIds",
    "monitor.api.answers.Answers",
    "django.middleware.security.SecurityMiddleware",
    "django.middleware.gzip.GZipMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "monitor.headers.ContentSecurityPolicy",
    "corsheaders.middleware.CorsMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
]
ROOT_URLCONF = "phoenix_site.urls"
WSGI_APPLICATION = "phoenix_site.wsgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "monitor.context.strip",
            ]
        },
    }
]
AUTHENTICATION_BACKENDS = ["monitor.slowdown.SlowDown", "monitor.accounts.Accounts"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in ("UserAttributeSimilarityValidator", "MinimumLengthValidator", "CommonPasswordValidator")
]
CSRF_FAILURE_VIEW = "monitor.pages.errors.form_refused"
LOGIN_URL = "login"
LOGIN_REDIRECT_URL = "tonight"
LOGOUT_REDIRECT_URL = "login"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
LANGUAGE_CODE = "en-gb"
TIME_ZONE = "UTC"
USE_TZ = True
USE_I18N = False

STATIC_URL = "/static/"
STATIC_ROOT = VAR_DIR / "static"
STATICFILES_DIRS = [BASE_DIR / "static"]
WHITENOISE_USE_FINDERS = True
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
SESSION_COOKIE_HTTPONLY = True
SESSION_ENGINE = "monitor.sessions"
PROXIES = env.int("PHOENIX_PROXIES", 0)
vars().update(https_of(env.str("PHOENIX_URL", ""), PROXIES))

REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "rest_framework.authentication.BasicAuthentication",
        "monitor.api.tokens.Bearer",
        "rest_framework.authentication.SessionAuthentication",
    ],
    "DEFAULT_PERMISSION_CLASSES": [
        "rest_framework.permissions.IsAuthenticated",
        "monitor.api.permissions.MayAct",
    ],
    "DEFAULT_RENDERER_CLASSES": [f"monitor.api.formats.{name}" for name in ("Json", "Csv", "Ndjson", "VOTable")],
    "DEFAULT_CONTENT_NEGOTIATION_CLASS": "monitor.api.formats.Choice",
    "DEFAULT_PAGINATION_CLASS": "monitor.api.pages.Pages",
    "DEFAULT_THROTTLE_CLASSES": ["monitor.api.throttles.PerClient"],
    # The last of the addresses in X-Forwarded-For is believed only if a proxy is known to write it.
    "NUM_PROXIES": PROXIES,
    "DEFAULT_THROTTLE_RATES": {
        "user": env.str("PHOENIX_API_RATE", "1200/min"),
        "anonymous": env.str("PHOENIX_PUBLIC_RATE", "300/min"),
    },
    "DEFAULT_SCHEMA_CLASS": "monitor.api.schema.Schema",
    "EXCEPTION_HANDLER": "monitor.api.problems.problem",
}
SPECTACULAR_SETTINGS = {
    "TITLE": "phoenix",
    "DESCRIPTION": "What phoenix knows of association blocks, their jobs and products, and the ways to act on it.",
    "VERSION": "1",
    "OAS_VERSION": "3.0.3",
    "SCHEMA_PATH_PREFIX": "/api/v1",
    "SERVE_INCLUDE_SCHEMA": False,
    "SERVE_PERMISSIONS": ["rest_framework.permissions.AllowAny"],
    "SERVE_AUTHENTICATION": [],
    "COMPONENT_SPLIT_REQUEST": True,
    "SWAGGER_UI_DIST": "SIDECAR",
    "PREPROCESSING_HOOKS": ["monitor.api.schema.ours"],
    # Not that which names enumerations: the names would change with each that is added.
    "POSTPROCESSING_HOOKS": ["monitor.api.schema.chosen"],
}
# Pages of other hosts may ask what everybody may know, and nothing else.
CORS_ALLOWED_ORIGINS = env.list("PHOENIX_CORS_ORIGINS", default=[])
CORS_URLS_REGEX = r"^/api/v1/adp/"
CORS_ALLOW_METHODS = ("GET", "HEAD", "OPTIONS", "POST")
CORS_ALLOW_HEADERS = ("accept", "content-type", "if-none-match", "x-request-id")
CORS_EXPOSE_HEADERS = ("ETag", "Link", "Retry-After", "X-Request-ID")

# E-mail goes out through this server; Django's variables, of which EMAIL_URL gives all.
vars().update(env.email_url("EMAIL_URL", "smtp://localhost:25"))
DEFAULT_FROM_EMAIL = env.str("DEFAULT_FROM_EMAIL", "phoenix@localhost")
EMAIL_TIMEOUT = 10

WORK_DIR = Path(env.str("PHOENIX_WORK_DIR", str(VAR_DIR / "work"))).resolve()
WORKERS = env.int("PHOENIX_WORKERS", 2)
# Processes beside them, which fetch and claim the next jobs and write down what the last have made.
AHEAD = env.int("PHOENIX_AHEAD", WORKERS)

# AB files in one call of the API.
DATA_UPLOAD_MAX_NUMBER_FILES = 500

# The queue only wakes: what is lost, late or doubled in it is harmless.  timeout and retry are as large as they are
# because nothing relies on them; see docs/decisions/0002-queue.md.
Q_CLUSTER: dict[str, Any] = {
    "name": "phoenix",
    "label": "Queue",
    "workers": WORKERS + AHEAD,
    "queue_limit": 1,
    "bulk": 1,
    "max_attempts": 1,
    "ack_failures": True,
    "save_limit": -1,
    "timeout": 86400,
    "retry": 90000,
    "catch_up": False,
    "poll": 0.8,
    "recycle": 100,
    "ALT_CLUSTERS": {},
    **broker(env.str("PHOENIX_BROKER_URL", "")),
}

PHOENIX: dict[str, Any] = {
    "WORK_DIR": WORK_DIR,
    # Master calibrations go to <CAL_DIR>/<date>, general ones to <CAL_DIR>/gen.
    "CAL_DIR": Path(env.str("DFO_CAL_DIR", str(WORK_DIR / "cal"))).resolve(),
    # Where job files are written.
    "JOB_DIR": Path(env.str("DFO_JOB_DIR", str(VAR_DIR / "jobs"))).resolve(),
    # When processing may start, UTC, unless an instrument has its own window; whether a job may overrun its end.
    "WINDOW": env.str("PHOENIX_WINDOW", "20:00-06:00"),
    "OVERRUN": env.bool("PHOENIX_OVERRUN", False),
    "HOST": host_of(env),
    # What this host works at, and which folders it does not share with the other hosts.
    "ROLES": roles_of(env.str("PHOENIX_ROLES", "")),
    "LOCAL": areas_of(env.str("PHOENIX_LOCAL", "")),
    # Seconds after which a worker that was not heard of is taken for dead, and between two signs of life.
    "LEASE": env.float("PHOENIX_LEASE", 45.0),
    "BEAT": env.float("PHOENIX_BEAT", 2.0),
    # Seconds for which a worker waits for a database that is away; then its job is LOST.
    "PATIENCE": env.float("PHOENIX_PATIENCE", 300.0),
    # Seconds after which a held date is tried again, and between two looks whether broken surroundings are mended.
    "HOLD_RETRY": env.int("PHOENIX_HOLD_RETRY", 600),
    # Seconds after which an ingestion is tried again; five times as many after the second try.
    "INGEST_RETRY": env.float("PHOENIX_INGEST_RETRY", 60.0),
    "PROBE": env.float("PHOENIX_PROBE", 15.0),
    # Free disk in GB below which a host starts nothing.
    "DISK_LIMIT": env.float("PHOENIX_DISK_LIMIT", 2.0),
    # Days that events, logs of recipes, and told notices stay in the database, 0: for ever; where old rows go.
    "EVENTS_KEPT": env.int("PHOENIX_EVENTS_KEPT", 400),
    "LOGS_KEPT": env.int("PHOENIX_LOGS_KEPT", 400),
    "NOTICES_KEPT": env.int("PHOENIX_NOTICES_KEPT", 100),
    "HISTORY_DIR": Path(env.str("PHOENIX_HISTORY_DIR", str(VAR_DIR / "history"))).resolve(),
    # When the digest of the night is sent, UTC, and where the pages are, for the links of messages.
    "DIGEST": env.str("PHOENIX_DIGEST", "08:00"),
    "URL": env.str("PHOENIX_URL", "").rstrip("/"),
    # Columns of the file lines of an AB where a site's differ from processing.core.ab.COLUMNS.
    "AB_COLUMNS": {},
    "ARCHIVE": archive_of("PHOENIX_ARCHIVE_URL", VAR_DIR / "archive"),
    "INGESTOR": ingestor_of("PHOENIX_INGEST_URL", VAR_DIR / "products", WORK_DIR / "copies"),
    # Who asks the database what TAP is asked (nothing: DATABASE_URL), for how many seconds, for how many rows.
    "TAP_DATABASE": env.db("PHOENIX_TAP_DATABASE_URL", "") if env.str("PHOENIX_TAP_DATABASE_URL", "") else {},
    "TAP_SECONDS": env.int("PHOENIX_TAP_SECONDS", 60),
    "TAP_ROWS": env.int("PHOENIX_TAP_ROWS", 1_000_000),
    "EXECUTOR": {"BACKEND": env.str("PHOENIX_EXECUTOR", "local"), "OPTIONS": {"nice": env.int("PHOENIX_NICE", 0)}},
    "PIPELINES": {
        "NACO": {"BACKEND": "processing.plugins.pipelines.naco.Naco", "OPTIONS": {}},
        "UVES": {"BACKEND": "processing.plugins.pipelines.uves.Uves", "OPTIONS": {}},
    },
}
EXECUTORS = {
    "local": "processing.plugins.executors.local.LocalExecutor",
    "slurm": "processing.plugins.executors.slurm.SlurmExecutor",
}
if PHOENIX["EXECUTOR"]["BACKEND"] not in EXECUTORS:
    known = ", ".join(EXECUTORS)
    raise ImproperlyConfigured(f"PHOENIX_EXECUTOR: {PHOENIX['EXECUTOR']['BACKEND']!r} is not one of {known}")
PHOENIX["EXECUTOR"]["BACKEND"] = EXECUTORS[PHOENIX["EXECUTOR"]["BACKEND"]]

LOGGING = logging_of(log_format(), env.str("LOG_LEVEL", "INFO"))
