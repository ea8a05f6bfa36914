"""Log lines carry UTC, as everything else does."""

import logging
import time


class UtcFormatter(logging.Formatter):
    """The standard formatter on UTC."""

    converter = staticmethod(time.gmtime)
