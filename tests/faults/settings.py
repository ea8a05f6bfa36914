"""The tests' settings, with an archive that is not waited for: a campaign breaks it for seconds only."""

from tests.settings import *  # noqa: F403
from tests.settings import PHOENIX

PHOENIX["ARCHIVE"]["OPTIONS"] |= {"timeout": 1.0, "deadline": 4.0, "pause": 0.1}
PHOENIX["INGEST_RETRY"] = 1.0
