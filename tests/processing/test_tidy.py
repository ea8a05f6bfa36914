"""What dead workers leave on disk goes with them."""

import os
import subprocess

from django.conf import settings

from processing.plugins.transfer import signature
from processing.workflow.reap import tidy


def test_half_a_calibration_goes_with_the_worker_that_fetched_it(archive, db):
    folder = settings.PHOENIX["CAL_DIR"] / "2012-05-09"
    folder.mkdir(parents=True)
    ended = subprocess.Popen(["true"])
    ended.wait()
    abandoned = f".a.fits{signature(ended.pid)}"
    others = {f".a.fits{signature(os.getpid())}", f".a.fits.elsewhere.{ended.pid}.part", "a.fits"}
    for name in (abandoned, *others):
        (folder / name).touch()
    tidy()

    assert {path.name for path in folder.iterdir()} == others
