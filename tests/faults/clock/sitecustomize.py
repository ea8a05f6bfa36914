"""Read by every Python of the cluster whose clock jumps: a sleep that libfaketime lets pass.

`time.sleep` waits for a moment of the monotonic clock.  Where that clock is left alone, libfaketime 0.9.10 counts the
moment from the epoch of the other one, and the sleep fails with EINVAL; `select` waits for a number of seconds.
"""

import select
import time
from typing import SupportsIndex


def sleep(seconds: float | SupportsIndex, /) -> None:
    """Wait for a number of seconds."""
    select.select((), (), (), float(seconds))


time.sleep = sleep
