#!/usr/bin/env bash
# Runs phoenix on this host: the web application and one worker; Ctrl-C ends both.
set -euo pipefail
cd "$(dirname "$0")/.."

python=.venv/bin/python
"$python" manage.py migrate --verbosity 0
"$python" manage.py collectstatic --no-input --verbosity 0

"$python" manage.py phoenix worker &
worker=$!
.venv/bin/gunicorn phoenix_site.wsgi --bind "${PHOENIX_BIND:-127.0.0.1:8000}" --workers 2 --threads 8 &
web=$!
trap 'kill -TERM "$worker" "$web" 2>/dev/null; wait' EXIT
trap 'exit 130' INT TERM
wait -n "$worker" "$web" # whichever ends first ends the other
