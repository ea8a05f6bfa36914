"""Settings of a project that has django-q2 and nothing else: its broker is the database, its results are not kept."""

import os

SECRET_KEY = "for measurements only"  # noqa: S105
USE_TZ = True
INSTALLED_APPS = ["django_q"]
DATABASES = {
    "default": {
        "ENGINE": "django.db.backends.postgresql",
        "HOST": os.environ["PGHOST"],
        "USER": "phoenix",
        "NAME": "postgres",
        "CONN_MAX_AGE": None,
    }
}
Q_CLUSTER = {"workers": 2, "orm": "default", "timeout": 600, "retry": 1200, "max_attempts": 1, "save_limit": -1}
