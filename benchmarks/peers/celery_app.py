"""Celery as its guide shows it: a task that runs a command; as a program, so many of them.

python celery_app.py NUMBER COMMAND...
"""

import os
import subprocess
import sys

from celery import Celery

app = Celery(broker=os.environ["BROKER_URL"], set_as_current=True)
app.conf.task_ignore_result = True


@app.task(name="run")
def run(*command: str) -> None:
    """Run it to its end."""
    subprocess.run(command, check=True)  # noqa: S603 - the benchmark's own


if __name__ == "__main__":
    for _ in range(int(sys.argv[1])):
        run.delay(*sys.argv[2:])
