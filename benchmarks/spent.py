"""A Django application that writes down the CPU time of ingestions, which are no part of the dispatch."""

import os
import time
from pathlib import Path

import psutil
from django.apps import AppConfig
from django.conf import settings
from django.db import connection


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
            """An ingestion, and one line: what it took here, and of its connection's process in the database."""
            connection.ensure_connection()
            server = psutil.Process(connection.connection.info.backend_pid)
            start, before = time.process_time(), sum(server.cpu_times()[:2])
            done = whole()
            there = sum(server.cpu_times()[:2]) - before
            os.write(number, f"{time.process_time() - start:.6f} {there:.6f}\n".encode())
            return done

        ingest.ingest = timed
