"""A Django application that writes down the CPU time of a worker's ingestions, which are no part of the dispatch."""

import os
import time
from pathlib import Path

from django.apps import AppConfig
from django.conf import settings


class Spent(AppConfig):
    """Wraps what the task calls, in each process of the cluster."""

    name = "benchmarks"

    def ready(self) -> None:
        """Called once by Django, before the workers are forked."""
        from benchmarks.stub import SPENT
        from processing.workflow import ingest

        whole, file = ingest.ingest, Path(settings.PHOENIX["WORK_DIR"]) / SPENT
        file.parent.mkdir(parents=True, exist_ok=True)
        number = os.open(file, os.O_WRONLY | os.O_APPEND | os.O_CREAT)

        def timed() -> int:
            """An ingestion, and one line."""
            start = time.process_time()
            done = whole()
            os.write(number, f"{time.process_time() - start:.6f}\n".encode())
            return done

        ingest.ingest = timed
