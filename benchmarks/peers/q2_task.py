"""django-q2: a task that runs a command; as a program, so many of them.

python q2_task.py NUMBER COMMAND...
"""

import subprocess
import sys


def run(*command: str) -> None:
    """Run it to its end."""
    subprocess.run(command, check=True)  # noqa: S603 - the benchmark's own


if __name__ == "__main__":
    import django

    django.setup()
    from django_q.tasks import async_task

    for _ in range(int(sys.argv[1])):
        async_task("q2_task.run", *sys.argv[2:])
