"""The settings with the test instrument beside UVES, for pytest's own process and for the clusters that tests start."""

from phoenix_site.settings import *  # noqa: F403
from phoenix_site.settings import PHOENIX, REST_FRAMEWORK

PHOENIX["PIPELINES"]["TESTCAM"] = {"BACKEND": "tests.testcam.Testcam", "OPTIONS": {}}
PHOENIX["WINDOW"] = "00:00-24:00"
# Several clusters share a host, and some tests claim many jobs for one.
PHOENIX["HOST"]["CORES"] = 64
# Passwords of tests need no protection, and are checked often.
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
# The tests of one file would slow down those of the next.
REST_FRAMEWORK["DEFAULT_THROTTLE_RATES"] = {"user": None, "anonymous": None}
