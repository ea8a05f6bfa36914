"""The web application under gunicorn; started by phoenix-web.service and by the container."""

import ctypes
import os

# Of GNU's malloc: threads would keep a heap each, and what is free in it; 12 MB of a process with eight.
M_ARENA_MAX, M_TRIM_THRESHOLD = -8, -1
if mallopt := getattr(ctypes.CDLL(None), "mallopt", None):
    mallopt(M_ARENA_MAX, 1)
    mallopt(M_TRIM_THRESHOLD, 2**17)

wsgi_app = "phoenix_site.wsgi"
bind = os.environ.get("PHOENIX_BIND", "unix:/run/phoenix/web.sock")
workers = 2
threads = 8
# TAP may take PHOENIX_TAP_SECONDS for an answer, and what runs may end before a restart.
timeout = 120
graceful_timeout = 70
keepalive = 75  # longer than nginx keeps its own side
# A process is replaced before what it has gathered in memory matters.
max_requests = 20_000
max_requests_jitter = 2_000
# In memory: a slow disk must not look like a process that hangs.
worker_tmp_dir = "/dev/shm"  # noqa: S108
accesslog = None  # nginx writes one
errorlog = "-"
