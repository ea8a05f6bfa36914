"""What a host gives to jobs, read from the environment."""

from typing import Any

import environ


def host_of(env: environ.Env) -> dict[str, Any]:
    """Cores, memory in GB and jobs at once; 0: all of the machine, and as many as there are workers.

    The others hold in the daytime of the machine, which is outside PHOENIX_WINDOW: jobs at once, the load per core
    above which nothing starts, and the GB that stay free.  CAL_AHEAD: GB of master calibrations that no open date
    uses and that stay for the next.
    """
    return {
        "CORES": env.int("PHOENIX_CORES", 0),
        "MEMORY": env.float("PHOENIX_MEMORY", 0.0),
        "JOBS": env.int("PHOENIX_JOBS", 0),
        "DAY_JOBS": env.int("PHOENIX_DAY_JOBS", 1),
        "DAY_LOAD": env.float("PHOENIX_DAY_LOAD", 0.7),
        "DAY_MEMORY": env.float("PHOENIX_DAY_MEMORY", 2.0),
        "CAL_AHEAD": env.float("PHOENIX_CAL_AHEAD", 5.0),
    }
