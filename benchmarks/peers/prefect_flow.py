"""Prefect: a flow of so many tasks, two at a time, each of which runs a command.

python prefect_flow.py NUMBER COMMAND...

Threads are enough, since a task only waits for its command; processes would be started anew for each flow.
"""

import subprocess
import sys

from prefect import flow, task
from prefect.task_runners import ThreadPoolTaskRunner


@task
def run(command: list[str]) -> None:
    """Run it to its end."""
    subprocess.run(command, check=True)  # noqa: S603 - the benchmark's own


@flow(task_runner=ThreadPoolTaskRunner(max_workers=2))
def jobs(number: int, command: list[str]) -> None:
    """All of them."""
    for future in [run.submit(command) for _ in range(number)]:
        future.wait()


if __name__ == "__main__":
    jobs(int(sys.argv[1]), sys.argv[2:])
